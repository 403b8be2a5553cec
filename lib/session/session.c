/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_session.h"

#include <string.h>

#include "table.h"

const char *
nj_session_state_name(enum nj_session_state state)
{
	switch (state) {
	case NJ_SESSION_FREE:
		return "free";
	case NJ_SESSION_HALF_OPEN:
		return "half_open";
	case NJ_SESSION_ESTABLISHED:
		return "established";
	}
	return "unknown";
}

static void
half_open_append(struct nj_session_table *table, struct nj_session *session)
{
	struct half_open_list *list = &table->half_open;
	uint32_t number = session_number(table, session);

	session->older = list->newest;
	session->newer = NO_SESSION;
	if (list->newest != NO_SESSION)
		table->sessions[list->newest].newer = number;
	else
		list->oldest = number;
	list->newest = number;
	list->n++;
}

static void
half_open_remove(struct nj_session_table *table, struct nj_session *session)
{
	struct half_open_list *list = &table->half_open;

	if (session->older != NO_SESSION)
		table->sessions[session->older].newer = session->newer;
	else
		list->oldest = session->newer;
	if (session->newer != NO_SESSION)
		table->sessions[session->newer].older = session->older;
	else
		list->newest = session->older;
	list->n--;
}

void
nj_session_touch(struct nj_session_table *table, struct nj_session *session,
	enum nj_direction direction, uint32_t bytes, nj_ms_t now)
{
	struct nj_endpoint_counters *endpoint = &table->endpoints[session->endpoint];

	session->last_seen_ms = now;
	if (unlikely(++session->packets[direction] == 0))
		session->packets_carry[direction]++;
	session->bytes[direction] += bytes;
	if (unlikely(session->bytes[direction] < bytes))
		session->bytes_carry[direction]++;
	endpoint->packets[direction]++;
	endpoint->bytes[direction] += bytes;
	if (unlikely(session->state == NJ_SESSION_HALF_OPEN && direction == NJ_UPSTREAM)) {
		half_open_remove(table, session);
		session->state = NJ_SESSION_ESTABLISHED;
	}
}

/* Takes a free number, at the cost of the oldest half-open session where there is none. */
static struct nj_session *
take_slot(struct nj_session_table *table)
{
	uint32_t number;

	if (table->n_free == 0) {
		if (table->half_open.n == 0)
			return NULL;
		nj_session_close(table, &table->sessions[table->half_open.oldest]);
		table->evictions++;
		table->counters->sessions_evicted++;
	}
	number = table->free[--table->n_free];
	if (number >= table->used_max)
		__atomic_store_n(&table->used_max, number + 1, __ATOMIC_RELAXED);
	return &table->sessions[number];
}

static void
give_slot_back(struct nj_session_table *table, struct nj_session *session)
{
	table->free[table->n_free++] = session_number(table, session);
}

/* What the rewrite adds to the checksums: the client's tuple gives way to the upstream one. */
static void
set_deltas(struct nj_session *session)
{
	const rte_be32_t from_ip[] = {session->client_ip, session->listener_ip};
	const rte_be32_t to_ip[] = {session->upstream_ip, session->endpoint_ip};
	const rte_be16_t from[] = {session->client_port, session->listener_port};
	const rte_be16_t to[] = {session->upstream_port, session->endpoint_port};
	uint32_t sum;

	session->ip_delta = nj_checksum_delta(from_ip, to_ip, 4);
	sum = (uint32_t)session->ip_delta + nj_checksum_delta(from, to, 2);
	session->udp_delta = (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static int
add_flows(struct nj_session_table *table, struct nj_session *session)
{
	struct nj_flow_key downstream = session_downstream_key(session);
	struct nj_flow_key upstream = session_upstream_key(session);
	int ret = rte_hash_add_key_data(table->flows, &downstream, session);

	if (ret < 0)
		return ret;
	ret = rte_hash_add_key_data(table->flows, &upstream, session);
	if (ret < 0)
		rte_hash_del_key(table->flows, &downstream);
	return ret;
}

/* Fills a taken slot but for its upstream port. The generation is left alone. */
static void
fill(struct nj_session *session, const struct nj_session_request *request, nj_ms_t now)
{
	uint32_t generation = session->generation;

	*session = (struct nj_session){
		.client_ip = request->key.src_ip,
		.client_port = request->key.src_port,
		.listener_ip = request->key.dst_ip,
		.listener_port = request->key.dst_port,
		.endpoint = request->key.endpoint,
		.endpoint_ip = request->endpoint_ip,
		.endpoint_port = request->endpoint_port,
		.neighbor = {NJ_NEIGHBOR_NONE, NJ_NEIGHBOR_NONE},
		.out_port = {(uint8_t)request->route[NJ_DOWNSTREAM].port,
			(uint8_t)request->route[NJ_UPSTREAM].port},
		.next_hop = {request->route[NJ_DOWNSTREAM].next_hop,
			request->route[NJ_UPSTREAM].next_hop},
		.last_seen_ms = now,
		.opened_ms = now,
		.generation = generation,
	};
}

/* Readers in other threads see the session from here on, or no longer. */
static void
turn_generation(struct nj_session *session)
{
	__atomic_store_n(&session->generation, session->generation + 1, __ATOMIC_RELEASE);
}

enum nj_drop
nj_session_open(struct nj_session_table *table, const struct nj_session_request *request,
	nj_ms_t now, struct nj_session **out)
{
	struct nj_session *session = take_slot(table);
	enum nj_drop why = NJ_DROP_SESSIONS_FULL;

	if (session == NULL)
		goto rejected;
	fill(session, request, now);
	why = NJ_DROP_NO_PORTS;
	if (!upstream_port_choose(table, session, request->sources, request->n_sources))
		goto give_back;
	set_deltas(session);
	why = NJ_DROP_SESSIONS_FULL;
	if (add_flows(table, session) < 0)
		goto give_back;
	session->state = NJ_SESSION_HALF_OPEN;
	half_open_append(table, session);
	turn_generation(session);
	table->counters->sessions_total++;
	table->endpoints[session->endpoint].sessions++;
	*out = session;
	return NJ_DROP_NONE;

give_back:
	give_slot_back(table, session);
rejected:
	table->counters->sessions_rejected++;
	return why;
}

void
nj_session_close(struct nj_session_table *table, struct nj_session *session)
{
	struct nj_flow_key downstream = session_downstream_key(session);
	struct nj_flow_key upstream = session_upstream_key(session);

	if (session->state == NJ_SESSION_HALF_OPEN)
		half_open_remove(table, session);
	rte_hash_del_key(table->flows, &downstream);
	rte_hash_del_key(table->flows, &upstream);
	table->endpoints[session->endpoint].sessions--;
	session->state = NJ_SESSION_FREE;
	turn_generation(session);
	give_slot_back(table, session);
}

bool
nj_session_copy(const struct nj_session_table *table, uint32_t number, struct nj_session *copy)
{
	const struct nj_session *session;
	uint32_t generation;

	if (number >= table->config.capacity)
		return false;
	session = &table->sessions[number];
	generation = __atomic_load_n(&session->generation, __ATOMIC_ACQUIRE);
	if (generation % 2 == 0)
		return false;
	memcpy(copy, session, sizeof(*copy));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&session->generation, __ATOMIC_RELAXED) == generation;
}
