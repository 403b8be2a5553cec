/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may open a session: so many a second, and so many at once for each source, which is a
 * client's address, or the /24 (IPv4) or /64 (IPv6) that it lies in. Counts are exact: a source has
 * a place for as long as it has a session, and there are as many places as sessions.
 *
 * Where a session has to give way for a new one, that takes as long as many packets of sessions
 * do. So it is paid for in rounds of the worker: they are short and plenty while it has little to
 * do, and any number may come and go; one whose bursts are full has few of them.
 */
#ifndef ADMISSION_H
#define ADMISSION_H

#include <rte_common.h>

#include "nj_bucket.h"
#include "nj_session.h"

enum source_kind {
	SOURCE_ADDRESS,
	SOURCE_PREFIX,
	SOURCE_KINDS,
};

#define ADMISSION_ROUNDS_EACH 16u    /* that a session pays for which takes another's place */
#define ADMISSION_ROUNDS_MAX  65536u /* that are saved up */

/* The open sessions of each source. */
struct source_counts {
	uint32_t limit;        /* 0: none, and nothing is counted */
	struct rte_hash *hash; /* to a place */
	uint32_t *sessions;    /* by place */
};

struct admission {
	struct nj_session_limits limits;
	struct nj_bucket opened;
	struct source_counts sources[SOURCE_KINDS];
	uint32_t rounds; /* saved up */
};

/* Returns 0 or -ENOMEM; admission_fini() is for either. Before workers start. */
int admission_init(struct admission *admission, const struct nj_session_config *config, int socket);
void admission_fini(struct admission *admission);

/* Whether the rate allows one more. */
static inline bool
admission_has_room(const struct admission *admission, nj_ms_t now)
{
	const uint32_t per_second = admission->limits.per_second;

	return per_second == 0 || nj_bucket_has(&admission->opened, per_second, per_second, now);
}

static inline void
admission_round(struct admission *admission)
{
	admission->rounds += admission->rounds < ADMISSION_ROUNDS_MAX;
}

/* Whether one session may give way for another. */
static inline bool
admission_may_evict(const struct admission *admission)
{
	return admission->rounds >= ADMISSION_ROUNDS_EACH;
}

static inline void
admission_evicted(struct admission *admission)
{
	admission->rounds -= RTE_MIN(admission->rounds, ADMISSION_ROUNDS_EACH);
}

/* Why this client may not open a session now; NJ_DROP_NONE: it may. */
enum nj_drop admission_check(struct admission *admission, const struct nj_flow *flow, nj_ms_t now);

/* A session of this client is open from now on, and no longer. */
void admission_enter(struct admission *admission, const struct nj_flow *flow);
void admission_leave(struct admission *admission, const struct nj_flow *flow);

#endif
