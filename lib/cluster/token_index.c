/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Open addressing over small slots, each with half of a hash: as good as
 * always the first slot whose half is equal is the right one, so that a look-up takes two
 * cache lines, the slot's and the entry's, which are prefetched for a burst.
 */
#include "nj_token_index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_prefetch.h>

#include "nj_hash.h"

#define INLINE_BYTES 16
#define TOKENS_MAX   (UINT32_C(1) << 30)

/* One token and its run of index->places. */
struct entry {
	uint32_t first, n;
	uint16_t length;
	union {
		uint8_t bytes[INLINE_BYTES];
		const uint8_t *pointer; /* of longer ones: the clusters' own */
	};
};

static_assert(sizeof(struct entry) == 32, "two entries a cache line");

/* entry is a place in index->entries plus one; 0 is free. */
struct slot {
	uint32_t tag, entry;
};

struct nj_token_index {
	const struct nj_clusters *clusters;
	unsigned int references;
	struct nj_token_index *next;
	struct nj_hash_secret secret;
	uint32_t mask;
	struct slot *slots; /* at most half of them are taken, so a walk ends */
	uint32_t n_entries, widest;
	struct entry *entries;
	uint32_t *places;
};

/* Those in use. Manager alone. */
static struct nj_token_index *indexes;

static inline bool
is_same(const struct entry *entry, const uint8_t *bytes, uint16_t length)
{
	const uint8_t *there = length <= INLINE_BYTES ? entry->bytes : entry->pointer;

	return entry->length == length && memcmp(there, bytes, length) == 0;
}

/* The slot that holds these bytes, or the free one where they belong. */
static inline struct slot *
find_slot(const struct nj_token_index *index, uint64_t hash, const uint8_t *bytes, uint16_t length)
{
	uint32_t tag = (uint32_t)(hash >> 32), i = (uint32_t)hash & index->mask;

	while (index->slots[i].entry != 0 &&
		(index->slots[i].tag != tag ||
			!is_same(&index->entries[index->slots[i].entry - 1], bytes, length)))
		i = (i + 1) & index->mask;
	return &index->slots[i];
}

/* Building ----------------------------------------------------------------------------------- */

static void
index_free(struct nj_token_index *index)
{
	free(index->slots);
	free(index->entries);
	free(index->places);
	free(index);
}

/* The number of the token's entry, which is made where there was none. */
static uint32_t
enter(struct nj_token_index *index, const struct nj_bytes *token)
{
	uint64_t hash = nj_hash_bytes(index->secret, token->bytes, token->length);
	struct slot *slot = find_slot(index, hash, token->bytes, token->length);
	struct entry *entry;

	if (slot->entry == 0) {
		entry = &index->entries[index->n_entries++];
		entry->length = token->length;
		if (token->length <= INLINE_BYTES)
			memcpy(entry->bytes, token->bytes, token->length);
		else
			entry->pointer = token->bytes;
		*slot = (struct slot){(uint32_t)(hash >> 32), index->n_entries};
	}
	return slot->entry - 1;
}

/* Counts first, so that every token's endpoints are a run of one array. */
static void
fill(struct nj_token_index *index, uint32_t *entry_of)
{
	const struct nj_clusters *clusters = index->clusters;
	uint32_t token = 0, first = 0;

	for (uint32_t place = 0; place < clusters->n_endpoints; place++)
		for (uint32_t i = 0; i < clusters->endpoints[place].n_tokens; i++) {
			entry_of[token] = enter(index, &clusters->endpoints[place].tokens[i]);
			index->entries[entry_of[token++]].n++;
		}
	for (uint32_t i = 0; i < index->n_entries; i++) {
		struct entry *entry = &index->entries[i];

		entry->first = first;
		first += entry->n;
		index->widest = RTE_MAX(index->widest, entry->n);
		entry->n = 0;
	}
	token = 0;
	for (uint32_t place = 0; place < clusters->n_endpoints; place++)
		for (uint32_t i = 0; i < clusters->endpoints[place].n_tokens; i++) {
			struct entry *entry = &index->entries[entry_of[token++]];

			index->places[entry->first + entry->n++] = place;
		}
}

static int
build(struct nj_token_index *index)
{
	const struct nj_clusters *clusters = index->clusters;
	uint32_t *entry_of, n_slots;
	uint64_t n = 0;

	for (uint32_t place = 0; place < clusters->n_endpoints; place++)
		n += clusters->endpoints[place].n_tokens;
	if (n > TOKENS_MAX)
		return -E2BIG;
	n_slots = rte_align32pow2((uint32_t)RTE_MAX(2 * n, (uint64_t)2));
	index->mask = n_slots - 1;
	index->slots = calloc(n_slots, sizeof(*index->slots));
	index->entries = calloc(n + 1, sizeof(*index->entries));
	index->places = calloc(n + 1, sizeof(*index->places));
	entry_of = calloc(n + 1, sizeof(*entry_of));
	if (index->slots != NULL && index->entries != NULL && index->places != NULL &&
		entry_of != NULL)
		fill(index, entry_of);
	free(entry_of);
	return entry_of == NULL || index->slots == NULL || index->entries == NULL ||
			       index->places == NULL
		       ? -ENOMEM
		       : 0;
}

const struct nj_token_index *
nj_token_index_get(const struct nj_clusters *clusters)
{
	struct nj_token_index *index;
	int ret;

	for (index = indexes; index != NULL; index = index->next)
		if (index->clusters == clusters) {
			index->references++;
			return index;
		}
	index = calloc(1, sizeof(*index));
	if (index == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	index->clusters = clusters;
	index->references = 1;
	arc4random_buf(&index->secret, sizeof(index->secret));
	ret = build(index);
	if (ret < 0) {
		index_free(index);
		rte_errno = -ret;
		return NULL;
	}
	index->next = indexes;
	indexes = index;
	return index;
}

void
nj_token_index_put(const struct nj_token_index *index)
{
	struct nj_token_index **at = &indexes, *last;

	if (index == NULL)
		return;
	while (*at != index)
		at = &(*at)->next;
	last = *at;
	if (--last->references > 0)
		return;
	*at = last->next;
	index_free(last);
}

uint32_t
nj_token_index_widest(const struct nj_token_index *index)
{
	return index->widest;
}

/* Looking up --------------------------------------------------------------------------------- */

void
nj_token_index_find(
	const struct nj_token_index *index, struct nj_token_query *queries, unsigned int n)
{
	uint64_t hashes[NJ_TOKEN_BULK_MAX];

	for (unsigned int i = 0; i < n; i++) {
		hashes[i] = nj_hash_bytes(index->secret, queries[i].bytes, queries[i].length);
		rte_prefetch0(&index->slots[(uint32_t)hashes[i] & index->mask]);
	}
	for (unsigned int i = 0; i < n; i++) {
		uint32_t entry = index->slots[(uint32_t)hashes[i] & index->mask].entry;

		rte_prefetch0(&index->entries[entry == 0 ? 0 : entry - 1]);
	}
	for (unsigned int i = 0; i < n; i++) {
		struct nj_token_query *query = &queries[i];
		const struct slot *slot = find_slot(index, hashes[i], query->bytes, query->length);

		query->n = 0;
		query->places = NULL;
		if (slot->entry != 0) {
			query->n = index->entries[slot->entry - 1].n;
			query->places = &index->places[index->entries[slot->entry - 1].first];
		}
	}
}
