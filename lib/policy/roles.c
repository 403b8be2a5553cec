/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports' roles against where endpoints are: known once both files are. */
#include "nj_policy.h"

/* The longest of a port's networks and routes that an address lies in, in bits; -1: in none. */
static int
match(const struct nj_port_config *port, const struct nj_ip *ip)
{
	int longest = -1;

	for (unsigned int i = 0; i < port->n_gateways; i++)
		if (port->gateways[i].family == ip->family)
			longest = 0;
	for (unsigned int i = 0; i < port->n_addresses; i++)
		if (nj_prefix_contains(&port->addresses[i], ip))
			longest = RTE_MAX(longest, (int)port->addresses[i].length);
	for (unsigned int i = 0; i < port->n_routes; i++)
		if (nj_prefix_contains(&port->routes[i].to, ip))
			longest = RTE_MAX(longest, (int)port->routes[i].to.length);
	return longest;
}

/* The port that leads to an address, of two alike the first, as the link has it; NULL: none. */
static const struct nj_port_config *
port_to(const struct nj_appliance *appliance, const struct nj_ip *ip)
{
	const struct nj_port_config *best = NULL;
	int longest = -1;

	for (unsigned int i = 0; i < appliance->n_ports; i++) {
		const int length = match(&appliance->ports[i], ip);

		if (length > longest) {
			longest = length;
			best = &appliance->ports[i];
		}
	}
	return best;
}

/* The only port that endpoints are reached over, or NULL. */
static const struct nj_port_config *
port_to_all(const struct nj_appliance *appliance, const struct nj_clusters *clusters)
{
	const struct nj_port_config *only = NULL;

	for (uint32_t i = 0; i < clusters->n_endpoints; i++) {
		const struct nj_port_config *port =
			port_to(appliance, &clusters->endpoints[i].address.ip);

		if (port == NULL || (only != NULL && port != only))
			return NULL;
		only = port;
	}
	return only;
}

static bool
leads_everywhere(const struct nj_port_config *port)
{
	for (unsigned int i = 0; i < port->n_routes; i++)
		if (port->routes[i].to.length == 0)
			return true;
	return port->n_gateways > 0;
}

static bool
has_address(const struct nj_port_config *port, const struct nj_ip *ip)
{
	for (unsigned int i = 0; i < port->n_addresses; i++)
		if (nj_ip_equal(&port->addresses[i].ip, ip))
			return true;
	return false;
}

static bool
has_all_listeners(const struct nj_appliance *appliance, const struct nj_port_config *port)
{
	for (unsigned int i = 0; i < appliance->n_listeners; i++)
		if (!has_address(port, &appliance->listeners[i].ip))
			return false;
	return appliance->n_listeners > 0;
}

static struct nj_place
place_of(const struct nj_port_config *port)
{
	return (struct nj_place){port->line, port->column};
}

static void
suggest(const struct nj_clusters *clusters, const struct nj_appliance *appliance, const char *path,
	struct nj_report *report)
{
	const struct nj_port_config *ports = appliance->ports, *there, *here;

	if (appliance->n_ports != 2 || ports[0].role != NJ_PORT_BOTH ||
		ports[1].role != NJ_PORT_BOTH)
		return;
	there = port_to_all(appliance, clusters);
	if (there == NULL)
		return;
	here = there == &ports[0] ? &ports[1] : &ports[0];
	if (has_all_listeners(appliance, here) ||
		(leads_everywhere(here) && !leads_everywhere(there)))
		nj_report_late_note(report, path, place_of(here),
			"every endpoint is reached over the port on line %u: with 'role: endpoints' "
			"there and 'role: clients' here nobody on this side can pretend to be one",
			there->line);
}

/* The first of a port's stands for all. */
static void
warn_of_clients_port(const struct nj_clusters *clusters, const struct nj_appliance *appliance,
	const struct nj_port_config *port, const char *path, struct nj_report *report)
{
	char text[NJ_ADDRESS_STRLEN];

	for (uint32_t i = 0; i < clusters->n_endpoints; i++) {
		const struct nj_address *address = &clusters->endpoints[i].address;

		if (port_to(appliance, &address->ip) != port)
			continue;
		nj_report_late_note(report, path, place_of(port),
			"endpoint %s is reached over this port, whose role is clients: what it "
			"answers here is dropped",
			nj_address_format(address, text));
		return;
	}
}

void
nj_policy_check_roles(const struct nj_policy *policy, const struct nj_appliance *appliance,
	const char *path, struct nj_report *report)
{
	suggest(&policy->clusters, appliance, path, report);
	for (unsigned int i = 0; i < appliance->n_ports; i++)
		if (appliance->ports[i].role == NJ_PORT_CLIENTS)
			warn_of_clients_port(
				&policy->clusters, appliance, &appliance->ports[i], path, report);
}
