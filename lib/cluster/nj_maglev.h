/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maglev's look-up table (Eisenbud et al., "Maglev: A Fast and Reliable
 * Software Network Load Balancer", NSDI 2016, section 3.4): endpoints get even shares of
 * all hashes, and few hashes change hands where an endpoint comes or goes. The table follows from
 * the set of addresses alone, so every natterjack with the same endpoints has the same.
 */
#ifndef NJ_MAGLEV_H
#define NJ_MAGLEV_H

#include "nj_cluster.h"

/* A number for an address that is the same everywhere and always; never 0. */
uint64_t nj_endpoint_id(const struct nj_address *address);

struct nj_maglev;

/* Returns NULL with rte_errno ENOMEM. Plain heap memory. Manager. */
struct nj_maglev *nj_maglev_create(const struct nj_clusters *clusters);
void nj_maglev_free(struct nj_maglev *maglev); /* takes NULL */

/*
 * The place in nj_clusters.endpoints for a client's hash. `attempt` is 0 for the first choice,
 * others for the next ones. There is at least one endpoint. Any lcore.
 */
uint32_t nj_maglev_place(const struct nj_maglev *maglev, uint64_t hash, uint32_t attempt);

#endif
