/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics of the program, its files, its ports' links and its neighbors. */
#include <string.h>

#include "cell.h"
#include "metrics.h"

#define MBIT_BYTES 125000

static const struct figure program[] = {
	{"started", "start_time_seconds", NULL, "gauge", "When natterjack started, since 1970."},
	{"uptime", "uptime_seconds", NULL, "gauge", "How long natterjack runs."},
	{"workers", "workers", NULL, "gauge", "Worker lcores."},
	{"workers_stalled", "workers_stalled", NULL, "gauge",
		"Workers that have not polled for two seconds or more."},
	{"manager_idle_ms", "manager_idle_seconds", NULL, "gauge",
		"How long ago the manager began its last round.", .scale = 0.001},
	{"address_conflicts", "address_conflicts_total", NULL, "counter",
		"How often somebody else used or wanted an address of ours."},
	{"state_file_error", "state_file_written", NULL, "gauge",
		"0 where sessions.state_file cannot be written, else 1.", .is = ""},
	{"addresses_unanswered", "addresses_unanswered", NULL, "gauge",
		"Addresses of ours that another host has, or that are still asked for."},
};

static const struct figure files[] = {
	{"generation", "config_generation", NULL, "gauge",
		"Which good load of the proxy file is in force, from 1."},
	{"loaded", "config_last_load_timestamp_seconds", NULL, "gauge",
		"When that load was, since 1970."},
	{"error", "config_last_load_successful", NULL, "gauge",
		"1 where the last load of the proxy file was a good one, else 0.", .is = ""},
};

static const struct figure links[] = {
	{"link", "port_up", NULL, "gauge", "1 where the port's link is up, else 0.", .is = "up"},
	{"speed_mbps", "port_speed_bytes", NULL, "gauge",
		"The link's speed in bytes per second; 0: not known.", .scale = MBIT_BYTES},
	{"mtu", "port_mtu_bytes", NULL, "gauge", "The largest IP packet that leaves by the port."},
};

/* A 1 whose labels say what else cannot be a number. */
static void
write_info(FILE *out, const json_t *info)
{
	struct labels labels = {0};

	labels_add(&labels, "id", json_string_value(json_object_get(info, "id")));
	labels_add(&labels, "version", json_string_value(json_object_get(info, "version")));
	labels_add(&labels, "dpdk", json_string_value(json_object_get(info, "dpdk")));
	exposition_family(out, "natterjack_", "info", "gauge", "Always 1; what is running here.");
	exposition_number(out, "natterjack_", "info", &labels, 1);
}

static void
port_labels(struct labels *labels, const json_t *port)
{
	labels_add(labels, "port", json_string_value(json_object_get(port, "number")));
	labels_add(labels, "device", json_string_value(json_object_get(port, "name")));
}

/* Ports come as an object, by number. */
static json_t *
port_list(const json_t *info)
{
	json_t *list = json_array(), *port;
	const char *number;

	json_object_foreach (json_object_get(info, "ports"), number, port) {
		json_t *copy = json_copy(port);

		json_object_set_new(copy, "number", json_string(number));
		json_array_append_new(list, copy);
	}
	return list;
}

static void
write_one(FILE *out, const struct figure *figures, unsigned int n, json_t *object)
{
	json_t *list = json_pack("[O]", object);

	figures_write(out, "natterjack_", figures, n, list, metrics_no_labels);
	json_decref(list);
}

/* Every state that there is, be there a neighbor in it or not. */
static void
write_neighbors(FILE *out, const json_t *neighbors)
{
	static const char *const states[] = {"incomplete", "reachable", "stale", "probe", "failed"};

	exposition_family(out, "natterjack_", "neighbors", "gauge", "Next hops by state.");
	for (size_t i = 0; i < METRICS_COUNT(states); i++) {
		struct labels labels = {0};
		json_int_t count = 0;
		const json_t *neighbor;
		size_t row;

		json_array_foreach (neighbors, row, neighbor) {
			const char *state = json_string_value(json_object_get(neighbor, "state"));

			count += state != NULL && strcmp(state, states[i]) == 0;
		}
		labels_add(&labels, "state", states[i]);
		exposition_number(out, "natterjack_", "neighbors", &labels, count);
	}
}

void
metrics_write_info(FILE *out, const struct answers *answers)
{
	json_t *ports = port_list(answers->info);

	write_info(out, answers->info);
	write_one(out, program, METRICS_COUNT(program), answers->info);
	write_one(out, files, METRICS_COUNT(files), answers->config);
	figures_write(out, "natterjack_", links, METRICS_COUNT(links), ports, port_labels);
	write_neighbors(out, answers->neighbors);
	json_decref(ports);
}
