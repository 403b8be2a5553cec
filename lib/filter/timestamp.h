/* SPDX-License-Identifier: BSD-3-Clause */
/* What the Timestamp filter saw, for telemetry. */
#ifndef NJ_TIMESTAMP_H
#define NJ_TIMESTAMP_H

#include "nj_filter.h"

#define NJ_TIMESTAMP_BUCKETS 11

/* The upper bounds of the buckets in seconds, ascending: Prometheus' default ones, as Quilkin's. */
extern const double nj_timestamp_bounds[NJ_TIMESTAMP_BUCKETS];

/* How old datagrams were. A bucket holds those above the bound before it; the last has no bound. */
struct nj_timestamp_histogram {
	uint64_t buckets[NJ_TIMESTAMP_BUCKETS + 1];
	double sum; /* seconds */
};

/* Whether it is such a filter. */
bool nj_timestamp_is(const struct nj_filter *filter);

/* Adds what one worker's state of such a filter counted in a direction. Any thread. */
void nj_timestamp_add(
	const void *state, enum nj_direction direction, struct nj_timestamp_histogram *sum);

#endif
