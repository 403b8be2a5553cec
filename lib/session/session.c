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
	case NJ_SESSION_ANSWERED:
		return "answered";
	case NJ_SESSION_REDIRECT:
		return "redirect";
	}
	return "unknown";
}

static void
half_open_append(struct nj_session_table *table, const struct nj_session *session)
{
	struct half_open_list *list = &table->half_open;
	const uint32_t number = session_number(table, session);

	table->rests[number].older = list->newest;
	table->rests[number].newer = NO_SESSION;
	if (list->newest != NO_SESSION)
		table->rests[list->newest].newer = number;
	else
		list->oldest = number;
	list->newest = number;
	list->n++;
}

static void
half_open_remove(struct nj_session_table *table, const struct nj_session *session)
{
	struct half_open_list *list = &table->half_open;
	const struct session_rest *rest = session_rest(table, session);

	if (rest->older != NO_SESSION)
		table->rests[rest->older].newer = rest->newer;
	else
		list->oldest = rest->newer;
	if (rest->newer != NO_SESSION)
		table->rests[rest->newer].older = rest->older;
	else
		list->newest = rest->older;
	list->n--;
}

static void
bring_forward(
	struct nj_session_table *table, struct nj_session *session, enum nj_direction direction)
{
	if (session->state == NJ_SESSION_HALF_OPEN && direction == NJ_UPSTREAM) {
		session->state = NJ_SESSION_ANSWERED;
	} else if (session->state == NJ_SESSION_ANSWERED && direction == NJ_DOWNSTREAM) {
		half_open_remove(table, session);
		session->state = NJ_SESSION_ESTABLISHED;
	}
}

void
nj_session_touch(struct nj_session_table *table, struct nj_session *session,
	enum nj_direction direction, uint32_t bytes, nj_ms_t now)
{
	struct nj_endpoint_counters *endpoint = &table->endpoints[session->endpoint];

	session->last_seen_ms = now;
	if (unlikely(++session->packets[direction] == 0))
		session_rest(table, session)->packets_carry[direction]++;
	session->bytes[direction] += bytes;
	if (unlikely(session->bytes[direction] < bytes))
		session_rest(table, session)->bytes_carry[direction]++;
	endpoint->packets[direction]++;
	endpoint->bytes[direction] += bytes;
	if (unlikely(session->state != NJ_SESSION_ESTABLISHED))
		bring_forward(table, session, direction);
}

/* From a number of 48 bits; one that is less belongs to a session that was opened since. */
static void
subtract(uint32_t *low, uint16_t *carry, uint32_t n)
{
	const uint64_t whole = (uint64_t)*carry << 32 | *low;

	if (whole < n)
		return;
	*low -= n;
	*carry = (uint16_t)((whole - n) >> 32);
}

void
nj_session_take_back(struct nj_session_table *table, const struct nj_flow *flow, uint32_t endpoint,
	enum nj_direction direction, uint32_t bytes)
{
	struct nj_session *session = nj_session_find(table, flow);
	struct session_rest *rest;

	table->endpoints[endpoint].packets[direction]--;
	table->endpoints[endpoint].bytes[direction] -= bytes;
	if (session == NULL)
		return;
	rest = session_rest(table, session);
	subtract(&session->packets[direction], &rest->packets_carry[direction], 1);
	subtract(&session->bytes[direction], &rest->bytes_carry[direction], bytes);
}

static void
prefetch_slot(const struct nj_session_table *table, uint32_t number)
{
	rte_prefetch0(&table->sessions[number]);
	rte_prefetch0(&table->rests[number]);
}

/* Whether there is one, or one may give way. */
static bool
has_slot(const struct nj_session_table *table)
{
	return table->n_free > 0 ||
	       (table->half_open.n > 0 && admission_may_evict(&table->admission));
}

struct nj_session *
session_take_free(struct nj_session_table *table)
{
	const uint32_t number = table->free[--table->n_free];

	if (table->n_free > 0) /* who comes next finds it in the cache */
		prefetch_slot(table, table->free[table->n_free - 1]);
	if (number >= table->used_max)
		__atomic_store_n(&table->used_max, number + 1, __ATOMIC_RELAXED);
	return &table->sessions[number];
}

/* At the cost of the oldest half-open session where none is free; NULL where none may give way. */
static struct nj_session *
take_slot(struct nj_session_table *table, nj_ms_t now)
{
	if (!has_slot(table))
		return NULL;
	if (table->n_free == 0)
		session_evict(table, &table->sessions[table->half_open.oldest], now);
	return session_take_free(table);
}

void
session_give_back(struct nj_session_table *table, struct nj_session *session)
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
	struct session_rest *rest = session_rest(table, session);
	int number;

	session->client_port = flow->src_port;
	session->listener_port = flow->dst_port;
	if (!flow->ipv6) {
		session->client_ip = flow->src_ip;
		session->listener_ip = flow->dst_ip;
		return true;
	}
	session->ipv6 |= NJ_CLIENT_IPV6;
	memcpy(rest->client_ip6, flow->src_ip6, sizeof(rest->client_ip6));
	number = nj_link_own6_number(table->config.link, flow->dst_ip6);
	rest->listener_own = (uint16_t)number;
	return number >= 0;
}

