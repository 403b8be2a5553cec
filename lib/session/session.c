/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_session.h"

#include <errno.h>
#include <string.h>

#include <rte_prefetch.h>

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

static void
prefetch_slot(const struct nj_session *session)
{
	rte_prefetch0(session);
	rte_prefetch0(session->client_ip6);
}

/* Whether there is one, or one may give way. */
static bool
has_slot(const struct nj_session_table *table)
{
	return table->n_free > 0 ||
	       (table->half_open.n > 0 && admission_may_evict(&table->admission));
}

/* Takes a free number, at the cost of the oldest half-open session where there is none. */
static struct nj_session *
take_slot(struct nj_session_table *table, nj_ms_t now)
{
	uint32_t number;

	if (!has_slot(table))
		return NULL;
	if (table->n_free == 0)
		session_evict(table, &table->sessions[table->half_open.oldest], now);
	number = table->free[--table->n_free];
	if (table->n_free > 0) /* who comes next finds it in the cache */
		prefetch_slot(&table->sessions[table->free[table->n_free - 1]]);
	if (number >= table->used_max)
		__atomic_store_n(&table->used_max, number + 1, __ATOMIC_RELAXED);
	return &table->sessions[number];
}

static void
give_slot_back(struct nj_session_table *table, struct nj_session *session)
{
	table->free[table->n_free++] = session_number(table, session);
}

/* The sum of a flow's addresses, and with its ports. */
static void
sum_of(const struct nj_flow *flow, uint16_t *of_ips, uint16_t *of_all)
{
	const uint16_t ips = flow->ipv6 ? rte_raw_cksum(flow->src_ip6, sizeof(flow->src_ip6) * 2)
					: rte_raw_cksum(&flow->src_ip, sizeof(flow->src_ip) * 2);
	const uint16_t words[] = {ips, flow->src_port, flow->dst_port};

	*of_ips = ips;
	*of_all = rte_raw_cksum(words, sizeof(words));
}

/*
 * What the rewrite adds to the checksums: the client's tuple gives way to the upstream one. In the
 * sum of an IPv6 pseudo-header (RFC 8200, section 8.1) nothing but the addresses differs from
 * IPv4's.
 */
static void
set_deltas(struct nj_session *session, const struct nj_flow *client, const struct nj_flow *reply)
{
	uint16_t from_ips, from_all, to_ips, to_all;

	sum_of(client, &from_ips, &from_all);
	sum_of(reply, &to_ips, &to_all); /* which has the same words as what is sent */
	session->ip_delta = nj_checksum_delta(&from_ips, &to_ips, 1);
	session->udp_delta = nj_checksum_delta(&from_all, &to_all, 1);
}

/* Returns false where it was sent to no address of ours. */
static bool
fill_client(const struct nj_session_table *table, struct nj_session *session,
	const struct nj_flow *flow)
{
	int number;

	session->client_port = flow->src_port;
	session->listener_port = flow->dst_port;
	if (!flow->ipv6) {
		session->client_ip = flow->src_ip;
		session->listener_ip = flow->dst_ip;
		return true;
	}
	session->ipv6 |= NJ_CLIENT_IPV6;
	memcpy(session->client_ip6, flow->src_ip6, sizeof(session->client_ip6));
	number = nj_link_own6_number(table->config.link, flow->dst_ip6);
	session->listener_own = (uint16_t)number;
	return number >= 0;
}

static void
fill_endpoint(struct nj_session *session, const struct nj_address *endpoint)
{
	session->endpoint_port = endpoint->port;
	if (endpoint->ip.family == AF_INET6) {
		session->ipv6 |= NJ_ENDPOINT_IPV6;
		memcpy(session->endpoint_ip6, endpoint->ip.v6, sizeof(session->endpoint_ip6));
	} else {
		session->endpoint_ip = endpoint->ip.v4;
	}
}

/*
 * Fills a taken slot but for its upstream address and port. The generation is left alone. Returns
 * false as fill_client() does.
 */
static bool
fill(const struct nj_session_table *table, struct nj_session *session,
	const struct nj_session_request *request, nj_ms_t now)
{
	uint32_t generation = session->generation;

	*session = (struct nj_session){
		.endpoint = request->flow.endpoint,
		.neighbor = {NJ_NEIGHBOR_NONE, NJ_NEIGHBOR_NONE},
		.out_port = {(uint8_t)request->out_port[NJ_DOWNSTREAM],
			(uint8_t)request->out_port[NJ_UPSTREAM]},
		.last_seen_ms = now,
		.opened_ms = now,
		.generation = generation,
	};
	fill_endpoint(session, &request->endpoint);
	return fill_client(table, session, &request->flow);
}

