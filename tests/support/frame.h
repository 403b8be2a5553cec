/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames for tests. A `struct nj_test_frame` says what a frame holds, in host
 * byte order, and every field of it may be wrong:
 *
 *	struct nj_test_frame frame = nj_test_frame_udp("hello", 5);
 *
 *	frame.ttl = 0;
 *	frame.udp_checksum = NJ_TEST_PARTIAL;
 *	m = nj_test_frame_build(&frame);
 */
#ifndef NJ_TEST_FRAME_H
#define NJ_TEST_FRAME_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

/* For lengths and checksums. */
#define NJ_TEST_RIGHT   (-1) /* what belongs there */
#define NJ_TEST_PARTIAL (-2) /* the pseudo-header's sum alone, as Linux's CHECKSUM_PARTIAL */

/* RTE_IPV4() without its shift into the sign: an address in host byte order. */
#define NJ_TEST_IP(a, b, c, d) RTE_IPV4((uint32_t)(a), (b), (c), (d))

/* Who talks to whom unless a test says otherwise. */
extern const struct rte_ether_addr nj_test_our_mac, nj_test_peer_mac;
#define NJ_TEST_OUR_IP    NJ_TEST_IP(192, 0, 2, 10)
#define NJ_TEST_PEER_IP   NJ_TEST_IP(192, 0, 2, 77)
#define NJ_TEST_OUR_PORT  7777
#define NJ_TEST_PEER_PORT 40000

extern const uint8_t nj_test_our_ip6[16], nj_test_peer_ip6[16]; /* 2001:db8::a and 2001:db8::4d */

/* An IPv6 extension header. The types of those before it are filled in by whoever builds the frame.
 */
struct nj_test_extension {
	uint8_t type;  /* IPPROTO_… */
	uint8_t units; /* length beyond the first 8 bytes, in units of 8; of a fragment reserved */
	uint8_t bytes[6]; /* behind the length; what follows is zero */
};

/* The header of a fragment: offset in bytes, a multiple of 8, with the flag M as its lowest bit. */
#define NJ_TEST_FRAGMENT6(field)                                                                   \
	((struct nj_test_extension){.type = IPPROTO_FRAGMENT,                                      \
		.bytes = {(field) >> 8, (field)&0xff, 0xca, 0xfe, 0, 1}})

struct nj_test_frame {
	struct rte_ether_addr ether_to, ether_from;
	unsigned int n_tags; /* 802.1Q tags, 0 to 2 */
	uint16_t tags[2];    /* their control information, the outer first */
	uint16_t ethertype;

	uint8_t version, ihl; /* ihl NJ_TEST_IHL_RIGHT: as the options need it */
	uint8_t tos, ttl, protocol;
	uint16_t id, fragment; /* flags and offset */
	int32_t total_length, ip_checksum;
	uint32_t src_ip, dst_ip;
	uint8_t n_options; /* bytes; a multiple of four */
	uint8_t options[40];

	/* IPv6 alone. Of the above it has version, tos, ttl, protocol, and total_length, which is
	 * its payload length. */
	uint8_t src_ip6[16], dst_ip6[16];
	unsigned int n_extensions;
	struct nj_test_extension extensions[10];

	uint16_t src_port, dst_port; /* protocol UDP alone has this header */
	int32_t udp_length, udp_checksum;
	bool icmp_checksum;  /* put the right one into the payload, which is an ICMP message */
	const void *payload; /* behind the last header */
	uint16_t payload_length;
	uint16_t surplus; /* bytes that IP's length holds, but not UDP's */
	uint16_t padding; /* bytes behind the packet, in no header's length */
};

#define NJ_TEST_IHL_RIGHT 0xff

/* A right UDP datagram from the peer to us. */
struct nj_test_frame nj_test_frame_udp(const void *payload, uint16_t length);
struct nj_test_frame nj_test_frame_udp6(const void *payload, uint16_t length);

/* A right ICMP or ICMPv6 message from the peer to us, the checksum of which is put right. */
struct nj_test_frame nj_test_frame_icmp(const void *message, uint16_t length);
struct nj_test_frame nj_test_frame_icmp6(const void *message, uint16_t length);

/* The frame in an mbuf of nj_test_pool(). */
struct rte_mbuf *nj_test_frame_build(const struct nj_test_frame *frame);

/* Any bytes in an mbuf of nj_test_pool(). */
struct rte_mbuf *nj_test_mbuf(const void *bytes, uint16_t length);

/* Whether both checksums of a frame in the parser's one shape are right (a UDP checksum of zero
 * is). */
bool nj_test_checksums_right(const struct rte_mbuf *m);

/* The same sequence for the same state, which is not zero: for seeded tests (xorshift). */
uint32_t nj_test_random(uint32_t *state);

#endif
