/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Identifications of our own for datagrams that are fragments, or may become some: for each pair of
 * addresses a counter, and a beginning that follows from a secret (RFC 7739, section 5.3). So
 * one does not come again before all others did (RFC 791, RFC 8200 section 4.5), and nobody who
 * does not see a pair's datagrams can tell the next one, whatever he sees of other pairs.
 */
#ifndef NJ_IDS_H
#define NJ_IDS_H

#include <stdint.h>

#include "nj_base.h"
#include "nj_hash.h"

/* Pairs that share a counter have beginnings of their own, and leave holes for each other. */
#define NJ_IDS_COUNTERS 4096

struct nj_ids {
	struct nj_hash_secret secret;
	uint32_t step;
	uint32_t counters[NJ_IDS_COUNTERS];
};

/* With a secret of the system's, for one lcore. Any thread. */
void nj_ids_init(struct nj_ids *ids);

/*
 * The part that lcore `index` of `n` has of them: it alone gives those. Where `n` is no power of
 * two, another's come after the wrap of IPv4's 16 bits. `all` is from nj_ids_init(). Any thread.
 */
void nj_ids_init_part(
	struct nj_ids *ids, const struct nj_ids *all, unsigned int index, unsigned int n);

/* The next for datagrams between these addresses, which are of one family; IPv4 has the low 16
 * bits of it. Owner only. */
uint32_t nj_ids_next(
	struct nj_ids *ids, const struct nj_ip *source, const struct nj_ip *destination);

#endif
