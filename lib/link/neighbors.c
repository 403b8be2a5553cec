/* SPDX-License-Identifier: BSD-3-Clause */
#include "neighbors.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "link_parts.h"

#define CAPACITY_MIN 8                                    /* rte_hash's bucket */
#define CAPACITY_MAX NJ_NEIGHBOR_NUMBER(NJ_NEIGHBOR_NONE) /* so that no number is NONE's */

#define STATE_SHIFT      48
#define GENERATION_SHIFT 56
#define NUMBER_BITS      24

struct key {
	rte_be32_t ip;
	uint16_t port;
	uint16_t zero;
};
static_assert(sizeof(struct key) == 8, "a key has no holes");

/* The word ----------------------------------------------------------------------------------- */

static_assert(RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN, "the first six bytes are the low ones");

static uint64_t
word_make(enum nj_neighbor_state state, const struct rte_ether_addr *mac, uint8_t generation)
{
	uint64_t word = 0;

	memcpy(&word, mac, sizeof(*mac)); /* the low 48 bits */
	return word | (uint64_t)state << STATE_SHIFT | (uint64_t)generation << GENERATION_SHIFT;
}

static enum nj_neighbor_state
word_state(uint64_t word)
{
	return (enum nj_neighbor_state)(uint8_t)(word >> STATE_SHIFT);
}

static uint8_t
word_generation(uint64_t word)
{
	return (uint8_t)(word >> GENERATION_SHIFT);
}

static uint64_t
word_load(const struct nj_neighbors *neighbors, uint32_t number)
{
	return __atomic_load_n(&neighbors->words[number], __ATOMIC_ACQUIRE);
}

static void
word_store(struct nj_neighbors *neighbors, uint32_t number, uint64_t word)
{
	__atomic_store_n(&neighbors->words[number], word, __ATOMIC_RELEASE);
}

/* The table ---------------------------------------------------------------------------------- */

