/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's table, as the files of this folder share it. */
#ifndef TABLE_H
#define TABLE_H

#include "admission.h"
#include "flow_table.h"
#include "nj_random.h"
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

/* The session of another worker's table that a redirect leads to. */
struct held_session {
	const struct nj_session_table *table;
	uint32_t number, generation;
};

/* What a packet of an established session does not need where both of its sides are IPv4. */
struct session_rest {
	union {
		uint8_t client_ip6[16];
		struct held_session held; /* of a redirect, which has no client */
	};
	uint8_t endpoint_ip6[16];            /* of IPv6 sides, as client_ip6 */
	uint16_t listener_own, upstream_own; /* of these: nj_link_own6() */
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
	uint32_t n_redirects; /* of those that are not free */
	uint32_t used_max;    /* numbers from here on were never used */
	struct half_open_list half_open;
	struct admission admission;
	struct nj_endpoint_counters *endpoints; /* by number */
	uint32_t endpoint_max;                  /* the highest number that had a session */
	uint32_t endpoint_cursor;               /* the next to be looked at by endpoint_forget() */
	uint32_t evictions;
	struct port_range ports;
	struct nj_random random; /* chooses of them */
	struct port_rest port_rest;
	struct nj_bucket strays; /* that put ports to rest */
	struct sweep sweep;
};

/* Closes a session whose time is over, and counts how long it was open. Its port rests from now on.
 */
void session_end(struct nj_session_table *table, struct nj_session *session, nj_ms_t now);
/* Closes a session that is not established to make room for another. Its port rests from its last
 * datagram on. */
void session_evict(struct nj_session_table *table, struct nj_session *session, nj_ms_t now);

/* Those that are not established are in the list, and give their place up where it is needed. */
static inline bool
session_is_evictable(const struct nj_session *session)
{
	return session->state == NJ_SESSION_HALF_OPEN || session->state == NJ_SESSION_ANSWERED;
}

/* A slot that nobody has; the caller knows that there is one. */
struct nj_session *session_take_free(struct nj_session_table *table);
void session_give_back(struct nj_session_table *table, struct nj_session *session);

/* Has the replies of a session that another table holds handed over to its worker: the table has a
 * free slot, and nobody has the port. */
void redirect_open(struct nj_session_table *table, const struct nj_session_table *holder,
	const struct nj_session *session);
/* Ends a redirect whose session has ended; its port rests. Returns whether it did. */
bool redirect_expire(struct nj_session_table *table, struct nj_session *redirect, nj_ms_t now);

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

/* Takes this one instead, which is among the ports of `replies`. Returns 0, or -EADDRNOTAVAIL,
 * -EXDEV, -EEXIST as nj_session_restore() does. */
int upstream_port_take(const struct nj_session_table *table, const struct nj_session_table *replies,
	struct nj_session *session, const struct nj_address *upstream);

/* Whether these replies come to an address of ours and a port for sessions. */
bool upstream_port_is_one(const struct nj_session_table *table, const struct nj_flow *reply);

/* Looks at one more endpoint, and forgets what was learned of it too long ago to count. */
void endpoint_forget(struct nj_session_table *table, nj_ms_t now);

/* Closes the session of this number if it was idle for its time to live. */
bool session_expire(struct nj_session_table *table, uint32_t number, nj_ms_t now);

/* Whether a session of this state was idle for its time to live. */
bool session_is_idle(const struct nj_session_table *table, enum nj_session_state state,
	nj_ms_t last_seen, nj_ms_t now);

#endif
