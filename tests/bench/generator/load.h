/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Load: sessions are opened, and then datagrams of sessions that are chosen at
 * random go out and are waited for. One lcore does it all.
 */
#ifndef LOAD_H
#define LOAD_H

#include "histogram.h"
#include "players.h"
#include "wire.h"

struct load {
	struct wire *wire;
	struct players *players;
	struct probe_form form;
	uint64_t patience_ms;    /* after so long without any, what is away counts as lost */
	bool mixed;              /* replies as well, one and one; else from clients alone */
	uint32_t seed;           /* not 0 */
	struct histogram *times; /* where it is not NULL, how long each was away, in cycles */
	uint64_t begin;          /* of the run, in cycles; what was sent before does not count */
	uint64_t sent, returned;
	uint64_t strays; /* frames that came in and are not as they should be */
};

/* Frames of so many bytes on the wire from now on. */
void load_form(struct load *load, unsigned int frame_bytes);

/* Opens all sessions of load->players that are not open; ends the program where some cannot be.
 * Returns how many it opened. */
uint32_t load_open(struct load *load);

/*
 * For so long: as fast as the device takes it, or (rate > 0) so many a second. The counters are
 * what was sent in this time, and what came back in it. Returns how long it took, in cycles.
 */
uint64_t load_run(struct load *load, uint64_t cycles, double rate);

/* Waits until nothing comes back any more; what does is counted. */
void load_drain(struct load *load);

#endif
