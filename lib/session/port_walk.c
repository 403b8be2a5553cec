/* SPDX-License-Identifier: BSD-3-Clause */
#include "port_walk.h"

#include "ownership.h"

/* Primes that do not divide the number of ports, as steps within it. */
void
port_range_init(struct port_range *range, uint16_t first, uint16_t last)
{
	static const uint32_t primes[PORT_STEPS] = {
		7919, 17389, 27449, 37813, 48611, 54059, 59359, 65521};

	*range = (struct port_range){.first = first, .n = (uint32_t)last - first + 1};
	for (unsigned int i = 0; i < PORT_STEPS; i++)
		range->steps[i] = range->n % primes[i] != 0 ? primes[i] % range->n : 1;
}

void
port_range_reserve(struct port_range *range, uint16_t port)
{
	range->reserved[port / 64] |= UINT64_C(1) << (port % 64);
}

static inline bool
is_reserved(const struct port_range *range, uint16_t port)
{
	return range->reserved[port / 64] >> (port % 64) & 1;
}

bool
port_range_has(const struct port_range *range, uint16_t port)
{
	return port >= range->first && port - range->first < (int)range->n &&
	       !is_reserved(range, port);
}

struct port_walk
port_walk_start(const struct port_range *range, const struct nj_ownership *ownership,
	const struct nj_flow *reply, uint64_t random)
{
	return (struct port_walk){
		.at = (uint32_t)((random & UINT32_MAX) * range->n >> 32),
		.step = range->steps[random >> 32 & (PORT_STEPS - 1)],
		.left = range->n,
		.hash = ownership_hash_without_port(ownership, reply),
	};
}

unsigned int
port_walk_on(struct port_walk *walk, const struct nj_session_config *config,
	const struct port_range *range, const struct nj_flow *reply, struct nj_flow *replies,
	unsigned int max)
{
	unsigned int n = 0;

	max = RTE_MIN(max, PORT_TRIES_MAX - walk->tries);
	for (; n < max && walk->left > 0; walk->left--) {
		const uint16_t port = (uint16_t)(range->first + walk->at);

		walk->at += walk->step; /* which is less than there are ports */
		walk->at -= walk->at >= range->n ? range->n : 0;
		if (is_reserved(range, port) || ownership_of_port(config->ownership, reply->ipv6,
							walk->hash, port) != config->worker)
			continue;
		replies[n] = *reply;
		replies[n++].dst_port = rte_cpu_to_be_16(port);
	}
	walk->tries += n;
	return n;
}
