/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A token bucket: so many a second, and so many at once after a rest. Time is a parameter. All
 * zero is a full one. Who owns it is the only one to touch it.
 */
#ifndef NJ_BUCKET_H
#define NJ_BUCKET_H

#include "nj_base.h"

struct nj_bucket {
	uint64_t spent; /* thousandths of a token, that did not come back yet */
	nj_ms_t since;  /* as of then */
};

/* Takes a token, or returns false where none is left. `burst` is at least 1. */
static inline bool
nj_bucket_take(struct nj_bucket *bucket, uint32_t per_second, uint32_t burst, nj_ms_t now)
{
	const uint64_t back = (uint64_t)nj_ms_since(now, bucket->since) * per_second;

	bucket->since = now;
	bucket->spent -= RTE_MIN(bucket->spent, back);
	if (bucket->spent + 1000 > (uint64_t)burst * 1000)
		return false;
	bucket->spent += 1000;
	return true;
}

/* Whether a token could be taken now. */
static inline bool
nj_bucket_has(const struct nj_bucket *bucket, uint32_t per_second, uint32_t burst, nj_ms_t now)
{
	struct nj_bucket copy = *bucket;

	return nj_bucket_take(&copy, per_second, burst, now);
}

/* Gives back what was just taken. */
static inline void
nj_bucket_give_back(struct nj_bucket *bucket)
{
	bucket->spent -= RTE_MIN(bucket->spent, UINT64_C(1000));
}

#endif
