/* SPDX-License-Identifier: BSD-3-Clause */
#include "quiet.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "median.h"

#define STEPS     256 /* of the loop: a third of a microsecond */
#define WARM      20000
#define TOLERANCE 1.04
#define ENOUGH    64 /* one in so many */
#define FIRST     1024

static uint64_t fastest = UINT64_MAX;

/* Keeps all of the core's arithmetic busy, and touches no memory. */
static uint64_t
probe(void)
{
	uint64_t a = 1, b = 2, c = 3, d = 4;
	const uint64_t begin = rte_rdtsc_precise();

	for (uint64_t i = 0; i < STEPS; i++) {
		a += i ^ b;
		b += a >> 3;
		c ^= i + d;
		d += c << 1;
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
	}
	return rte_rdtsc_precise() - begin;
}

/* The least of all that any thread has seen. */
static uint64_t
learn(uint64_t cycles)
{
	uint64_t least = __atomic_load_n(&fastest, __ATOMIC_RELAXED);

	while (cycles < least)
		if (__atomic_compare_exchange_n(
			    &fastest, &least, cycles, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return cycles;
	return least;
}

bool
quiet_now(void)
{
	uint64_t cycles;

	if (__atomic_load_n(&fastest, __ATOMIC_RELAXED) == UINT64_MAX)
		for (unsigned int i = 0; i < WARM; i++)
			learn(probe());
	cycles = probe();
	return (double)cycles <= (double)learn(cycles) * TOLERANCE;
}

void
samples_add(struct samples *samples, double value, bool quiet)
{
	double *last;

	if (samples->n == samples->max) {
		samples->max = samples->max > 0 ? 2 * samples->max : FIRST;
		samples->values =
			reallocarray(samples->values, samples->max, sizeof(*samples->values));
	}
	last = &samples->values[samples->n++];
	*last = value;
	if (quiet) {
		*last = samples->values[samples->n_quiet];
		samples->values[samples->n_quiet++] = value;
	}
}

void
samples_move(struct samples *to, struct samples *from)
{
	for (unsigned int i = 0; i < from->n; i++)
		samples_add(to, from->values[i], i < from->n_quiet);
	samples_clear(from);
}

void
samples_clear(struct samples *samples)
{
	free(samples->values);
	*samples = (struct samples){0};
}

double
samples_median(const struct samples *samples)
{
	const bool enough = samples->n_quiet * ENOUGH >= samples->n;
	const unsigned int n = enough ? samples->n_quiet : samples->n;
	double *copy, figure;

	if (n == 0)
		return 0;
	copy = calloc(n, sizeof(*copy));
	memcpy(copy, samples->values, n * sizeof(*copy));
	figure = median(copy, n);
	free(copy);
	return figure;
}
