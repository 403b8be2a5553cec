/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where clients send to. A datagram that came to a listener is a client's, any other a reply, so
 * each packet asks: by port, however many there are. Made before workers start; then only read.
 */
#ifndef LISTENERS_H
#define LISTENERS_H

#include <stdbool.h>
#include <stdint.h>

#include "nj_link.h"
#include "nj_packet.h"
#include "nj_policy.h"

struct listener {
	struct nj_ip ip; /* of no family: every address of ours */
	rte_be16_t port;
	uint16_t next; /* of those with this port, as in listeners.at; 0: none */
};

#define LISTENERS_HINTS 1024 /* bits: two cache lines */
#define LISTENERS_USUAL 64

struct listeners {
	/* By a port modulo their number: without a bit there is no listener. Replies come to any
	 * port, and each would fetch another line of the table below. */
	uint64_t hints[LISTENERS_HINTS / 64];
	/* IPv4 addresses with ports as listeners_usual() makes them, one at each place: nearly
	 * every client's datagram is known by one comparison. What finds no place here is in the
	 * table. */
	uint64_t usual[LISTENERS_USUAL];
	unsigned int n;
	struct listener *all;
	uint16_t *at; /* by port (network byte order): one more than a listener's place; 0: none */
};

/* The appliance's or, where it names none, `port` (host byte order) on every address. Returns 0 or
 * -ENOMEM, after which listeners_fini() is called as well. */
int listeners_init(
	struct listeners *listeners, const struct nj_appliance *appliance, uint16_t port);
void listeners_fini(struct listeners *listeners);

static inline bool
listeners_may_have(const struct listeners *listeners, rte_be16_t port)
{
	return listeners->hints[port % LISTENERS_HINTS / 64] >> port % 64 & 1;
}

static inline uint64_t
listeners_usual(rte_be32_t ip, rte_be16_t port)
{
	return (uint64_t)port << 32 | ip;
}

/* Knuth's multiplicative hash: addresses of ours may differ in any octet. */
static inline unsigned int
listeners_usual_place(rte_be32_t ip, rte_be16_t port)
{
	return (ip ^ port) * UINT32_C(0x9e3779b1) / (UINT32_MAX / LISTENERS_USUAL + 1);
}

/* listeners_have() of any flow, by the table. */
bool listeners_find(
	const struct listeners *listeners, const struct nj_link *link, const struct nj_flow *flow);

/* Whether a datagram of this flow came to one of them. Any lcore. */
static inline bool
listeners_have(
	const struct listeners *listeners, const struct nj_link *link, const struct nj_flow *flow)
{
	const rte_be16_t port = flow->dst_port;

	if (!listeners_may_have(listeners, port))
		return false;
	if (likely(!flow->ipv6 && listeners->usual[listeners_usual_place(flow->dst_ip, port)] ==
					  listeners_usual(flow->dst_ip, port)))
		return true;
	return listeners_find(listeners, link, flow);
}

#endif
