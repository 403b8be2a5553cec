/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MEDIAN_H
#define MEDIAN_H

#include <stdlib.h>

static inline int
median_by_value(const void *a, const void *b)
{
	const double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

/* Puts the values in order. */
static inline double
median(double *values, unsigned int n)
{
	qsort(values, n, sizeof(values[0]), median_by_value);
	return values[n / 2];
}

#endif
