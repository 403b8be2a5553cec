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

struct listeners {
	/* By a port modulo their number: without a bit there is no listener. Replies come to any
	 * port, and each would fetch another line of the table below. */
	uint64_t hints[LISTENERS_HINTS / 64];
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

/* Whether a datagram of this flow came to one of them. Any lcore. */
static inline bool
listeners_have(
	const struct listeners *listeners, const struct nj_link *link, const struct nj_flow *flow)
{
	if (!listeners_may_have(listeners, flow->dst_port))
		return false;
	for (unsigned int i = listeners->at[flow->dst_port]; i != 0;
		i = listeners->all[i - 1].next) {
		const struct listener *listener = &listeners->all[i - 1];
		struct nj_ip ip;

		if (listener->ip.family == AF_UNSPEC)
			return nj_link_is_to_us(link, flow);
		ip = nj_flow_destination(flow).ip;
		if (nj_ip_equal(&listener->ip, &ip))
			return true;
	}
	return false;
}

#endif
