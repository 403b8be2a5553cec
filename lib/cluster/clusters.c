/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arrays that double: one that holds n has room for the next power of two, so
 * it grows just when n is one, and no capacity has to be kept.
 */
#include "nj_cluster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "tokens.h"

/* The array with room for one more than n, or NULL; it is still as it was then. */
static void *
reserve(void *array, uint32_t n, size_t size)
{
	if (n != 0 && !rte_is_power_of_2(n))
		return array;
	return reallocarray(array, n == 0 ? 1 : 2 * (size_t)n, size);
}

int
nj_clusters_add(struct nj_clusters *clusters, const char *locality)
{
	struct nj_cluster cluster = {.first = clusters->n_endpoints};
	uint32_t n = clusters->n_clusters;
	struct nj_cluster *array = reserve(clusters->clusters, n, sizeof(cluster));

	if (array == NULL)
		return -ENOMEM;
	clusters->clusters = array;
	if (locality != NULL && (cluster.locality = strdup(locality)) == NULL)
		return -ENOMEM;
	array[n] = cluster;
	clusters->n_clusters = n + 1;
	return 0;
}

struct nj_endpoint *
nj_clusters_add_endpoint(struct nj_clusters *clusters, const struct nj_address *address)
{
	uint32_t n = clusters->n_endpoints;
	struct nj_endpoint *array;

	if (n >= NJ_ENDPOINTS_MAX) {
		rte_errno = ENOSPC;
		return NULL;
	}
	array = reserve(clusters->endpoints, n, sizeof(*array));
	if (array == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	clusters->endpoints = array;
	array[n] = (struct nj_endpoint){.number = n + 1, .address = *address};
	clusters->n_endpoints = n + 1;
	clusters->clusters[clusters->n_clusters - 1].n_endpoints++;
	return &array[n];
}

void
nj_clusters_clear(struct nj_clusters *clusters)
{
	for (uint32_t i = 0; i < clusters->n_endpoints; i++)
		nj_tokens_clear(&clusters->endpoints[i]);
	for (uint32_t i = 0; i < clusters->n_clusters; i++)
		free(clusters->clusters[i].locality);
	free(clusters->endpoints);
	free(clusters->clusters);
	free(clusters->by_address);
	*clusters = (struct nj_clusters){0};
}
