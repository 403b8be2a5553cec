/* SPDX-License-Identifier: BSD-3-Clause */
#include "neighbors.h"

#include <assert.h>
#include <bsd/stdlib.h>
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "link_parts.h"
#include "nj_hash.h"

#define CAPACITY_MIN 8                                    /* rte_hash's bucket */
#define CAPACITY_MAX NJ_NEIGHBOR_NUMBER(NJ_NEIGHBOR_NONE) /* so that no number is NONE's */

#define STATE_SHIFT      48
#define GENERATION_SHIFT 56
#define NUMBER_BITS      24

#define UNRESOLVED_SHARE 4 /* of the table, at least so many */

/* Random for each start, so that nobody outside can choose addresses that collide. */
static struct nj_hash_secret hash_secret;

/* The key ------------------------------------------------------------------------------------ */

static const uint8_t mapped[12] = {[10] = 0xff, 0xff}; /* RFC 4291, section 2.5.5.2 */

static struct nj_neighbor_key
key_make(uint16_t port, const struct nj_ip *ip)
{
	struct nj_neighbor_key key = {.port = port};
	uint8_t *bytes = (uint8_t *)key.ip;

	if (ip->family == AF_INET6) {
		memcpy(bytes, ip->v6, sizeof(key.ip));
	} else {
		memcpy(bytes, mapped, sizeof(mapped));
		memcpy(bytes + sizeof(mapped), &ip->v4, sizeof(ip->v4));
	}
	return key;
}

static struct nj_ip
key_ip(const uint64_t ip[2])
{
	const uint8_t *bytes = (const uint8_t *)ip;
	rte_be32_t v4;

	if (memcmp(bytes, mapped, sizeof(mapped)) != 0)
		return nj_ip_v6(bytes);
	memcpy(&v4, bytes + sizeof(mapped), sizeof(v4));
	return nj_ip_v4(v4);
}

static uint32_t
key_hash(const void *bytes, uint32_t length, uint32_t initial)
{
	const struct nj_neighbor_key *key = bytes;
	const uint64_t hash = nj_hash_words(hash_secret, key->ip[0] ^ key->port, key->ip[1]);

	return (uint32_t)(hash ^ hash >> 32);
}

struct nj_ip
nj_neighbor_ip(const struct nj_neighbor *neighbor)
{
	return key_ip(neighbor->key.ip);
}

uint16_t
nj_neighbor_port(const struct nj_neighbor *neighbor)
{
	return (uint16_t)neighbor->key.port;
}

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
		.key_len = sizeof(struct nj_neighbor_key),
		.hash_func = key_hash,
		.socket_id = SOCKET_ID_ANY,
		/* The second, so that all entries fit whatever the keys hash to. */
		.extra_flag =
			RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF | RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	arc4random_buf(&hash_secret, sizeof(hash_secret));
	for (unsigned int i = 0; i < RTE_DIM(neighbors->by_state); i++)
		TAILQ_INIT(&neighbors->by_state[i]);
	neighbors->n_unresolved = 0;
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
number_of(const struct nj_neighbors *neighbors, uint16_t port, const struct nj_ip *ip)
{
	const struct nj_neighbor_key key = key_make(port, ip);

	return rte_hash_lookup(neighbors->numbers, &key);
}

struct nj_neighbor *
nj_neighbors_get(const struct nj_neighbors *neighbors, uint16_t port, const struct nj_ip *ip)
{
	const int number = number_of(neighbors, port, ip);

	return number >= 0 ? &neighbors->all[number] : NULL;
}

uint32_t
nj_neighbors_unresolved_max(const struct nj_neighbors *neighbors)
{
	return RTE_MAX(neighbors->capacity / UNRESOLVED_SHARE, (uint32_t)UNRESOLVED_SHARE);
}

