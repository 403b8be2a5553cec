/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <rte_random.h>

#include "ownership.h"

/*
 * So many free-or-not look-ups at most for one address, so that a worker is
 * never held by a range that is full. With 95 % of the ports in use, all of
 * them meet a used port once in 2 * 10^11 sessions.
 */
#define TRIES_MAX 512

static bool
is_reserved(const struct nj_session_table *table, uint16_t port)
{
	return table->reserved[port / 64] >> (port % 64) & 1;
}

/* A step that visits every one of `n_ports`: a prime that does not divide their number. */
static uint32_t
choose_step(uint32_t n_ports, uint32_t random)
{
	static const uint32_t primes[] = {7919, 17389, 27449, 37813, 48611, 54059, 59359, 65521};

	for (unsigned int i = 0; i < RTE_DIM(primes); i++) {
		uint32_t prime = primes[(random + i) % RTE_DIM(primes)];

		if (n_ports % prime != 0)
			return prime % n_ports;
	}
	return 1;
}

/*
 * Walks the range from a random port in large steps: neighbors in the range
 * fill up together, and a walk in steps of one would wade through them.
 */
static bool
choose_on(const struct nj_session_table *table, struct nj_session *session)
{
	const struct nj_ownership *ownership = table->config.ownership;
	struct nj_flow reply = nj_session_flow(table, session, NJ_UPSTREAM);
	uint32_t n_ports = (uint32_t)table->config.port_max - table->config.port_min + 1;
	uint32_t hash = ownership_hash_without_port(ownership, &reply);
	uint64_t random = rte_rand();
	uint32_t at = (uint32_t)random % n_ports;
	uint32_t step = choose_step(n_ports, (uint32_t)(random >> 32));
	unsigned int tries = 0;

	for (uint32_t i = 0; i < n_ports && tries < TRIES_MAX; i++, at = (at + step) % n_ports) {
		uint16_t port = (uint16_t)(table->config.port_min + at);

		if (is_reserved(table, port) || ownership_of_port(ownership, reply.ipv6, hash,
							port) != table->config.worker)
			continue;
		tries++;
		reply.dst_port = rte_cpu_to_be_16(port);
		if (rte_hash_lookup(session_flows(table, &reply), &reply) < 0) {
			session->upstream_port = reply.dst_port;
			return true;
		}
	}
	return false;
}

/* Returns false where the address is not of the endpoint's family, or not ours. */
static bool
set_upstream_ip(const struct nj_session_table *table, struct nj_session *session,
	const struct nj_ip *source)
{
	const bool ipv6 = (session->ipv6 & NJ_ENDPOINT_IPV6) != 0;
	int number;

	if ((source->family == AF_INET6) != ipv6)
		return false;
	session->upstream_port = 0;
	if (!ipv6) {
		session->upstream_ip = source->v4;
		return true;
	}
	number = nj_link_own6_number(table->config.link, source->v6);
	session->upstream_own = (uint16_t)number;
	return number >= 0;
}

bool
upstream_port_choose(const struct nj_session_table *table, struct nj_session *session,
	const struct nj_ip *sources, unsigned int n_sources)
{
	unsigned int first = n_sources > 1 ? (unsigned int)rte_rand_max(n_sources) : 0;

	for (unsigned int i = 0; i < n_sources; i++) {
		if (set_upstream_ip(table, session, &sources[(first + i) % n_sources]) &&
			choose_on(table, session))
			return true;
	}
	return false;
}
