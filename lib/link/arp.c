/* SPDX-License-Identifier: BSD-3-Clause */
#include "arp.h"

#include <rte_arp.h>

#include "link_parts.h"
#include "resolve.h"

#define CONFLICT_LOG_MS 10000 /* RFC 5227, section 2.4: DEFEND_INTERVAL */

NJ_LOG_TYPE(link);

static const struct rte_ether_addr everybody = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const struct rte_ether_addr nobody;

/* Out ---------------------------------------------------------------------------------------- */

static void
transmit(struct nj_link *link, struct rte_mbuf *m, uint16_t port)
{
	*nj_packet(m) =
		(struct nj_packet){.kind = NJ_KIND_ARP, .originated = true, .out_port = port};
	link->ops.send(link->ops.context, m);
}

/* A question from us to `to`. */
static void
question(struct nj_link *link, const struct nj_interface *interface, rte_be32_t from,
	rte_be32_t target, const struct rte_ether_addr *to)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(link->pool);
	struct rte_ether_hdr *ether;
	struct rte_arp_hdr *arp;

	if (m == NULL)
		return;
	ether = (struct rte_ether_hdr *)rte_pktmbuf_append(m, sizeof(*ether) + sizeof(*arp));
	if (ether == NULL) {
		rte_pktmbuf_free(m);
		return;
	}
	ether->dst_addr = *to;
	ether->src_addr = interface->mac;
	ether->ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP);
	arp = (struct rte_arp_hdr *)(ether + 1);
	*arp = (struct rte_arp_hdr){
		.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
		.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
		.arp_hlen = RTE_ETHER_ADDR_LEN,
		.arp_plen = sizeof(rte_be32_t),
		.arp_opcode = RTE_BE16(RTE_ARP_OP_REQUEST),
		.arp_data =
			{
				.arp_sha = interface->mac,
				.arp_sip = from,
				.arp_tha = nobody,
				.arp_tip = target,
			},
	};
	transmit(link, m, interface->port);
}

/* Our address in a network where none holds `ip`: any is better than none. */
static rte_be32_t
any_source(const struct nj_interface *interface)
{
	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		if (interface->addresses[i].ip.family == AF_INET)
			return interface->addresses[i].ip.v4;
	}
	return 0;
}

void
nj_arp_ask(struct nj_link *link, uint16_t port, rte_be32_t ip, const struct rte_ether_addr *mac)
{
	const struct nj_interface *interface = nj_link_interface(link, port);
	rte_be32_t source = nj_interface_source(interface, ip);

	if (source == 0)
		source = any_source(interface);
	question(link, interface, source, ip, mac != NULL ? mac : &everybody);
}

void
nj_arp_announce(struct nj_link *link, const struct nj_interface *interface, rte_be32_t ip)
{
	question(link, interface, ip, ip, &everybody);
}

/* In ----------------------------------------------------------------------------------------- */

/* The question becomes its answer, in the same mbuf. */
static void
answer(struct nj_link *link, const struct nj_interface *interface, struct rte_mbuf *m)
{
	struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(ether + 1);
	const rte_be32_t asked = arp->arp_data.arp_tip;

	arp->arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	arp->arp_data.arp_tha = arp->arp_data.arp_sha;
	arp->arp_data.arp_tip = arp->arp_data.arp_sip;
	arp->arp_data.arp_sha = interface->mac;
	arp->arp_data.arp_sip = asked;
	ether->dst_addr = arp->arp_data.arp_tha;
	ether->src_addr = interface->mac;
	transmit(link, m, interface->port);
}

static bool
is_our_mac(const struct nj_link *link, const struct rte_ether_addr *mac)
{
	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++) {
		const struct nj_interface *interface = link->interfaces.port[port];

		if (interface != NULL && rte_is_same_ether_addr(&interface->mac, mac))
			return true;
	}
	return false;
}

/* Somebody else uses an address of ours. */
static void
conflict(struct nj_link *link, const struct nj_interface *interface,
	const struct rte_arp_ipv4 *data, nj_ms_t now)
{
	const struct nj_ip ip = nj_ip_v4(data->arp_sip);
	char address[NJ_ADDRESS_STRLEN], mac[RTE_ETHER_ADDR_FMT_SIZE];

	if (is_our_mac(link, &data->arp_sha)) /* two ports of ours in one network */
		return;
	if (link->had_conflict && nj_ms_since(now, link->conflict_logged) < CONFLICT_LOG_MS)
		return;
	link->had_conflict = true;
	link->conflict_logged = now;
	rte_ether_format_addr(mac, sizeof(mac), &data->arp_sha);
	NJ_LOG(WARNING, "port %u: our address %s is also used by %s", interface->port,
		nj_ip_format(&ip, address), mac);
}

static void
learn(struct nj_link *link, const struct nj_interface *interface, const struct rte_ether_hdr *ether,
	const struct rte_arp_hdr *arp, nj_ms_t now)
{
	const struct rte_arp_ipv4 *data = &arp->arp_data;
	const bool reply = arp->arp_opcode == RTE_BE16(RTE_ARP_OP_REPLY);
	enum nj_heard how;

	if (nj_interface_source(interface, data->arp_sip) == 0) /* no neighbor of this port */
		return;
	if (data->arp_sip == data->arp_tip)
		how = NJ_HEARD_ANNOUNCE;
	else if (!nj_interfaces_answer(&link->interfaces, interface->port, data->arp_tip))
		return; /* not our talk */
	else if (!reply)
		how = NJ_HEARD_QUESTION;
	else if (rte_is_same_ether_addr(&ether->dst_addr, &interface->mac))
		how = NJ_HEARD_ANSWER;
	else
		return;
	nj_resolve_learn(link, interface->port, data->arp_sip, &data->arp_sha, how, now);
}

enum nj_drop
nj_arp_input(
	struct nj_link *link, const struct nj_interface *interface, struct rte_mbuf *m, nj_ms_t now)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	const struct rte_arp_hdr *arp = (const struct rte_arp_hdr *)(ether + 1);
	const struct rte_arp_ipv4 *data = &arp->arp_data;
	bool asked = arp->arp_opcode == RTE_BE16(RTE_ARP_OP_REQUEST) &&
		     nj_interfaces_answer(&link->interfaces, interface->port, data->arp_tip);

	if (!rte_is_valid_assigned_ether_addr(&data->arp_sha)) {
		rte_pktmbuf_free(m);
		return NJ_DROP_ARP_MALFORMED;
	}
	if (nj_link_is_ours(link, data->arp_sip)) {
		conflict(link, interface, data, now);
		asked = false;
	} else {
		learn(link, interface, ether, arp,
			now); /* nobody is at 0.0.0.0, a probe's sender */
	}
	if (asked)
		answer(link, interface, m);
	else
		rte_pktmbuf_free(m);
	return NJ_DROP_NONE;
}
