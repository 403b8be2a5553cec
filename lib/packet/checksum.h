/* SPDX-License-Identifier: BSD-3-Clause */
/* Checking the checksums of received headers; private to lib/packet. */
#ifndef NJ_PACKET_CHECKSUM_H
#define NJ_PACKET_CHECKSUM_H

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_udp.h>

/*
 * The sum that checksums are made of (RFC 1071), in the byte order of the data. It takes eight
 * bytes at a time: rte_raw_cksum() goes by two, which for the length of a game's datagram is three
 * times as slow.
 */
static inline uint16_t
nj_sum(const void *data, uint32_t length, unsigned __int128 sum)
{
	const uint8_t *byte = data;
	uint64_t eight, folded;
	uint32_t four;
	uint16_t two;

	for (; length >= sizeof(eight); byte += sizeof(eight), length -= sizeof(eight)) {
		memcpy(&eight, byte, sizeof(eight));
		sum += eight;
	}
	if (length & 4) {
		memcpy(&four, byte, sizeof(four));
		sum += four;
		byte += sizeof(four);
	}
	if (length & 2) {
		memcpy(&two, byte, sizeof(two));
		sum += two;
		byte += sizeof(two);
	}
	if (length & 1) {
		two = 0; /* behind it */
		memcpy(&two, byte, 1);
		sum += two;
	}
	folded = (uint64_t)(sum >> 64) + ((uint64_t)sum >> 32) + (uint32_t)sum;
	folded = (folded & UINT16_MAX) + (folded >> 16 & UINT16_MAX) + (folded >> 32);
	folded = (folded & UINT16_MAX) + (folded >> 16);
	return (uint16_t)((folded & UINT16_MAX) + (folded >> 16));
}

/* nj_checksum_ipv4() of a header without options. */
static inline bool
nj_checksum_is_right4(const struct rte_ipv4_hdr *ip)
{
	return nj_sum(ip, sizeof(*ip), 0) == UINT16_MAX;
}

/* Whether the UDP checksum, which is not zero, is right; lengths as for nj_checksum_udp4(). Nothing
 * is behind the IPv6 header but UDP. */
static inline bool
nj_checksum_udp_is_right4(const struct rte_ipv4_hdr *ip, const struct rte_udp_hdr *udp)
{
	const uint64_t pseudo =
		(uint64_t)ip->src_addr + ip->dst_addr + RTE_BE16(IPPROTO_UDP) + udp->dgram_len;

	return nj_sum(udp, rte_be_to_cpu_16(udp->dgram_len), pseudo) == UINT16_MAX;
}

static inline bool
nj_checksum_udp_is_right6(const struct rte_ipv6_hdr *ip, const struct rte_udp_hdr *udp)
{
	const uint16_t addresses = nj_sum(ip->src_addr, 2 * sizeof(ip->src_addr), 0);
	const uint64_t pseudo = (uint64_t)addresses + RTE_BE16(IPPROTO_UDP) + udp->dgram_len;

	return nj_sum(udp, rte_be_to_cpu_16(udp->dgram_len), pseudo) == UINT16_MAX;
}

/* Whether the header's checksum is right. The whole header, options included, has to be there. */
bool nj_checksum_ipv4(const struct rte_ipv4_hdr *ip);

/*
 * Whether the UDP checksum, which is not zero, is right, or is the folded sum
 * of the pseudo-header; the latter is completed. The UDP length has to be what the IP header says
 * and all of it has to be there. Where the answer is no, the field is as it was.
 */
bool nj_checksum_udp4(const struct rte_ipv4_hdr *ip, struct rte_udp_hdr *udp);
bool nj_checksum_udp6(const struct rte_ipv6_hdr *ip, struct rte_udp_hdr *udp);

/* Whether the checksum of an ICMPv6 message, all that is behind the IPv6 header, is right. */
bool nj_checksum_icmp6(const struct rte_ipv6_hdr *ip, const void *icmp);

#endif
