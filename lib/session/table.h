/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's table, as the files of this folder share it. */
#ifndef TABLE_H
#define TABLE_H

#include "admission.h"
#include "flow_table.h"
#include "nj_session.h"
#include "port_rest.h"
#include "port_walk.h"

#define NO_SESSION UINT32_MAX

/* Sessions that are not established, in the order of their opening, linked by number through the
 * array. */
struct half_open_list {
	uint32_t oldest, newest;
	uint32_t n;
};

/* What a packet of an established session does not need where both of its sides are IPv4. */
struct session_rest {
	uint8_t client_ip6[16], endpoint_ip6[16]; /* of IPv6 sides */
	uint16_t listener_own, upstream_own;      /* of these: nj_link_own6() */
	uint16_t packets_carry[2], bytes_carry[2];
	nj_ms_t opened_ms;
	uint32_t generation;   /* odd while it is open; changes when it is opened or closed */
	uint32_t newer, older; /* of those that are not established, by their opening */
} __rte_cache_aligned;

static_assert(sizeof(struct session_rest) == 64, "one cache line");

/* Whose turn it is to be looked at for sessions that are idle. */
struct sweep {
	uint32_t cursor; /* the next slot */
	nj_ms_t last_ms; /* as of when the rest is */
	uint64_t due;    /* slots whose turn it is, times NJ_SESSION_SWEEP_MS */
};

struct nj_session_table {
	struct nj_session_config config;
	struct nj_counters *counters;
	struct flow_table flows; /* both of each session */
	struct nj_session *sessions;
	struct session_rest *rests; /* by a session's number */
	uint32_t *free;             /* a stack of free numbers */
	uint32_t n_free;
	uint32_t used_max; /* numbers from here on were never used */
	struct half_open_list half_open;
	struct admission admission;
	struct nj_endpoint_counters *endpoints; /* by number */
	uint32_t evictions;
	struct port_range ports;
	struct port_rest port_rest;
	struct sweep sweep;
};

/* Closes a session whose time is over, and counts how long it was open. Its port rests from now on.
 */
void session_end(struct nj_session_table *table, struct nj_session *session, nj_ms_t now);
/* Closes a session that is not established to make room for another. Its port rests from its last
 * datagram on. */
void session_evict(struct nj_session_table *table, struct nj_session *session, nj_ms_t now);

static inline uint32_t
session_number(const struct nj_session_table *table, const struct nj_session *session)
{
	return (uint32_t)(session - table->sessions);
}

static inline struct session_rest *
session_rest(const struct nj_session_table *table, const struct nj_session *session)
{
	return &table->rests[session_number(table, session)];
}

/*
 * Chooses the upstream address and port of a session whose endpoint is set: at random, free
 * towards that endpoint, and such that replies belong to this worker. A port that another session
 * had comes last for `unreplied_ttl`, and not at all for PORT_REST_MS. Where next to no port is
 * free a half-open session of the endpoint gives way. Returns false where none was found.
 */
bool upstream_port_choose(struct nj_session_table *table, struct nj_session *session,
	const struct nj_ip *sources, unsigned int n_sources, nj_ms_t now);

/* Whether none was found a moment ago, so that it would not look for one. */
bool upstream_port_pauses(const struct nj_session_table *table, uint32_t endpoint, nj_ms_t now);

/* Takes this one instead. Returns 0, or -EADDRNOTAVAIL, -EXDEV, -EEXIST as nj_session_restore()
 * does. */
int upstream_port_take(const struct nj_session_table *table, struct nj_session *session,
	const struct nj_address *upstream);

/* Closes the session of this number if it was idle for its time to live. */
bool session_expire(struct nj_session_table *table, uint32_t number, nj_ms_t now);

/* Whether a session of this state was idle for its time to live. */
bool session_is_idle(const struct nj_session_table *table, enum nj_session_state state,
	nj_ms_t last_seen, nj_ms_t now);

#endif
