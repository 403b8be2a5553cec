/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Open addressing over a hash without a secret. Workers ask with addresses that an attacker
 * chooses, but a probe ends at the first free slot, so its length follows from the addresses that
 * are stored, which are the operator's: with at most a quarter of the slots taken even the longest
 * run among NJ_ENDPOINTS_MAX endpoints is some 16 slots. Endpoints themselves are only looked at
 * where 32 bits of the hash agree.
 */
#include "nj_cluster.h"

#include <errno.h>
#include <stdlib.h>

#include "nj_maglev.h"

struct slot {
	uint32_t tag;   /* the upper half of the hash */
	uint32_t place; /* in nj_clusters.endpoints, plus one; 0: the slot is free */
};

struct nj_address_index {
	uint32_t mask;
	struct slot slots[];
};

/* The slot that holds this address, or the free one where it would go. */
static const struct slot *
find_slot(const struct nj_clusters *clusters, const struct nj_address *address, uint64_t hash)
{
	const struct nj_address_index *index = clusters->by_address;
	uint32_t i = (uint32_t)hash & index->mask;

	for (; index->slots[i].place != 0; i = (i + 1) & index->mask) {
		const struct slot *slot = &index->slots[i];

		if (slot->tag == hash >> 32 &&
			nj_address_equal(&clusters->endpoints[slot->place - 1].address, address))
			break;
	}
	return &index->slots[i];
}

int
nj_clusters_index(struct nj_clusters *clusters)
{
	const uint32_t n_slots = rte_align32pow2(RTE_MAX(4 * clusters->n_endpoints, 2u));
	struct nj_address_index *index =
		calloc(1, sizeof(*index) + n_slots * sizeof(index->slots[0]));

	if (index == NULL)
		return -ENOMEM;
	index->mask = n_slots - 1;
	free(clusters->by_address);
	clusters->by_address = index;
	for (uint32_t i = 0; i < clusters->n_endpoints; i++) {
		const struct nj_address *address = &clusters->endpoints[i].address;
		const uint64_t hash = nj_endpoint_id(address);
		const struct slot *slot = find_slot(clusters, address, hash);

		if (slot->place == 0) /* the first of an address stays */
			index->slots[slot - index->slots] = (struct slot){hash >> 32, i + 1};
	}
	return 0;
}

const struct nj_endpoint *
nj_clusters_find(const struct nj_clusters *clusters, const struct nj_address *address)
{
	const struct slot *slot;

	if (clusters->by_address == NULL)
		return NULL;
	slot = find_slot(clusters, address, nj_endpoint_id(address));
	return slot->place != 0 ? &clusters->endpoints[slot->place - 1] : NULL;
}
