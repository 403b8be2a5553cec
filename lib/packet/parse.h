/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of the parser, a file a header; private to lib/packet. Each takes a frame of which
 * everything in front of its own header has been checked, fills nj_packet(m), and returns what
 * nj_parse() returns.
 */
#ifndef NJ_PACKET_PARSE_H
#define NJ_PACKET_PARSE_H

#include <string.h>

#include "nj_packet.h"

/* Where a device says what it thinks of a frame's checksums. */
#define NJ_VERDICTS (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK)

/* From the IP header on, at NJ_L3_OFFSET: nothing of it has been checked. */
enum nj_drop nj_parse_ipv4(struct rte_mbuf *m);
enum nj_drop nj_parse_ipv6(struct rte_mbuf *m);

/* The ICMP message at NJ_UDP4_OFFSET or NJ_UDP6_OFFSET, to the end of the frame, which is shaped.
 */
enum nj_drop nj_parse_icmp4(struct rte_mbuf *m);
enum nj_drop nj_parse_icmp6(struct rte_mbuf *m);

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
	m->ol_flags &= ~NJ_VERDICTS;
	nj_packet(m)->udp_offset = udp_offset;
	nj_packet(m)->kind = NJ_KIND_FRAGMENT;
}

#endif
