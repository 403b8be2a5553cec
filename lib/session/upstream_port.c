/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <errno.h>

#include <rte_random.h>

#include "ownership.h"

/*
 * So many free-or-not look-ups at most for one address, so that a worker is
 * never held by a range that is full. With 95 % of the ports in use, all of
 * them meet a used port once in 2 * 10^11 sessions.
 */
#define TRIES_MAX 512

/* Each look-up misses the cache in a large table; those of one bulk do so at the same time. */
#define TRIES_AT_ONCE 16

/* After so many that are in use, which are met by chance only where few are left, a half-open
 * session that has one may have to give way. */
#define PATIENCE 64

/* Where none was found, the next one to ask is refused without looking for so long: a port that is
 * given back has to rest for longer anyway. */
#define PAUSE_MS 10

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
 * The range from a random port on in large steps: neighbors in the range fill up together, and a
 * walk in steps of one would wade through them.
 */
struct walk {
	uint32_t n_ports, at, step;
	uint32_t left; /* ports */
	unsigned int tries;
	uint32_t hash; /* of the reply but for its port */
};

static struct walk
walk_start(const struct nj_session_table *table, const struct nj_flow *reply)
{
	const uint32_t n_ports = (uint32_t)table->config.port_max - table->config.port_min + 1;
	const uint64_t random = rte_rand();

	return (struct walk){
		.n_ports = n_ports,
		.at = (uint32_t)random % n_ports,
		.step = choose_step(n_ports, (uint32_t)(random >> 32)),
		.left = n_ports,
		.hash = ownership_hash_without_port(table->config.ownership, reply),
	};
}

/* Puts up to `max` next ports into the replies that may have them, which are the same but for that;
 * returns how many there are. */
static unsigned int
walk_on(const struct nj_session_table *table, struct walk *walk, const struct nj_flow *reply,
	struct nj_flow *replies, unsigned int max)
{
	unsigned int n = 0;

	max = RTE_MIN(max, TRIES_MAX - walk->tries);
	for (; n < max && walk->left > 0; walk->left--) {
		const uint16_t port = (uint16_t)(table->config.port_min + walk->at);

		walk->at += walk->step; /* which is less than there are ports */
		walk->at -= walk->at >= walk->n_ports ? walk->n_ports : 0;
		if (is_reserved(table, port) ||
			ownership_of_port(table->config.ownership, reply->ipv6, walk->hash, port) !=
				table->config.worker)
			continue;
		replies[n] = *reply;
		replies[n++].dst_port = rte_cpu_to_be_16(port);
	}
	walk->tries += n;
	return n;
}

/* What a walk came by that may do, best first. */
struct met {
	rte_be16_t rested;  /* a free port; 0: none */
	rte_be16_t resting; /* a free one that was left lately, the longest ago; 0: none */
	uint32_t resting_ms;
	struct nj_session *half_open; /* the oldest of those that have a port; NULL: none */
};

static void
meet_free(const struct nj_session_table *table, const struct nj_flow *reply, nj_ms_t now,
	struct met *met)
{
	const uint32_t rest = port_rest_age(&table->port_rest, reply, now);

	if (rest >= table->config.unreplied_ttl_ms) {
		met->rested = reply->dst_port;
	} else if (rest >= PORT_REST_MS && (met->resting == 0 || rest > met->resting_ms)) {
		met->resting = reply->dst_port;
		met->resting_ms = rest;
	}
}

/* One that is younger may be answered yet. */
static void
meet_used(struct nj_session *session, nj_ms_t now, struct met *met)
{
	const uint32_t age = nj_ms_since(now, session->opened_ms);

	if (session->state == NJ_SESSION_HALF_OPEN && age >= PORT_REST_MS &&
		(met->half_open == NULL || age > nj_ms_since(now, met->half_open->opened_ms)))
		met->half_open = session;
}

/* Looks these up at once. Sessions are a miss each, so they are looked at only where it counts. */
static void
meet(const struct nj_session_table *table, const struct nj_flow *replies, unsigned int n,
	nj_ms_t now, bool sessions, struct met *met)
{
	const struct nj_flow *flows[TRIES_AT_ONCE];
	struct nj_session *found[TRIES_AT_ONCE];

	for (unsigned int i = 0; i < n; i++) {
		flows[i] = &replies[i];
		port_rest_prefetch(&table->port_rest, flows[i]);
	}
	flow_table_find(table, flows, n, found);
	for (unsigned int i = 0; i < n && met->rested == 0; i++) {
		if (found[i] == NULL)
			meet_free(table, flows[i], now, met);
		else if (sessions)
			meet_used(found[i], now, met);
	}
}

