/* SPDX-License-Identifier: BSD-3-Clause */
#include "checksum.h"

#include <string.h>

#include "nj_packet.h"

uint16_t
nj_checksum_delta(const void *from, const void *to, unsigned int words)
{
	uint32_t sum = 0;

	/* A word adds less than 2^17, so 2^15 of them, more than a packet holds, fit. */
	for (unsigned int i = 0; i < words; i++) {
		uint16_t before, after;

		memcpy(&before, RTE_PTR_ADD(from, i * sizeof(before)), sizeof(before));
		memcpy(&after, RTE_PTR_ADD(to, i * sizeof(after)), sizeof(after));
		sum += (uint16_t)~before + (uint32_t)after;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

bool
nj_checksum_ipv4(const struct rte_ipv4_hdr *ip)
{
	return rte_raw_cksum(ip, rte_ipv4_hdr_len(ip)) == UINT16_MAX;
}

bool
nj_checksum_udp4(const struct rte_ipv4_hdr *ip, struct rte_udp_hdr *udp)
{
	if (nj_checksum_udp_is_right4(ip, udp))
		return true;
	if (udp->dgram_cksum != rte_ipv4_phdr_cksum(ip, 0))
		return false;
	udp->dgram_cksum = 0;
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
	return true;
}

bool
nj_checksum_udp6(const struct rte_ipv6_hdr *ip, struct rte_udp_hdr *udp)
{
	const uint16_t received = udp->dgram_cksum;

	/*
	 * Comparing is as good as verifying: two checksums of one datagram differ
	 * by a multiple of 0xffff, and neither is 0 here (a computed 0 is sent as 0xffff).
	 */
	udp->dgram_cksum = 0;
	udp->dgram_cksum = rte_ipv6_udptcp_cksum(ip, udp);
	if (received == udp->dgram_cksum || received == rte_ipv6_phdr_cksum(ip, 0))
		return true;
	udp->dgram_cksum = received; /* for who looks at what was dropped */
	return false;
}

bool
nj_checksum_icmp6(const struct rte_ipv6_hdr *ip, const void *icmp)
{
	return rte_ipv6_udptcp_cksum(ip, icmp) == 0;
}
