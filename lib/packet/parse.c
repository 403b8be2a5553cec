/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_packet.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_arp.h>
#include <rte_icmp.h>

#include "checksum.h"

/* Ethernet ----------------------------------------------------------------------------------- */

/*
 * Takes the frame's tag off, if it has one, and compares it. A tag that the
 * device has stripped stands in the mbuf; rte_vlan_strip() leaves it there too.
 */
static enum nj_drop
check_vlan(struct rte_mbuf *m, uint16_t vlan)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	uint16_t tag = 0;

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
	if (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED)
		tag = m->vlan_tci & RTE_LEN2MASK(12, uint16_t); /* without priority and DEI */
	return tag == vlan ? NJ_DROP_NONE : NJ_DROP_VLAN;
}

static enum nj_drop
check_macs(const struct rte_ether_hdr *ether, const struct rte_ether_addr *mac)
{
	/* Only a question of ARP is for all; a datagram to all of the network is not for a proxy.
	 */
	if (!rte_is_same_ether_addr(&ether->dst_addr, mac) &&
		!(ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP) &&
			rte_is_broadcast_ether_addr(&ether->dst_addr)))
		return NJ_DROP_ETHERNET_DESTINATION;
	if (!rte_is_valid_assigned_ether_addr(&ether->src_addr) ||
		rte_is_same_ether_addr(&ether->src_addr, mac))
		return NJ_DROP_ETHERNET_SOURCE;
	return NJ_DROP_NONE;
}

/* ARP ---------------------------------------------------------------------------------------- */

static enum nj_drop
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

/* IPv4 --------------------------------------------------------------------------------------- */

/* Lengths only: after this, header and payload are known to lie in the frame. */
static enum nj_drop
check_ipv4_lengths(const struct rte_ipv4_hdr *ip, uint16_t room)
{
	uint16_t total, header;

	if (room < sizeof(*ip))
		return NJ_DROP_IPV4_TRUNCATED;
	if (ip->version_ihl >> 4 != IPVERSION)
		return NJ_DROP_IPV4_VERSION;
	header = rte_ipv4_hdr_len(ip);
	if (header < sizeof(*ip))
		return NJ_DROP_IPV4_HEADER_LENGTH;
	if (header > room)
		return NJ_DROP_IPV4_TRUNCATED;
	total = rte_be_to_cpu_16(ip->total_length);
	if (total < header || total > room)
		return NJ_DROP_IPV4_TOTAL_LENGTH;
	return NJ_DROP_NONE;
}

/* This network (0/8), loopback (127/8), multicast, class E or broadcast (RFC 1122, 3.2.1.3). */
static bool
is_nobodys(rte_be32_t ip)
{
	const uint8_t net = rte_be_to_cpu_32(ip) >> 24;

	return net == 0 || net == IN_LOOPBACKNET || net >= 224;
}

static enum nj_drop
check_ipv4_fields(const struct rte_ipv4_hdr *ip, uint64_t ol_flags)
{
	const uint64_t verdict = ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;

	if (verdict != RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
		(verdict == RTE_MBUF_F_RX_IP_CKSUM_BAD || !nj_checksum_ipv4(ip)))
		return NJ_DROP_IPV4_CHECKSUM;
	if (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK))
		return NJ_DROP_FRAGMENT;
	if (is_nobodys(ip->src_addr))
		return NJ_DROP_IPV4_SOURCE;
	if (is_nobodys(ip->dst_addr))
		return NJ_DROP_IPV4_DESTINATION;
	return NJ_DROP_NONE;
}

/* Takes the options off, and writes the header's lengths and checksum anew. */
static void
repair_ipv4(struct rte_mbuf *m, uint16_t total)
{
	char *frame = rte_pktmbuf_mtod(m, char *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + NJ_L3_OFFSET);
	const uint16_t options = rte_ipv4_hdr_len(ip) - sizeof(*ip);

	memmove(frame + options, frame, NJ_L3_OFFSET + sizeof(*ip));
	rte_pktmbuf_adj(m, options);
	ip = (struct rte_ipv4_hdr *)(frame + options + NJ_L3_OFFSET);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(total);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* The one shape: a header of 20 bytes, `length` bytes of layer 4, and nothing behind. */
static void
shape_ipv4(struct rte_mbuf *m, uint16_t length)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	const uint16_t total = sizeof(*ip) + length;

	if (ip->version_ihl != RTE_IPV4_VHL_DEF || ip->total_length != rte_cpu_to_be_16(total))
		repair_ipv4(m, total);
	rte_pktmbuf_trim(m, rte_pktmbuf_data_len(m) - NJ_L3_OFFSET - total);
}

