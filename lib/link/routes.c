/* SPDX-License-Identifier: BSD-3-Clause */
#include "routes.h"

#include <errno.h>

#include <rte_errno.h>

#include "link_parts.h"

int
nj_routes_create(struct nj_link *link, const char *name)
{
	const struct rte_rib_conf conf = {
		.max_nodes = 2 * NJ_ROUTES_MAX, /* a route needs one node, and at most one fork */
	};

	link->rib = rte_rib_create(name, SOCKET_ID_ANY, &conf);
	return link->rib != NULL ? 0 : -ENOMEM;
}

/* Adds a route; a next hop of no family is "the destination itself". */
static int
add(struct nj_link *link, const struct nj_prefix *to, const struct nj_route *route)
{
	struct rte_rib_node *node;

	if (link->n_routes == NJ_ROUTES_MAX)
		return -ENOSPC;
	node = rte_rib_insert(link->rib, rte_be_to_cpu_32(to->ip.v4), to->length);
	if (node == NULL)
		return rte_errno == EEXIST ? -EEXIST : -ENOMEM;
	rte_rib_set_nh(node, link->n_routes);
	link->routes[link->n_routes++] = *route;
	return 0;
}

/* Takes off the newest routes until `n` are left. */
static void
shrink(struct nj_link *link, unsigned int n, const struct nj_interface *interface)
{
	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct nj_prefix *to = &interface->addresses[i];
		struct rte_rib_node *node;
		uint64_t number = 0;

		if (to->ip.family != AF_INET)
			continue;
		node = rte_rib_lookup_exact(link->rib, rte_be_to_cpu_32(to->ip.v4), to->length);
		if (node != NULL && rte_rib_get_nh(node, &number) == 0 && number >= n)
			rte_rib_remove(link->rib, rte_be_to_cpu_32(to->ip.v4), to->length);
	}
	link->n_routes = n;
}

int
nj_routes_connect(struct nj_link *link, const struct nj_interface *interface)
{
	const unsigned int before = link->n_routes;

	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct nj_prefix *to = &interface->addresses[i];
		const struct nj_route route = {.port = interface->port, .source = to->ip};
		int ret;

		if (to->ip.family != AF_INET)
			continue;
		ret = add(link, to, &route);
		if (ret < 0 && ret != -EEXIST) {
			shrink(link, before, interface);
			return ret;
		}
	}
	return 0;
}

/* The connected network of a gateway, as a route over it. */
static int
route_over(const struct nj_link *link, rte_be32_t via, struct nj_route *route)
{
	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++) {
		const struct nj_interface *interface = link->interfaces.port[port];
		rte_be32_t source;

		if (interface == NULL)
			continue;
		source = nj_interface_source(interface, via);
		if (source == 0)
			continue;
		*route = (struct nj_route){.port = interface->port,
			.next_hop = nj_ip_v4(via),
			.source = nj_ip_v4(source)};
		return 0;
	}
	return -ENETUNREACH;
}

int
nj_link_add_route(struct nj_link *link, const struct nj_prefix *to, const struct nj_ip *via)
{
	struct nj_route route;
	int ret;

	if (to->ip.family != AF_INET || via->family != AF_INET)
		return -ENOTSUP;
	if (nj_link_is_ours(link, via->v4)) /* a packet would never leave us */
		return -ENETUNREACH;
	ret = route_over(link, via->v4, &route);
	return ret < 0 ? ret : add(link, to, &route);
}

int
nj_link_route(const struct nj_link *link, const struct nj_ip *destination, uint16_t port,
	struct nj_route *route)
{
	const struct rte_rib_node *node;
	uint64_t number;

	if (destination->family != AF_INET)
		return -ENETUNREACH;
	node = rte_rib_lookup(link->rib, rte_be_to_cpu_32(destination->v4));
	if (node == NULL || rte_rib_get_nh(node, &number) < 0)
		return -ENETUNREACH;
	*route = link->routes[number];
	if (route->next_hop.family == AF_UNSPEC)
		route->next_hop = *destination;
	return 0;
}
