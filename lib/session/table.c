/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_errno.h>
#include <rte_malloc.h>

NJ_LOG_TYPE(session);

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

/* The arrays are zero, so every slot is free; numbers are handed out from 0 up. */
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
	table = rte_zmalloc_socket("nj_session_table", sizeof(*table), RTE_CACHE_LINE_SIZE, socket);
	if (table == NULL)
		goto no_memory;
	table->config = *config;
	port_range_init(&table->ports, config->port_min, config->port_max);
	nj_random_init(&table->random);
	table->counters = counters;
	table->sessions = rte_zmalloc_socket("nj_sessions",
		(size_t)config->capacity * sizeof(*table->sessions), sizeof(*table->sessions),
		socket);
	table->rests = rte_zmalloc_socket("nj_session_rests",
		(size_t)config->capacity * sizeof(*table->rests), sizeof(*table->rests), socket);
	table->free = rte_malloc_socket(
		"nj_session_free", (size_t)config->capacity * sizeof(*table->free), 0, socket);
	table->endpoints = create_endpoints();
	if (table->endpoints == NULL || table->sessions == NULL || table->rests == NULL ||
		table->free == NULL ||
		flow_table_init(&table->flows, 2 * config->capacity, socket) < 0)
		goto no_memory;
	if (port_rest_init(&table->port_rest, config->capacity, socket) < 0 ||
		admission_init(&table->admission, config, socket) < 0)
		goto no_memory;
	fill_free(table);
	return table;

no_memory:
	nj_session_table_destroy(table);
	nj_err(ENOMEM, "worker %u: a table of %u sessions on NUMA node %d", config->worker,
		config->capacity, socket);
	rte_errno = ENOMEM;
	return NULL;
}

void
nj_session_table_destroy(struct nj_session_table *table)
{
	if (table == NULL)
		return;
	admission_fini(&table->admission);
	port_rest_fini(&table->port_rest);
	flow_table_fini(&table->flows);
	if (table->endpoints != NULL)
		munmap(table->endpoints, ENDPOINTS_SIZE);
	rte_free(table->free);
	rte_free(table->rests);
	rte_free(table->sessions);
	rte_free(table);
}

void
nj_session_table_reserve(struct nj_session_table *table, uint16_t port)
{
	port_range_reserve(&table->ports, port);
}

void
nj_session_find_bulk(const struct nj_session_table *table, const struct nj_flow **flows,
	unsigned int n, struct nj_session **found)
{
	flow_table_find(table, flows, n, found);
}

struct nj_session *
nj_session_find(const struct nj_session_table *table, const struct nj_flow *flow)
{
	struct nj_session *found;

	flow_table_find(table, &flow, 1, &found);
	return found;
}

void
nj_session_round(struct nj_session_table *table)
{
	admission_round(&table->admission);
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
	return table->config.capacity - __atomic_load_n(&table->n_free, __ATOMIC_RELAXED) -
	       __atomic_load_n(&table->n_redirects, __ATOMIC_RELAXED);
}

uint32_t
nj_session_half_open(const struct nj_session_table *table)
{
	return __atomic_load_n(&table->half_open.n, __ATOMIC_RELAXED);
}
