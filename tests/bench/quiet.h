/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Samples, and which of them had a core for themselves.
 *
 * A CPU of a virtual machine is half a core, and while somebody else computes on the other half,
 * code that keeps a core busy takes half as long again; that comes and goes within milliseconds. A
 * loop of known work, in front of a sample and behind it, tells: as fast as it ever was, or not.
 * Where enough samples had the core for themselves, they alone count. Any lcore.
 */
#ifndef QUIET_H
#define QUIET_H

#include <stdbool.h>

/* Whether this CPU has its core for itself now. */
bool quiet_now(void);

/* Zeroed, there are none yet. */
struct samples {
	unsigned int n, n_quiet, max;
	double *values; /* the quiet ones in front */
};

void samples_add(struct samples *samples, double value, bool quiet);
/* Moves all of them, and leaves none behind. */
void samples_move(struct samples *to, struct samples *from);
/* Forgets them. */
void samples_clear(struct samples *samples);
/* The median of the quiet ones; of all where those are less than one in 64; 0 of none. */
double samples_median(const struct samples *samples);

#endif
