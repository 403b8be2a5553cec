/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_DURATION_H
#define NJ_DURATION_H

#include <stdint.h>

#define NJ_DURATION_STRLEN 24

/* Reads 500ms, 60s, 5m or 1h as milliseconds. Returns 0 or -EINVAL. */
int nj_duration_parse(const char *text, uint64_t *ms);
/* Writes it in the largest unit that divides it; returns `buffer`. */
const char *nj_duration_format(uint64_t ms, char buffer[NJ_DURATION_STRLEN]);

#endif
