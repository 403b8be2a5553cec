/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether each worker still polls. One that has stopped is logged once, and again when it is back.
 */
#ifndef LIVENESS_H
#define LIVENESS_H

#include "dataplane.h"

/* A worker is stalled that has not polled for so long by the manager's clock. */
#define LIVENESS_LIMIT_MS 2000

struct liveness {
	nj_ms_t looked_ms;
	uint64_t polls[NJ_WORKERS_MAX]; /* as of the last look */
	nj_ms_t still_ms[NJ_WORKERS_MAX];
	uint8_t stalled[NJ_WORKERS_MAX]; /* 0 or 1; other threads read it relaxed */
	unsigned int n_stalled;
};

/*
 * Looks at the workers from time to time. Time in which the manager itself did not run is not held
 * against them: whoever stopped the one may have stopped the others. Manager.
 */
void liveness_step(struct liveness *liveness, const struct dataplane *dataplane, nj_ms_t now);

#endif