/*
 * Readers in other threads see the session from here on, or no longer: what was written before is
 * seen before, and what is written after that, after.
 */
static void
turn_generation(struct nj_session *session)
{
	__atomic_store_n(&session->generation, session->generation + 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

/* A session that is filled, its upstream port included. */
static void
publish(struct nj_session_table *table, struct nj_session *session, enum nj_session_state state)
{
	const struct nj_flow client = nj_session_flow(table, session, NJ_DOWNSTREAM);
	const struct nj_flow reply = nj_session_flow(table, session, NJ_UPSTREAM);

	set_deltas(session, &client, &reply);
	flow_table_add(table, session, &client);
	flow_table_add(table, session, &reply);
	admission_enter(&table->admission, &client);
	session->state = (uint8_t)state;
	if (state == NJ_SESSION_HALF_OPEN)
		half_open_append(table, session);
	turn_generation(session);
	table->endpoints[session->endpoint].sessions++;
}

enum nj_drop
nj_session_refusal(struct nj_session_table *table, uint32_t endpoint, nj_ms_t now)
{
	enum nj_drop why = NJ_DROP_NONE;

	if (!admission_has_room(&table->admission, now))
		why = NJ_DROP_SESSION_RATE;
	else if (!has_slot(table))
		why = NJ_DROP_SESSIONS_FULL;
	else if (upstream_port_pauses(table, endpoint, now))
		why = NJ_DROP_NO_PORTS;
	table->counters->sessions_rejected += why != NJ_DROP_NONE;
	return why;
}

enum nj_drop
nj_session_open(struct nj_session_table *table, const struct nj_session_request *request,
	nj_ms_t now, struct nj_session **out)
{
	struct nj_session *session;
	enum nj_drop why = admission_check(&table->admission, &request->flow, now);

	if (why != NJ_DROP_NONE)
		goto rejected;
	flow_table_prefetch(&table->flows, &request->flow); /* is written to at the end */
	why = NJ_DROP_SESSIONS_FULL;
	session = take_slot(table, now);
	if (session == NULL)
		goto rejected;
	why = NJ_DROP_IPV6_DESTINATION;
	if (!fill(table, session, request, now))
		goto give_back;
	why = NJ_DROP_NO_PORTS;
	if (!upstream_port_choose(table, session, request->sources, request->n_sources, now))
		goto give_back;
	publish(table, session, NJ_SESSION_HALF_OPEN);
	table->counters->sessions_total++;
	*out = session;
	return NJ_DROP_NONE;

give_back:
	give_slot_back(table, session);
rejected:
	table->counters->sessions_rejected++;
	return why;
}

struct nj_session_image
nj_session_image(const struct nj_session_table *table, const struct nj_session *session)
{
	struct nj_session_image image = {
		.state = (enum nj_session_state)session->state,
		.flow = nj_session_flow(table, session, NJ_DOWNSTREAM),
		.endpoint = nj_session_peer(session, NJ_DOWNSTREAM),
		.upstream = nj_session_source(table, session, NJ_DOWNSTREAM),
		.opened_ms = session->opened_ms,
		.last_seen_ms = session->last_seen_ms,
	};

	for (unsigned int way = NJ_DOWNSTREAM; way <= NJ_UPSTREAM; way++) {
		image.out_port[way] = session->out_port[way];
		image.packets[way] = nj_session_packets(session, way);
		image.bytes[way] = nj_session_bytes(session, way);
	}
	return image;
}

/* The same backwards, into a taken slot, but for the state. */
static int
fill_again(const struct nj_session_table *table, struct nj_session *session,
	const struct nj_session_image *image)
{
	const struct nj_session_request request = {.flow = image->flow,
		.endpoint = image->endpoint,
		.out_port = {image->out_port[0], image->out_port[1]}};

	if (!nj_link_is_to_us(table->config.link, &image->flow) ||
		!fill(table, session, &request, image->opened_ms))
		return -EADDRNOTAVAIL;
	session->last_seen_ms = image->last_seen_ms;
	for (unsigned int way = NJ_DOWNSTREAM; way <= NJ_UPSTREAM; way++) {
		session->packets[way] = (uint32_t)image->packets[way];
		session->packets_carry[way] = (uint16_t)(image->packets[way] >> 32);
		session->bytes[way] = (uint32_t)image->bytes[way];
		session->bytes_carry[way] = (uint16_t)(image->bytes[way] >> 32);
	}
	if (nj_flow_owner(table->config.ownership, &image->flow) != table->config.worker)
		return -EXDEV;
	if (nj_session_find(table, &image->flow) != NULL)
		return -EEXIST;
	return upstream_port_take(table, session, &image->upstream);
}

int
nj_session_restore(
	struct nj_session_table *table, const struct nj_session_image *image, nj_ms_t now)
{
	struct nj_session *session;
	int ret;

	if (session_is_idle(table, image->state, image->last_seen_ms, now))
		return -ETIME;
	if (table->n_free == 0) /* nobody gives way */
		return -ENOSPC;
	session = take_slot(table, now);
	ret = fill_again(table, session, image);
	if (ret < 0) {
		give_slot_back(table, session);
		return ret;
	}
	publish(table, session, image->state);
	table->counters->sessions_restored++;
	return 0;
}

static void
close_session(struct nj_session_table *table, struct nj_session *session)
{
	const struct nj_flow client = nj_session_flow(table, session, NJ_DOWNSTREAM);
	const struct nj_flow reply = nj_session_flow(table, session, NJ_UPSTREAM);

	if (session->state == NJ_SESSION_HALF_OPEN)
		half_open_remove(table, session);
	flow_table_remove(table, session, &client);
	flow_table_remove(table, session, &reply);
	admission_leave(&table->admission, &client);
	table->endpoints[session->endpoint].sessions--;
	turn_generation(session);
	session->state = NJ_SESSION_FREE;
	give_slot_back(table, session);
}

void
nj_session_close(struct nj_session_table *table, struct nj_session *session)
{
	table->endpoints[session->endpoint].no_ports_ms = 0;
	close_session(table, session);
}

static void
end(struct nj_session_table *table, struct nj_session *session, nj_ms_t now, nj_ms_t left)
{
	const struct nj_flow reply = nj_session_flow(table, session, NJ_UPSTREAM);

	nj_histogram_add(&table->counters->durations, nj_duration_bounds_ms,
		nj_ms_since(now, session->opened_ms), 1);
	port_rest_begin(&table->port_rest, &reply, left);
	close_session(table, session);
}

void
session_end(struct nj_session_table *table, struct nj_session *session, nj_ms_t now)
{
	end(table, session, now, now);
}

void
session_evict(struct nj_session_table *table, struct nj_session *session, nj_ms_t now)
{
	end(table, session, now, session->last_seen_ms);
	admission_evicted(&table->admission);
	table->evictions++;
	table->counters->sessions_evicted++;
}

struct nj_address
nj_session_source(const struct nj_session_table *table, const struct nj_session *session,
	enum nj_direction direction)
{
	const bool down = direction == NJ_DOWNSTREAM;
	struct nj_address source = {.port = down ? session->upstream_port : session->listener_port};

	if (session->ipv6 & (down ? NJ_ENDPOINT_IPV6 : NJ_CLIENT_IPV6))
		source.ip = nj_ip_v6(nj_link_own6(
			table->config.link, down ? session->upstream_own : session->listener_own));
	else
		source.ip = nj_ip_v4(down ? session->upstream_ip : session->listener_ip);
	return source;
}

struct nj_flow
nj_session_flow(const struct nj_session_table *table, const struct nj_session *session,
	enum nj_direction direction)
{
	/* What comes in one direction bears the addresses that the other sends to and from. */
	const struct nj_address source = nj_session_peer(session, !direction);
	const struct nj_address destination = nj_session_source(table, session, !direction);
	struct nj_flow flow = {
		.endpoint = direction == NJ_DOWNSTREAM ? session->endpoint : 0,
		.src_port = source.port,
		.dst_port = destination.port,
		.ipv6 = source.ip.family == AF_INET6,
	};

	if (flow.ipv6) {
		memcpy(flow.src_ip6, source.ip.v6, sizeof(flow.src_ip6));
		memcpy(flow.dst_ip6, destination.ip.v6, sizeof(flow.dst_ip6));
	} else {
		flow.src_ip = source.ip.v4;
		flow.dst_ip = destination.ip.v4;
	}
	return flow;
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
