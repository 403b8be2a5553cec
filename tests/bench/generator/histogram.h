/* SPDX-License-Identifier: BSD-3-Clause */
/* How often which time was measured: exact to one part in 32, whatever the time. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEP_BITS 5
#define HISTOGRAM_STEPS     (1u << HISTOGRAM_STEP_BITS) /* of each power of two */
#define HISTOGRAM_BITS      48

struct histogram {
	uint64_t n;
	uint64_t buckets[(HISTOGRAM_BITS - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* The value that this share (0 to 1) of all is not above; 0 where there is none. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
