/* SPDX-License-Identifier: BSD-3-Clause */
/* Timestamp: measures how old datagrams are, by a time of day that they carry. */
#include "timestamp.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The years -9999 to 9999: what Quilkin takes for a time. */
#define SECONDS_MIN INT64_C(-377705116800)
#define SECONDS_MAX INT64_C(253402300799)

const double nj_timestamp_bounds[NJ_TIMESTAMP_BUCKETS] = {
	0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

struct config {
	char *key;
	unsigned int slot;
};

/* Of one worker, its only writer; by direction. */
struct state {
	struct nj_timestamp_histogram histogram[2];
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
observe(struct nj_timestamp_histogram *histogram, double age)
{
	unsigned int i = 0;

	while (i < NJ_TIMESTAMP_BUCKETS && age > nj_timestamp_bounds[i])
		i++;
	histogram->buckets[i]++;
	histogram->sum += age;
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

static struct nj_filter_type type = {
	.name = "timestamp.v1alpha1.Timestamp",
	.eras = NJ_IN_ERA_2,
	.table = &table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.build = build,
	.destroy = destroy,
	.state_size = state_size,
	.read = timestamp,
	.write = timestamp,
};

NJ_FILTER_REGISTER(type)

bool
nj_timestamp_is(const struct nj_filter *filter)
{
	return filter->type == &type;
}

void
nj_timestamp_add(const void *base, enum nj_direction direction, struct nj_timestamp_histogram *sum)
{
	const struct state *state = base;
	const struct nj_timestamp_histogram *one = &state->histogram[direction];
	double seconds;

	for (unsigned int i = 0; i <= NJ_TIMESTAMP_BUCKETS; i++)
		sum->buckets[i] += __atomic_load_n(&one->buckets[i], __ATOMIC_RELAXED);
	__atomic_load(&one->sum, &seconds, __ATOMIC_RELAXED);
	sum->sum += seconds;
}
