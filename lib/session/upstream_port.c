/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <errno.h>

#include "nj_hash.h"

/* Each look-up misses the cache in a large table; those of one bulk do so at the same time. */
#define TRIES_AT_ONCE 16

/* After so many that are in use, which are met by chance only where few are left, those that have
 * them are looked at: a half-open session may have to give way. */
#define PATIENCE 64

/* Where none was found, the next one to ask is refused without looking for so long: a port that is
 * given back has to rest for longer anyway. */
#define PAUSE_MS 10

/* What a walk came by that may do, best first. */
struct met {
	bool crowded;       /* then a half-open one will do, and no free one is waited for */
	rte_be16_t rested;  /* a free port; 0: none */
	rte_be16_t resting; /* a free one that was left lately, the longest ago; 0: none */
	uint32_t resting_ms;
	struct nj_session *half_open; /* the oldest of those that have a port; NULL: none */
	uint32_t half_open_ms;        /* how old it is */
};

/* Looks these ports up at once. */
typedef void (*meet_t)(const struct nj_session_table *table, const struct nj_flow *const *replies,
	unsigned int n, nj_ms_t now, struct met *met);

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

/* Whether there is one to take; for one that has rested it is worth to look a little further. */
static bool
has_met(const struct met *met, unsigned int tries)
{
	return met->rested != 0 ||
	       (tries > 1 && (met->resting != 0 || (met->crowded && met->half_open != NULL)));
}

/* One that is younger may be answered yet. */
static void
meet_used(const struct nj_session_table *table, struct nj_session *session, nj_ms_t now,
	struct met *met)
{
	uint32_t age;

	if (!session_is_evictable(session))
		return;
	age = nj_ms_since(now, session_rest(table, session)->opened_ms);
	if (age >= PORT_REST_MS && (met->half_open == NULL || age > met->half_open_ms)) {
		met->half_open = session;
		met->half_open_ms = age;
	}
}

/* By their tags, which leave sessions alone: a miss less each. */
static void
meet_tags(const struct nj_session_table *table, const struct nj_flow *const *replies,
	unsigned int n, nj_ms_t now, struct met *met)
{
	const uint64_t used = flow_table_guess(table, replies, n);

	for (unsigned int i = 0; i < n && met->rested == 0; i++)
		if ((used >> i & 1) == 0)
			meet_free(table, replies[i], now, met);
}

static void
meet_sessions(const struct nj_session_table *table, const struct nj_flow *const *replies,
	unsigned int n, nj_ms_t now, struct met *met)
{
	struct nj_session *found[TRIES_AT_ONCE];

	flow_table_find(table, replies, n, found);
	for (unsigned int i = 0; i < n && met->rested == 0; i++) {
		if (found[i] == NULL)
			meet_free(table, replies[i], now, met);
		else
			meet_used(table, found[i], now, met);
	}
}

/* Most ranges are nearly empty, so the first port is tried alone. */
static void
look_around(struct nj_session_table *table, const struct nj_flow *reply, nj_ms_t now,
	unsigned int patience, meet_t meet, struct met *met)
{
	struct port_walk walk = port_walk_start(
		&table->ports, table->config.ownership, reply, nj_random_next(&table->random));
	struct nj_flow replies[TRIES_AT_ONCE];
	const struct nj_flow *flows[TRIES_AT_ONCE];
	unsigned int max = 1, n;

	while (walk.tries < patience && !has_met(met, walk.tries)) {
		n = port_walk_on(&walk, &table->config, &table->ports, reply, replies, max);
		if (n == 0)
			break;
		for (unsigned int i = 0; i < n; i++) {
			flows[i] = &replies[i];
			port_rest_prefetch(&table->port_rest, flows[i]);
		}
		meet(table, flows, n, now, met);
		max = TRIES_AT_ONCE;
	}
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

/* A free port, or that of a half-open session that gives way; 0 where there is neither. */
static rte_be16_t
choose_on(struct nj_session_table *table, const struct nj_flow *reply, nj_ms_t now, bool crowded)
{
	struct met met = {.crowded = crowded};

	if (!crowded)
		look_around(table, reply, now, PATIENCE, meet_tags, &met);
	if (met.rested == 0 && met.resting == 0)
		look_around(table, reply, now, PORT_TRIES_MAX, meet_sessions, &met);
	if (met.rested != 0)
		return met.rested;
	if (met.resting != 0)
		return met.resting;
	if (met.half_open == NULL || !admission_may_evict(&table->admission))
		return 0;
	return take_over(table, met.half_open, now);
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
	session_rest(table, session)->upstream_own = (uint16_t)number;
	return number >= 0;
}

uint32_t
nj_session_ports(const struct nj_session_table *table)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < table->ports.n; i++)
		n += port_range_has(&table->ports, (uint16_t)(table->ports.first + i));
	return n;
}

