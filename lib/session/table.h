/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's table, as the files of this folder share it. */
#ifndef TABLE_H
#define TABLE_H

#include <rte_hash.h>

#include "nj_session.h"

#define NO_SESSION UINT32_MAX

/* Half-open sessions in the order of their opening, linked by number through the array. */
struct half_open_list {
	uint32_t oldest, newest;
	uint32_t n;
};

struct nj_session_table {
	struct nj_session_config config;
	struct nj_counters *counters;
	struct rte_hash *flows; /* both keys of each session, to the session */
	struct nj_session *sessions;
	uint32_t *free; /* a stack of free numbers */
	uint32_t n_free;
	uint32_t used_max; /* numbers from here on were never used */
	struct half_open_list half_open;
	struct nj_endpoint_counters *endpoints; /* by number */
	uint32_t evictions;
	uint64_t reserved[(UINT16_MAX + 1) / 64]; /* a bit for each port that is not for sessions */
};

static inline uint32_t
session_number(const struct nj_session_table *table, const struct nj_session *session)
{
	return (uint32_t)(session - table->sessions);
}

/* The key under which datagrams from the client are found. */
static inline struct nj_flow_key
session_downstream_key(const struct nj_session *session)
{
	return (struct nj_flow_key){session->client_ip, session->listener_ip, session->client_port,
		session->listener_port, session->endpoint};
}

/* The key under which replies are found. */
static inline struct nj_flow_key
session_upstream_key(const struct nj_session *session)
{
	return (struct nj_flow_key){session->endpoint_ip, session->upstream_ip,
		session->endpoint_port, session->upstream_port, 0};
}

/*
 * Chooses the upstream address and port of a session whose endpoint is set: at random, free
 * towards that endpoint, and such that replies belong to this worker. Returns false where none was
 * found.
 */
bool upstream_port_choose(const struct nj_session_table *table, struct nj_session *session,
	const rte_be32_t *sources, unsigned int n_sources);

#endif
