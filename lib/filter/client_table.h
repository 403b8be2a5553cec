/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a filter remembers of clients, by address and port. One worker's, and
 * bounded: a client's place is one of a few, and where all are taken the client that was not seen
 * for the longest of them gives way. The hash is keyed with a random secret, so
 * nobody can aim at another's place.
 */
#ifndef NJ_CLIENT_TABLE_H
#define NJ_CLIENT_TABLE_H

#include <assert.h>

#include <rte_prefetch.h>

#include "nj_base.h"
#include "nj_hash.h"
#include "nj_packet.h"

/* How long a client may be silent and still be the same one: Quilkin's time to live. */
#define NJ_CLIENT_TTL_MS 60000

#define NJ_CLIENT_WAYS    8 /* places that one client may have */
#define NJ_CLIENT_BUCKETS (UINT32_C(1) << 15)

struct nj_client {
	rte_be32_t ip; /* IPv6: its words put together; all of it is in nj_client_table.ip6 */
	rte_be16_t port;
	uint8_t family; /* AF_INET or AF_INET6; 0: the place is free */
	nj_ms_t seen;   /* the owner of the table sets it */
	union {
		struct {
			uint64_t id; /* 0: none yet */
			uint32_t place;
		} endpoint; /* that it has: LoadBalancer */
		struct {
			uint64_t packets;
			nj_ms_t start;
		} window; /* LocalRateLimit */
	};
};

static_assert(sizeof(struct nj_client) == 32, "two clients a cache line");

struct nj_client_table {
	struct nj_hash_secret secret;
	struct nj_client *clients; /* NJ_CLIENT_WAYS for each bucket */
	uint8_t (*ip6)[16];        /* of the client at the same place, where it is an IPv6 one */
	void *memory;
};

/* Plain heap memory, which is not touched before it is used. Returns 0 or -ENOMEM. Manager. */
int nj_client_table_open(struct nj_client_table *table);
void nj_client_table_close(struct nj_client_table *table);

/* The bucket of a packet's sender, which is prefetched. */
static inline struct nj_client *
nj_client_table_bucket(const struct nj_client_table *table, const struct nj_flow *key)
{
	uint64_t ip = key->ipv6 ? nj_hash_bytes(table->secret, key->src_ip6, sizeof(key->src_ip6))
				: key->src_ip;
	uint64_t hash = nj_hash_words(table->secret, ip, key->src_port);
	uint32_t bucket = nj_hash_place(hash, NJ_CLIENT_BUCKETS);
	struct nj_client *clients = &table->clients[bucket * NJ_CLIENT_WAYS];

	for (unsigned int i = 0; i < NJ_CLIENT_WAYS; i += 2)
		rte_prefetch0(&clients[i]);
	return clients;
}

/*
 * The sender in its bucket. One that is new has NJ_CLIENT_WAYS places to choose from, is seen now
 * and has nothing else. Owner.
 */
struct nj_client *nj_client_table_get(const struct nj_client_table *table, struct nj_client *bucket,
	const struct nj_flow *key, nj_ms_t now, bool *is_new);

#endif
