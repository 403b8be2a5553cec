/* SPDX-License-Identifier: BSD-3-Clause */
#include "arp.h"

#include <rte_arp.h>

#include "link_parts.h"
#include "resolve.h"

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

void
nj_arp_ask(struct nj_link *link, uint16_t port, rte_be32_t ip, const struct rte_ether_addr *mac)
{
	const struct nj_interface *interface = nj_link_interface(link, port);
	const struct nj_ip target = nj_ip_v4(ip);
	struct nj_ip source;

	if (!nj_interface_asker(link, interface, &target, &source))
		source = nj_ip_v4(0); /* as a probe's, which is answered and teaches nobody */
	question(link, interface, source.v4, ip, mac != NULL ? mac : &everybody);
}

void
nj_arp_probe(struct nj_link *link, const struct nj_interface *interface, rte_be32_t ip)
{
	question(link, interface, 0, ip, &everybody);
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

static void
learn(struct nj_link *link, const struct nj_interface *interface, const struct rte_ether_hdr *ether,
	const struct rte_arp_hdr *arp, nj_ms_t now)
{
	const struct rte_arp_ipv4 *data = &arp->arp_data;
	const struct nj_ip target = nj_ip_v4(data->arp_tip);
	const bool reply = arp->arp_opcode == RTE_BE16(RTE_ARP_OP_REPLY);
	struct nj_claim claim = {
		.port = interface->port,
		.ip = nj_ip_v4(data->arp_sip),
		.mac = data->arp_sha,
		.override = true,
	};
	struct nj_ip unused;

	if (!nj_interface_source(interface, &claim.ip, &unused)) /* no neighbor of this port */
		return;
	if (data->arp_sip == data->arp_tip)
		claim.how = NJ_HEARD_ANNOUNCE;
	else if (!nj_own_answers(&link->own, interface->port, &target) &&
		 !(reply && data->arp_tip == 0)) /* as we asked without an address */
		return;                          /* not our talk */
	else if (!reply)
		claim.how = NJ_HEARD_QUESTION;
	else if (rte_is_same_ether_addr(&ether->dst_addr, &interface->mac))
		claim.how = NJ_HEARD_ANSWER;
	else
		return;
	nj_resolve_learn(link, &claim, now);
}

/* Returns whether somebody else uses or wants an address of ours. */
static bool
check_ours(struct nj_link *link, const struct nj_interface *interface,
	const struct rte_arp_ipv4 *data, nj_ms_t now)
{
	const struct nj_ip source = nj_ip_v4(data->arp_sip), target = nj_ip_v4(data->arp_tip);

	if (data->arp_sip == 0) /* RFC 5227: a probe */
		nj_dad_probed(link, interface, &target, &data->arp_sha, now);
	if (!nj_link_is_ours(link, data->arp_sip))
		return false;
	nj_dad_claimed(link, interface, &source, &data->arp_sha, now);
	return true;
}

enum nj_drop
nj_arp_input(
	struct nj_link *link, const struct nj_interface *interface, struct rte_mbuf *m, nj_ms_t now)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	const struct rte_arp_hdr *arp = (const struct rte_arp_hdr *)(ether + 1);
	const struct rte_arp_ipv4 *data = &arp->arp_data;
	const struct nj_ip target = nj_ip_v4(data->arp_tip);
	bool asked = arp->arp_opcode == RTE_BE16(RTE_ARP_OP_REQUEST);

	if (!rte_is_valid_assigned_ether_addr(&data->arp_sha)) {
		rte_pktmbuf_free(m);
		return NJ_DROP_ARP_MALFORMED;
	}
	if (check_ours(link, interface, data, now))
		asked = false;
	else
		learn(link, interface, ether, arp, now); /* nobody is at 0.0.0.0 */
	asked = asked && nj_own_answers(&link->own, interface->port, &target);
	if (asked)
		answer(link, interface, m);
	else
		rte_pktmbuf_free(m);
	return NJ_DROP_NONE;
}
