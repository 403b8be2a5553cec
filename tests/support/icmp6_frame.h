/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMPv6 for tests of the link: frames in, as the parser leaves them, and frames out, checked. The
 * checksums here are calculated byte by byte, and share no code with the link's.
 *
 * The link, instead of link_rig.h's:
 *
 *	port 0: 2001:db8::10/64 (nj_test_our_mac), so fe80::ff:fe00:a
 *	port 1: 2001:db8:1::1/48 and fe80::1/64 (nj_test_our_mac2)
 */
#ifndef NJ_TEST_ICMP6_FRAME_H
#define NJ_TEST_ICMP6_FRAME_H

#include "link_rig.h"

#define NJ_TEST_OUR_IP6        "2001:db8::10"
#define NJ_TEST_OUR_LINK_LOCAL "fe80::ff:fe00:a"
#define NJ_TEST_PEER_IP6       "2001:db8::77"
#define NJ_TEST_PEER_LOCAL     "fe80::77"

#define NJ_TEST_SOLICITED UINT32_C(0x40000000) /* flags of an advertisement */
#define NJ_TEST_OVERRIDE  UINT32_C(0x20000000)
#define NJ_TEST_ROUTER    UINT32_C(0x80000000)

/* A message, to be changed and turned into an mbuf. */
struct nj_test_icmp6 {
	const char *source, *destination;
	struct rte_ether_addr ether_from;
	uint8_t hop_limit;
	bool wrong_checksum;
	uint16_t length;
	uint8_t body[256]; /* from the type on */
};

struct nj_test_rig *nj_test_rig_start6(uint32_t neighbors);

/* From the peer to us: of 8 bytes; and a solicitation, and an advertisement with its MAC. */
struct nj_test_icmp6 nj_test_icmp6_of(uint8_t type);
struct nj_test_icmp6 nj_test_icmp6_solicitation(const char *target);
struct nj_test_icmp6 nj_test_icmp6_advertisement(const char *target, uint32_t flags);
/* From a router at this link-local address; `flags` has its preference. */
struct nj_test_icmp6 nj_test_icmp6_router(const char *source, uint8_t flags, uint16_t lifetime_s);
void nj_test_icmp6_add_mac(
	struct nj_test_icmp6 *message, uint8_t option, const struct rte_ether_addr *mac);

enum nj_drop nj_test_rig_icmp6(
	struct nj_test_rig *rig, uint16_t port, const struct nj_test_icmp6 *message, nj_ms_t now);

/* What was sent, once it has been found to be in order. */
struct nj_test_sent6 {
	const struct rte_ether_hdr *ether;
	const struct rte_ipv6_hdr *ip;
	const uint8_t *body;
	uint16_t length; /* of the body */
	bool router_alert;
};
struct nj_test_sent6 nj_test_rig_sent6(const struct nj_test_rig *rig, unsigned int i);

/* Asserts that an address on the wire is the one of this text. */
void nj_test_assert_ip6(const uint8_t ip[16], const char *text);

nj_neighbor_ref_t nj_test_rig_neighbor6(
	const struct nj_test_rig *rig, uint16_t port, const char *ip);
/* FREE where nothing is known of it; `mac` may be NULL. */
enum nj_neighbor_state nj_test_rig_state6(
	const struct nj_test_rig *rig, uint16_t port, const char *ip, struct rte_ether_addr *mac);
/* A packet of UDP to an address. */
struct rte_mbuf *nj_test_packet_to6(uint16_t port, const char *ip);

#endif
