/* SPDX-License-Identifier: BSD-3-Clause */
#include "parse.h"

#include <netinet/in.h>

#include <rte_arp.h>

#include "checksum.h"

/* Ethernet ----------------------------------------------------------------------------------- */

/* Without priority and DEI. */
static inline uint16_t
stripped_vlan(const struct rte_mbuf *m)
{
	if ((m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) == 0)
		return 0;
	return m->vlan_tci & RTE_LEN2MASK(12, uint16_t);
}

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
	return stripped_vlan(m) == vlan ? NJ_DROP_NONE : NJ_DROP_VLAN;
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

/* Any frame --------------------------------------------------------------------------------- */

__rte_noinline enum nj_drop
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

/* Nearly every frame ------------------------------------------------------------------------- */

struct plain {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
} __rte_packed __rte_aligned(2);

static_assert(sizeof(struct plain) == NJ_PAYLOAD4_OFFSET, "");

/* Untagged, or the device took the tag off; IPv4 without options and whole; UDP. */
static inline bool
has_plain_headers(const struct rte_mbuf *m, const struct plain *frame)
{
	return m->nb_segs == 1 && m->data_len >= sizeof(*frame) &&
	       frame->ether.ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
	       frame->ip.version_ihl == RTE_IPV4_VHL_DEF &&
	       frame->ip.next_proto_id == IPPROTO_UDP && !nj_is_fragment4(&frame->ip);
}

/* `length` is that of the datagram, its header included. */
static inline bool
has_plain_lengths(const struct rte_mbuf *m, const struct plain *frame, uint16_t length)
{
	const uint32_t total = sizeof(frame->ip) + (uint32_t)length;

	return length >= sizeof(frame->udp) && total + sizeof(frame->ether) <= m->data_len &&
	       frame->ip.total_length == rte_cpu_to_be_16((uint16_t)total);
}

/* As a number, so that one comparison is enough. */
static inline uint64_t
mac_word(const struct rte_ether_addr *mac)
{
	uint32_t low;
	uint16_t high;

	memcpy(&low, mac->addr_bytes, sizeof(low));
	memcpy(&high, mac->addr_bytes + sizeof(low), sizeof(high));
	return (uint64_t)high << 32 | low;
}

static inline bool
has_plain_addresses(const struct plain *frame, const struct rte_ether_addr *mac)
{
	const uint64_t ours = mac_word(mac), source = mac_word(&frame->ether.src_addr);

	return mac_word(&frame->ether.dst_addr) == ours && source != ours && source != 0 &&
	       !rte_is_multicast_ether_addr(&frame->ether.src_addr) &&
	       !nj_is_nobodys4(frame->ip.src_addr) && !nj_is_nobodys4(frame->ip.dst_addr) &&
	       frame->udp.src_port != 0 && frame->udp.dst_port != 0;
}

/* Where the device does not vouch for both; what it calls bad, nj_parse_any() looks at. */
static __rte_noinline bool
has_right_checksums(uint64_t ol_flags, const struct plain *frame)
{
	const uint64_t ip = ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	const uint64_t udp = ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	if (ip != RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
		(ip == RTE_MBUF_F_RX_IP_CKSUM_BAD || !nj_checksum_is_right4(&frame->ip)))
		return false;
	return udp == RTE_MBUF_F_RX_L4_CKSUM_GOOD || frame->udp.dgram_cksum == 0 ||
	       nj_checksum_udp_is_right4(&frame->ip, &frame->udp);
}

/*
 * All that nj_parse_any() would find of such a frame, in a third of its time. Returns false, with
 * the frame untouched, where anything is otherwise.
 */
static inline bool
parse_plain(struct rte_mbuf *m, const struct rte_ether_addr *mac, uint16_t vlan)
{
	const struct plain *frame = rte_pktmbuf_mtod(m, const struct plain *);
	uint16_t length;

	if (!has_plain_headers(m, frame) || stripped_vlan(m) != vlan)
		return false;
	length = rte_be_to_cpu_16(frame->udp.dgram_len);
	if (!has_plain_lengths(m, frame, length) || !has_plain_addresses(frame, mac))
		return false;
	if ((m->ol_flags & NJ_VERDICTS) != NJ_VOUCHED && !has_right_checksums(m->ol_flags, frame))
		return false;
	m->data_len = NJ_UDP4_OFFSET + length;
	m->pkt_len = m->data_len;
	nj_packet_udp4(nj_packet(m), &frame->ip, &frame->udp);
	return true;
}

enum nj_drop
nj_parse(struct rte_mbuf *m, const struct rte_ether_addr *mac, uint16_t vlan)
{
	*nj_packet(m) = (struct nj_packet){0}; /* nothing of the buffer's last packet remains */
	return likely(parse_plain(m, mac, vlan)) ? NJ_DROP_NONE : nj_parse_any(m, mac, vlan);
}
