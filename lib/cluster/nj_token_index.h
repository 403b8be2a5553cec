/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which endpoints a token leads to, for all tokens of a policy. Built by the
 * manager, then only read. The hash is keyed with a random secret, and tokens are compared
 * byte by byte behind it: no client can make one look like another, or make look-ups slow.
 */
#ifndef NJ_TOKEN_INDEX_H
#define NJ_TOKEN_INDEX_H

#include "nj_cluster.h"

struct nj_token_index;

/*
 * The index of these clusters, which have to outlive it; all who ask while it is in use share one.
 * Plain heap memory. Returns NULL with rte_errno: ENOMEM, E2BIG. Manager.
 */
const struct nj_token_index *nj_token_index_get(const struct nj_clusters *clusters);
/* Gives it back; the last one frees it. Takes NULL. Manager. */
void nj_token_index_put(const struct nj_token_index *index);

/* The most endpoints that one token leads to. */
uint32_t nj_token_index_widest(const struct nj_token_index *index);

#define NJ_TOKEN_BULK_MAX 64

/* A token as it arrived, and where it leads: places in nj_clusters.endpoints, ascending. */
struct nj_token_query {
	const uint8_t *bytes;
	uint16_t length;
	uint32_t n; /* 0: nobody has this token */
	const uint32_t *places;
};

/* Answers `n` queries, at most NJ_TOKEN_BULK_MAX. Any lcore. */
void nj_token_index_find(
	const struct nj_token_index *index, struct nj_token_query *queries, unsigned int n);

#endif
