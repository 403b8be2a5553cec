/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_maglev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "nj_hash.h"

#define NOBODY UINT32_MAX

/* Not secret: the same in every natterjack. */
static const struct nj_hash_secret public_key = {
	{UINT64_C(0x6e61747465726a61), UINT64_C(0x636b2d6d61676c65)}};

struct nj_maglev {
	uint32_t size;
	uint32_t entries[]; /* places */
};

/*
 * Primes, each good for a hundredth of it in endpoints. There are only a few, as the table is
 * another one altogether where its size changes. The last is the bound: beyond 41,943 endpoints the
 * shares become less even.
 */
static const uint32_t sizes[] = {65537, 1048583, 4194319};

uint64_t
nj_endpoint_id(const struct nj_address *address)
{
	uint8_t bytes[18] = {0};
	size_t length = address->ip.family == AF_INET6 ? 16 : 4;
	uint64_t id;

	memcpy(bytes,
		address->ip.family == AF_INET6 ? address->ip.v6 : (const uint8_t *)&address->ip.v4,
		length);
	memcpy(bytes + length, &address->port, sizeof(address->port));
	id = nj_hash_bytes(public_key, bytes, length + sizeof(address->port));
	return id == 0 ? 1 : id;
}

/* Filling ------------------------------------------------------------------------------------ */

/* An endpoint goes over the table from `next` in steps of `skip`: a permutation, as the size is
 * prime. */
struct walker {
	uint64_t id;
	uint32_t place, next, skip;
};

static int
by_id(const void *a, const void *b)
{
	const struct walker *left = a, *right = b;

	return left->id < right->id ? -1 : left->id > right->id;
}

static struct walker *
create_walkers(const struct nj_clusters *clusters, uint32_t size)
{
	struct walker *walkers = calloc(clusters->n_endpoints + 1, sizeof(*walkers));

	if (walkers == NULL)
		return NULL;
	for (uint32_t i = 0; i < clusters->n_endpoints; i++) {
		uint64_t id = nj_endpoint_id(&clusters->endpoints[i].address);

		walkers[i] = (struct walker){
			id, i, (uint32_t)(id % size), (uint32_t)((id >> 32) % (size - 1)) + 1};
	}
	/* Who is first in a round is a matter of addresses, too. */
	qsort(walkers, clusters->n_endpoints, sizeof(*walkers), by_id);
	return walkers;
}

static void
take_next(struct nj_maglev *maglev, struct walker *walker)
{
	uint32_t at;

	do {
		at = walker->next;
		walker->next = (at + walker->skip) % maglev->size;
	} while (maglev->entries[at] != NOBODY);
	maglev->entries[at] = walker->place;
}

static void
fill(struct nj_maglev *maglev, struct walker *walkers, uint32_t n)
{
	memset(maglev->entries, 0xff, maglev->size * sizeof(maglev->entries[0]));
	for (uint32_t taken = 0; n > 0 && taken < maglev->size; taken++)
		take_next(maglev, &walkers[taken % n]);
}

struct nj_maglev *
nj_maglev_create(const struct nj_clusters *clusters)
{
	uint32_t n = clusters->n_endpoints, size = sizes[0];
	struct nj_maglev *maglev;
	struct walker *walkers;

	for (unsigned int i = 1; i < RTE_DIM(sizes) && size / 100 < n; i++)
		size = sizes[i];
	maglev = malloc(sizeof(*maglev) + size * sizeof(maglev->entries[0]));
	walkers = create_walkers(clusters, size);
	if (maglev == NULL || walkers == NULL) {
		free(maglev);
		free(walkers);
		rte_errno = ENOMEM;
		return NULL;
	}
	maglev->size = size;
	fill(maglev, walkers, n);
	free(walkers);
	return maglev;
}

void
nj_maglev_free(struct nj_maglev *maglev)
{
	free(maglev);
}

uint32_t
nj_maglev_place(const struct nj_maglev *maglev, uint64_t hash, uint32_t attempt)
{
	return maglev->entries[(nj_hash_place(hash, maglev->size) + attempt) % maglev->size];
}
