/* SPDX-License-Identifier: BSD-3-Clause */
/* Clusters and their endpoints. */
#include "answer.h"

#include <errno.h>
#include <string.h>

#define ENDPOINTS_IN_ANSWER 56 /* of some 270 bytes; an answer has 16 KiB */

static struct nj_endpoint_counters
sum(const struct nj_telemetry_source *source, uint32_t number)
{
	struct nj_endpoint_counters total = {0};

	for (unsigned int i = 0; i < source->n_workers; i++) {
		const struct nj_endpoint_counters *one =
			nj_session_endpoint(source->sessions[i], number);

		total.sessions += one->sessions;
		total.unreachable += one->unreachable;
		if (one->path_mtu != 0 && (total.path_mtu == 0 || one->path_mtu < total.path_mtu))
			total.path_mtu = one->path_mtu; /* each worker learns for itself */
		for (unsigned int d = NJ_DOWNSTREAM; d <= NJ_UPSTREAM; d++) {
			total.packets[d] += one->packets[d];
			total.bytes[d] += one->bytes[d];
		}
	}
	return total;
}

/* How many sessions an endpoint can have: each has a port of its own, of one of our addresses. */
static uint64_t
ports_towards(const struct nj_telemetry_source *source, const struct nj_ip *endpoint)
{
	const struct nj_appliance *appliance = source->appliance;
	uint64_t addresses = 0;

	for (unsigned int i = 0; i < appliance->sessions.n_source_addresses; i++)
		addresses += appliance->sessions.source_addresses[i].family == endpoint->family;
	/* Without any it is that of the port that leads there. */
	return RTE_MAX(addresses, UINT64_C(1)) * nj_session_ports(source->sessions[0]);
}

static void
add_endpoint(struct rte_tel_data *data, const struct nj_telemetry_source *source,
	const struct nj_endpoint *endpoint)
{
	struct nj_endpoint_counters counters = sum(source, endpoint->number);

	add_u64(data, "endpoint", endpoint->number);
	add_address(data, "address", &endpoint->address);
	add_string(data, "state",
		nj_is_draining(source->draining, endpoint->number) ? "draining" : "active");
	add_u64(data, "sessions", counters.sessions);
	add_u64(data, "ports", ports_towards(source, &endpoint->address.ip));
	add_u64(data, "downstream_packets", counters.packets[NJ_DOWNSTREAM]);
	add_u64(data, "downstream_bytes", counters.bytes[NJ_DOWNSTREAM]);
	add_u64(data, "upstream_packets", counters.packets[NJ_UPSTREAM]);
	add_u64(data, "upstream_bytes", counters.bytes[NJ_UPSTREAM]);
	add_u64(data, "unreachable", counters.unreachable);
	add_u64(data, "path_mtu", counters.path_mtu);
}

static int
clusters(
	const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	const struct nj_policy *policy = __atomic_load_n(source->policy, __ATOMIC_ACQUIRE);
	struct page page;

	if (page_parse(&page, parameters, ENDPOINTS_IN_ANSWER) < 0)
		return -EINVAL;
	rte_tel_data_start_array(data, RTE_TEL_CONTAINER);
	for (uint32_t c = 0; c < policy->clusters.n_clusters; c++) {
		const struct nj_cluster *cluster = &policy->clusters.clusters[c];

		for (uint32_t e = 0; e < cluster->n_endpoints; e++) {
			struct rte_tel_data *endpoint;

			if (!page_takes(&page))
				continue;
			endpoint = append_dict(data);
			if (endpoint == NULL)
				return -ENOMEM;
			add_u64(endpoint, "cluster", c);
			add_string(
				endpoint, "locality", cluster->locality ? cluster->locality : "");
			add_endpoint(
				endpoint, source, &policy->clusters.endpoints[cluster->first + e]);
		}
	}
	return 0;
}

/* "drain,ADDRESS" or "undrain,ADDRESS". */
static int
endpoint(
	const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	struct nj_address address;
	char text[NJ_TELEMETRY_STRLEN];
	char *rest = text;
	const char *verb;
	int ret;

	if (parameters == NULL)
		return -EINVAL;
	cut_string(text, parameters);
	verb = strsep(&rest, ",");
	if (rest == NULL || nj_address_parse(rest, &address) < 0)
		return -EINVAL;
	if (strcmp(verb, "drain") != 0 && strcmp(verb, "undrain") != 0)
		return -EINVAL;
	ret = source->drain(source->control, &address, verb[0] == 'd');
	rte_tel_data_start_dict(data);
	add_string(data, "result", ret == 0 ? "ok" : "refused");
	if (ret < 0)
		add_string(data, "error", "no such endpoint");
	return 0;
}

const struct command endpoint_commands[] = {
	{"/natterjack/clusters", clusters, "Endpoints by cluster. Parameters: OFFSET,COUNT", false},
	{"/natterjack/endpoint", endpoint,
		"Keeps new sessions from an endpoint. Parameters: drain,ADDRESS or undrain,ADDRESS",
		true},
	{NULL, NULL, NULL, false},
};
