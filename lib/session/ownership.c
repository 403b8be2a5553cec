/* SPDX-License-Identifier: BSD-3-Clause */
#include "ownership.h"

#include <bsd/stdlib.h>

#include <rte_thash.h>

/* rte_softrss takes the tuple in host byte order, as 32-bit words. */
static uint32_t
toeplitz(const struct nj_ownership *ownership, const struct nj_flow_key *key)
{
	union rte_thash_tuple tuple = {.v4 = {
					       .src_addr = rte_be_to_cpu_32(key->src_ip),
					       .dst_addr = rte_be_to_cpu_32(key->dst_ip),
					       .sport = rte_be_to_cpu_16(key->src_port),
					       .dport = rte_be_to_cpu_16(key->dst_port),
				       }};

	return rte_softrss((uint32_t *)&tuple, RTE_THASH_V4_L4_LEN, ownership->rss_key);
}

void
nj_ownership_init(struct nj_ownership *ownership, unsigned int n_workers)
{
	ownership->n_workers = n_workers;
	arc4random_buf(ownership->rss_key, sizeof(ownership->rss_key));
	for (unsigned int byte = 0; byte < 256; byte++) {
		struct nj_flow_key high = {.dst_port = rte_cpu_to_be_16((uint16_t)(byte << 8))};
		struct nj_flow_key low = {.dst_port = rte_cpu_to_be_16((uint16_t)byte)};

		ownership->dst_port_hash[0][byte] = toeplitz(ownership, &high);
		ownership->dst_port_hash[1][byte] = toeplitz(ownership, &low);
	}
}

static unsigned int
owner_of_hash(const struct nj_ownership *ownership, uint32_t hash)
{
	return hash % NJ_RSS_BUCKETS % ownership->n_workers;
}

unsigned int
nj_flow_owner(const struct nj_ownership *ownership, const struct nj_flow_key *key)
{
	if (ownership->n_workers == 1)
		return 0;
	return owner_of_hash(ownership, toeplitz(ownership, key));
}

uint32_t
ownership_hash_without_port(const struct nj_ownership *ownership, const struct nj_flow_key *key)
{
	struct nj_flow_key portless = *key;

	if (ownership->n_workers == 1)
		return 0;
	portless.dst_port = 0;
	return toeplitz(ownership, &portless);
}

unsigned int
ownership_of_port(const struct nj_ownership *ownership, uint32_t hash_without_port, uint16_t port)
{
	return owner_of_hash(ownership, hash_without_port ^ ownership->dst_port_hash[0][port >> 8] ^
						ownership->dst_port_hash[1][port & 0xff]);
}
