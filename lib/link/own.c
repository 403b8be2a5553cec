/* SPDX-License-Identifier: BSD-3-Clause */
#include "own.h"

#include <errno.h>
#include <string.h>

#include "ip6.h"
#include "link_parts.h"

/* The place of the first address that is not below `ip`. */
static unsigned int
place4(const struct nj_own_addresses *own, rte_be32_t ip)
{
	unsigned int low = 0, high = own->n;

	while (low < high) {
		const unsigned int middle = (low + high) / 2;

		if (own->all[middle].ip < ip)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static unsigned int
place6(const struct nj_own_addresses *own, const uint8_t ip[16])
{
	unsigned int low = 0, high = own->n6;

	while (low < high) {
		const unsigned int middle = (low + high) / 2;

		if (memcmp(own->all6[middle].ip, ip, 16) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The address's number in its family, or -1. */
static int
find4(const struct nj_own_addresses *own, rte_be32_t ip)
{
	const unsigned int place = place4(own, ip);

	return place < own->n && own->all[place].ip == ip ? (int)place : -1;
}

static int
find6(const struct nj_own_addresses *own, const uint8_t ip[16])
{
	const unsigned int place = place6(own, ip);

	return place < own->n6 && memcmp(own->all6[place].ip, ip, 16) == 0 ? (int)place : -1;
}

static void
add4(struct nj_own_addresses *own, rte_be32_t ip, uint16_t port)
{
	const unsigned int place = place4(own, ip);
	struct nj_own_address *at = &own->all[place];

	memmove(at + 1, at, (own->n++ - place) * sizeof(*at));
	*at = (struct nj_own_address){.ip = ip, .own.port = port};
}

static void
add6(struct nj_own_addresses *own, const uint8_t ip[16], uint16_t port)
{
	const unsigned int place = place6(own, ip);
	struct nj_own_address6 *at = &own->all6[place];

	memmove(at + 1, at, (own->n6++ - place) * sizeof(*at));
	memcpy(at->ip, ip, sizeof(at->ip));
	at->own = (struct nj_own){.port = port};
}

int
nj_own_add(struct nj_own_addresses *own, const struct nj_ip *ip, uint16_t port)
{
	const bool ipv6 = ip->family == AF_INET6;

	if (nj_own_find(own, ip) != NULL)
		return -EEXIST;
	if ((ipv6 ? own->n6 : own->n) == NJ_OWN_ADDRESSES_MAX)
		return -ENOSPC;
	if (ipv6)
		add6(own, ip->v6, port);
	else
		add4(own, ip->v4, port);
	return 0;
}

void
nj_own_remove_port(struct nj_own_addresses *own, uint16_t port)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < own->n; i++) {
		if (own->all[i].own.port != port)
			own->all[kept++] = own->all[i];
	}
	own->n = kept;
	kept = 0;
	for (unsigned int i = 0; i < own->n6; i++) {
		if (own->all6[i].own.port != port)
			own->all6[kept++] = own->all6[i];
	}
	own->n6 = kept;
}

struct nj_own *
nj_own_find(struct nj_own_addresses *own, const struct nj_ip *ip)
{
	const int number = ip->family == AF_INET6 ? find6(own, ip->v6) : find4(own, ip->v4);

	if (number < 0)
		return NULL;
	return ip->family == AF_INET6 ? &own->all6[number].own : &own->all[number].own;
}

struct nj_own *
nj_own_at(struct nj_own_addresses *own, unsigned int number, struct nj_ip *ip)
{
	if (number < own->n) {
		*ip = nj_ip_v4(own->all[number].ip);
		return &own->all[number].own;
	}
	*ip = nj_ip_v6(own->all6[number - own->n].ip);
	return &own->all6[number - own->n].own;
}

bool
nj_own_is_valid(struct nj_own_addresses *addresses, const struct nj_ip *ip)
{
	const struct nj_own *own = nj_own_find(addresses, ip);

	return own != NULL && own->state == NJ_OWN_VALID;
}

bool
nj_own_answers(struct nj_own_addresses *addresses, uint16_t port, const struct nj_ip *ip)
{
	const struct nj_own *own = nj_own_find(addresses, ip);

	return own != NULL && nj_own_is_on(own, port) && own->state == NJ_OWN_VALID;
}

bool
nj_own_in_group(const struct nj_own_addresses *own, uint16_t port, const uint8_t group[16])
{
	uint8_t solicited[16];

	for (unsigned int i = 0; i < own->n6; i++) {
		nj_ip6_solicited(own->all6[i].ip, solicited);
		if (nj_own_is_on(&own->all6[i].own, port) && nj_ip6_same(solicited, group))
			return true;
	}
	return false;
}

/* For everybody ------------------------------------------------------------------------------ */

int
nj_link_add_address(struct nj_link *link, const struct nj_ip *ip)
{
	return nj_own_add(&link->own, ip, NJ_PORT_ANY);
}

bool
nj_link_is_ours(const struct nj_link *link, rte_be32_t ip)
{
	return find4(&link->own, ip) >= 0;
}

int
nj_link_own6_number(const struct nj_link *link, const uint8_t ip[16])
{
	return find6(&link->own, ip);
}

bool
nj_link_address(
	const struct nj_link *link, unsigned int number, struct nj_ip *ip, enum nj_own_state *state)
{
	const struct nj_own_addresses *own = &link->own;
	const struct nj_own *at;

	if (number >= own->n + own->n6)
		return false;
	at = number < own->n ? &own->all[number].own : &own->all6[number - own->n].own;
	*ip = number < own->n ? nj_ip_v4(own->all[number].ip)
			      : nj_ip_v6(own->all6[number - own->n].ip);
	*state = (enum nj_own_state)__atomic_load_n(&at->state, __ATOMIC_RELAXED);
	return true;
}

struct nj_own_counts
nj_link_own_counts(const struct nj_link *link)
{
	struct nj_own_counts counts = {0};
	enum nj_own_state state;
	struct nj_ip unused;

	for (unsigned int i = 0; nj_link_address(link, i, &unused, &state); i++)
		switch (state) {
		case NJ_OWN_VALID:
			counts.valid++;
			break;
		case NJ_OWN_TENTATIVE:
			counts.tentative++;
			break;
		case NJ_OWN_DUPLICATE:
			counts.duplicate++;
			break;
		}
	return counts;
}

const uint8_t *
nj_link_own6(const struct nj_link *link, uint16_t number)
{
	return link->own.all6[number].ip;
}