/* Most ranges are nearly empty, so the first port is tried alone. */
static struct met
walk_to_a_port(const struct nj_session_table *table, const struct nj_session *session, nj_ms_t now,
	bool crowded)
{
	const struct nj_flow reply = nj_session_flow(table, session, NJ_UPSTREAM);
	struct walk walk = walk_start(table, &reply);
	struct nj_flow replies[TRIES_AT_ONCE];
	unsigned int n = walk_on(table, &walk, &reply, replies, 1);
	struct met met = {0};

	while (n > 0) {
		meet(table, replies, n, now, crowded || walk.tries > PATIENCE, &met);
		if (met.rested != 0)
			break;
		if (walk.tries > 1 && (met.resting != 0 || (crowded && met.half_open != NULL)))
			break;
		n = walk_on(table, &walk, &reply, replies, TRIES_AT_ONCE);
	}
	return met;
}

/* Closes a session for its port, which has to rest where its client has sent just now. */
static rte_be16_t
take_over(struct nj_session_table *table, struct nj_session *half_open, nj_ms_t now)
{
	const bool silent = nj_ms_since(now, half_open->last_seen_ms) >= PORT_REST_MS;
	const rte_be16_t port = half_open->upstream_port;

	session_evict(table, half_open, now);
	return silent ? port : 0;
}

static bool
choose_on(struct nj_session_table *table, struct nj_session *session, nj_ms_t now, bool crowded)
{
	const struct met met = walk_to_a_port(table, session, now, crowded);
	rte_be16_t port = met.rested != 0 ? met.rested : met.resting;

	if (port == 0 && met.half_open != NULL)
		port = take_over(table, met.half_open, now);
	session->upstream_port = port;
	return port != 0;
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

uint32_t
nj_session_ports(const struct nj_session_table *table)
{
	uint32_t n = 0;

	for (uint32_t port = table->config.port_min; port <= table->config.port_max; port++)
		n += !is_reserved(table, (uint16_t)port);
	return n;
}

/*
 * Whether so few ports are left that looking for a free one would hold the worker, which is what a
 * flood of made-up clients wants.
 */
static bool
is_crowded(const struct nj_session_table *table, const struct nj_session *session,
	unsigned int n_sources)
{
	const uint64_t n_ports = (uint64_t)(table->config.port_max - table->config.port_min + 1) *
				 n_sources / table->config.ownership->n_workers;

	return table->endpoints[session->endpoint].sessions * 16 >= n_ports * 15;
}

bool
upstream_port_choose(struct nj_session_table *table, struct nj_session *session,
	const struct nj_ip *sources, unsigned int n_sources, nj_ms_t now)
{
	struct nj_endpoint_counters *endpoint = &table->endpoints[session->endpoint];
	const bool crowded = is_crowded(table, session, n_sources);
	unsigned int first = n_sources > 1 ? (unsigned int)rte_rand_max(n_sources) : 0;
	bool walked = false;

	if (endpoint->no_ports_ms != 0 && nj_ms_since(now, endpoint->no_ports_ms) < PAUSE_MS)
		return false;
	for (unsigned int i = 0; i < n_sources; i++) {
		if (!set_upstream_ip(table, session, &sources[(first + i) % n_sources]))
			continue;
		if (choose_on(table, session, now, crowded))
			return true;
		walked = true;
	}
	if (walked)
		endpoint->no_ports_ms = now != 0 ? now : 1;
	return false;
}

int
upstream_port_take(const struct nj_session_table *table, struct nj_session *session,
	const struct nj_address *upstream)
{
	const uint16_t port = rte_be_to_cpu_16(upstream->port);
	struct nj_flow reply;

	if (!set_upstream_ip(table, session, &upstream->ip) || is_reserved(table, port) ||
		port < table->config.port_min || port > table->config.port_max)
		return -EADDRNOTAVAIL;
	session->upstream_port = upstream->port;
	reply = nj_session_flow(table, session, NJ_UPSTREAM);
	if (!nj_link_is_to_us(table->config.link, &reply))
		return -EADDRNOTAVAIL;
	if (nj_flow_owner(table->config.ownership, &reply) != table->config.worker)
		return -EXDEV;
	return nj_session_find(table, &reply) == NULL ? 0 : -EEXIST;
}