static void
fill_endpoint(const struct nj_session_table *table, struct nj_session *session,
	const struct nj_address *endpoint)
{
	struct session_rest *rest = session_rest(table, session);

	session->endpoint_port = endpoint->port;
	if (endpoint->ip.family == AF_INET6) {
		session->ipv6 |= NJ_ENDPOINT_IPV6;
		memcpy(rest->endpoint_ip6, endpoint->ip.v6, sizeof(rest->endpoint_ip6));
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
	struct session_rest *rest = session_rest(table, session);

	*session = (struct nj_session){
		.endpoint = request->flow.endpoint,
		.neighbor = {NJ_NEIGHBOR_NONE, NJ_NEIGHBOR_NONE},
		.out_port = {(uint8_t)request->out_port[NJ_DOWNSTREAM],
			(uint8_t)request->out_port[NJ_UPSTREAM]},
		.last_seen_ms = now,
	};
	*rest = (struct session_rest){.opened_ms = now, .generation = rest->generation};
	fill_endpoint(table, session, &request->endpoint);
	return fill_client(table, session, &request->flow);
}

/*
 * Readers in other threads see the session from here on, or no longer: what was written before is
 * seen before, and what is written after that, after.
 */
static void
turn_generation(struct nj_session_table *table, const struct nj_session *session)
{
	struct session_rest *rest = session_rest(table, session);

	__atomic_store_n(&rest->generation, rest->generation + 1, __ATOMIC_RELEASE);
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
	if (state != NJ_SESSION_ESTABLISHED)
		half_open_append(table, session);
	turn_generation(table, session);
	table->endpoints[session->endpoint].sessions++;
	table->endpoint_max = RTE_MAX(table->endpoint_max, session->endpoint);
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
	session_give_back(table, session);
rejected:
	table->counters->sessions_rejected++;
	return why;
}

/* nj_session_image() backwards, into a taken slot, but for the state. */
static int
fill_again(const struct nj_session_table *table, const struct nj_session_table *replies,
	struct nj_session *session, const struct nj_session_image *image)
{
	const struct nj_session_request request = {.flow = image->flow,
		.endpoint = image->endpoint,
		.out_port = {image->out_port[0], image->out_port[1]}};
	struct session_rest *rest = session_rest(table, session);

	if (!nj_link_is_to_us(table->config.link, &image->flow) ||
		!fill(table, session, &request, image->opened_ms))
		return -EADDRNOTAVAIL;
	session->last_seen_ms = image->last_seen_ms;
	for (unsigned int way = NJ_DOWNSTREAM; way <= NJ_UPSTREAM; way++) {
		session->packets[way] = (uint32_t)image->packets[way];
		rest->packets_carry[way] = (uint16_t)(image->packets[way] >> 32);
		session->bytes[way] = (uint32_t)image->bytes[way];
		rest->bytes_carry[way] = (uint16_t)(image->bytes[way] >> 32);
	}
	if (nj_flow_owner(table->config.ownership, &image->flow) != table->config.worker)
		return -EXDEV;
	if (nj_session_find(table, &image->flow) != NULL)
		return -EEXIST;
	return upstream_port_take(table, replies, session, &image->upstream);
}

int
nj_session_restore(struct nj_session_table *table, struct nj_session_table *replies,
	const struct nj_session_image *image, nj_ms_t now)
{
	struct nj_session *session;
	int ret;

	if (session_is_idle(table, image->state, image->last_seen_ms, now))
		return -ETIME;
	if (table->n_free == 0 || replies->n_free == 0) /* nobody gives way */
		return -ENOSPC;
	session = session_take_free(table);
	ret = fill_again(table, replies, session, image);
	if (ret < 0) {
		session_give_back(table, session);
		return ret;
	}
	publish(table, session, image->state);
	table->counters->sessions_restored++;
	if (replies != table)
		redirect_open(replies, table, session);
	return 0;
}

static void
close_session(struct nj_session_table *table, struct nj_session *session)
{
	const struct nj_flow client = nj_session_flow(table, session, NJ_DOWNSTREAM);
	const struct nj_flow reply = nj_session_flow(table, session, NJ_UPSTREAM);

	if (session_is_evictable(session))
		half_open_remove(table, session);
	flow_table_remove(table, session, &client);
	flow_table_remove(table, session, &reply);
	admission_leave(&table->admission, &client);
	table->endpoints[session->endpoint].sessions--;
	turn_generation(table, session);
	session->state = NJ_SESSION_FREE;
	session_give_back(table, session);
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
		nj_ms_since(now, session_rest(table, session)->opened_ms), 1);
	port_rest_begin(&table->port_rest, &reply, left, now);
	close_session(table, session);
}

void
session_end(struct nj_session_table *table, struct nj_session *session, nj_ms_t now)
{
	end(table, session, now, now);
}

struct nj_session *
nj_session_at(const struct nj_session_table *table, uint32_t number)
{
	struct nj_session *session = &table->sessions[number];
	const bool is_open =
		session->state != NJ_SESSION_FREE && session->state != NJ_SESSION_REDIRECT;

	return is_open ? session : NULL;
}

void
nj_session_end(struct nj_session_table *table, struct nj_session *session, nj_ms_t now)
{
	session_end(table, session, now);
	table->counters->sessions_ended++;
}

void
session_evict(struct nj_session_table *table, struct nj_session *session, nj_ms_t now)
{
	end(table, session, now, session->last_seen_ms);
	admission_evicted(&table->admission);
	table->evictions++;
	table->counters->sessions_evicted++;
}