/* Into the list of its state, and out of it; nobody else counts the unresolved. */
static void
enter(struct nj_neighbors *neighbors, struct nj_neighbor *neighbor, enum nj_neighbor_state state)
{
	TAILQ_INSERT_TAIL(&neighbors->by_state[state], neighbor, entry);
	neighbors->n_unresolved += state == NJ_NEIGHBOR_INCOMPLETE || state == NJ_NEIGHBOR_FAILED;
}

static void
leave(struct nj_neighbors *neighbors, struct nj_neighbor *neighbor, enum nj_neighbor_state state)
{
	TAILQ_REMOVE(&neighbors->by_state[state], neighbor, entry);
	neighbors->n_unresolved -= state == NJ_NEIGHBOR_INCOMPLETE || state == NJ_NEIGHBOR_FAILED;
}

/* Readers compare what they copied with what they looked for, so each word is stored whole. */
static void
key_store(struct nj_neighbor_key *to, const struct nj_neighbor_key *key)
{
	__atomic_store_n(&to->ip[0], key->ip[0], __ATOMIC_RELAXED);
	__atomic_store_n(&to->ip[1], key->ip[1], __ATOMIC_RELAXED);
	__atomic_store_n(&to->port, key->port, __ATOMIC_RELAXED);
}

struct nj_neighbor *
nj_neighbors_add(struct nj_neighbors *neighbors, uint16_t port, const struct nj_ip *ip, nj_ms_t now)
{
	static const struct rte_ether_addr unknown;
	const struct nj_neighbor_key key = key_make(port, ip);
	const int number = rte_hash_add_key(neighbors->numbers, &key);
	struct nj_neighbor *neighbor;

	if (number < 0)
		return NULL;
	neighbor = &neighbors->all[number];
	key_store(&neighbor->key, &key);
	__atomic_store_n(&neighbor->confirmed, now, __ATOMIC_RELAXED);
	neighbor->questions = 0;
	neighbor->asked = neighbor->changed = now;
	neighbor->was_used = false;
	neighbor->known = false;
	enter(neighbors, neighbor, NJ_NEIGHBOR_INCOMPLETE);
	word_store(neighbors, (uint32_t)number,
		word_make(NJ_NEIGHBOR_INCOMPLETE, &unknown,
			word_generation(neighbors->words[number]) + 1));
	return neighbor;
}

void
nj_neighbors_forget(struct nj_neighbors *neighbors, struct nj_neighbor *neighbor)
{
	static const struct rte_ether_addr unknown;
	const struct nj_neighbor_key key = neighbor->key;
	const uint32_t number = nj_neighbor_number(neighbors, neighbor);

	leave(neighbors, neighbor, word_state(neighbors->words[number]));
	word_store(neighbors, number,
		word_make(NJ_NEIGHBOR_FREE, &unknown, word_generation(neighbors->words[number])));
	/* Whoever sees the address of the number's next neighbor sees FREE, or what came after. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
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
	leave(neighbors, neighbor, word_state(old));
	enter(neighbors, neighbor, state);
}

void
nj_neighbor_renew(struct nj_neighbors *neighbors, struct nj_neighbor *neighbor)
{
	const uint32_t number = nj_neighbor_number(neighbors, neighbor);

	/* The generation is on top, so the last is followed by the first. */
	word_store(neighbors, number, neighbors->words[number] + (UINT64_C(1) << GENERATION_SHIFT));
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
	uint64_t again, ip[2];

	*word = word_load(neighbors, number);
	if (word_state(*word) == NJ_NEIGHBOR_FREE)
		return false;
	ip[0] = __atomic_load_n(&neighbor->key.ip[0], __ATOMIC_RELAXED);
	ip[1] = __atomic_load_n(&neighbor->key.ip[1], __ATOMIC_RELAXED);
	info->ip = key_ip(ip);
	info->port = (uint16_t)__atomic_load_n(&neighbor->key.port, __ATOMIC_RELAXED);
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
	const int number = number_of(&link->neighbors, port, ip);
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
