/* SPDX-License-Identifier: BSD-3-Clause */
#include "routes.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_hash.h>

#include "ip6.h"
#include "link_parts.h"

#define NODES_MAX (2 * NJ_ROUTES_MAX) /* a route needs one node, and at most one fork */

int
nj_routes_create(struct nj_routes *routes, const char *name)
{
	const struct rte_rib_conf conf = {.max_nodes = NODES_MAX};
	const struct rte_rib6_conf conf6 = {.max_nodes = NODES_MAX};
	char name6[RTE_HASH_NAMESIZE];

	snprintf(name6, sizeof(name6), "%s_6", name); /* their memory pools bear their names */
	routes->rib = rte_rib_create(name, SOCKET_ID_ANY, &conf);
	routes->rib6 = rte_rib6_create(name6, SOCKET_ID_ANY, &conf6);
	if (routes->rib != NULL && routes->rib6 != NULL)
		return 0;
	nj_routes_destroy(routes);
	return -ENOMEM;
}

void
nj_routes_destroy(struct nj_routes *routes)
{
	rte_rib_free(routes->rib);
	rte_rib6_free(routes->rib6);
}

/* The family's trie -------------------------------------------------------------------------- */

/* Returns 0, -EEXIST or -ENOMEM. */
static int
insert(struct nj_routes *routes, const struct nj_prefix *to, uint64_t number)
{
	struct rte_rib_node *node;
	struct rte_rib6_node *node6;

	if (to->ip.family == AF_INET6) {
		node6 = rte_rib6_insert(routes->rib6, to->ip.v6, to->length);
		if (node6 == NULL)
			return rte_errno == EEXIST ? -EEXIST : -ENOMEM;
		rte_rib6_set_nh(node6, number);
		return 0;
	}
	node = rte_rib_insert(routes->rib, rte_be_to_cpu_32(to->ip.v4), to->length);
	if (node == NULL)
		return rte_errno == EEXIST ? -EEXIST : -ENOMEM;
	rte_rib_set_nh(node, number);
	return 0;
}

/* Takes off the route to exactly this network if its number is `from` or above. */
static void
remove_newer(struct nj_routes *routes, const struct nj_prefix *to, uint64_t from)
{
	uint64_t number;

	if (to->ip.family == AF_INET6) {
		struct rte_rib6_node *node =
			rte_rib6_lookup_exact(routes->rib6, to->ip.v6, to->length);

		if (node != NULL && rte_rib6_get_nh(node, &number) == 0 && number >= from)
			rte_rib6_remove(routes->rib6, to->ip.v6, to->length);
	} else {
		const uint32_t ip = rte_be_to_cpu_32(to->ip.v4);
		struct rte_rib_node *node = rte_rib_lookup_exact(routes->rib, ip, to->length);

		if (node != NULL && rte_rib_get_nh(node, &number) == 0 && number >= from)
			rte_rib_remove(routes->rib, ip, to->length);
	}
}

/* Whether it is the address of a network or of all that are in it, and so nobody's (RFC 1122,
 * section 3.2.1.3); a network of two has no such (RFC 3021). */
static bool
is_everybodys(const struct rte_rib_node *node, uint32_t ip)
{
	uint8_t length = 32;
	uint32_t host;

	rte_rib_get_depth(node, &length);
	if (length > 30)
		return false;
	host = UINT32_MAX >> length;
	return (ip & host) == 0 || (ip & host) == host;
}

/* The route with the longest prefix; NULL where none matches, or leads to a host. */
static const struct nj_route *
look_up(const struct nj_routes *routes, const struct nj_ip *ip)
{
	const struct rte_rib_node *node;
	const struct rte_rib6_node *node6;
	uint64_t number;

	if (ip->family == AF_INET6) {
		node6 = rte_rib6_lookup(routes->rib6, ip->v6);
		if (node6 == NULL || rte_rib6_get_nh(node6, &number) < 0)
			return NULL;
	} else {
		node = rte_rib_lookup(routes->rib, rte_be_to_cpu_32(ip->v4));
		if (node == NULL || rte_rib_get_nh(node, &number) < 0)
			return NULL;
		if (routes->all[number].next_hop.family == AF_UNSPEC &&
			is_everybodys(node, rte_be_to_cpu_32(ip->v4)))
			return NULL;
	}
	return &routes->all[number];
}