/*
 * Whether so few ports are left that looking for a free one would hold the worker, which is what a
 * flood of made-up clients wants; and there are enough of those to meet one soon.
 */
static bool
is_crowded(const struct nj_session_table *table, const struct nj_session *session,
	unsigned int n_sources)
{
	const uint64_t n_ports =
		(uint64_t)table->ports.n * n_sources / table->config.ownership->n_workers;
	const uint64_t n_sessions = table->endpoints[session->endpoint].sessions;

	return n_sessions * 16 >= n_ports * 15 && table->half_open.n * 64ul >= n_sessions;
}

bool
upstream_port_pauses(const struct nj_session_table *table, uint32_t endpoint, nj_ms_t now)
{
	const nj_ms_t no_ports = table->endpoints[endpoint].no_ports_ms;

	return no_ports != 0 && nj_ms_since(now, no_ports) < PAUSE_MS;
}

bool
upstream_port_choose(struct nj_session_table *table, struct nj_session *session,
	const struct nj_ip *sources, unsigned int n_sources, nj_ms_t now)
{
	struct nj_endpoint_counters *endpoint = &table->endpoints[session->endpoint];
	const bool crowded = is_crowded(table, session, n_sources);
	unsigned int first =
		n_sources > 1 ? nj_hash_place(nj_random_next(&table->random), n_sources) : 0;
	struct nj_flow reply;
	bool walked = false;

	if (upstream_port_pauses(table, session->endpoint, now))
		return false;
	for (unsigned int i = 0; i < n_sources; i++) {
		if (!set_upstream_ip(table, session, &sources[(first + i) % n_sources]))
			continue;
		reply = nj_session_flow(table, session, NJ_UPSTREAM);
		session->upstream_port = choose_on(table, &reply, now, crowded);
		if (session->upstream_port != 0)
			return true;
		walked = true;
	}
	if (walked)
		endpoint->no_ports_ms = now != 0 ? now : 1;
	return false;
}

bool
upstream_port_is_one(const struct nj_session_table *table, const struct nj_flow *reply)
{
	return port_range_has(&table->ports, rte_be_to_cpu_16(reply->dst_port)) &&
	       nj_link_is_to_us(table->config.link, reply);
}

int
upstream_port_take(const struct nj_session_table *table, const struct nj_session_table *replies,
	struct nj_session *session, const struct nj_address *upstream)
{
	struct nj_flow reply;

	if (!set_upstream_ip(table, session, &upstream->ip))
		return -EADDRNOTAVAIL;
	session->upstream_port = upstream->port;
	reply = nj_session_flow(table, session, NJ_UPSTREAM);
	if (!upstream_port_is_one(table, &reply))
		return -EADDRNOTAVAIL;
	if (nj_flow_owner(table->config.ownership, &reply) != replies->config.worker)
		return -EXDEV;
	return nj_session_find(replies, &reply) == NULL ? 0 : -EEXIST;
}
