/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Open addressing over entries of half a cache line, which hold tokens of up to
 * 16 bytes as the two words that were hashed: to look one up takes one cache line, which is
 * prefetched for a burst, and to compare it no call.
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

/* A token as it is compared. */
struct key {
	uint64_t words[2]; /* nj_hash_load_pair(); of longer ones the hash, and a pointer to them */
	uint16_t length;
};

/* One token and where it leads. */
struct entry {
	struct key key;
	uint32_t first; /* of a run in index->places, or where there is one place alone, that */
	uint32_t n;     /* 0: the entry is free */
};

static_assert(sizeof(struct entry) == 32, "two entries a cache line");

struct nj_token_index {
	const struct nj_clusters *clusters;
	unsigned int references;
	struct nj_token_index *next;
	struct nj_hash_secret secret;
	uint32_t mask, widest;
	struct entry *entries; /* at most half of them are taken, so a walk ends */
	uint32_t *places;
};

/* Those in use. Manager alone. */
static struct nj_token_index *indexes;

static inline bool
is_same(const struct key *a, const struct key *b)
{
	if (a->length != b->length || a->words[0] != b->words[0])
		return false;
	return a->length <= INLINE_BYTES
		       ? a->words[1] == b->words[1]
		       : memcmp((const void *)(uintptr_t)a->words[1],
				 (const void *)(uintptr_t)b->words[1], a->length) == 0;
}

/* Makes the key of these bytes. Returns the hash. */
static inline uint64_t
make_key(const struct nj_token_index *index, const uint8_t *bytes, uint16_t length, struct key *key)
{
	struct nj_hash_secret secret = index->secret;

	key->length = length;
	if (length > INLINE_BYTES) {
		key->words[0] = nj_hash_bytes(secret, bytes, length);
		key->words[1] = (uintptr_t)bytes;
		return key->words[0];
	}
	nj_hash_load_pair(bytes, length, key->words);
	secret.word[1] ^= length;
	return nj_hash_words(secret, key->words[0], key->words[1]);
}

/* The entry of this key, or the free one where it belongs. */
static inline struct entry *
find_entry(const struct nj_token_index *index, uint64_t hash, const struct key *key)
{
	uint32_t i = (uint32_t)hash & index->mask;

	while (index->entries[i].n != 0 && !is_same(&index->entries[i].key, key))
		i = (i + 1) & index->mask;
	return &index->entries[i];
}

/* Building ----------------------------------------------------------------------------------- */

static void
index_free(struct nj_token_index *index)
{
	free(index->entries);
	free(index->places);
	free(index);
}

/* The token's entry, which is made where there was none, with one endpoint more. */
static struct entry *
enter(struct nj_token_index *index, const struct nj_bytes *token)
{
	struct key key;
	uint64_t hash = make_key(index, token->bytes, token->length, &key);
	struct entry *entry = find_entry(index, hash, &key);

	entry->key = key;
	entry->n++;
	return entry;
}

/* Gives every token that has several endpoints its run of places. */
static void
share_out(struct nj_token_index *index)
{
	uint32_t first = 0;

	for (uint32_t i = 0; i <= index->mask; i++) {
		struct entry *entry = &index->entries[i];

		entry->first = first;
		first += entry->n;
		index->widest = RTE_MAX(index->widest, entry->n);
		entry->n = 0;
	}
}

/* Counts first, so that every token's endpoints are a run of one array. */
static void
fill(struct nj_token_index *index, struct entry **entry_of)
{
	const struct nj_clusters *clusters = index->clusters;
	uint32_t token = 0;

	for (uint32_t place = 0; place < clusters->n_endpoints; place++)
		for (uint32_t i = 0; i < clusters->endpoints[place].n_tokens; i++)
			entry_of[token++] = enter(index, &clusters->endpoints[place].tokens[i]);
	share_out(index);
	token = 0;
	for (uint32_t place = 0; place < clusters->n_endpoints; place++)
		for (uint32_t i = 0; i < clusters->endpoints[place].n_tokens; i++) {
			struct entry *entry = entry_of[token++];

			index->places[entry->first + entry->n++] = place;
		}
	for (uint32_t i = 0; i <= index->mask; i++)
		if (index->entries[i].n == 1)
			index->entries[i].first = index->places[index->entries[i].first];
}

static int
build(struct nj_token_index *index)
{
	const struct nj_clusters *clusters = index->clusters;
	struct entry **entry_of;
	uint32_t n_entries;
	uint64_t n = 0;
	int ret;

	for (uint32_t place = 0; place < clusters->n_endpoints; place++)
		n += clusters->endpoints[place].n_tokens;
	if (n > TOKENS_MAX)
		return -E2BIG;
	n_entries = rte_align32pow2((uint32_t)RTE_MAX(2 * n, (uint64_t)2));
	index->mask = n_entries - 1;
	index->entries = calloc(n_entries, sizeof(*index->entries));
	index->places = calloc(n + 1, sizeof(*index->places));
	entry_of = calloc(n + 1, sizeof(*entry_of));
	ret = index->entries == NULL || index->places == NULL || entry_of == NULL ? -ENOMEM : 0;
	if (ret == 0)
		fill(index, entry_of);
	free(entry_of);
	return ret;
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
	struct key keys[NJ_TOKEN_BULK_MAX];

	for (unsigned int i = 0; i < n; i++) {
		hashes[i] = make_key(index, queries[i].bytes, queries[i].length, &keys[i]);
		rte_prefetch0(&index->entries[(uint32_t)hashes[i] & index->mask]);
	}
	for (unsigned int i = 0; i < n; i++) {
		const struct entry *entry = find_entry(index, hashes[i], &keys[i]);

		queries[i].n = entry->n;
		queries[i].places = entry->n == 1 ? &entry->first : &index->places[entry->first];
	}
}
