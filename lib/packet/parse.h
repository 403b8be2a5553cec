/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of the parser, a file a header; private to lib/packet. Each takes a frame of which
 * everything in front of its own header has been checked, fills nj_packet(m), and returns what
 * nj_parse() returns.
 */
#ifndef NJ_PACKET_PARSE_H
#define NJ_PACKET_PARSE_H

#include <netinet/in.h>
#include <string.h>

#include "nj_packet.h"

/* Where a device says what it thinks of a frame's checksums. */
#define NJ_VERDICTS (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK)
/* Of them, that all are right. */
#define NJ_VOUCHED (RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD)

/* The VLAN of the tag that the device took off, without priority and DEI; 0: none. */
static inline uint16_t
nj_stripped_vlan(const struct rte_mbuf *m)
{
	if ((m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) == 0)
		return 0;
	return m->vlan_tci & RTE_LEN2MASK(12, uint16_t);
}

/* nj_parse() of whatever frame; what it writes to is zero. */
enum nj_drop nj_parse_any(struct rte_mbuf *m, const struct rte_ether_addr *mac, uint16_t vlan);

/* From the IP header on, at NJ_L3_OFFSET: nothing of it has been checked. */
enum nj_drop nj_parse_ipv4(struct rte_mbuf *m);
enum nj_drop nj_parse_ipv6(struct rte_mbuf *m);

/* The ICMP message at NJ_UDP4_OFFSET or NJ_UDP6_OFFSET, to the end of the frame, which is shaped.
 */
enum nj_drop nj_parse_icmp4(struct rte_mbuf *m);
enum nj_drop nj_parse_icmp6(struct rte_mbuf *m);

/* This network (0/8), loopback (127/8), multicast, class E or broadcast (RFC 1122, 3.2.1.3). */
static inline bool
nj_is_nobodys4(rte_be32_t ip)
{
	const uint8_t net = rte_be_to_cpu_32(ip) >> 24;

	return net == 0 || net == IN_LOOPBACKNET || net >= 224;
}

static inline bool
nj_is_fragment4(const struct rte_ipv4_hdr *ip)
{
	return (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) !=
	       0;
}

/* What is known of a shaped datagram; the rest of it is zero already. */
static inline void
nj_packet_udp(struct nj_packet *packet, uint8_t udp_offset, const struct rte_udp_hdr *udp)
{
	packet->flow.src_port = udp->src_port;
	packet->flow.dst_port = udp->dst_port;
	packet->udp_offset = udp_offset;
	packet->payload_length = rte_be_to_cpu_16(udp->dgram_len) - sizeof(*udp);
	packet->arrived_length = packet->payload_length;
	packet->kind = NJ_KIND_UDP;
}

static inline void
nj_packet_udp4(
	struct nj_packet *packet, const struct rte_ipv4_hdr *ip, const struct rte_udp_hdr *udp)
{
	packet->flow.src_ip = ip->src_addr;
	packet->flow.dst_ip = ip->dst_addr;
	nj_packet_udp(packet, NJ_UDP4_OFFSET, udp);
}

static inline void
nj_packet_addresses6(struct nj_packet *packet, const struct rte_ipv6_hdr *ip)
{
	memcpy(packet->flow.src_ip6, ip->src_addr, sizeof(packet->flow.src_ip6));
	memcpy(packet->flow.dst_ip6, ip->dst_addr, sizeof(packet->flow.dst_ip6));
	packet->flow.ipv6 = true;
}

static inline void
nj_packet_udp6(
	struct nj_packet *packet, const struct rte_ipv6_hdr *ip, const struct rte_udp_hdr *udp)
{
	nj_packet_addresses6(packet, ip);
	nj_packet_udp(packet, NJ_UDP6_OFFSET, udp);
}

/* Of the groups of RFC 4291, section 2.7. */
static inline bool
nj_is_group6(const uint8_t ip[16])
{
	return ip[0] == 0xff;
}

static inline bool
nj_is_unspecified6(const uint8_t ip[16])
{
	static const uint8_t unspecified[16];

	return memcmp(ip, unspecified, sizeof(unspecified)) == 0;
}

/* Lengths and ports of a UDP header; `length` is what the IP header leaves for layer 4. */
static inline enum nj_drop
nj_check_udp(const struct rte_udp_hdr *udp, uint16_t length)
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

/*
 * Whether a datagram can have this fragment: `length` bytes of data at `offset`, and `header` bytes
 * of header that count into the datagram's length.
 */
static inline bool
nj_fragment_is_possible(uint32_t header, uint32_t offset, uint16_t length, bool more)
{
	return length > 0 && (!more || length % 8 == 0) && header + offset + length <= UINT16_MAX;
}

/*
 * A fragment is for whoever puts the datagram together and then has it parsed again. What a device
 * said of the fragment's checksums says nothing of the whole's.
 */
static inline void
nj_mark_fragment(struct rte_mbuf *m, uint8_t udp_offset)
{
	m->ol_flags &= ~(NJ_VERDICTS | RTE_MBUF_F_RX_RSS_HASH);
	nj_packet(m)->udp_offset = udp_offset;
	nj_packet(m)->kind = NJ_KIND_FRAGMENT;
}

#endif
