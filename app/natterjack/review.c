/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy that comes into force may forbid sessions that are open: those whose client is an
 * endpoint now. Only their worker may close them, so it goes over its table once, a slice in each
 * round. What is opened meanwhile was checked against the new policy already.
 */
#include "worker.h"

static void
judge(struct worker *worker, uint32_t number)
{
	struct nj_session *session = nj_session_at(worker->sessions, number);
	struct nj_address client;

	if (session == NULL)
		return;
	client = nj_session_peer(worker->sessions, session, NJ_UPSTREAM);
	if (dataplane_is_endpoint(worker->dataplane, &client))
		nj_session_end(worker->sessions, session, worker->now);
}

void
review(struct worker *worker)
{
	const struct nj_policy *policy =
		__atomic_load_n(&worker->dataplane->policy, __ATOMIC_ACQUIRE);
	struct review *review = &worker->review;

	if (unlikely(policy->generation != review->generation)) {
		review->generation = policy->generation;
		review->left = nj_session_used(worker->sessions);
	}
	for (unsigned int i = 0; review->left > 0 && i < REVIEW_SLICE; i++)
		judge(worker, --review->left);
}
