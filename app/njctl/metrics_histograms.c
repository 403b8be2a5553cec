/* SPDX-License-Identifier: BSD-3-Clause */
/* How long sessions and packets took, as Prometheus' histograms. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "metrics.h"

#define PREFIX      "natterjack_"
#define BUCKET      "bucket_"
#define NAME_LENGTH 64
#define SECOND_NS   1e9

/* What follows a prefix; NULL where the text does not begin with it. */
static const char *
behind(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* bucket_0_005 has the bound 0.005. */
static void
write_bucket(FILE *out, const char *metric, const char *name, const struct labels *labels,
	const char *bound, json_int_t count)
{
	struct labels with_bound = *labels;
	char text[NAME_LENGTH], full[NAME_LENGTH];

	strlcpy(text, bound, sizeof(text));
	for (char *c = text; *c != '\0'; c++)
		if (*c == '_')
			*c = '.';
	labels_add(&with_bound, "le", text);
	snprintf(full, sizeof(full), "%s_bucket", name);
	exposition_number(out, metric, full, &with_bound, count);
}

void
metrics_write_histogram(FILE *out, const char *metric, const char *name,
	const struct labels *labels, const json_t *buckets, const char *prefix, double sum_s)
{
	char full[NAME_LENGTH];
	json_int_t count = 0;
	json_t *value, *object = json_incref((json_t *)(uintptr_t)buckets);
	const char *member;

	json_object_foreach (object, member, value) {
		const char *rest = behind(member, prefix);
		const char *bound = rest != NULL ? behind(rest, BUCKET) : NULL;

		if (bound != NULL)
			write_bucket(out, metric, name, labels, bound, json_integer_value(value));
		else if (rest != NULL && strcmp(rest, "count") == 0)
			count = json_integer_value(value);
	}
	write_bucket(out, metric, name, labels, "+Inf", count);
	snprintf(full, sizeof(full), "%s_sum", name);
	exposition_sample(out, metric, full, labels, sum_s);
	snprintf(full, sizeof(full), "%s_count", name);
	exposition_number(out, metric, full, labels, count);
	json_decref(object);
}

static void
write_one(FILE *out, const json_t *histogram, const char *name, const char *direction)
{
	const double sum_ns = (double)json_integer_value(json_object_get(histogram, "sum_ns"));
	struct labels labels = {0};

	labels_add(&labels, "direction", direction);
	metrics_write_histogram(out, PREFIX, name, &labels, histogram, "", sum_ns / SECOND_NS);
}

void
metrics_write_histograms(FILE *out, const struct answers *answers)
{
	const json_t *all = answers->histograms;

	exposition_family(out, PREFIX, "session_duration_seconds", "histogram",
		"How long sessions were open that were closed, their time to live included.");
	write_one(out, json_object_get(all, "session_duration"), "session_duration_seconds", NULL);
	exposition_family(out, PREFIX, "processing_seconds", "histogram",
		"How long datagrams were worked on, each as long as the burst that it came with.");
	write_one(out, json_object_get(all, "processing_downstream"), "processing_seconds",
		"downstream");
	write_one(
		out, json_object_get(all, "processing_upstream"), "processing_seconds", "upstream");
}
