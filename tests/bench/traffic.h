/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets through one worker, between rings: sessions are opened as clients and
 * servers would open them, and then a few hundred buffers go round and round,
 * each time as a datagram of another session.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "frames.h"
#include "quiet.h"

/*
 * So many packets wait for the worker at a time, as in a NIC's ring: more than
 * one burst, or every buffer would still lie in the first-level cache.
 */
#define TRAFFIC_IN_HAND 512

enum traffic_direction {
	TRAFFIC_DOWNSTREAM,
	TRAFFIC_UPSTREAM,
	TRAFFIC_MIXED, /* one and one, in turn */
};

#define TRAFFIC_DIRECTIONS 3

/* The direction of the nth packet. */
static inline enum nj_direction
traffic_of(enum traffic_direction direction, unsigned int n)
{
	if (direction == TRAFFIC_MIXED)
		return n % 2 == 0 ? NJ_DOWNSTREAM : NJ_UPSTREAM;
	return direction == TRAFFIC_DOWNSTREAM ? NJ_DOWNSTREAM : NJ_UPSTREAM;
}

/* Any session: the next of the sequence of nj_test_random(). */
static inline uint32_t
traffic_session(const struct frames *frames, uint32_t *seed)
{
	return nj_test_random(seed) % frames->n;
}

/*
 * Rings full of packets that go first, unmeasured. They meet each session about twice, as what was
 * made last, the floor's table, has pushed the others out of the caches; or as many as are
 * measured, where sessions are too many for any cache.
 */
static inline unsigned int
traffic_warm_fills(const struct frames *frames, unsigned int fills)
{
	const unsigned int twice = 2 * frames->n / TRAFFIC_IN_HAND;

	return RTE_MAX(fills / 4, RTE_MIN(fills, twice));
}

struct traffic;

/*
 * Opens every session, an answer included, and checks what becomes of each of these datagrams, to
 * the checksum. Ends the program where one is not as it has to be. The rig has one worker.
 */
struct traffic *traffic_create(struct rig *rig, struct frames *frames);
void traffic_destroy(struct traffic *traffic);

/* Cycles of worker_poll() a packet: a sample a poll, over `fills` rings full of packets. */
void traffic_measure(struct traffic *traffic, enum traffic_direction direction, unsigned int fills,
	uint32_t *seed, struct samples *samples);

#endif
