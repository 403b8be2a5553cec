/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A link between two networks, and a record of all that it sends and drops.
 *
 *	port 0: 192.0.2.10/24 (nj_test_our_mac), default gateway 192.0.2.1
 *	port 1: 10.0.0.1/8 and 10.1.0.1/16 (nj_test_our_mac2)
 */
#ifndef NJ_TEST_LINK_RIG_H
#define NJ_TEST_LINK_RIG_H

#include <rte_arp.h>

#include "frame.h"
#include "nj_link.h"

#define NJ_TEST_SENT_MAX 8192

extern const struct rte_ether_addr nj_test_our_mac2;

struct nj_test_rig {
	struct nj_link *link;
	unsigned int n_sent, n_dropped; /* since the last nj_test_rig_clear() */
	struct rte_mbuf *sent[NJ_TEST_SENT_MAX];
	unsigned int dropped[NJ_DROP_COUNT];
	nj_ms_t used[64]; /* what last_used answers, by number */
};

/* Made anew by each; `neighbors` as in nj_link_create(). The second has no interfaces. */
struct nj_test_rig *nj_test_rig_start(uint32_t neighbors);
struct nj_test_rig *nj_test_rig_start_bare(uint32_t neighbors);
/* Networks as text; `second` may be NULL. */
void nj_test_rig_add_interface(struct nj_link *link, uint16_t port,
	const struct rte_ether_addr *mac, const char *address, const char *second);
void nj_test_rig_stop(struct nj_test_rig *rig);

/* Keeps the log from now on; and ends that and returns how many lines of it hold the text. */
void nj_test_log_open(void);
unsigned int nj_test_log_close(const char *text);

/* Frees what was sent and forgets what was dropped. */
void nj_test_rig_clear(struct nj_test_rig *rig);

/* Time goes by, a few milliseconds at a step as the manager's loop does. */
void nj_test_rig_pass(struct nj_test_rig *rig, nj_ms_t *now, uint32_t ms);

/* The neighbor with this address (host byte order). */
nj_neighbor_ref_t nj_test_rig_neighbor(const struct nj_test_rig *rig, uint16_t port, uint32_t ip);
/* A packet of kind UDP to a neighbor. `ip` in host byte order. */
struct rte_mbuf *nj_test_packet_to(uint16_t port, uint32_t ip);

/* An ARP frame, addresses in host byte order, to be changed and turned into an mbuf. */
struct nj_test_arp {
	struct rte_ether_addr ether_to, ether_from;
	uint16_t opcode;
	struct rte_ether_addr sender_mac, target_mac;
	uint32_t sender_ip, target_ip;
};

/* A question for our address on port 0, and an answer to ours, from the peer. */
struct nj_test_arp nj_test_arp_question(void);
struct nj_test_arp nj_test_arp_answer(void);

/* Through the parser to the link, as if it had come in on this port; asserts that it is parsed. */
enum nj_drop nj_test_rig_arp(
	struct nj_test_rig *rig, uint16_t port, const struct nj_test_arp *arp, nj_ms_t now);
enum nj_drop nj_test_rig_input(
	struct nj_test_rig *rig, uint16_t port, struct rte_mbuf *m, nj_ms_t now);

/* The ARP packet in a sent frame; fails the test where it is none, or not of our own making. */
const struct rte_arp_hdr *nj_test_rig_sent_arp(const struct nj_test_rig *rig, unsigned int i);

#endif
