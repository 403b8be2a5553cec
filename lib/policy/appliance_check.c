/* SPDX-License-Identifier: BSD-3-Clause */
#include "appliance.h"

#include "nj_yaml.h"
#include "unicast.h"

/* What the checks of one file share. */
struct check {
	struct nj_document *document;
	const struct nj_appliance *appliance;
};

static yaml_node_t *
list_item(struct check *check, const yaml_node_t *map, const char *list, unsigned int i)
{
	return nj_document_item(check->document, nj_document_find(check->document, map, list), i);
}

/* Reports a name that was there before. */
static void
check_once(struct check *check, struct nj_seen *seen, const yaml_node_t *node, const char *what,
	const char *name)
{
	const struct nj_place *first = nj_seen_before(seen, name, nj_node_place(node));

	if (first != NULL)
		nj_document_error(check->document, node, "%s %s is there twice, first on line %u",
			what, name, first->line);
}

static bool
is_ours(const struct nj_appliance *appliance, const struct nj_ip *ip)
{
	for (unsigned int i = 0; i < appliance->n_ports; i++)
		for (unsigned int j = 0; j < appliance->ports[i].n_addresses; j++)
			if (nj_ip_equal(&appliance->ports[i].addresses[j].ip, ip))
				return true;
	return false;
}

/* Whether all its addresses could be read; if not, what depends on them is not judged. */
static bool
is_known(const struct nj_port_config *port)
{
	for (unsigned int i = 0; i < port->n_addresses; i++)
		if (port->addresses[i].ip.family == AF_UNSPEC)
			return false;
	return port->n_addresses > 0;
}

static bool
are_known(const struct nj_appliance *appliance)
{
	for (unsigned int i = 0; i < appliance->n_ports; i++)
		if (!is_known(&appliance->ports[i]))
			return false;
	return appliance->n_ports > 0;
}

/* The port's network that holds an address, or NULL. */
static const struct nj_prefix *
network_of(const struct nj_port_config *port, const struct nj_ip *ip)
{
	for (unsigned int i = 0; i < port->n_addresses; i++)
		if (nj_prefix_contains(&port->addresses[i], ip))
			return &port->addresses[i];
	return NULL;
}

static bool
has_ipv6(const struct nj_port_config *port)
{
	for (unsigned int i = 0; i < port->n_addresses; i++)
		if (port->addresses[i].ip.family == AF_INET6)
			return true;
	return false;
}

/* Ports -------------------------------------------------------------------------------------- */

#define IPV6_MTU_MIN 1280 /* RFC 8200, section 5 */

static void
check_mtu(struct check *check, const struct nj_port_config *port, const yaml_node_t *node)
{
	if (port->mtu < IPV6_MTU_MIN && has_ipv6(port))
		nj_document_error(check->document, nj_document_find(check->document, node, "mtu"),
			"an MTU of %u is too small for the port's IPv6 addresses: it must be at "
			"least %u",
			port->mtu, IPV6_MTU_MIN);
}

static void
check_address(struct check *check, struct nj_seen *seen, const yaml_node_t *node,
	const struct nj_prefix *address)
{
	char text[NJ_ADDRESS_STRLEN];
	const char *flaw;

	if (address->ip.family == AF_UNSPEC)
		return;
	flaw = nj_prefix_flaw(address);
	if (address->length == 0)
		flaw = "no address of a network: its prefix length is 0";
	nj_ip_format(&address->ip, text);
	if (flaw != NULL)
		nj_document_error(check->document, node, "address %s is %s", text, flaw);
	else
		check_once(check, seen, node, "address", text);
}

/*
 * A gateway has to be a neighbor: a host on one of the port's networks that is not us. A port with
 * an IPv6 address has the link-local network, too.
 */
static void
check_neighbor(struct check *check, const struct nj_port_config *port, const yaml_node_t *node,
	const struct nj_ip *ip)
{
	const struct nj_prefix *network = network_of(port, ip);
	struct nj_prefix host = {.ip = *ip};
	char text[NJ_ADDRESS_STRLEN];
	const char *flaw = NULL;

	if (ip->family == AF_UNSPEC || !is_known(port))
		return;
	host.length = network != NULL ? network->length : 64;
	if (network != NULL || (nj_ip_is_link_only(ip) && has_ipv6(port)))
		flaw = nj_prefix_flaw(&host);
	else
		flaw = "in none of the port's networks";
	if (is_ours(check->appliance, ip))
		flaw = "an address of ours";
	if (flaw != NULL)
		nj_document_error(
			check->document, node, "gateway %s is %s", nj_ip_format(ip, text), flaw);
}

/* Routes ------------------------------------------------------------------------------------- */

static bool
is_same_network(const struct nj_prefix *a, const struct nj_prefix *b)
{
	return a->length == b->length && nj_prefix_contains(a, &b->ip);
}

/* A gateway is the next hop for what no other route is for. */
static struct nj_prefix
default_network(const struct nj_ip *gateway)
{
	return (struct nj_prefix){.ip.family = gateway->family};
}

