/* SPDX-License-Identifier: BSD-3-Clause */
#include "parse.h"

#include <netinet/in.h>

#include <rte_arp.h>

/* Ethernet ----------------------------------------------------------------------------------- */

/*
 * Takes the frame's tag off, if it has one, and compares it. A tag that the
 * device has stripped stands in the mbuf; rte_vlan_strip() leaves it there too.
 */
static enum nj_drop
check_vlan(struct rte_mbuf *m, uint16_t vlan)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);

	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
		if (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED)
			return NJ_DROP_VLAN; /* a second one */
		if (rte_pktmbuf_data_len(m) < RTE_ETHER_HDR_LEN + sizeof(struct rte_vlan_hdr))
			return NJ_DROP_ETHERNET_TRUNCATED;
		rte_vlan_strip(m);
		ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
		if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN))
			return NJ_DROP_VLAN;
	}
	return nj_stripped_vlan(m) == vlan ? NJ_DROP_NONE : NJ_DROP_VLAN;
}

/* A question, of ARP or in an IPv6 group (RFC 2464, section 7); which group, IPv6's part looks at.
 */
static bool
may_be_for_many(const struct rte_ether_hdr *ether)
{
	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return rte_is_broadcast_ether_addr(&ether->dst_addr);
	return ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6) &&
	       ether->dst_addr.addr_bytes[0] == 0x33 && ether->dst_addr.addr_bytes[1] == 0x33;
}

static enum nj_drop
check_macs(const struct rte_ether_hdr *ether, const struct rte_ether_addr *mac)
{
	if (!rte_is_same_ether_addr(&ether->dst_addr, mac) && !may_be_for_many(ether))
		return NJ_DROP_ETHERNET_DESTINATION;
	if (!rte_is_valid_assigned_ether_addr(&ether->src_addr) ||
		rte_is_same_ether_addr(&ether->src_addr, mac))
		return NJ_DROP_ETHERNET_SOURCE;
	return NJ_DROP_NONE;
}

/* ARP ---------------------------------------------------------------------------------------- */

static __rte_cold enum nj_drop
parse_arp(struct rte_mbuf *m)
{
	const struct rte_arp_hdr *arp =
		rte_pktmbuf_mtod_offset(m, struct rte_arp_hdr *, NJ_L3_OFFSET);
	const uint16_t whole = NJ_L3_OFFSET + sizeof(*arp);

	if (rte_pktmbuf_data_len(m) < whole)
		return NJ_DROP_ARP_MALFORMED;
	if (arp->arp_hardware != RTE_BE16(RTE_ARP_HRD_ETHER) ||
		arp->arp_protocol != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
		arp->arp_hlen != RTE_ETHER_ADDR_LEN || arp->arp_plen != sizeof(rte_be32_t))
		return NJ_DROP_ARP_MALFORMED;
	if (arp->arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST) &&
		arp->arp_opcode != RTE_BE16(RTE_ARP_OP_REPLY))
		return NJ_DROP_ARP_MALFORMED;
	rte_pktmbuf_trim(m, rte_pktmbuf_data_len(m) - whole);
	nj_packet(m)->kind = NJ_KIND_ARP;
	return NJ_DROP_NONE;
}

/* Any frame ---------------------------------------------------------------------------------- */

enum nj_drop
nj_parse_any(struct rte_mbuf *m, const struct rte_ether_addr *mac, uint16_t vlan)
{
	const struct rte_ether_hdr *ether;
	enum nj_drop drop;

	if (m->nb_segs != 1)
		return NJ_DROP_SEGMENTED;
	if (rte_pktmbuf_data_len(m) < RTE_ETHER_HDR_LEN)
		return NJ_DROP_ETHERNET_TRUNCATED;
	drop = check_vlan(m, vlan);
	if (drop != NJ_DROP_NONE)
		return drop;
	ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	drop = check_macs(ether, mac);
	if (drop != NJ_DROP_NONE)
		return drop;
	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4))
		return nj_parse_ipv4(m);
	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return nj_parse_ipv6(m);
	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return parse_arp(m);
	return NJ_DROP_ETHERTYPE;
}
