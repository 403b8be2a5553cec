/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flows of either direction and family, each to its session: a hash whose keys are the sessions.
 *
 * A bucket is one cache line of eight tags, 16 bits of a flow's hash, and the sessions that they
 * stand for. A look-up touches it and the session, which the packet needs anyway; rte_hash has the
 * key in a third line, and takes more than twice the memory (docs/performance.md). Four flows are
 * in a bucket on average. One bucket in fifty overflows when all sessions are open, and goes on in
 * another; of those there are enough for whatever hashes come, so adding a flow never fails.
 *
 * It belongs to one worker.
 */
#ifndef FLOW_TABLE_H
#define FLOW_TABLE_H

#include <assert.h>
#include <stdint.h>

#include <rte_common.h>

#include "nj_session.h"

#define FLOW_SLOTS 8 /* of a bucket */

struct flow_bucket {
	uint16_t tags[FLOW_SLOTS];
	uint32_t refs[FLOW_SLOTS]; /* the session's number, and the direction as the lowest bit */
	uint32_t n;                /* slots in use, from the first on */
	uint32_t next;             /* where it goes on; 0: nowhere */
} __rte_cache_aligned;

static_assert(sizeof(struct flow_bucket) == 64, "one cache line");

struct flow_table {
	uint32_t n_buckets;          /* that a hash leads to; those behind are to go on in */
	uint32_t spare;              /* the first of these that is not in use */
	struct flow_bucket *buckets; /* linked by `next` where they are spare */
};

/* For so many flows, in the memory of a NUMA socket. Returns 0 or -ENOMEM. */
int flow_table_init(struct flow_table *flows, uint32_t n_flows, int socket);
void flow_table_fini(struct flow_table *flows);

/* Any of a session's two flows; it is in the table, or is not, as one would think. */
void flow_table_add(struct nj_session_table *table, const struct nj_session *session,
	const struct nj_flow *flow);
void flow_table_remove(struct nj_session_table *table, const struct nj_session *session,
	const struct nj_flow *flow);

/* As nj_session_find_bulk(). */
void flow_table_find(const struct nj_session_table *table, const struct nj_flow *const *flows,
	unsigned int n, struct nj_session **found);

/*
 * Which of them may be in the table, a bit for each, by their tags alone, so that no session is
 * touched. One in ten thousand that is not there seems to be.
 */
uint64_t flow_table_guess(
	const struct nj_session_table *table, const struct nj_flow *const *flows, unsigned int n);

/* Fetches what the functions above begin with. */
void flow_table_prefetch(const struct flow_table *flows, const struct nj_flow *flow);

/* What flows are hashed by here; for others that have something to note about one. */
uint64_t flow_table_hash(const struct nj_flow *flow);

/* The bucket that a flow's hash leads to: for tests. */
uint32_t flow_table_bucket(const struct flow_table *flows, const struct nj_flow *flow);

#endif
