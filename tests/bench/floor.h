/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a session's packet costs at least as long as sessions are found through
 * rte_hash: one bulk look-up of the same keys, two a session, and a write to
 * the session's cache line. Nothing is parsed, sent or decided.
 */
#ifndef FLOOR_H
#define FLOOR_H

#include "frames.h"
#include "traffic.h"

struct floor;

/* The keys of sessions that are open. A table of its own, in the EAL's memory as sessions are. */
struct floor *floor_create(const struct frames *frames);
void floor_destroy(struct floor *floor);

/* Cycles a packet: a sample a look-up, over `fills` times as many packets as there are in hand. */
void floor_measure(struct floor *floor, enum traffic_direction direction, unsigned int fills,
	uint32_t *seed, struct samples *samples);

#endif
