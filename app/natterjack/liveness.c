/* SPDX-License-Identifier: BSD-3-Clause */
#include "liveness.h"

#include "worker.h"

NJ_LOG_TYPE(liveness);

#define LOOK_MS 100

static void
set_stalled(struct liveness *liveness, unsigned int worker, bool stalled)
{
	__atomic_store_n(&liveness->stalled[worker], stalled, __ATOMIC_RELAXED);
	if (stalled) {
		liveness->n_stalled++;
		NJ_LOG(ERR, "worker %u has not polled for %u ms: its packets wait", worker,
			LIVENESS_LIMIT_MS);
	} else {
		liveness->n_stalled--;
		NJ_LOG(NOTICE, "worker %u polls again", worker);
	}
}

static void
look(struct liveness *liveness, const struct worker *worker, nj_ms_t elapsed)
{
	const unsigned int i = worker->index;
	const uint64_t polls = __atomic_load_n(&worker->counters.polls, __ATOMIC_RELAXED);
	bool stalled;

	if (polls != liveness->polls[i])
		liveness->still_ms[i] = 0;
	else if (!liveness->stalled[i]) /* else it would wrap one day */
		liveness->still_ms[i] += elapsed;
	liveness->polls[i] = polls;
	stalled = liveness->still_ms[i] >= LIVENESS_LIMIT_MS;
	if (stalled != (liveness->stalled[i] != 0))
		set_stalled(liveness, i, stalled);
}

void
liveness_step(struct liveness *liveness, const struct dataplane *dataplane, nj_ms_t now)
{
	const nj_ms_t elapsed = nj_ms_since(now, liveness->looked_ms);

	if (elapsed < LOOK_MS)
		return;
	liveness->looked_ms = now;
	for (unsigned int i = 0; i < dataplane->n_workers; i++)
		look(liveness, dataplane->workers[i], RTE_MIN(elapsed, (nj_ms_t)(2 * LOOK_MS)));
}
