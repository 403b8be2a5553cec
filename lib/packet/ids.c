/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_ids.h"

#include <bsd/stdlib.h>

void
nj_ids_init(struct nj_ids *ids)
{
	arc4random_buf(ids, sizeof(*ids));
	ids->step = 1;
}

void
nj_ids_init_part(struct nj_ids *ids, const struct nj_ids *all, unsigned int index, unsigned int n)
{
	*ids = *all;
	ids->step = n;
	for (unsigned int i = 0; i < NJ_IDS_COUNTERS; i++)
		ids->counters[i] += index;
}

static uint64_t
hash_of(const struct nj_ids *ids, const struct nj_ip *source, const struct nj_ip *destination)
{
	uint8_t pair[sizeof(source->v6) + sizeof(destination->v6)];

	if (source->family == AF_INET)
		return nj_hash_words(ids->secret, source->v4, destination->v4);
	memcpy(pair, source->v6, sizeof(source->v6));
	memcpy(pair + sizeof(source->v6), destination->v6, sizeof(destination->v6));
	return nj_hash_bytes(ids->secret, pair, sizeof(pair));
}

/* The upper half of the hash chooses the counter, the lower one the beginning. */
uint32_t
nj_ids_next(struct nj_ids *ids, const struct nj_ip *source, const struct nj_ip *destination)
{
	const uint64_t hash = hash_of(ids, source, destination);
	uint32_t *counter = &ids->counters[nj_hash_place(hash, NJ_IDS_COUNTERS)];

	*counter += ids->step;
	return *counter + (uint32_t)hash;
}
