/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Replies of a session that another worker holds. A session's flows both belong to one worker, as
 * its upstream port is chosen so; one that was opened with another number of workers may have two.
 * The worker that owns the client's flow holds it, and the one that owns the replies has a redirect
 * in its table: a slot with the replies' flow alone, so that it hands them over and gives the port
 * to nobody else. It sees in the other table, which it only reads, when the session has ended.
 */
#include "table.h"

#include <string.h>

/* What a redirect has of a session: the side that the endpoint sees. */
static void
copy_endpoint_side(struct nj_session *to, struct session_rest *rest, const struct nj_session *from,
	const struct session_rest *from_rest)
{
	*to = (struct nj_session){
		.endpoint = from->endpoint,
		.endpoint_ip = from->endpoint_ip,
		.endpoint_port = from->endpoint_port,
		.upstream_ip = from->upstream_ip,
		.upstream_port = from->upstream_port,
		.ipv6 = from->ipv6 & NJ_ENDPOINT_IPV6,
		.state = NJ_SESSION_REDIRECT,
	};
	/* Its generation stays even: nobody else is to see a session here. */
	*rest = (struct session_rest){
		.upstream_own = from_rest->upstream_own, .generation = rest->generation};
	memcpy(rest->endpoint_ip6, from_rest->endpoint_ip6, sizeof(rest->endpoint_ip6));
}

void
redirect_open(struct nj_session_table *table, const struct nj_session_table *holder,
	const struct nj_session *session)
{
	const struct session_rest *held = session_rest(holder, session);
	struct nj_session *redirect = session_take_free(table);
	struct session_rest *rest = session_rest(table, redirect);
	struct nj_flow reply;

	copy_endpoint_side(redirect, rest, session, held);
	rest->held =
		(struct held_session){holder, session_number(holder, session), held->generation};
	reply = nj_session_flow(table, redirect, NJ_UPSTREAM);
	flow_table_add(table, redirect, &reply);
	table->n_redirects++;
}

bool
redirect_expire(struct nj_session_table *table, struct nj_session *redirect, nj_ms_t now)
{
	const struct held_session *held = &session_rest(table, redirect)->held;
	const struct nj_flow reply = nj_session_flow(table, redirect, NJ_UPSTREAM);

	if (nj_session_stamp(held->table, held->number).generation == held->generation)
		return false;
	flow_table_remove(table, redirect, &reply);
	port_rest_begin(&table->port_rest, &reply, now, now);
	redirect->state = NJ_SESSION_FREE;
	table->n_redirects--;
	session_give_back(table, redirect);
	return true;
}

unsigned int
nj_session_holder(const struct nj_session_table *table, const struct nj_session *redirect)
{
	return session_rest(table, redirect)->held.table->config.worker;
}
