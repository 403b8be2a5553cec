/* SPDX-License-Identifier: BSD-3-Clause */
/* Timestamp: measures how old datagrams are, by a time of day that they carry. */
#include "nj_filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The years -9999 to 9999: what Quilkin takes for a time. */
#define SECONDS_MIN INT64_C(-377705116800)
#define SECONDS_MAX INT64_C(253402300799)

/* Upper bounds of the buckets in seconds, ascending: Prometheus' default ones, as Quilkin's. */
static const double bounds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

#define BUCKETS RTE_DIM(bounds)

struct config {
	char *key;
	unsigned int slot;
};

/* How old datagrams were. A bucket holds those above the bound before it; the last has no bound. */
struct histogram {
	uint64_t buckets[BUCKETS + 1];
	uint64_t sum_ms, ahead_ms; /* of ages; of times that are still to come */
};

/* Of one worker, its only writer; by direction. */
struct state {
	struct histogram histogram[2];
};

static const struct nj_field fields[] = {
	{"metadataKey", nj_read_string, offsetof(struct config, key), .required = true},
};
static const struct nj_table table = {NJ_TABLE(fields)};

static bool
build(struct nj_filter_build *build, void *base)
{
	struct config *config = base;

	config->slot = nj_filter_slot(build, config->key);
	return true;
}

static void
destroy(void *base)
{
	struct config *config = base;

	free(config->key);
}

static size_t
state_size(const void *config)
{
	return sizeof(struct state);
}

/* Returns false where the value is no time. */
static bool
seconds_of(const struct nj_value *value, int64_t *seconds)
{
	rte_be64_t wire;

	if (value->type == NJ_VALUE_NUMBER) {
		*seconds = value->number;
	} else if (value->type == NJ_VALUE_BYTES && value->length == sizeof(wire)) {
		memcpy(&wire, value->bytes, sizeof(wire));
		*seconds = (int64_t)rte_be_to_cpu_64(wire);
	} else {
		return false;
	}
	return *seconds >= SECONDS_MIN && *seconds <= SECONDS_MAX;
}

static void
observe(struct histogram *histogram, double age)
{
	unsigned int i = 0;

	while (i < BUCKETS && age > bounds[i])
		i++;
	histogram->buckets[i]++;
	if (age >= 0)
		histogram->sum_ms += (uint64_t)(age * 1000);
	else
		histogram->ahead_ms += (uint64_t)(-age * 1000);
}

/* The time of day comes from the vDSO, once a burst: no system call. */
static void
timestamp(const struct nj_filter *filter, void *base, struct nj_batch *batch)
{
	const struct config *config = filter->config;
	struct state *state = base;
	struct timespec now;
	int64_t seconds;

	clock_gettime(CLOCK_REALTIME, &now);
	for (unsigned int i = 0; i < batch->n; i++)
		if (seconds_of(&batch->datagrams[i]->values[config->slot], &seconds))
			observe(&state->histogram[batch->direction],
				(double)(now.tv_sec - seconds) + (double)now.tv_nsec * 1e-9);
}

/* Such as read_bucket_0_005: a name has no dot. */
static void
bucket_name(char name[NJ_FIGURE_STRLEN], const char *direction, double bound)
{
	snprintf(name, NJ_FIGURE_STRLEN, "%s_bucket_%g", direction, bound);
	for (char *c = name; *c != '\0'; c++)
		if (*c == '.')
			*c = '_';
}

static void
figure(struct nj_filter_figures *figures, const char *direction, const char *what, uint64_t value)
{
	char name[NJ_FIGURE_STRLEN];

	snprintf(name, sizeof(name), "%s_%s", direction, what);
	nj_filter_figure(figures, name, value);
}

/* Buckets as Prometheus has them: each with what is in those before it. */
static void
histogram_figures(
	struct nj_filter_figures *figures, const char *direction, const struct histogram *histogram)
{
	char name[NJ_FIGURE_STRLEN];
	uint64_t count = 0;

	for (unsigned int i = 0; i < BUCKETS; i++) {
		count += __atomic_load_n(&histogram->buckets[i], __ATOMIC_RELAXED);
		bucket_name(name, direction, bounds[i]);
		nj_filter_figure(figures, name, count);
	}
	count += __atomic_load_n(&histogram->buckets[BUCKETS], __ATOMIC_RELAXED);
	figure(figures, direction, "count", count);
	figure(figures, direction, "sum_ms", __atomic_load_n(&histogram->sum_ms, __ATOMIC_RELAXED));
	figure(figures, direction, "ahead_ms",
		__atomic_load_n(&histogram->ahead_ms, __ATOMIC_RELAXED));
}

static void
counters(const struct nj_filter *filter, const void *base, struct nj_filter_figures *figures)
{
	const struct state *state = base;

	histogram_figures(figures, "read", &state->histogram[NJ_DOWNSTREAM]);
	histogram_figures(figures, "write", &state->histogram[NJ_UPSTREAM]);
}

static struct nj_filter_type type = {
	.name = "timestamp.v1alpha1.Timestamp",
	.eras = NJ_IN_ERA_2,
	.table = &table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.build = build,
	.destroy = destroy,
	.state_size = state_size,
	.counters = counters,
	.read = timestamp,
	.write = timestamp,
};

NJ_FILTER_REGISTER(type)