/* Its address has no bits behind the prefix, so that equal networks are equal text. */
static void
format_network(char *out, size_t size, const struct nj_prefix *to)
{
	struct nj_ip ip = to->ip;
	uint8_t *bytes = ip.family == AF_INET ? (uint8_t *)&ip.v4 : ip.v6;
	unsigned int bits = ip.family == AF_INET ? 32 : 128;
	char text[NJ_ADDRESS_STRLEN];

	for (unsigned int bit = to->length; bit < bits; bit++)
		bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	snprintf(out, size, "%s/%u", nj_ip_format(&ip, text), to->length);
}

/* The next hop of the first route to a network, in the order that check_ports() goes in. */
static const struct nj_ip *
first_hop(const struct nj_appliance *appliance, const struct nj_prefix *to)
{
	for (unsigned int i = 0; i < appliance->n_ports; i++) {
		const struct nj_port_config *port = &appliance->ports[i];

		for (unsigned int j = 0; j < port->n_gateways; j++) {
			struct nj_prefix network = default_network(&port->gateways[j]);

			if (is_same_network(&network, to))
				return &port->gateways[j];
		}
		for (unsigned int j = 0; j < port->n_routes; j++)
			if (port->routes[j].via.family == to->ip.family &&
				is_same_network(&port->routes[j].to, to))
				return &port->routes[j].via;
	}
	return NULL;
}

static bool
is_connected(const struct nj_appliance *appliance, const struct nj_prefix *to)
{
	for (unsigned int i = 0; i < appliance->n_ports; i++)
		for (unsigned int j = 0; j < appliance->ports[i].n_addresses; j++)
			if (is_same_network(&appliance->ports[i].addresses[j], to))
				return true;
	return false;
}

/* One way leads to a network. */
static void
check_way(struct check *check, struct nj_seen *seen, const yaml_node_t *node,
	const struct nj_prefix *to, const struct nj_ip *via)
{
	char network[NJ_ADDRESS_STRLEN + 8], text[NJ_ADDRESS_STRLEN], other[NJ_ADDRESS_STRLEN];
	const struct nj_place *first;
	const struct nj_ip *hop;

	if (to->ip.family == AF_UNSPEC || via->family == AF_UNSPEC)
		return;
	format_network(network, sizeof(network), to);
	nj_ip_format(via, text);
	if (is_connected(check->appliance, to)) {
		nj_document_error(check->document, node,
			"%s is one of our networks: no way leads there via %s", network, text);
		return;
	}
	first = nj_seen_before(seen, network, nj_node_place(node));
	if (first == NULL)
		return;
	hop = first_hop(check->appliance, to);
	nj_document_error(check->document, node,
		"gateway %s is another way to %s, beside %s on line %u", text, network,
		nj_ip_format(hop, other), first->line);
}

static void
check_gateway(struct check *check, struct nj_seen *seen, const struct nj_port_config *port,
	const yaml_node_t *node, const struct nj_ip *gateway)
{
	struct nj_prefix to = default_network(gateway);

	check_neighbor(check, port, node, gateway);
	check_way(check, seen, node, &to, gateway);
}

static void
check_route(struct check *check, struct nj_seen *seen, const struct nj_port_config *port,
	const yaml_node_t *node, const struct nj_route_config *route)
{
	const yaml_node_t *to = nj_document_find(check->document, node, "to");
	const yaml_node_t *via = nj_document_find(check->document, node, "via");
	char text[NJ_ADDRESS_STRLEN], name[NJ_ADDRESS_STRLEN + 8];

	if (via != NULL)
		check_neighbor(check, port, via, &route->via);
	if (to == NULL || via == NULL || route->to.ip.family == AF_UNSPEC)
		return;
	if (route->via.family == AF_UNSPEC || route->via.family == route->to.ip.family) {
		check_way(check, seen, to, &route->to, &route->via);
		return;
	}
	format_network(name, sizeof(name), &route->to);
	nj_document_error(check->document, via, "gateway %s is not of the same IP version as %s",
		nj_ip_format(&route->via, text), name);
}

static void
check_ports(struct check *check, const yaml_node_t *root)
{
	struct nj_seen devices = {0}, addresses = {0}, routes = {0};

	for (unsigned int i = 0; i < check->appliance->n_ports; i++) {
		const struct nj_port_config *port = &check->appliance->ports[i];
		const yaml_node_t *node = list_item(check, root, "ports", i);

		if (port->device != NULL)
			check_once(check, &devices,
				nj_document_find(check->document, node, "device"), "device",
				port->device);
		for (unsigned int j = 0; j < port->n_addresses; j++)
			check_address(check, &addresses, list_item(check, node, "addresses", j),
				&port->addresses[j]);
		check_mtu(check, port, node);
		for (unsigned int j = 0; j < port->n_gateways; j++)
			check_gateway(check, &routes, port, list_item(check, node, "gateways", j),
				&port->gateways[j]);
		for (unsigned int j = 0; j < port->n_routes; j++)
			check_route(check, &routes, port, list_item(check, node, "routes", j),
				&port->routes[j]);
	}
	nj_seen_clear(&devices);
	nj_seen_clear(&addresses);
	nj_seen_clear(&routes);
}

