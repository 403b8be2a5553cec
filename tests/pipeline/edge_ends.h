/* SPDX-License-Identifier: BSD-3-Clause */
/* In which counters frames have ended, on both ports and all lcores. */
#ifndef EDGE_ENDS_H
#define EDGE_ENDS_H

#include "rig.h"

/* Answers of neighbors to questions of ours are left out. */
struct edge_ends {
	uint64_t received, forwarded, local;
	uint64_t dropped[NJ_DROP_COUNT];
};

struct edge_ends edge_ends(const struct rig *rig);

/* How many frames have ended between the two; for which reason one was dropped, or else
 * NJ_DROP_NONE. */
uint64_t edge_ended(
	const struct edge_ends *before, const struct edge_ends *after, enum nj_drop *reason);

#endif
