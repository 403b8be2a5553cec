/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Endpoints (game servers) in clusters. Built whole by the manager from the
 * proxy file and never changed after that; workers only read.
 */
#ifndef NJ_CLUSTER_H
#define NJ_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "nj_base.h"

#define NJ_TOKEN_MAX_BYTES 1024

struct nj_endpoint {
	uint32_t number; /* from 1; the same as long as natterjack runs; part of a session's key */
	struct nj_address address;
	unsigned int line, column; /* where the file has the address; 0: nowhere */
	uint32_t n_tokens;
	struct nj_bytes *tokens;
};

struct nj_cluster {
	char *locality;              /* as the file names it, or NULL */
	uint32_t first, n_endpoints; /* its endpoints are a run of nj_clusters.endpoints */
};

/* Every cluster of a policy. */
struct nj_clusters {
	uint32_t n_endpoints;
	struct nj_endpoint *endpoints;
	uint32_t n_clusters;
	struct nj_cluster *clusters;
	struct nj_address_index *by_address; /* NULL until nj_clusters_index() */
};

#define NJ_ENDPOINTS_MAX (1u << 17)

/*
 * Appends a cluster without endpoints. `locality` is copied and may be NULL.
 * Returns 0 or -ENOMEM. Manager.
 */
int nj_clusters_add(struct nj_clusters *clusters, const char *locality);

/*
 * Appends an endpoint to the newest cluster and numbers it. Returns the endpoint (which moves when
 * the next one is added), or NULL with rte_errno: ENOMEM, ENOSPC beyond NJ_ENDPOINTS_MAX. Manager.
 */
struct nj_endpoint *nj_clusters_add_endpoint(
	struct nj_clusters *clusters, const struct nj_address *address);

/*
 * Makes the index that nj_clusters_find() reads; no endpoint is added after that. Returns 0 or
 * -ENOMEM. Manager, before the clusters are published.
 */
int nj_clusters_index(struct nj_clusters *clusters);

/*
 * The first endpoint of this address and port, or NULL where none has them (or there is no index).
 * Constant time. Any lcore, without locks.
 */
const struct nj_endpoint *nj_clusters_find(
	const struct nj_clusters *clusters, const struct nj_address *address);

/* Appends a token to an endpoint; the bytes are copied. Returns 0, -EEXIST, -ENOMEM. Manager. */
int nj_endpoint_add_token(struct nj_endpoint *endpoint, const uint8_t *bytes, uint16_t length);

/* Numbers that stay --------------------------------------------------------------------------- */

/*
 * Which number an endpoint's address has, from one policy to the next: sessions
 * and counters refer to endpoints by number. One thread at a time.
 */
struct nj_endpoint_numbers;

struct nj_endpoint_numbers *nj_endpoint_numbers_create(void);          /* NULL: no memory */
void nj_endpoint_numbers_destroy(struct nj_endpoint_numbers *numbers); /* takes NULL */

/*
 * Numbers all endpoints: a known address keeps its number, the others get new ones. Where those run
 * out, numbers are taken back that in_use() says nobody uses. Returns 0 or -ENOSPC (then nothing
 * has changed but the numbers of `clusters`).
 */
int nj_endpoint_numbers_assign(struct nj_endpoint_numbers *numbers, struct nj_clusters *clusters,
	bool (*in_use)(void *context, uint32_t number), void *context);

/* The number of an address, a new one where it has none; 0 where those have run out. */
uint32_t nj_endpoint_numbers_take(
	struct nj_endpoint_numbers *numbers, const struct nj_address *address);

/* The number of an address, or 0. */
uint32_t nj_endpoint_numbers_find(
	const struct nj_endpoint_numbers *numbers, const struct nj_address *address);

/* Frees what the structure holds, not the structure itself; it is empty after that. */
void nj_clusters_clear(struct nj_clusters *clusters);

/* Draining ------------------------------------------------------------------------------------ */

/* Which endpoints get no new sessions. The manager writes, everybody else reads. */
struct nj_draining {
	uint32_t n;                              /* so many; mostly none */
	uint8_t by_number[NJ_ENDPOINTS_MAX + 1]; /* 1: this one */
};

/* Any lcore. */
static inline bool
nj_any_is_draining(const struct nj_draining *draining)
{
	return __atomic_load_n(&draining->n, __ATOMIC_RELAXED) > 0;
}

/* Any lcore. */
static inline bool
nj_is_draining(const struct nj_draining *draining, uint32_t number)
{
	return __atomic_load_n(&draining->by_number[number], __ATOMIC_RELAXED) > 0;
}

/* Manager. */
static inline void
nj_set_draining(struct nj_draining *draining, uint32_t number, bool on)
{
	const uint32_t n = draining->n - draining->by_number[number] + on;

	__atomic_store_n(&draining->by_number[number], on, __ATOMIC_RELAXED);
	__atomic_store_n(&draining->n, n, __ATOMIC_RELAXED);
}

#endif
