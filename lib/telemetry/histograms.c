/* SPDX-License-Identifier: BSD-3-Clause */
/* How long things took, over all workers. */
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>

#include "answer.h"

#define MS_NS 1000000

static void
sum(const struct nj_telemetry_source *source, struct nj_counters *total)
{
	*total = (struct nj_counters){0};
	for (unsigned int i = 0; i < source->n_workers; i++)
		nj_counters_add(total, source->worker_counters[i]);
}

/* 500 ns is "bucket_0_0000005": seconds, as Prometheus has them, in letters that keys may have. */
static void
bucket_name(char name[32], uint64_t bound_ns)
{
	size_t length = (size_t)snprintf(name, 32, "bucket_%.9f", (double)bound_ns / NS_PER_S);

	while (name[length - 1] == '0')
		name[--length] = '\0';
	if (name[length - 1] == '.')
		name[--length] = '\0';
	else
		*strchr(name, '.') = '_';
}

/* Each bucket with those before it. Returns the dictionary, for the sum; NULL if memory is short.
 */
static struct rte_tel_data *
add_buckets(struct rte_tel_data *data, const char *name, const struct nj_histogram *histogram,
	const uint64_t bounds[NJ_HISTOGRAM_BOUNDS], uint64_t unit_ns)
{
	struct rte_tel_data *dict = add_dict(data, name);
	uint64_t count = 0;

	if (dict == NULL)
		return NULL;
	for (unsigned int i = 0; i < NJ_HISTOGRAM_BOUNDS; i++) {
		char bucket[32];

		count += histogram->values[i];
		bucket_name(bucket, bounds[i] * unit_ns);
		add_u64(dict, bucket, count);
	}
	add_u64(dict, "count", count + histogram->values[NJ_HISTOGRAM_BOUNDS]);
	return dict;
}

static void
add_processing(struct rte_tel_data *data, const char *name, const struct nj_histogram *histogram)
{
	const double ns = (double)histogram->sum / (double)rte_get_tsc_hz() * NS_PER_S;
	struct rte_tel_data *dict = add_buckets(data, name, histogram, nj_processing_bounds_ns, 1);

	if (dict != NULL)
		add_u64(dict, "sum_ns", (uint64_t)ns);
}

static int
histograms(
	const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	struct nj_counters total;
	struct rte_tel_data *dict;

	sum(source, &total);
	rte_tel_data_start_dict(data);
	dict = add_buckets(
		data, "session_duration", &total.durations, nj_duration_bounds_ms, MS_NS);
	if (dict != NULL)
		add_u64(dict, "sum_ns", total.durations.sum * MS_NS);
	add_processing(data, "processing_downstream", &total.processing[NJ_DOWNSTREAM]);
	add_processing(data, "processing_upstream", &total.processing[NJ_UPSTREAM]);
	return 0;
}

const struct command histogram_commands[] = {
	{"/natterjack/histograms", histograms,
		"How long sessions and packets took, in closed buckets. No parameters", false},
	{NULL, NULL, NULL, false},
};
