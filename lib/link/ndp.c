/* SPDX-License-Identifier: BSD-3-Clause */
#include "ndp.h"

#include <assert.h>

#include "ip6.h"
#include "link_parts.h"
#include "message.h"
#include "resolve.h"

#define FLAG_ROUTER    RTE_BE32(UINT32_C(1) << 31)
#define FLAG_SOLICITED RTE_BE32(UINT32_C(1) << 30)
#define FLAG_OVERRIDE  RTE_BE32(UINT32_C(1) << 29)

#define OPTION_UNIT 8

/* A solicitation or an advertisement, as we send it: with at most one option. */
struct neighbor_message {
	struct nj_icmp6 icmp;
	rte_be32_t flags;
	uint8_t target[16];
	struct nj_ndp_option_mac option;
} __rte_packed __rte_aligned(2);
#define BARE_LENGTH offsetof(struct neighbor_message, option)
static_assert(sizeof(struct neighbor_message) == 32, "it has no holes");

/* What a received one says, wherever it came from. */
struct heard {
	const struct rte_ipv6_hdr *ip;
	const struct neighbor_message *message; /* BARE_LENGTH bytes of it */
	struct nj_ip source, target;
	struct rte_ether_addr mac;    /* of its option; zero: it has none */
	struct rte_ether_addr sender; /* of the frame */
};

/* Out ---------------------------------------------------------------------------------------- */

static void
send_message(struct nj_link *link, const struct nj_interface *interface, struct nj_message *message,
	const struct neighbor_message *body)
{
	message->hop_limit = NJ_MESSAGE_HOP_LIMIT;
	message->body = body;
	message->length = body->option.length == 0 ? BARE_LENGTH : sizeof(*body);
	nj_message_send(link, interface, message);
}

static struct neighbor_message
solicitation(const uint8_t target[16])
{
	struct neighbor_message body = {.icmp.type = NJ_NDP_NEIGHBOR_SOLICITATION};

	memcpy(body.target, target, sizeof(body.target));
	return body;
}

void
nj_ndp_ask(
	struct nj_link *link, uint16_t port, const uint8_t ip[16], const struct rte_ether_addr *mac)
{
	const struct nj_interface *interface = nj_link_interface(link, port);
	struct neighbor_message body = solicitation(ip);
	struct nj_message message = {.to = mac};
	const struct nj_ip target = nj_ip_v6(ip);
	struct nj_ip source;

	if (!nj_interface_asker(link, interface, &target, &source))
		return;
	memcpy(message.source, source.v6, sizeof(message.source));
	if (mac != NULL)
		memcpy(message.destination, ip, sizeof(message.destination));
	else
		nj_ip6_solicited(ip, message.destination);
	body.option = (struct nj_ndp_option_mac){NJ_NDP_SOURCE_MAC, 1, interface->mac};
	send_message(link, interface, &message, &body);
}

void
nj_ndp_probe(struct nj_link *link, const struct nj_interface *interface, const uint8_t ip[16])
{
	const struct neighbor_message body = solicitation(ip);
	struct nj_message message = {0};

	nj_ip6_solicited(ip, message.destination);
	send_message(link, interface, &message, &body);
}

/* `to` and its MAC, or everybody where that is NULL. */
static void
advertise(struct nj_link *link, const struct nj_interface *interface, const uint8_t target[16],
	const uint8_t to[16], const struct rte_ether_addr *mac)
{
	struct neighbor_message body = {
		.icmp.type = NJ_NDP_NEIGHBOR_ADVERTISEMENT,
		.flags = FLAG_OVERRIDE | (mac != NULL ? FLAG_SOLICITED : 0),
		.option = {NJ_NDP_TARGET_MAC, 1, interface->mac},
	};
	struct nj_message message = {.to = mac};

	memcpy(body.target, target, sizeof(body.target));
	memcpy(message.source, target, sizeof(message.source));
	memcpy(message.destination, mac != NULL ? to : nj_ip6_all_nodes,
		sizeof(message.destination));
	send_message(link, interface, &message, &body);
}

void
nj_ndp_announce(struct nj_link *link, const struct nj_interface *interface, const uint8_t ip[16])
{
	advertise(link, interface, ip, NULL, NULL);
}

/* In ----------------------------------------------------------------------------------------- */

bool
nj_ndp_find_mac(const uint8_t *options, uint16_t length, uint8_t type, struct rte_ether_addr *mac)
{
	*mac = (struct rte_ether_addr){0};
	while (length > 0) {
		uint16_t bytes;

		if (length < OPTION_UNIT)
			return false;
		bytes = options[1] * OPTION_UNIT;
		if (bytes == 0 || bytes > length)
			return false;
		if (options[0] == type && bytes == sizeof(struct nj_ndp_option_mac)) {
			memcpy(mac, options + offsetof(struct nj_ndp_option_mac, mac),
				sizeof(*mac));
			if (!rte_is_valid_assigned_ether_addr(mac))
				return false;
		}
		options += bytes;
		length -= bytes;
	}
	return true;
}