/* `length` is what the IPv4 header leaves for layer 4. */
static enum nj_drop
check_udp(const struct rte_udp_hdr *udp, uint16_t length)
{
	if (length < sizeof(*udp))
		return NJ_DROP_UDP_TRUNCATED;
	if (rte_be_to_cpu_16(udp->dgram_len) < sizeof(*udp) ||
		rte_be_to_cpu_16(udp->dgram_len) > length)
		return NJ_DROP_UDP_LENGTH;
	if (udp->src_port == 0 || udp->dst_port == 0)
		return NJ_DROP_UDP_PORT;
	return NJ_DROP_NONE;
}

static enum nj_drop
parse_udp(struct rte_mbuf *m, struct rte_udp_hdr *udp, uint16_t length)
{
	struct nj_packet *packet = nj_packet(m);
	const struct rte_ipv4_hdr *ip;
	const enum nj_drop drop = check_udp(udp, length);

	if (drop != NJ_DROP_NONE)
		return drop;
	shape_ipv4(m, rte_be_to_cpu_16(udp->dgram_len));
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	/* A device may call a checksum bad that is only partial, so its "bad" is looked at again.
	 */
	if (udp->dgram_cksum != 0 &&
		(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) != RTE_MBUF_F_RX_L4_CKSUM_GOOD &&
		!nj_checksum_udp4(ip, udp))
		return NJ_DROP_UDP_CHECKSUM;
	packet->flow = (struct nj_flow){
		.src_ip = ip->src_addr,
		.dst_ip = ip->dst_addr,
		.src_port = udp->src_port,
		.dst_port = udp->dst_port,
	};
	packet->udp_offset = NJ_UDP4_OFFSET;
	packet->payload_length = rte_be_to_cpu_16(udp->dgram_len) - sizeof(*udp);
	packet->kind = NJ_KIND_UDP;
	return NJ_DROP_NONE;
}

static enum nj_drop
parse_icmp(struct rte_mbuf *m, uint16_t length)
{
	struct nj_packet *packet = nj_packet(m);
	const struct rte_ipv4_hdr *ip;

	if (length < sizeof(struct rte_icmp_hdr))
		return NJ_DROP_ICMP_MALFORMED;
	shape_ipv4(m, length);
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	packet->flow = (struct nj_flow){.src_ip = ip->src_addr, .dst_ip = ip->dst_addr};
	packet->kind = NJ_KIND_ICMP;
	return NJ_DROP_NONE;
}

static enum nj_drop
parse_ipv4(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	enum nj_drop drop = check_ipv4_lengths(ip, rte_pktmbuf_data_len(m) - NJ_L3_OFFSET);
	uint16_t header, length;

	if (drop == NJ_DROP_NONE)
		drop = check_ipv4_fields(ip, m->ol_flags);
	if (drop != NJ_DROP_NONE)
		return drop;
	header = rte_ipv4_hdr_len(ip);
	length = rte_be_to_cpu_16(ip->total_length) - header;
	if (ip->next_proto_id == IPPROTO_UDP)
		return parse_udp(m, RTE_PTR_ADD(ip, header), length);
	if (ip->next_proto_id == IPPROTO_ICMP)
		return parse_icmp(m, length);
	return NJ_DROP_IPV4_PROTOCOL;
}

/* -------------------------------------------------------------------------------------------- */

enum nj_drop
nj_parse(struct rte_mbuf *m, const struct rte_ether_addr *mac, uint16_t vlan)
{
	const struct rte_ether_hdr *ether;
	enum nj_drop drop;

	*nj_packet(m) = (struct nj_packet){0}; /* nothing of the buffer's last packet remains */
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
		return parse_ipv4(m);
	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return parse_arp(m);
	return NJ_DROP_ETHERTYPE;
}
