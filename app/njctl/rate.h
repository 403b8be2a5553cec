/* SPDX-License-Identifier: BSD-3-Clause */
/* What changed by the second, between two answers. */
#ifndef RATE_H
#define RATE_H

#include <jansson.h>

struct rate {
	const char *path; /* of a counter, or of an object of counters, which are summed up */
	const char *name; /* of the member that is added */
};

/* Adds n rates to an object; `before` is the same object `seconds` ago, or NULL: rates are 0. */
void rate_add(json_t *now, const json_t *before, double seconds, const struct rate *rates,
	unsigned int n);

/* The same for each object of a list. One is the same as before where the member `key` is. */
void rate_add_list(json_t *now, const json_t *before, const char *key, double seconds,
	const struct rate *rates, unsigned int n);

#endif