/* What both messages have to be (RFC 4861, sections 7.1.1 and 7.1.2). */
static bool
read_message(const struct rte_mbuf *m, uint8_t option, struct heard *heard)
{
	const uint16_t length = (uint16_t)(rte_pktmbuf_data_len(m) - NJ_UDP6_OFFSET);

	heard->ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	heard->message =
		rte_pktmbuf_mtod_offset(m, const struct neighbor_message *, NJ_UDP6_OFFSET);
	heard->sender = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->src_addr;
	if (length < BARE_LENGTH || nj_ip6_is_multicast(heard->message->target))
		return false;
	heard->source = nj_ip_v6(heard->ip->src_addr);
	heard->target = nj_ip_v6(heard->message->target);
	return nj_ndp_find_mac((const uint8_t *)heard->message + BARE_LENGTH, length - BARE_LENGTH,
		option, &heard->mac);
}

static void
learn_asker(struct nj_link *link, const struct nj_interface *interface, const struct heard *heard,
	nj_ms_t now)
{
	const struct nj_claim claim = {
		.port = interface->port,
		.ip = heard->source,
		.mac = heard->mac,
		.how = NJ_HEARD_QUESTION,
		.override = true,
	};
	struct nj_ip unused;

	if (rte_is_zero_ether_addr(&heard->mac) ||
		!nj_interface_source(interface, &heard->source, &unused))
		return; /* no neighbor of this port */
	nj_resolve_learn(link, &claim, now);
}

/* Somebody asks whether he may have an address; he has none yet (RFC 4862, section 5.4). */
static enum nj_drop
probed(struct nj_link *link, const struct nj_interface *interface, const struct heard *heard,
	nj_ms_t now)
{
	uint8_t group[16];

	nj_ip6_solicited(heard->target.v6, group);
	if (!nj_ip6_same(heard->ip->dst_addr, group) || !rte_is_zero_ether_addr(&heard->mac))
		return NJ_DROP_NDP_MALFORMED;
	nj_dad_probed(link, interface, &heard->target, &heard->sender, now);
	if (nj_own_answers(&link->own, interface->port, &heard->target))
		nj_ndp_announce(link, interface, heard->target.v6);
	return NJ_DROP_NONE;
}

static enum nj_drop
solicited(struct nj_link *link, const struct nj_interface *interface, const struct rte_mbuf *m,
	nj_ms_t now)
{
	struct heard heard;

	if (!read_message(m, NJ_NDP_SOURCE_MAC, &heard))
		return NJ_DROP_NDP_MALFORMED;
	if (nj_ip6_is_none(heard.source.v6))
		return probed(link, interface, &heard, now);
	if (nj_own_find(&link->own, &heard.source) != NULL) {
		nj_dad_claimed(link, interface, &heard.source, &heard.sender, now);
	} else if (nj_own_answers(&link->own, interface->port, &heard.target)) {
		learn_asker(link, interface, &heard, now);
		advertise(link, interface, heard.target.v6, heard.source.v6,
			rte_is_zero_ether_addr(&heard.mac) ? &heard.sender : &heard.mac);
	}
	return NJ_DROP_NONE;
}

static enum nj_drop
advertised(struct nj_link *link, const struct nj_interface *interface, const struct rte_mbuf *m,
	nj_ms_t now)
{
	struct heard heard;
	struct nj_claim claim;
	rte_be32_t flags;

	if (!read_message(m, NJ_NDP_TARGET_MAC, &heard))
		return NJ_DROP_NDP_MALFORMED;
	flags = heard.message->flags;
	if (nj_ip6_is_none(heard.source.v6) ||
		(nj_ip6_is_multicast(heard.ip->dst_addr) && (flags & FLAG_SOLICITED) != 0))
		return NJ_DROP_NDP_MALFORMED;
	if (nj_own_find(&link->own, &heard.target) != NULL) {
		nj_dad_claimed(link, interface, &heard.target,
			rte_is_zero_ether_addr(&heard.mac) ? &heard.sender : &heard.mac, now);
		return NJ_DROP_NONE;
	}
	claim = (struct nj_claim){
		.port = interface->port,
		.ip = heard.target,
		.mac = heard.mac,
		.how = (flags & FLAG_SOLICITED) != 0 ? NJ_HEARD_ANSWER : NJ_HEARD_ANNOUNCE,
		.override = (flags & FLAG_OVERRIDE) != 0,
	};
	nj_resolve_learn(link, &claim, now);
	if ((flags & FLAG_ROUTER) == 0)
		nj_routers_forget(link, interface->port, heard.target.v6);
	return NJ_DROP_NONE;
}

enum nj_drop
nj_ndp_input(
	struct nj_link *link, const struct nj_interface *interface, struct rte_mbuf *m, nj_ms_t now)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	const struct nj_icmp6 *icmp = (const struct nj_icmp6 *)(ip + 1);

	if (nj_packet(m)->fragmented) /* RFC 6980, section 5 */
		return NJ_DROP_NDP_FRAGMENTED;
	if (ip->hop_limits != NJ_MESSAGE_HOP_LIMIT || icmp->code != 0)
		return NJ_DROP_NDP_MALFORMED;
	switch (icmp->type) {
	case NJ_NDP_NEIGHBOR_SOLICITATION:
		return solicited(link, interface, m, now);
	case NJ_NDP_NEIGHBOR_ADVERTISEMENT:
		return advertised(link, interface, m, now);
	case NJ_NDP_ROUTER_ADVERTISEMENT:
		return nj_routers_input(link, interface, m, now);
	default: /* we are no router, and keep to our routes */
		return NJ_DROP_NONE;
	}
}
