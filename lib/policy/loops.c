/* SPDX-License-Identifier: BSD-3-Clause */
/* Endpoints that are ourselves: known once both files are. */
#include "nj_policy.h"

static bool
is_ours(const struct nj_appliance *appliance, const struct nj_ip *ip)
{
	for (unsigned int i = 0; i < appliance->n_ports; i++)
		for (unsigned int j = 0; j < appliance->ports[i].n_addresses; j++)
			if (nj_ip_equal(&appliance->ports[i].addresses[j].ip, ip))
				return true;
	for (unsigned int i = 0; i < appliance->sessions.n_source_addresses; i++)
		if (nj_ip_equal(&appliance->sessions.source_addresses[i], ip))
			return true;
	return false;
}

/* Whether we listen there, at an address of ours. */
static bool
is_listener(const struct nj_appliance *appliance, uint16_t default_port,
	const struct nj_address *address)
{
	const uint16_t port = rte_be_to_cpu_16(address->port);

	for (unsigned int i = 0; i < appliance->n_listeners; i++) {
		const struct nj_listener_config *listener = &appliance->listeners[i];

		if (listener->port == port && (listener->ip.family == AF_UNSPEC ||
						      nj_ip_equal(&listener->ip, &address->ip)))
			return true;
	}
	return appliance->n_listeners == 0 && port == default_port;
}

bool
nj_policy_check_loops(const struct nj_policy *policy, const struct nj_appliance *appliance,
	uint16_t port, const char *path, struct nj_report *report)
{
	const struct nj_clusters *clusters = &policy->clusters;
	bool good = true;

	for (uint32_t i = 0; i < clusters->n_endpoints; i++) {
		const struct nj_endpoint *endpoint = &clusters->endpoints[i];
		const struct nj_place place = {endpoint->line, endpoint->column};
		char text[NJ_ADDRESS_STRLEN];

		if (!is_ours(appliance, &endpoint->address.ip))
			continue;
		nj_address_format(&endpoint->address, text);
		if (!is_listener(appliance, port, &endpoint->address)) {
			nj_report_late_note(report, path, place,
				"endpoint %s is at an address of ours, where nobody answers", text);
			continue;
		}
		nj_report_late_error(
			report, path, place, "endpoint %s is a listener of ours", text);
		good = false;
	}
	return good;
}
