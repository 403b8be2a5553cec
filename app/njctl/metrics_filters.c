/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics of the filters of the chain. */
#include <stdbool.h>
#include <string.h>

#include "metrics.h"

#define PREFIX      "natterjack_filter_"
#define NAME_LENGTH 64

static const char *const directions[] = {"read", "write"};

static const struct figure figures[] = {
	{"read_packets", "packets_total", "read", "counter",
		"Datagrams that came to the filter: read from clients, write from endpoints."},
	{"write_packets", "packets_total", "write"},
	{"read_dropped", "dropped_packets_total", "read", "counter",
		"Datagrams that the filter dropped."},
	{"write_dropped", "dropped_packets_total", "write"},
	{"read_ns", "timed_seconds_total", "read", "counter",
		"What the filter took for the bursts that were timed, one in 16.", .scale = 1e-9},
	{"write_ns", "timed_seconds_total", "write", .scale = 1e-9},
	{"read_timed", "timed_packets_total", "read", "counter",
		"Datagrams in the bursts that were timed."},
	{"write_timed", "timed_packets_total", "write"},
};

static void
filter_labels(struct labels *labels, const json_t *filter)
{
	labels_add(labels, "filter", json_string_value(json_object_get(filter, "path")));
	labels_add(labels, "name", json_string_value(json_object_get(filter, "name")));
	labels_add(labels, "label", json_string_value(json_object_get(filter, "label")));
}

/* A counter's name behind its direction, which is NULL where it has none. */
static const char *
split(const char *name, const char **direction)
{
	for (unsigned int i = 0; i < METRICS_COUNT(directions); i++) {
		size_t length = strlen(directions[i]);

		if (strncmp(name, directions[i], length) == 0 && name[length] == '_') {
			*direction = directions[i];
			return name + length + 1;
		}
	}
	*direction = NULL;
	return name;
}

static bool
is_timestamp(const json_t *filter)
{
	const char *name = json_string_value(json_object_get(filter, "name"));

	return name != NULL && strncmp(name, "timestamp.", strlen("timestamp.")) == 0;
}

static json_int_t
counter(const json_t *filter, const char *direction, const char *what)
{
	char name[NAME_LENGTH];

	snprintf(name, sizeof(name), "%s_%s", direction, what);
	return json_integer_value(json_object_get(json_object_get(filter, "counters"), name));
}

static void
write_histogram(FILE *out, const json_t *filter, const char *direction)
{
	struct labels labels = {0};
	char prefix[NAME_LENGTH];

	filter_labels(&labels, filter);
	labels_add(&labels, "direction", direction);
	snprintf(prefix, sizeof(prefix), "%s_", direction);
	metrics_write_histogram(out, PREFIX, "timestamp_age_seconds", &labels,
		json_object_get(filter, "counters"), prefix,
		(double)counter(filter, direction, "sum_ms") / 1000);
}

static void
write_ahead(FILE *out, const json_t *filter, const char *direction)
{
	struct labels labels = {0};

	filter_labels(&labels, filter);
	labels_add(&labels, "direction", direction);
	exposition_sample(out, PREFIX, "timestamp_ahead_seconds_total", &labels,
		(double)counter(filter, direction, "ahead_ms") / 1000);
}

/* Both directions of each Timestamp. */
static void
write_timestamps(FILE *out, const json_t *filters,
	void (*write_one)(FILE *out, const json_t *filter, const char *direction))
{
	const json_t *filter;
	size_t i;

	json_array_foreach (filters, i, filter)
		for (unsigned int d = 0; is_timestamp(filter) && d < METRICS_COUNT(directions); d++)
			write_one(out, filter, directions[d]);
}

/* Match's, and those of third parties' filters, whose names are theirs. */
static void
write_counters(FILE *out, const json_t *filter)
{
	json_t *value;
	const char *name;

	json_object_foreach (json_object_get(filter, "counters"), name, value) {
		struct labels labels = {0};
		const char *direction, *rest = split(name, &direction);

		filter_labels(&labels, filter);
		labels_add(&labels, "direction", direction);
		labels_add(&labels, "event", rest);
		exposition_number(out, PREFIX, "events_total", &labels, json_integer_value(value));
	}
}

void
metrics_write_filters(FILE *out, const struct answers *answers)
{
	const json_t *filters = answers->filters, *filter;
	size_t i;

	figures_write(out, PREFIX, figures, METRICS_COUNT(figures), filters, filter_labels);
	exposition_family(out, PREFIX, "timestamp_age_seconds", "histogram",
		"How old datagrams were by the time that Timestamp found in them.");
	write_timestamps(out, filters, write_histogram);
	exposition_family(out, PREFIX, "timestamp_ahead_seconds_total", "counter",
		"How far ahead of our clock times were that were still to come, summed up.");
	write_timestamps(out, filters, write_ahead);
	exposition_family(out, PREFIX, "events_total", "counter",
		"What a filter counts besides, such as Match its matches.");
	json_array_foreach (filters, i, filter)
		if (!is_timestamp(filter))
			write_counters(out, filter);
}
