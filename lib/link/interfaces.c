/* SPDX-License-Identifier: BSD-3-Clause */
#include "interfaces.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "ip6.h"
#include "link_parts.h"

/* One that the file names wins over the one that the MAC makes. */
static void
choose_link_local(struct nj_interface *interface)
{
	interface->link_local = (struct nj_ip){0};
	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct nj_ip *ip = &interface->addresses[i].ip;

		if (nj_ip_is_link_local(ip)) {
			interface->link_local = *ip;
			return;
		}
		if (ip->family == AF_INET6)
			interface->link_local = nj_ip6_from_mac(&interface->mac);
	}
}

static int
add_addresses(struct nj_link *link, const struct nj_interface *interface)
{
	int ret = 0;

	for (unsigned int i = 0; i < interface->n_addresses && ret == 0; i++)
		ret = nj_own_add(&link->own, &interface->addresses[i].ip, interface->port);
	if (ret == 0 && nj_interface_has_ipv6(interface) &&
		nj_own_find(&link->own, &interface->link_local) == NULL)
		ret = nj_own_add(&link->own, &interface->link_local, interface->port);
	if (ret == 0)
		ret = nj_routes_connect(link, interface);
	if (ret < 0)
		nj_own_remove_port(&link->own, interface->port);
	return ret;
}

int
nj_link_add_interface(struct nj_link *link, const struct nj_interface *interface)
{
	struct nj_interface *copy;
	int ret;

	if (interface->port >= NJ_PORTS_MAX || interface->n_addresses > NJ_INTERFACE_ADDRESSES_MAX)
		return -ENOSPC;
	if (link->interfaces.port[interface->port] != NULL)
		return -EEXIST;
	copy = malloc(sizeof(*copy));
	if (copy == NULL)
		return -ENOMEM;
	*copy = *interface;
	choose_link_local(copy);
	ret = add_addresses(link, copy);
	if (ret < 0) {
		free(copy);
		return ret;
	}
	link->interfaces.port[interface->port] = copy;
	return 0;
}

const struct nj_interface *
nj_link_interface(const struct nj_link *link, uint16_t port)
{
	return port < NJ_PORTS_MAX ? link->interfaces.port[port] : NULL;
}

bool
nj_interfaces_have_mac(const struct nj_interfaces *interfaces, const struct rte_ether_addr *mac)
{
	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++) {
		const struct nj_interface *interface = interfaces->port[port];

		if (interface != NULL && rte_is_same_ether_addr(&interface->mac, mac))
			return true;
	}
	return false;
}

bool
nj_interface_source(
	const struct nj_interface *interface, const struct nj_ip *ip, struct nj_ip *source)
{
	const struct nj_prefix *best = NULL;

	if (nj_ip_is_link_local(ip)) {
		*source = interface->link_local;
		return nj_interface_has_ipv6(interface);
	}
	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct nj_prefix *address = &interface->addresses[i];

		if (nj_prefix_contains(address, ip) &&
			(best == NULL || address->length > best->length))
			best = address;
	}
	if (best != NULL)
		*source = best->ip;
	return best != NULL;
}

bool
nj_interface_any_source(const struct nj_interface *interface, uint8_t family, struct nj_ip *source)
{
	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct nj_ip *ip = &interface->addresses[i].ip;

		if (ip->family == family && !nj_ip_is_link_local(ip)) {
			*source = *ip;
			return true;
		}
	}
	*source = interface->link_local;
	return family == AF_INET6 && nj_interface_has_ipv6(interface);
}

/* How well an address of the target's family serves; the link-local one, which is not asked about
 * here, is better than none. */
static int
fitness(const struct nj_prefix *address, const struct nj_ip *target)
{
	return nj_prefix_contains(address, target) ? 2 + address->length : 1;
}

bool
nj_interface_asker(struct nj_link *link, const struct nj_interface *interface,
	const struct nj_ip *target, struct nj_ip *source)
{
	const struct nj_ip *link_local = &interface->link_local;
	int best = -1;

	if (target->family == AF_INET6 && nj_own_answers(&link->own, interface->port, link_local)) {
		*source = *link_local;
		best = nj_ip_is_link_local(target) ? INT_MAX : 0;
	}
	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct nj_prefix *address = &interface->addresses[i];

		if (address->ip.family != target->family || fitness(address, target) <= best ||
			nj_ip_is_link_local(&address->ip) ||
			!nj_own_answers(&link->own, interface->port, &address->ip))
			continue;
		*source = address->ip;
		best = fitness(address, target);
	}
	return best >= 0;
}

void
nj_interfaces_clear(struct nj_interfaces *interfaces)
{
	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++)
		free(interfaces->port[port]);
}