/* Routes ------------------------------------------------------------------------------------- */

static int
add(struct nj_routes *routes, const struct nj_prefix *to, const struct nj_route *route)
{
	int ret;

	if (routes->n == NJ_ROUTES_MAX)
		return -ENOSPC;
	ret = insert(routes, to, routes->n);
	if (ret == 0)
		routes->all[routes->n++] = *route;
	return ret;
}

/* Takes off the newest routes until `n` are left. */
static void
shrink(struct nj_routes *routes, unsigned int n, const struct nj_interface *interface)
{
	for (unsigned int i = 0; i < interface->n_addresses; i++)
		remove_newer(routes, &interface->addresses[i], n);
	routes->n = n;
}

/* Link-local networks are on every port: they have no route. */
int
nj_routes_connect(struct nj_link *link, const struct nj_interface *interface)
{
	const unsigned int before = link->routes.n;

	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct nj_prefix *to = &interface->addresses[i];
		const struct nj_route route = {.port = interface->port, .source = to->ip};
		int ret;

		if (nj_ip_is_link_local(&to->ip))
			continue;
		ret = add(&link->routes, to, &route);
		if (ret < 0 && ret != -EEXIST) {
			shrink(&link->routes, before, interface);
			return ret;
		}
	}
	return 0;
}

/* A link-local gateway is on the port that it is named for, … */
static int
route_over_link_local(
	const struct nj_link *link, const struct nj_ip *via, uint16_t port, struct nj_route *route)
{
	const struct nj_interface *interface = nj_link_interface(link, port);

	*route = (struct nj_route){.port = port, .next_hop = *via};
	if (interface == NULL || !nj_interface_any_source(interface, AF_INET6, &route->source))
		return -ENETUNREACH;
	return 0;
}

/* … any other in the connected network that holds it. */
static int
route_over(const struct nj_link *link, const struct nj_ip *via, struct nj_route *route)
{
	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++) {
		const struct nj_interface *interface = link->interfaces.port[port];
		struct nj_ip source;

		if (interface == NULL || !nj_interface_source(interface, via, &source))
			continue;
		*route = (struct nj_route){
			.port = interface->port, .next_hop = *via, .source = source};
		return 0;
	}
	return -ENETUNREACH;
}

int
nj_link_add_route(
	struct nj_link *link, const struct nj_prefix *to, const struct nj_ip *via, uint16_t port)
{
	struct nj_route route;
	int ret;

	if (to->ip.family != via->family)
		return -EINVAL;
	if (nj_own_find(&link->own, via) != NULL) /* a packet would never leave us */
		return -ENETUNREACH;
	if (nj_ip_is_link_local(via))
		ret = route_over_link_local(link, via, port, &route);
	else
		ret = route_over(link, via, &route);
	if (ret == 0)
		ret = add(&link->routes, to, &route);
	if (ret == 0 && to->ip.family == AF_INET6 && to->length == 0)
		link->routes.have_default6 = true;
	return ret;
}

static int
route_link_local(const struct nj_link *link, const struct nj_ip *destination, uint16_t port,
	struct nj_route *route)
{
	const struct nj_interface *interface = nj_link_interface(link, port);

	if (interface == NULL || !nj_interface_has_ipv6(interface))
		return -ENETUNREACH;
	*route = (struct nj_route){
		.port = port, .next_hop = *destination, .source = interface->link_local};
	return 0;
}

int
nj_link_route(const struct nj_link *link, const struct nj_ip *destination, uint16_t port,
	struct nj_route *route)
{
	const struct nj_route *found;

	if (nj_ip_is_link_local(destination))
		return route_link_local(link, destination, port, route);
	if (destination->family == AF_INET6 && nj_ip6_is_multicast(destination->v6))
		return -ENETUNREACH;
	found = look_up(&link->routes, destination);
	if (found == NULL)
		return destination->family == AF_INET6 ? nj_routers_route(&link->routers, route)
						       : -ENETUNREACH;
	*route = *found;
	if (route->next_hop.family == AF_UNSPEC)
		route->next_hop = *destination;
	return 0;
}
