/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors byte by byte; private to lib/packet. */
#ifndef NJ_PACKET_ICMP_ERROR_H
#define NJ_PACKET_ICMP_ERROR_H

#include "ip_header.h"
#include "nj_packet.h"

/* Types of RFC 792 and of RFC 4443, and the codes that are looked at by name. */
#define ICMP4_UNREACHABLE      3
#define ICMP4_PROTOCOL         2
#define ICMP4_FRAGMENTATION    4
#define ICMP4_TIME_EXCEEDED    11
#define ICMP4_PARAMETER        12
#define ICMP6_UNREACHABLE      1
#define ICMP6_TOO_BIG          2
#define ICMP6_TIME_EXCEEDED    3
#define ICMP6_PARAMETER        4
#define ICMP6_UNKNOWN_PROTOCOL 1

#define ICMP4_PACKET_MAX 576  /* RFC 1812, section 4.3.2.3 */
#define ICMP6_PACKET_MAX 1280 /* RFC 4443, section 2.4 (c) */

/* Both families begin alike. What `rest` holds is the type's to say. */
struct icmp_error_header {
	uint8_t type, code;
	uint16_t checksum;
	uint8_t rest[4];
};

/* Where the inner datagram lies in a frame. */
struct icmp_error_inner {
	struct nj_ip_header ip;
	uint16_t packet; /* bytes of the IP packet, as its header says */
	uint16_t udp;    /* offset of the UDP header, from the frame's begin */
	uint16_t length; /* bytes from there that came along, at least 8 */
};

static inline struct icmp_error_header *
icmp_error_header(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, struct icmp_error_header *, nj_packet(m)->udp_offset);
}

/*
 * Finds the inner UDP header behind options or extension headers. Returns false where it is not
 * there, which the parser has ruled out, or has a length that no datagram of ours can have had.
 */
bool nj_icmp_error_inner(struct rte_mbuf *m, struct icmp_error_inner *inner);

/* The most that may stand behind the ICMP header of an error of a family. */
uint16_t nj_icmp_error_room(bool ipv6);

/*
 * Writes the outer IP header in front of an ICMP message that ends the frame, with the
 * traffic class given, and the message's checksum.
 */
void nj_icmp_error_finish(struct rte_mbuf *m, const struct nj_ip *source,
	const struct nj_ip *destination, uint8_t traffic_class);

/* The longest IPv4 packet that a router which names no MTU may take of one of `packet` bytes. */
uint16_t nj_icmp_error_plateau(uint16_t packet);

#endif
