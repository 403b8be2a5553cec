/* SPDX-License-Identifier: BSD-3-Clause */
#include "histogram.h"

#include <rte_common.h>

/* Values below HISTOGRAM_STEPS have a bucket each; from there on each power of two has as many. */
static unsigned int
bucket_of(uint64_t value)
{
	unsigned int shift;

	if (value < HISTOGRAM_STEPS)
		return (unsigned int)value;
	if (value >> HISTOGRAM_BITS != 0)
		value = (UINT64_C(1) << HISTOGRAM_BITS) - 1;
	shift = 63 - (unsigned int)__builtin_clzll(value) - HISTOGRAM_STEP_BITS;
	return shift * HISTOGRAM_STEPS + (unsigned int)(value >> shift);
}

/* The middle of what falls into a bucket. */
static uint64_t
value_of(unsigned int bucket)
{
	unsigned int shift;

	if (bucket < 2 * HISTOGRAM_STEPS)
		return bucket;
	shift = bucket / HISTOGRAM_STEPS - 1;
	return ((uint64_t)(bucket - shift * HISTOGRAM_STEPS) << shift) + (UINT64_C(1) << shift) / 2;
}

void
histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->n++;
	histogram->buckets[bucket_of(value)]++;
}

uint64_t
histogram_quantile(const struct histogram *histogram, double share)
{
	const double wanted = share * (double)histogram->n;
	uint64_t seen = 0;

	for (unsigned int i = 0; i < RTE_DIM(histogram->buckets); i++) {
		seen += histogram->buckets[i];
		if (seen > 0 && (double)seen >= wanted)
			return value_of(i);
	}
	return 0;
}
