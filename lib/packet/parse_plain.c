/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nearly every frame: untagged, or the device took the tag off; without options or extension
 * headers; UDP, and right. All that nj_parse_any() would find of such a frame, in a third of its
 * time. Whatever else a frame is, it is left to nj_parse_any(), untouched.
 */
#include "checksum.h"
#include "parse.h"

struct plain4 {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
} __rte_packed __rte_aligned(2);

struct plain6 {
	struct rte_ether_hdr ether;
	struct rte_ipv6_hdr ip;
	struct rte_udp_hdr udp;
} __rte_packed __rte_aligned(2);

static_assert(sizeof(struct plain4) == NJ_PAYLOAD4_OFFSET, "");
static_assert(sizeof(struct plain6) == NJ_PAYLOAD6_OFFSET, "");

/* Ethernet ----------------------------------------------------------------------------------- */

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

/* From one station, and to us alone. */
static inline bool
has_plain_macs(const struct rte_ether_hdr *ether, const struct rte_ether_addr *mac)
{
	const uint64_t ours = mac_word(mac), source = mac_word(&ether->src_addr);

	return mac_word(&ether->dst_addr) == ours && source != ours && source != 0 &&
	       !rte_is_multicast_ether_addr(&ether->src_addr);
}

/* UDP ---------------------------------------------------------------------------------------- */

static inline bool
has_ports(const struct rte_udp_hdr *udp)
{
	return udp->src_port != 0 && udp->dst_port != 0;
}

/* Cuts what is behind a datagram of `length` bytes, its header included. */
static inline void
cut(struct rte_mbuf *m, uint16_t udp_offset, uint16_t length)
{
	m->data_len = udp_offset + length;
	m->pkt_len = m->data_len;
}

/* IPv4 --------------------------------------------------------------------------------------- */

static inline bool
has_plain_headers4(const struct rte_mbuf *m, const struct plain4 *frame)
{
	return m->nb_segs == 1 && m->data_len >= sizeof(*frame) &&
	       frame->ether.ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
	       frame->ip.version_ihl == RTE_IPV4_VHL_DEF &&
	       frame->ip.next_proto_id == IPPROTO_UDP && !nj_is_fragment4(&frame->ip);
}

/* `length` is that of the datagram, its header included. */
static inline bool
has_plain_lengths4(const struct rte_mbuf *m, const struct plain4 *frame, uint16_t length)
{
	const uint32_t total = sizeof(frame->ip) + (uint32_t)length;

	return length >= sizeof(frame->udp) && total + sizeof(frame->ether) <= m->data_len &&
	       frame->ip.total_length == rte_cpu_to_be_16((uint16_t)total);
}

static inline bool
has_plain_addresses4(const struct plain4 *frame, const struct rte_ether_addr *mac)
{
	return has_plain_macs(&frame->ether, mac) && !nj_is_nobodys4(frame->ip.src_addr) &&
	       !nj_is_nobodys4(frame->ip.dst_addr) && has_ports(&frame->udp);
}

/* Where the device does not vouch for both; what it calls bad, nj_parse_any() looks at. */
static __rte_noinline bool
has_right_checksums4(uint64_t ol_flags, const struct plain4 *frame)
{
	const uint64_t ip = ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	const uint64_t udp = ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	if (ip != RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
		(ip == RTE_MBUF_F_RX_IP_CKSUM_BAD || !nj_checksum_is_right4(&frame->ip)))
		return false;
	return udp == RTE_MBUF_F_RX_L4_CKSUM_GOOD || frame->udp.dgram_cksum == 0 ||
	       nj_checksum_udp_is_right4(&frame->ip, &frame->udp);
}

static inline bool
parse_plain4(struct rte_mbuf *m, const struct rte_ether_addr *mac, uint16_t vlan)
{
	const struct plain4 *frame = rte_pktmbuf_mtod(m, const struct plain4 *);
	uint16_t length;

	if (!has_plain_headers4(m, frame) || nj_stripped_vlan(m) != vlan)
		return false;
	length = rte_be_to_cpu_16(frame->udp.dgram_len);
	if (!has_plain_lengths4(m, frame, length) || !has_plain_addresses4(frame, mac))
		return false;
	if ((m->ol_flags & NJ_VERDICTS) != NJ_VOUCHED && !has_right_checksums4(m->ol_flags, frame))
		return false;
	cut(m, NJ_UDP4_OFFSET, length);
	nj_packet_udp4(nj_packet(m), &frame->ip, &frame->udp);
	return true;
}

/* IPv6 --------------------------------------------------------------------------------------- */

static inline bool
has_plain_headers6(const struct rte_mbuf *m, const struct plain6 *frame)
{
	return m->nb_segs == 1 && m->data_len >= sizeof(*frame) &&
	       frame->ether.ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6) &&
	       (frame->ip.vtc_flow & RTE_BE32(UINT32_C(0xf) << 28)) ==
		       RTE_BE32(UINT32_C(6) << 28) &&
	       frame->ip.proto == IPPROTO_UDP;
}

static inline bool
has_plain_lengths6(const struct rte_mbuf *m, const struct plain6 *frame, uint16_t length)
{
	return length >= sizeof(frame->udp) && NJ_UDP6_OFFSET + (uint32_t)length <= m->data_len &&
	       frame->ip.payload_len == frame->udp.dgram_len;
}

/* Of one host, whatever else there is in ::/8 (RFC 4291, section 2.4). */
static inline bool
is_plain_address6(const uint8_t ip[16])
{
	return ip[0] != 0 && !nj_is_group6(ip);
}

static inline bool
has_plain_addresses6(const struct plain6 *frame, const struct rte_ether_addr *mac)
{
	return has_plain_macs(&frame->ether, mac) && is_plain_address6(frame->ip.src_addr) &&
	       is_plain_address6(frame->ip.dst_addr) && has_ports(&frame->udp);
}

/* There has to be one. */
static inline bool
has_right_checksum6(uint64_t ol_flags, const struct plain6 *frame)
{
	return frame->udp.dgram_cksum != 0 &&
	       ((ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD ||
		       nj_checksum_udp_is_right6(&frame->ip, &frame->udp));
}

static inline bool
parse_plain6(struct rte_mbuf *m, const struct rte_ether_addr *mac, uint16_t vlan)
{
	const struct plain6 *frame = rte_pktmbuf_mtod(m, const struct plain6 *);
	uint16_t length;

	if (!has_plain_headers6(m, frame) || nj_stripped_vlan(m) != vlan)
		return false;
	length = rte_be_to_cpu_16(frame->udp.dgram_len);
	if (!has_plain_lengths6(m, frame, length) || !has_plain_addresses6(frame, mac) ||
		!has_right_checksum6(m->ol_flags, frame))
		return false;
	cut(m, NJ_UDP6_OFFSET, length);
	nj_packet_udp6(nj_packet(m), &frame->ip, &frame->udp);
	return true;
}

/* Either ------------------------------------------------------------------------------------- */

enum nj_drop
nj_parse(struct rte_mbuf *m, const struct rte_ether_addr *mac, uint16_t vlan)
{
	*nj_packet(m) = (struct nj_packet){0}; /* nothing of the buffer's last packet remains */
	if (likely(parse_plain4(m, mac, vlan)) || parse_plain6(m, mac, vlan))
		return NJ_DROP_NONE;
	return nj_parse_any(m, mac, vlan);
}
