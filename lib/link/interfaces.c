/* SPDX-License-Identifier: BSD-3-Clause */
#include "interfaces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "link_parts.h"

/* The place of the first own address that is not below `ip`. */
static unsigned int
own_place(const struct nj_interfaces *interfaces, rte_be32_t ip)
{
	unsigned int low = 0, high = interfaces->n_own;

	while (low < high) {
		const unsigned int middle = (low + high) / 2;

		if (interfaces->own[middle].ip < ip)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct nj_own_address *
own_find(const struct nj_interfaces *interfaces, rte_be32_t ip)
{
	const unsigned int place = own_place(interfaces, ip);

	if (place == interfaces->n_own || interfaces->own[place].ip != ip)
		return NULL;
	return &interfaces->own[place];
}

static int
own_add(struct nj_interfaces *interfaces, rte_be32_t ip, uint16_t port)
{
	const unsigned int place = own_place(interfaces, ip);
	struct nj_own_address *at = &interfaces->own[place];

	if (own_find(interfaces, ip) != NULL)
		return -EEXIST;
	if (interfaces->n_own == NJ_OWN_ADDRESSES_MAX)
		return -ENOSPC;
	memmove(at + 1, at, (interfaces->n_own - place) * sizeof(*at));
	*at = (struct nj_own_address){.ip = ip, .port = port};
	interfaces->n_own++;
	return 0;
}

/* The place of the first own IPv6 address that is not below `ip`. */
static unsigned int
own6_place(const struct nj_interfaces *interfaces, const uint8_t ip[16])
{
	unsigned int low = 0, high = interfaces->n_own6;

	while (low < high) {
		const unsigned int middle = (low + high) / 2;

		if (memcmp(interfaces->own6[middle].ip, ip, sizeof(interfaces->own6[0].ip)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
nj_link_own6_number(const struct nj_link *link, const uint8_t ip[16])
{
	const struct nj_interfaces *interfaces = &link->interfaces;
	const unsigned int place = own6_place(interfaces, ip);

	if (place == interfaces->n_own6 ||
		memcmp(interfaces->own6[place].ip, ip, sizeof(interfaces->own6[0].ip)) != 0)
		return -1;
	return (int)place;
}

const uint8_t *
nj_link_own6(const struct nj_link *link, uint16_t number)
{
	return link->interfaces.own6[number].ip;
}

bool
nj_link_has_ipv6(const struct nj_link *link)
{
	return link->interfaces.n_own6 > 0;
}

static int
own6_add(struct nj_link *link, const uint8_t ip[16], uint16_t port)
{
	struct nj_interfaces *interfaces = &link->interfaces;
	const unsigned int place = own6_place(interfaces, ip);
	struct nj_own_address6 *at = &interfaces->own6[place];

	if (nj_link_own6_number(link, ip) >= 0)
		return -EEXIST;
	if (interfaces->n_own6 == NJ_OWN_ADDRESSES_MAX)
		return -ENOSPC;
	memmove(at + 1, at, (interfaces->n_own6 - place) * sizeof(*at));
	memcpy(at->ip, ip, sizeof(at->ip));
	at->port = port;
	interfaces->n_own6++;
	return 0;
}

static void
own_remove_port(struct nj_interfaces *interfaces, uint16_t port)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < interfaces->n_own; i++) {
		if (interfaces->own[i].port != port)
			interfaces->own[kept++] = interfaces->own[i];
	}
	interfaces->n_own = kept;
	kept = 0;
	for (unsigned int i = 0; i < interfaces->n_own6; i++) {
		if (interfaces->own6[i].port != port)
			interfaces->own6[kept++] = interfaces->own6[i];
	}
	interfaces->n_own6 = kept;
}

static int
add_addresses(struct nj_link *link, const struct nj_interface *interface)
{
	int ret = 0;

	for (unsigned int i = 0; i < interface->n_addresses && ret == 0; i++) {
		const struct nj_prefix *address = &interface->addresses[i];

		if (address->ip.family == AF_INET)
			ret = own_add(&link->interfaces, address->ip.v4, interface->port);
		else
			ret = own6_add(link, address->ip.v6, interface->port);
	}
	if (ret == 0)
		ret = nj_routes_connect(link, interface);
	if (ret < 0)
		own_remove_port(&link->interfaces, interface->port);
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
	ret = add_addresses(link, copy);
	if (ret < 0) {
		free(copy);
		return ret;
	}
	link->interfaces.port[interface->port] = copy;
	return 0;
}

int
nj_link_add_address(struct nj_link *link, const struct nj_ip *ip)
{
	if (ip->family == AF_INET6)
		return own6_add(link, ip->v6, NJ_PORT_ANY);
	return own_add(&link->interfaces, ip->v4, NJ_PORT_ANY);
}

const struct nj_interface *
nj_link_interface(const struct nj_link *link, uint16_t port)
{
	return port < NJ_PORTS_MAX ? link->interfaces.port[port] : NULL;
}

bool
nj_link_is_ours(const struct nj_link *link, rte_be32_t ip)
{
	return own_find(&link->interfaces, ip) != NULL;
}

bool
nj_interfaces_answer(const struct nj_interfaces *interfaces, uint16_t port, rte_be32_t ip)
{
	const struct nj_own_address *own = own_find(interfaces, ip);

	return own != NULL && (own->port == port || own->port == NJ_PORT_ANY);
}

rte_be32_t
nj_interface_source(const struct nj_interface *interface, rte_be32_t ip)
{
	const struct nj_ip wanted = nj_ip_v4(ip);
	const struct nj_prefix *best = NULL;

	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct nj_prefix *address = &interface->addresses[i];

		if (nj_prefix_contains(address, &wanted) &&
			(best == NULL || address->length > best->length))
			best = address;
	}
	return best != NULL ? best->ip.v4 : 0;
}

void
nj_interfaces_clear(struct nj_interfaces *interfaces)
{
	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++)
		free(interfaces->port[port]);
}