int
nj_neighbors_create(struct nj_neighbors *neighbors, uint32_t capacity, const char *name)
{
	const struct rte_hash_parameters parameters = {
		.name = name,
		.entries = RTE_MAX(capacity, (uint32_t)CAPACITY_MIN),
		.key_len = sizeof(struct key),
		.socket_id = SOCKET_ID_ANY,
		/* The second, so that all entries fit whatever the keys hash to. */
		.extra_flag =
			RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF | RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	TAILQ_INIT(&neighbors->known);
	if (capacity > CAPACITY_MAX)
		return -EINVAL;
	neighbors->capacity = parameters.entries;
	neighbors->numbers = rte_hash_create(&parameters);
	neighbors->words = rte_calloc(
		name, neighbors->capacity, sizeof(neighbors->words[0]), RTE_CACHE_LINE_SIZE);
	neighbors->all = rte_calloc(
		name, neighbors->capacity, sizeof(neighbors->all[0]), RTE_CACHE_LINE_SIZE);
	if (neighbors->numbers == NULL || neighbors->words == NULL || neighbors->all == NULL) {
		nj_neighbors_destroy(neighbors);
		return -ENOMEM;
	}
	return 0;
}

void
nj_neighbors_destroy(struct nj_neighbors *neighbors)
{
	rte_free(neighbors->all);
	rte_free(neighbors->words);
	rte_hash_free(neighbors->numbers);
	*neighbors = (struct nj_neighbors){0};
}

static int
number_of(const struct nj_neighbors *neighbors, uint16_t port, rte_be32_t ip)
{
	const struct key key = {.ip = ip, .port = port};

	return rte_hash_lookup(neighbors->numbers, &key);
}

struct nj_neighbor *
nj_neighbors_get(const struct nj_neighbors *neighbors, uint16_t port, rte_be32_t ip)
{
	const int number = number_of(neighbors, port, ip);

	return number >= 0 ? &neighbors->all[number] : NULL;
}

struct nj_neighbor *
nj_neighbors_add(struct nj_neighbors *neighbors, uint16_t port, rte_be32_t ip, nj_ms_t now)
{
	static const struct rte_ether_addr unknown;
	const struct key key = {.ip = ip, .port = port};
	const int number = rte_hash_add_key(neighbors->numbers, &key);
	struct nj_neighbor *neighbor;

	if (number < 0)
		return NULL;
	neighbor = &neighbors->all[number];
	__atomic_store_n(&neighbor->ip, ip, __ATOMIC_RELAXED);
	__atomic_store_n(&neighbor->port, port, __ATOMIC_RELAXED);
	__atomic_store_n(&neighbor->confirmed, now, __ATOMIC_RELAXED);
	neighbor->questions = 0;
	neighbor->asked = neighbor->changed = now;
	neighbor->was_used = false;
	TAILQ_INSERT_TAIL(&neighbors->known, neighbor, entry);
	word_store(neighbors, (uint32_t)number,
		word_make(NJ_NEIGHBOR_INCOMPLETE, &unknown,
			word_generation(neighbors->words[number]) + 1));
	return neighbor;
}

void
nj_neighbors_forget(struct nj_neighbors *neighbors, struct nj_neighbor *neighbor)
{
	static const struct rte_ether_addr unknown;
	const struct key key = {.ip = neighbor->ip, .port = neighbor->port};
	const uint32_t number = nj_neighbor_number(neighbors, neighbor);

	word_store(neighbors, number,
		word_make(NJ_NEIGHBOR_FREE, &unknown, word_generation(neighbors->words[number])));
	/* Whoever sees the address of the number's next neighbor sees FREE, or what came after. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	TAILQ_REMOVE(&neighbors->known, neighbor, entry);
	rte_hash_del_key(neighbors->numbers, &key);
	rte_hash_free_key_with_position(neighbors->numbers, (int32_t)number);
}

uint32_t
nj_neighbor_number(const struct nj_neighbors *neighbors, const struct nj_neighbor *neighbor)
{
	return (uint32_t)(neighbor - neighbors->all);
}

enum nj_neighbor_state
nj_neighbor_get(const struct nj_neighbors *neighbors, const struct nj_neighbor *neighbor,
	struct rte_ether_addr *mac)
{
	const uint64_t word = neighbors->words[nj_neighbor_number(neighbors, neighbor)];

	if (mac != NULL)
		memcpy(mac, &word, sizeof(*mac));
	return word_state(word);
}

void
nj_neighbor_set(struct nj_neighbors *neighbors, struct nj_neighbor *neighbor,
	enum nj_neighbor_state state, const struct rte_ether_addr *mac, nj_ms_t now)
{
	const uint32_t number = nj_neighbor_number(neighbors, neighbor);
	const uint64_t old = neighbors->words[number];

	word_store(neighbors, number, word_make(state, mac, word_generation(old)));
	neighbor->questions = 0;
	if (word_state(old) == state)
		return;
	neighbor->changed = now;
	TAILQ_REMOVE(&neighbors->known, neighbor, entry);
	TAILQ_INSERT_TAIL(&neighbors->known, neighbor, entry);
}

/* Readers ------------------------------------------------------------------------------------ */

const char *
nj_neighbor_state_name(enum nj_neighbor_state state)
{
	switch (state) {
	case NJ_NEIGHBOR_FREE:
		return "free";
	case NJ_NEIGHBOR_INCOMPLETE:
		return "incomplete";
	case NJ_NEIGHBOR_REACHABLE:
		return "reachable";
	case NJ_NEIGHBOR_STALE:
		return "stale";
	case NJ_NEIGHBOR_PROBE:
		return "probe";
	case NJ_NEIGHBOR_FAILED:
		return "failed";
	}
	return "unknown";
}

/* Copies a neighbor and its word as they were at one moment. Returns false where it is not known.
 */
static bool
snapshot(const struct nj_neighbors *neighbors, uint32_t number, struct nj_neighbor_info *info,
	uint64_t *word)
{
	const struct nj_neighbor *neighbor = &neighbors->all[number];
	uint64_t again;

	*word = word_load(neighbors, number);
	if (word_state(*word) == NJ_NEIGHBOR_FREE)
		return false;
	info->ip = nj_ip_v4(__atomic_load_n(&neighbor->ip, __ATOMIC_RELAXED));
	info->port = __atomic_load_n(&neighbor->port, __ATOMIC_RELAXED);
	info->age_ms = __atomic_load_n(&neighbor->confirmed, __ATOMIC_RELAXED);
	info->state = word_state(*word);
	memcpy(&info->mac, word, sizeof(info->mac));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	again = word_load(neighbors, number);
	return word_state(again) != NJ_NEIGHBOR_FREE &&
	       word_generation(again) == word_generation(*word);
}

nj_neighbor_ref_t
nj_neighbor_find(const struct nj_link *link, uint16_t port, const struct nj_ip *ip)
{
	const int number = number_of(&link->neighbors, port, ip->v4);
	struct nj_neighbor_info info;
	uint64_t word;

	if (number < 0 || !snapshot(&link->neighbors, (uint32_t)number, &info, &word) ||
		!nj_ip_equal(&info.ip, ip) || info.port != port)
		return NJ_NEIGHBOR_NONE;
	return (uint32_t)word_generation(word) << NUMBER_BITS | (uint32_t)number;
}

enum nj_neighbor_state
nj_neighbor_mac(const struct nj_link *link, nj_neighbor_ref_t ref, struct rte_ether_addr *mac)
{
	const uint32_t number = NJ_NEIGHBOR_NUMBER(ref);
	uint64_t word;

	if (number >= link->neighbors.capacity)
		return NJ_NEIGHBOR_FREE;
	word = word_load(&link->neighbors, number);
	if (word_generation(word) != ref >> NUMBER_BITS)
		return NJ_NEIGHBOR_FREE;
	memcpy(mac, &word, sizeof(*mac));
	return word_state(word);
}

uint32_t
nj_link_neighbors_capacity(const struct nj_link *link)
{
	return link->neighbors.capacity;
}

bool
nj_neighbor_info(
	const struct nj_link *link, uint32_t number, nj_ms_t now, struct nj_neighbor_info *info)
{
	struct nj_neighbor_info found;
	uint64_t word;

	if (number >= link->neighbors.capacity ||
		!snapshot(&link->neighbors, number, &found, &word))
		return false;
	found.age_ms = nj_ms_since(now, found.age_ms);
	*info = found;
	return true;
}
