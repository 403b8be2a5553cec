/* SPDX-License-Identifier: BSD-3-Clause */
#include "ownership.h"

#include <bsd/stdlib.h>
#include <string.h>

/* With few workers there are few, as each packet's bucket is looked up. */
#define BUCKETS_MIN       128u
#define BUCKETS_OF_WORKER (NJ_BUCKETS_MAX / NJ_WORKERS_MAX)

/* What bit `bit` of a tuple adds to its hash: the key's 32 bits from there on (Microsoft's RSS). */
static uint32_t
key_window(const uint8_t key[NJ_RSS_KEY_BYTES], unsigned int bit)
{
	const uint8_t *byte = key + bit / 8;
	uint64_t window = 0;

	for (unsigned int i = 0; i < 5; i++)
		window = window << 8 | byte[i];
	return (uint32_t)(window >> (8 - bit % 8));
}

static void
fill(const uint8_t key[NJ_RSS_KEY_BYTES], uint32_t hash[][256], unsigned int n_bytes)
{
	for (unsigned int i = 0; i < n_bytes * 256; i++) {
		hash[i / 256][i % 256] = 0;
		for (unsigned int bit = 0; bit < 8; bit++)
			if (i >> (7 - bit) & 1)
				hash[i / 256][i % 256] ^= key_window(key, i / 256 * 8 + bit);
	}
}

void
nj_ownership_deal(struct nj_ownership *ownership, uint32_t n_buckets)
{
	ownership->n_buckets = n_buckets;
	for (uint32_t i = 0; i < n_buckets; i++)
		ownership->worker[i] = (uint8_t)(i % ownership->n_workers);
}

void
nj_ownership_init(
	struct nj_ownership *ownership, unsigned int n_workers, const uint8_t key[NJ_RSS_KEY_BYTES])
{
	ownership->n_workers = n_workers;
	if (key != NULL)
		memmove(ownership->rss_key, key, sizeof(ownership->rss_key)); /* may be its own */
	else
		arc4random_buf(ownership->rss_key, sizeof(ownership->rss_key));
	nj_ownership_deal(
		ownership, rte_align32pow2(RTE_MAX(BUCKETS_MIN, n_workers * BUCKETS_OF_WORKER)));
	fill(ownership->rss_key, ownership->hash4, RTE_DIM(ownership->hash4));
	fill(ownership->rss_key, ownership->hash6, RTE_DIM(ownership->hash6));
}

static inline uint32_t
add_up(const uint32_t hash[][256], const void *bytes, unsigned int n)
{
	const uint8_t *byte = bytes;
	uint32_t sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum ^= hash[i][byte[i]];
	return sum;
}

/* On the wire the ports are behind the addresses. */
static uint32_t
toeplitz(const struct nj_ownership *ownership, const struct nj_flow *flow)
{
	if (flow->ipv6)
		return add_up(ownership->hash6, flow->src_ip6, 32) ^
		       add_up(ownership->hash6 + 32, &flow->src_port, 4);
	return add_up(ownership->hash4, &flow->src_ip, 8) ^
	       add_up(ownership->hash4 + 8, &flow->src_port, 4);
}

unsigned int
nj_flow_owner(const struct nj_ownership *ownership, const struct nj_flow *flow)
{
	if (ownership->n_workers == 1)
		return 0;
	return nj_hash_owner(ownership, toeplitz(ownership, flow));
}

uint32_t
ownership_hash_without_port(const struct nj_ownership *ownership, const struct nj_flow *flow)
{
	struct nj_flow portless = *flow;

	if (ownership->n_workers == 1)
		return 0;
	portless.dst_port = 0;
	return toeplitz(ownership, &portless);
}

unsigned int
ownership_of_port(
	const struct nj_ownership *ownership, bool ipv6, uint32_t hash_without_port, uint16_t port)
{
	const uint32_t(*of_port)[256] = ipv6 ? ownership->hash6 + 34 : ownership->hash4 + 10;

	return nj_hash_owner(
		ownership, hash_without_port ^ of_port[0][port >> 8] ^ of_port[1][port & 0xff]);
}
