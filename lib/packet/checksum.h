/* SPDX-License-Identifier: BSD-3-Clause */
/* Checking the checksums of received headers; private to lib/packet. */
#ifndef NJ_PACKET_CHECKSUM_H
#define NJ_PACKET_CHECKSUM_H

#include <stdbool.h>

#include <rte_ip.h>
#include <rte_udp.h>

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
