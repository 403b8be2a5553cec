/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_base.h"

#include <assert.h>

const char *
nj_drop_name(enum nj_drop reason)
{
	static const char *const names[] = {[NJ_DROP_NONE] = "none",
#define NJ_DROP_NAME(symbol, name) [NJ_DROP_##symbol] = name,
		NJ_DROP_LIST(NJ_DROP_NAME)
#undef NJ_DROP_NAME
	};

	return reason < NJ_DROP_COUNT ? names[reason] : "unknown";
}

void
nj_counters_add(struct nj_counters *sum, const struct nj_counters *one)
{
	/* The structure is nothing but counters, so it adds up as an array of them. */
	static_assert(offsetof(struct nj_counters, polls_busy) % sizeof(uint64_t) == 0,
		"counters are 64 bits wide, without holes");
	const size_t n = offsetof(struct nj_counters, polls_busy) / sizeof(uint64_t) + 1;
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)one;

	for (size_t i = 0; i < n; i++)
		to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

int64_t
nj_counters_missing(const struct nj_port_counters *port)
{
	uint64_t ended = port->tx_packets + port->local;

	for (unsigned int reason = 0; reason < NJ_DROP_COUNT; reason++)
		ended += port->dropped[reason];
	return (int64_t)(port->rx_packets + port->copied - ended);
}
