/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_base.h"

#define S UINT64_C(1000)

const uint64_t nj_duration_bounds_ms[NJ_HISTOGRAM_BOUNDS] = {1 * S, 5 * S, 10 * S, 25 * S, 60 * S,
	300 * S, 900 * S, 1800 * S, 3600 * S, 21600 * S, 86400 * S};

const uint64_t nj_processing_bounds_ns[NJ_HISTOGRAM_BOUNDS] = {
	500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 1000000, 10000000, 100000000};
