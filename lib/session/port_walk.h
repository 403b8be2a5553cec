/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The upstream ports that a session may have, in an order of chance.
 *
 * A walk goes from a random port on in large steps, and comes to each port once: neighbors in the
 * range fill up together, and a walk in steps of one would wade through them.
 */
#ifndef PORT_WALK_H
#define PORT_WALK_H

#include <stdint.h>

#include "nj_session.h"

/* So many free-or-not look-ups at most for one address, so that a worker is never held by a range
 * that is full. With 95 % of the ports in use, all of them meet a used port once in 2 * 10^11
 * sessions. */
#define PORT_TRIES_MAX 512

#define PORT_STEPS 8

struct port_range {
	uint16_t first;                           /* host byte order */
	uint32_t n;                               /* ports */
	uint32_t steps[PORT_STEPS];               /* each of them leads to every port */
	uint64_t reserved[(UINT16_MAX + 1) / 64]; /* a bit for each port that is not for sessions */
};

struct port_walk {
	uint32_t at, step;
	uint32_t left; /* ports */
	unsigned int tries;
	uint32_t hash; /* of the reply but for its port */
};

void port_range_init(struct port_range *range, uint16_t first, uint16_t last);
void port_range_reserve(struct port_range *range, uint16_t port);
bool port_range_has(const struct port_range *range, uint16_t port);

/* Of the replies to one endpoint, to one address of ours; from where, and in which steps, follows
 * from a random number. */
struct port_walk port_walk_start(const struct port_range *range,
	const struct nj_ownership *ownership, const struct nj_flow *reply, uint64_t random);

/*
 * Writes up to `max` replies, which are the same but for their ports: the next ones that come to
 * this worker. Returns how many there are; 0 at the end.
 */
unsigned int port_walk_on(struct port_walk *walk, const struct nj_session_config *config,
	const struct port_range *range, const struct nj_flow *reply, struct nj_flow *replies,
	unsigned int max);

#endif