/* Clients have to come in somewhere, and endpoints' replies. */
static void
check_roles(struct check *check, const yaml_node_t *root)
{
	const struct nj_appliance *appliance = check->appliance;
	const unsigned int role = appliance->n_ports > 0 ? appliance->ports[0].role : NJ_PORT_BOTH;

	if (role == NJ_PORT_BOTH)
		return;
	for (unsigned int i = 1; i < appliance->n_ports; i++)
		if (appliance->ports[i].role != role)
			return;
	nj_document_error(check->document, nj_document_find(check->document, root, "ports"),
		"no port may have %s, as the role of each is %s",
		nj_port_role_name(role == NJ_PORT_CLIENTS ? NJ_PORT_ENDPOINTS : NJ_PORT_CLIENTS),
		nj_port_role_name(role));
}

/* Listeners ---------------------------------------------------------------------------------- */

static bool
is_overlapping(const struct nj_listener_config *a, const struct nj_listener_config *b)
{
	return a->port == b->port && a->port != 0 &&
	       (a->ip.family == AF_UNSPEC || b->ip.family == AF_UNSPEC ||
		       nj_ip_equal(&a->ip, &b->ip));
}

/* Against those before it. */
static void
check_apart(struct check *check, const yaml_node_t *root, unsigned int i)
{
	const struct nj_listener_config *listeners = check->appliance->listeners;

	for (unsigned int j = 0; j < i; j++) {
		if (!is_overlapping(&listeners[i], &listeners[j]))
			continue;
		nj_document_error(check->document, list_item(check, root, "listeners", i),
			"port %u has a listener on the same address already, on line %u",
			listeners[i].port,
			nj_node_place(list_item(check, root, "listeners", j)).line);
		return;
	}
}

static void
check_listeners(struct check *check, const yaml_node_t *root)
{
	const struct nj_appliance *appliance = check->appliance;
	char text[NJ_ADDRESS_STRLEN];

	for (unsigned int i = 0; i < appliance->n_listeners; i++) {
		const struct nj_listener_config *listener = &appliance->listeners[i];
		const yaml_node_t *node = list_item(check, root, "listeners", i);

		if (listener->ip.family != AF_UNSPEC && are_known(appliance) &&
			!is_ours(appliance, &listener->ip))
			nj_document_error(check->document,
				nj_document_find(check->document, node, "address"),
				"no port has the address %s", nj_ip_format(&listener->ip, text));
		check_apart(check, root, i);
	}
}

/* QCMP answers on every address, so any listener on its port is in its way. */
static void
check_qcmp(struct check *check, const yaml_node_t *root)
{
	const struct nj_appliance *appliance = check->appliance;
	const yaml_node_t *qcmp = nj_document_find(check->document, root, "qcmp");

	for (unsigned int i = 0; i < appliance->n_listeners; i++) {
		if (appliance->qcmp_port == 0 ||
			appliance->listeners[i].port != appliance->qcmp_port)
			continue;
		nj_document_error(check->document, nj_document_find(check->document, qcmp, "port"),
			"port %u is a listener's, on line %u", appliance->qcmp_port,
			nj_node_place(list_item(check, root, "listeners", i)).line);
		return;
	}
}

/* Sessions ----------------------------------------------------------------------------------- */

static void
check_sources(struct check *check, const yaml_node_t *root)
{
	const yaml_node_t *sessions = nj_document_find(check->document, root, "sessions");
	const struct nj_appliance *appliance = check->appliance;
	struct nj_seen seen = {0};
	char text[NJ_ADDRESS_STRLEN];

	for (unsigned int i = 0; i < appliance->sessions.n_source_addresses; i++) {
		const struct nj_ip *ip = &appliance->sessions.source_addresses[i];
		const yaml_node_t *node = list_item(check, sessions, "source_addresses", i);
		const char *flaw;

		if (ip->family == AF_UNSPEC)
			continue;
		flaw = nj_ip_is_link_only(ip) ? "a link-local address, which endpoints beyond a "
						"router cannot answer"
					      : nj_own_ip_flaw(ip);
		nj_ip_format(ip, text);
		if (flaw != NULL)
			nj_document_error(check->document, node, "address %s is %s", text, flaw);
		else
			check_once(check, &seen, node, "address", text);
	}
	nj_seen_clear(&seen);
}

void
nj_appliance_check(struct nj_document *document, const struct nj_appliance *appliance)
{
	struct check check = {document, appliance};
	const yaml_node_t *root = nj_document_root(document);

	check_ports(&check, root);
	check_roles(&check, root);
	check_listeners(&check, root);
	check_qcmp(&check, root);
	check_sources(&check, root);
}
