/* SPDX-License-Identifier: BSD-3-Clause */
#include "ownership.h"

#include <bsd/stdlib.h>
#include <string.h>

#include <rte_thash.h>

/* Toeplitz is defined over the tuple as it is on the wire: addresses, then ports (Microsoft's
 * RSS). rte_softrss takes it in host byte order, as 32-bit words. */
static uint32_t
toeplitz6(const struct nj_ownership *ownership, const struct nj_flow *flow)
{
	uint32_t words[RTE_THASH_V6_L4_LEN];

	memcpy(words, flow->src_ip6, sizeof(flow->src_ip6));
	memcpy(words + 4, flow->dst_ip6, sizeof(flow->dst_ip6));
	memcpy(words + 8, &flow->src_port, sizeof(flow->src_port) + sizeof(flow->dst_port));
	for (unsigned int i = 0; i < RTE_THASH_V6_L4_LEN; i++)
		words[i] = rte_be_to_cpu_32(words[i]);
	return rte_softrss(words, RTE_THASH_V6_L4_LEN, ownership->rss_key);
}

static uint32_t
toeplitz4(const struct nj_ownership *ownership, const struct nj_flow *flow)
{
	union rte_thash_tuple tuple = {.v4 = {
					       .src_addr = rte_be_to_cpu_32(flow->src_ip),
					       .dst_addr = rte_be_to_cpu_32(flow->dst_ip),
					       .sport = rte_be_to_cpu_16(flow->src_port),
					       .dport = rte_be_to_cpu_16(flow->dst_port),
				       }};

	return rte_softrss((uint32_t *)&tuple, RTE_THASH_V4_L4_LEN, ownership->rss_key);
}

static uint32_t
toeplitz(const struct nj_ownership *ownership, const struct nj_flow *flow)
{
	return flow->ipv6 ? toeplitz6(ownership, flow) : toeplitz4(ownership, flow);
}

void
nj_ownership_init(struct nj_ownership *ownership, unsigned int n_workers)
{
	ownership->n_workers = n_workers;
	arc4random_buf(ownership->rss_key, sizeof(ownership->rss_key));
	for (unsigned int i = 0; i < 2 * 256; i++) {
		const bool ipv6 = i >= 256;
		const uint16_t byte = i % 256;
		struct nj_flow high = {
			.dst_port = rte_cpu_to_be_16((uint16_t)(byte << 8)), .ipv6 = ipv6};
		struct nj_flow low = {.dst_port = rte_cpu_to_be_16(byte), .ipv6 = ipv6};

		ownership->dst_port_hash[ipv6][0][byte] = toeplitz(ownership, &high);
		ownership->dst_port_hash[ipv6][1][byte] = toeplitz(ownership, &low);
	}
}

static unsigned int
owner_of_hash(const struct nj_ownership *ownership, uint32_t hash)
{
	return hash % NJ_RSS_BUCKETS % ownership->n_workers;
}

unsigned int
nj_flow_owner(const struct nj_ownership *ownership, const struct nj_flow *flow)
{
	if (ownership->n_workers == 1)
		return 0;
	return owner_of_hash(ownership, toeplitz(ownership, flow));
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
	const uint32_t(*of_port)[256] = ownership->dst_port_hash[ipv6];

	return owner_of_hash(
		ownership, hash_without_port ^ of_port[0][port >> 8] ^ of_port[1][port & 0xff]);
}
