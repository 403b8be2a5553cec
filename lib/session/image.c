/* SPDX-License-Identifier: BSD-3-Clause */
/* What a session is to others: its addresses in full, and an image that outlives it. */
#include "table.h"

#include <string.h>

/* Addresses ---------------------------------------------------------------------------------- */

static struct nj_address
peer_of(const struct nj_session *session, const struct session_rest *rest,
	enum nj_direction direction)
{
	const bool down = direction == NJ_DOWNSTREAM;
	struct nj_address peer = {.port = down ? session->endpoint_port : session->client_port};

	if (session->ipv6 & (down ? NJ_ENDPOINT_IPV6 : NJ_CLIENT_IPV6))
		peer.ip = nj_ip_v6(down ? rest->endpoint_ip6 : rest->client_ip6);
	else
		peer.ip = nj_ip_v4(down ? session->endpoint_ip : session->client_ip);
	return peer;
}

static struct nj_address
source_of(const struct nj_link *link, const struct nj_session *session,
	const struct session_rest *rest, enum nj_direction direction)
{
	const bool down = direction == NJ_DOWNSTREAM;
	struct nj_address source = {.port = down ? session->upstream_port : session->listener_port};

	if (session->ipv6 & (down ? NJ_ENDPOINT_IPV6 : NJ_CLIENT_IPV6))
		source.ip = nj_ip_v6(
			nj_link_own6(link, down ? rest->upstream_own : rest->listener_own));
	else
		source.ip = nj_ip_v4(down ? session->upstream_ip : session->listener_ip);
	return source;
}

/* What comes in one direction bears the addresses that the other sends to and from. */
static struct nj_flow
flow_of(const struct nj_link *link, const struct nj_session *session,
	const struct session_rest *rest, enum nj_direction direction)
{
	const struct nj_address source = peer_of(session, rest, !direction);
	const struct nj_address destination = source_of(link, session, rest, !direction);
	struct nj_flow flow = nj_flow_between(&source, &destination);

	flow.endpoint = direction == NJ_DOWNSTREAM ? session->endpoint : 0;
	return flow;
}

struct nj_address
nj_session_peer(const struct nj_session_table *table, const struct nj_session *session,
	enum nj_direction direction)
{
	return peer_of(session, session_rest(table, session), direction);
}

struct nj_address
nj_session_source(const struct nj_session_table *table, const struct nj_session *session,
	enum nj_direction direction)
{
	return source_of(table->config.link, session, session_rest(table, session), direction);
}

struct nj_rewrite6
nj_session_rewrite6(const struct nj_session_table *table, const struct nj_session *session,
	enum nj_direction direction)
{
	const struct nj_link *link = table->config.link;
	const struct session_rest *rest = session_rest(table, session);

	if (direction == NJ_DOWNSTREAM)
		return (struct nj_rewrite6){nj_link_own6(link, rest->upstream_own),
			rest->endpoint_ip6, session->upstream_port, session->endpoint_port,
			session->udp_delta};
	return (struct nj_rewrite6){nj_link_own6(link, rest->listener_own), rest->client_ip6,
		session->listener_port, session->client_port, (uint16_t)~session->udp_delta};
}

struct nj_flow
nj_session_flow(const struct nj_session_table *table, const struct nj_session *session,
	enum nj_direction direction)
{
	return flow_of(table->config.link, session, session_rest(table, session), direction);
}

/* Images ------------------------------------------------------------------------------------- */

static struct nj_session_image
image_of(const struct nj_link *link, const struct nj_session *session,
	const struct session_rest *rest)
{
	struct nj_session_image image = {
		.state = (enum nj_session_state)session->state,
		.flow = flow_of(link, session, rest, NJ_DOWNSTREAM),
		.endpoint = peer_of(session, rest, NJ_DOWNSTREAM),
		.upstream = source_of(link, session, rest, NJ_DOWNSTREAM),
		.opened_ms = rest->opened_ms,
		.last_seen_ms = session->last_seen_ms,
	};

	for (unsigned int way = NJ_DOWNSTREAM; way <= NJ_UPSTREAM; way++) {
		image.out_port[way] = session->out_port[way];
		image.packets[way] =
			(uint64_t)rest->packets_carry[way] << 32 | session->packets[way];
		image.bytes[way] = (uint64_t)rest->bytes_carry[way] << 32 | session->bytes[way];
	}
	return image;
}

struct nj_session_image
nj_session_image(const struct nj_session_table *table, const struct nj_session *session)
{
	return image_of(table->config.link, session, session_rest(table, session));
}

struct nj_flow
nj_session_image_flow(const struct nj_session_image *image, enum nj_direction direction)
{
	return direction == NJ_DOWNSTREAM ? image->flow
					  : nj_flow_between(&image->endpoint, &image->upstream);
}

/* Of a session that is open, else 0. */
static uint32_t
open_generation(const struct session_rest *rest)
{
	const uint32_t generation = __atomic_load_n(&rest->generation, __ATOMIC_ACQUIRE);

	return generation % 2 != 0 ? generation : 0;
}

bool
nj_session_copy(
	const struct nj_session_table *table, uint32_t number, struct nj_session_image *image)
{
	const struct session_rest *now;
	struct session_rest rest;
	struct nj_session session;
	uint32_t generation;

	if (number >= table->config.capacity)
		return false;
	now = &table->rests[number];
	generation = open_generation(now);
	if (generation == 0)
		return false;
	memcpy(&session, &table->sessions[number], sizeof(session));
	memcpy(&rest, now, sizeof(rest));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(&now->generation, __ATOMIC_RELAXED) != generation)
		return false;
	*image = image_of(table->config.link, &session, &rest);
	return true;
}

struct nj_session_stamp
nj_session_stamp(const struct nj_session_table *table, uint32_t number)
{
	const struct nj_session *session = &table->sessions[number];
	const uint32_t generation = open_generation(&table->rests[number]);

	if (generation == 0)
		return (struct nj_session_stamp){0};
	return (struct nj_session_stamp){generation,
		__atomic_load_n(&session->last_seen_ms, __ATOMIC_RELAXED),
		__atomic_load_n(&session->state, __ATOMIC_RELAXED)};
}
