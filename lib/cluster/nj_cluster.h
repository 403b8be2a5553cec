/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Endpoints (game servers) in clusters. Built whole by the manager from the
 * proxy file and never changed after that; workers only read.
 */
#ifndef NJ_CLUSTER_H
#define NJ_CLUSTER_H

#include <stdint.h>

#include "nj_base.h"

#define NJ_TOKEN_MAX_BYTES 1024

struct nj_endpoint {
	uint32_t number; /* from 1; the same as long as natterjack runs; part of a session's key */
	struct nj_address address;
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

/* Appends a token to an endpoint; the bytes are copied. Returns 0, -EEXIST, -ENOMEM. Manager. */
int nj_endpoint_add_token(struct nj_endpoint *endpoint, const uint8_t *bytes, uint16_t length);

/* Frees what the structure holds, not the structure itself; it is empty after that. */
void nj_clusters_clear(struct nj_clusters *clusters);

#endif
