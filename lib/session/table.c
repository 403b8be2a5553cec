/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#include "nj_hash.h"

NJ_LOG_TYPE(session);

/* Random for each start, so that nobody outside can choose addresses that collide. */
static struct nj_hash_secret hash_secret;

static uint32_t
hash_key4(const void *key, uint32_t length, uint32_t initial)
{
	uint64_t half[2];
	uint64_t hash;

	memcpy(half, key, sizeof(half));
	hash = nj_hash_words(hash_secret, half[0], half[1]);
	return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t
hash_key6(const void *key, uint32_t length, uint32_t initial)
{
	uint64_t hash = nj_hash_bytes(hash_secret, key, NJ_FLOW6_KEY_BYTES);

	return (uint32_t)(hash ^ hash >> 32);
}

/* Where nothing is IPv6, its hash is as small as can be. */
static struct rte_hash *
create_flows(const struct nj_session_config *config, bool ipv6, int socket)
{
	char name[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters parameters = {
		.name = name,
		.entries = ipv6 && !config->ipv6 ? 16 : RTE_MAX(2 * config->capacity, 16u),
		.key_len = ipv6 ? NJ_FLOW6_KEY_BYTES : NJ_FLOW4_KEY_BYTES,
		.hash_func = ipv6 ? hash_key6 : hash_key4,
		.socket_id = socket,
		/* Cuckoo hashing alone refuses keys before it is full. */
		.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	static_assert(NJ_FLOW4_KEY_BYTES == 16, "rte_hash compares 16-byte keys fastest");
	snprintf(name, sizeof(name), "nj_flows%u_%u", ipv6 ? 6 : 4, config->worker);
	return rte_hash_create(&parameters);
}

#define ENDPOINTS_SIZE ((NJ_ENDPOINTS_MAX + 1) * sizeof(struct nj_endpoint_counters))

/* Fresh pages, as aligned as lines are: most of them are never touched, and so never there. */
static struct nj_endpoint_counters *
create_endpoints(void)
{
	void *endpoints = mmap(
		NULL, ENDPOINTS_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return endpoints == MAP_FAILED ? NULL : endpoints;
}

static int
check(const struct nj_session_config *config)
{
	if (config->capacity == 0 || config->capacity > 1u << 28)
		return -EINVAL;
	if (config->port_min == 0 || config->port_min > config->port_max)
		return -EINVAL;
	return config->worker < config->ownership->n_workers ? 0 : -EINVAL;
}

/* The array is zero, so every slot is free; numbers are handed out from 0 up. */
static void
fill_free(struct nj_session_table *table)
{
	table->n_free = table->config.capacity;
	for (uint32_t i = 0; i < table->n_free; i++)
		table->free[i] = table->n_free - 1 - i;
	table->half_open = (struct half_open_list){NO_SESSION, NO_SESSION, 0};
}

struct nj_session_table *
nj_session_table_create(
	const struct nj_session_config *config, struct nj_counters *counters, int socket)
{
	struct nj_session_table *table;

	if (check(config) < 0) {
		rte_errno = EINVAL;
		return NULL;
	}
	if (hash_secret.word[0] == 0)
		arc4random_buf(&hash_secret, sizeof(hash_secret));
	table = rte_zmalloc_socket("nj_session_table", sizeof(*table), RTE_CACHE_LINE_SIZE, socket);
	if (table == NULL)
		goto no_memory;
	table->config = *config;
	table->counters = counters;
	table->sessions = rte_zmalloc_socket("nj_sessions",
		(size_t)config->capacity * sizeof(*table->sessions), sizeof(*table->sessions),
		socket);
	table->free = rte_malloc_socket(
		"nj_session_free", (size_t)config->capacity * sizeof(*table->free), 0, socket);
	table->flows4 = create_flows(config, false, socket);
	table->flows6 = create_flows(config, true, socket);
	table->endpoints = create_endpoints();
	if (table->endpoints == NULL || table->sessions == NULL || table->free == NULL ||
		table->flows4 == NULL || table->flows6 == NULL)
		goto no_memory;
	fill_free(table);
	return table;

no_memory:
	nj_session_table_destroy(table);
	nj_err(ENOMEM, "worker %u: a table of %u sessions", config->worker, config->capacity);
	rte_errno = ENOMEM;
	return NULL;
}

void
nj_session_table_destroy(struct nj_session_table *table)
{
	if (table == NULL)
		return;
	rte_hash_free(table->flows6);
	rte_hash_free(table->flows4);
	if (table->endpoints != NULL)
		munmap(table->endpoints, ENDPOINTS_SIZE);
	rte_free(table->free);
	rte_free(table->sessions);
	rte_free(table);
}

void
nj_session_table_reserve(struct nj_session_table *table, uint16_t port)
{
	table->reserved[port / 64] |= UINT64_C(1) << (port % 64);
}

static void
find_bulk(const struct rte_hash *hash, const struct nj_flow **flows, unsigned int n,
	struct nj_session **found)
{
	uint64_t hits = 0;
	uint64_t all = n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;

	if (n == 0)
		return;
	rte_hash_lookup_bulk_data(hash, (const void **)(uintptr_t)flows, n, &hits, (void **)found);
	for (uint64_t misses = ~hits & all; misses != 0; misses &= misses - 1)
		found[__builtin_ctzll(misses)] = NULL;
}

/* Bursts that are not of IPv4 alone are parted by family, looked up, and put together again. */
static void
find_mixed(const struct nj_session_table *table, const struct nj_flow **flows, unsigned int n,
	struct nj_session **found)
{
	const struct nj_flow *parted[2][NJ_SESSION_BULK_MAX];
	struct nj_session *sessions[2][NJ_SESSION_BULK_MAX];
	unsigned int count[2] = {0};

	for (unsigned int i = 0; i < n; i++)
		parted[flows[i]->ipv6][count[flows[i]->ipv6]++] = flows[i];
	find_bulk(table->flows4, parted[0], count[0], sessions[0]);
	find_bulk(table->flows6, parted[1], count[1], sessions[1]);
	count[0] = count[1] = 0;
	for (unsigned int i = 0; i < n; i++)
		found[i] = sessions[flows[i]->ipv6][count[flows[i]->ipv6]++];
}

/* In a large table each of them is a miss: all are on their way before the first is used. */
static inline void
prefetch(struct nj_session *const *found, unsigned int n, bool ipv6)
{
	for (unsigned int i = 0; i < n; i++) /* NULL is harmless */
		rte_prefetch0(found[i]);
	if (!ipv6)
		return;
	for (unsigned int i = 0; i < n; i++)
		if (found[i] != NULL)
			rte_prefetch0(found[i]->client_ip6);
}

void
nj_session_find_bulk(const struct nj_session_table *table, const struct nj_flow **flows,
	unsigned int n, struct nj_session **found)
{
	bool ipv6 = false;

	for (unsigned int i = 0; i < n; i++)
		ipv6 |= flows[i]->ipv6;
	if (ipv6)
		find_mixed(table, flows, n, found);
	else
		find_bulk(table->flows4, flows, n, found);
	prefetch(found, n, ipv6);
}

struct nj_session *
nj_session_find(const struct nj_session_table *table, const struct nj_flow *flow)
{
	void *session;

	return rte_hash_lookup_data(session_flows(table, flow), flow, &session) < 0 ? NULL
										    : session;
}

uint32_t
nj_session_evictions(const struct nj_session_table *table)
{
	return table->evictions;
}

uint32_t
nj_session_capacity(const struct nj_session_table *table)
{
	return table->config.capacity;
}

uint32_t
nj_session_used(const struct nj_session_table *table)
{
	return __atomic_load_n(&table->used_max, __ATOMIC_RELAXED);
}

uint32_t
nj_session_active(const struct nj_session_table *table)
{
	return table->config.capacity - __atomic_load_n(&table->n_free, __ATOMIC_RELAXED);
}

uint32_t
nj_session_half_open(const struct nj_session_table *table)
{
	return __atomic_load_n(&table->half_open.n, __ATOMIC_RELAXED);
}
