/* SPDX-License-Identifier: BSD-3-Clause */
#include "quiet.h"

#include <stdint.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "median.h"

#define STEPS     256 /* of the loop: a third of a microsecond */
#define WARM      20000
#define TOLERANCE 1.04
#define ENOUGH    16 /* one in so many */

static uint64_t fastest = UINT64_MAX;
static uint64_t n_samples, n_quiet;

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

double
quiet_share(void)
{
	return n_samples > 0 ? (double)n_quiet / (double)n_samples : 0;
}

void
samples_open(struct samples *samples, unsigned int max)
{
	*samples = (struct samples){.values = calloc(max, sizeof(*samples->values))};
}

void
samples_add(struct samples *samples, double value, bool quiet)
{
	double *last = &samples->values[samples->n++];

	*last = value;
	if (quiet) {
		*last = samples->values[samples->n_quiet];
		samples->values[samples->n_quiet++] = value;
	}
}

double
samples_close(struct samples *samples)
{
	const bool enough = samples->n_quiet * ENOUGH >= samples->n && samples->n_quiet > 0;
	const double figure = median(samples->values, enough ? samples->n_quiet : samples->n);

	n_samples += samples->n;
	n_quiet += samples->n_quiet;
	free(samples->values);
	return figure;
}
