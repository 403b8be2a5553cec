/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses that were ours, in the file's first page. */
#include <string.h>

#include "state.h"

static const uint8_t magic[8] = {'N', 'J', 'a', 'd', 'd', 'r', 's', '\n'};
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static uint32_t
crc_of(const struct state_addresses *addresses)
{
	struct state_addresses without = *addresses;

	without.crc = 0;
	return format_crc(&without, sizeof(without));
}

static void
put(uint8_t bytes[16], const struct nj_ip *ip)
{
	if (ip->family == AF_INET6) {
		memcpy(bytes, ip->v6, sizeof(ip->v6));
		return;
	}
	memcpy(bytes, mapped, sizeof(mapped));
	memcpy(bytes + sizeof(mapped), &ip->v4, sizeof(ip->v4));
}

static struct nj_ip
get(const uint8_t bytes[16])
{
	rte_be32_t v4;

	if (memcmp(bytes, mapped, sizeof(mapped)) != 0)
		return nj_ip_v6(bytes);
	memcpy(&v4, bytes + sizeof(mapped), sizeof(v4));
	return nj_ip_v4(v4);
}

struct state_addresses
format_addresses(const struct nj_ip *ips, unsigned int n)
{
	struct state_addresses addresses = {.n = RTE_MIN(n, (unsigned int)NJ_STATE_ADDRESSES_MAX)};

	memcpy(addresses.magic, magic, sizeof(magic));
	for (unsigned int i = 0; i < addresses.n; i++)
		put(addresses.ips[i], &ips[i]);
	addresses.crc = crc_of(&addresses);
	return addresses;
}

unsigned int
format_read_addresses(
	const struct state_addresses *addresses, struct nj_ip ips[NJ_STATE_ADDRESSES_MAX])
{
	if (memcmp(addresses->magic, magic, sizeof(magic)) != 0 ||
		addresses->crc != crc_of(addresses) || addresses->n > NJ_STATE_ADDRESSES_MAX)
		return 0;
	for (unsigned int i = 0; i < addresses->n; i++)
		ips[i] = get(addresses->ips[i]);
	return addresses->n;
}

unsigned int
nj_state_addresses(const struct nj_state *state, struct nj_state_time now,
	struct nj_ip ips[NJ_STATE_ADDRESSES_MAX])
{
	const int64_t written = state->old_head.saved.wall_ms;

	if (now.wall_ms < written || now.wall_ms - written > NJ_STATE_ADDRESSES_MS)
		return 0;
	return format_read_addresses(&state->old_addresses, ips);
}

void
nj_state_set_addresses(struct nj_state *state, const struct nj_ip *ips, unsigned int n)
{
	state->addresses = format_addresses(ips, n);
}
