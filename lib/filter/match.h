/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_MATCH_H
#define NJ_MATCH_H

#include "nj_filter.h"

#define NJ_MATCH_NAME "match.v1alpha1.Match"

/* What the branches of a Match got, by direction. */
struct nj_match_counters {
	uint64_t matched[2];
	uint64_t fallthrough[2];
};

/* Adds what one worker's state of a Match (nj_chain_state()) has counted. Any thread. */
void nj_match_counters_add(struct nj_match_counters *sum, const void *state);

#endif
