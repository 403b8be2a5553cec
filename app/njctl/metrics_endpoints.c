/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics of clusters and their endpoints. */
#include <stdio.h>

#include "metrics.h"

static const struct figure figures[] = {
	{"sessions", "endpoint_sessions", NULL, "gauge",
		"Sessions with the endpoint that are open now, each with an upstream port."},
	{"ports", "endpoint_ports", NULL, "gauge",
		"Upstream ports that there are towards the endpoint, in use or not."},
	{"state", "endpoint_active", NULL, "gauge",
		"1 where the endpoint takes new sessions, 0 where it drains.", .is = "active"},
	{"downstream_packets", "endpoint_datagrams_total", "downstream", "counter",
		"Datagrams forwarded to the endpoint, and from it."},
	{"upstream_packets", "endpoint_datagrams_total", "upstream"},
	{"downstream_bytes", "endpoint_payload_bytes_total", "downstream", "counter",
		"Bytes of UDP payload forwarded to the endpoint, and from it."},
	{"upstream_bytes", "endpoint_payload_bytes_total", "upstream"},
	{"unreachable", "endpoint_unreachable_total", NULL, "counter",
		"ICMP errors that say that the endpoint is unreachable."},
	{"path_mtu", "endpoint_path_mtu_bytes", NULL, "gauge",
		"The largest IP packet on the way there, as ICMP errors said; 0: none did."},
};

static void
endpoint_labels(struct labels *labels, const json_t *endpoint)
{
	labels_add_number(
		labels, "cluster", json_integer_value(json_object_get(endpoint, "cluster")));
	labels_add(labels, "endpoint", json_string_value(json_object_get(endpoint, "address")));
}

/* An endpoint may stand twice in a cluster; its samples may not. */
static json_t *
each_once(const json_t *clusters)
{
	json_t *list = json_array(), *seen = json_object(), *endpoint;
	size_t i;

	json_array_foreach (clusters, i, endpoint) {
		const char *address = json_string_value(json_object_get(endpoint, "address"));
		char key[128];

		snprintf(key, sizeof(key), "%" JSON_INTEGER_FORMAT " %s",
			json_integer_value(json_object_get(endpoint, "cluster")),
			address != NULL ? address : "");
		if (json_object_get(seen, key) == NULL)
			json_array_append(list, endpoint);
		json_object_set_new(seen, key, json_true());
	}
	json_decref(seen);
	return list;
}

/* How many clusters have endpoints; they come cluster by cluster. */
static json_int_t
count_clusters(const json_t *clusters)
{
	json_int_t count = 0, last = -1;
	const json_t *endpoint;
	size_t i;

	json_array_foreach (clusters, i, endpoint) {
		json_int_t number = json_integer_value(json_object_get(endpoint, "cluster"));

		count += number != last;
		last = number;
	}
	return count;
}

void
metrics_write_endpoints(FILE *out, const struct answers *answers)
{
	json_t *list = each_once(answers->clusters);

	exposition_family(out, "natterjack_", "clusters", "gauge", "Clusters with endpoints.");
	exposition_number(out, "natterjack_", "clusters", NULL, count_clusters(list));
	exposition_family(out, "natterjack_", "endpoints", "gauge", "Endpoints of all clusters.");
	exposition_number(out, "natterjack_", "endpoints", NULL, (json_int_t)json_array_size(list));
	figures_write(out, "natterjack_", figures, METRICS_COUNT(figures), list, endpoint_labels);
	json_decref(list);
}
