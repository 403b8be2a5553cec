/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams of either family in the parser's one shape, for tests of what comes behind it, and
 * the frames that came out, kept for a check by somebody else.
 */
#ifndef NJ_TEST_DATAGRAM_H
#define NJ_TEST_DATAGRAM_H

#include <rte_mbuf.h>

#include "nj_base.h"

/* The four combinations of families: tests go over what is to become what. */
#define NJ_TEST_COMBINATIONS      4
#define NJ_TEST_FROM(combination) ((combination)&1 ? AF_INET6 : AF_INET)
#define NJ_TEST_TO(combination)   ((combination)&2 ? AF_INET6 : AF_INET)

/* A unicast address of the family and a port, of the sequence of nj_test_random(). */
struct nj_address nj_test_random_address(uint32_t *seed, int family);

/* Random bytes. */
void nj_test_random_bytes(uint32_t *seed, void *bytes, size_t length);

/* What a test wants otherwise than as it is. */
struct nj_test_datagram {
	struct nj_address source, destination; /* of one family */
	const void *payload;
	uint16_t length;  /* of the payload */
	uint8_t protocol; /* 0: UDP. Else the payload is all of it, and ICMP of either family */
	uint8_t traffic_class, hop_limit;
	uint32_t flow_label;   /* IPv6 */
	uint16_t id, fragment; /* IPv4 */
	bool no_checksum;      /* IPv4 */
};

/* With random addresses, traffic class, hop limit and label, and no identification. */
struct nj_test_datagram nj_test_random_datagram(
	uint32_t *seed, int family, const void *payload, uint16_t length);

/*
 * The datagram's frame in an mbuf of `pool`, with right checksums and with nj_packet() as
 * nj_parse() leaves it. The sums are made here, by hand.
 */
struct rte_mbuf *nj_test_datagram_build(
	const struct nj_test_datagram *datagram, struct rte_mempool *pool);

/*
 * An ICMP error of a family in an mbuf of nj_test_pool(): these 8 bytes (but for their checksum),
 * and what fits of a datagram with that many bytes of payload.
 */
struct rte_mbuf *nj_test_icmp_error(int family, const uint8_t header[8], uint16_t length);

/*
 * One's complement checksum of what is behind the IP header (of 20 or 40 bytes) of a frame, with
 * the pseudo-header of UDP and of ICMPv6: 0 where the one that stands in there is right.
 */
uint16_t nj_test_checksum_behind_ip(struct rte_mbuf *m);

/*
 * Adds the frame to the capture file that NJ_TEST_PCAP names, where it names one: a script
 * parses it with code that is not ours.
 */
void nj_test_capture(const struct rte_mbuf *m);

#endif
