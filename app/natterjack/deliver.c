/* SPDX-License-Identifier: BSD-3-Clause */
/* The last stage of both directions: rewrite, and find the next hop's address. */
#include "worker.h"

/* Asks for the way again: the neighbor was forgotten, or there never was one. */
static __rte_cold nj_neighbor_ref_t
find_next_hop(const struct worker *worker, struct nj_session *session, enum nj_direction direction)
{
	const struct nj_link *link = worker->dataplane->link;
	const struct nj_ip destination = nj_session_peer(worker->sessions, session, direction).ip;
	struct nj_route route;

	if (nj_link_route(link, &destination, session->out_port[direction], &route) < 0)
		return NJ_NEIGHBOR_NONE;
	session->out_port[direction] = (uint8_t)route.port;
	return nj_neighbor_find(link, route.port, &route.next_hop);
}

/* A reference that is too old, or that there never was, is looked up again. */
static enum nj_neighbor_state
next_hop_mac(const struct worker *worker, struct nj_session *session, enum nj_direction direction,
	struct rte_ether_addr *mac)
{
	const struct nj_link *link = worker->dataplane->link;
	nj_neighbor_ref_t *ref = &session->neighbor[direction];
	enum nj_neighbor_state state = NJ_NEIGHBOR_FREE;

	if (*ref != NJ_NEIGHBOR_NONE)
		state = nj_neighbor_mac(link, *ref, mac);
	if (state != NJ_NEIGHBOR_FREE)
		return state;
	*ref = find_next_hop(worker, session, direction);
	return *ref == NJ_NEIGHBOR_NONE ? NJ_NEIGHBOR_FREE : nj_neighbor_mac(link, *ref, mac);
}

/* A flood to an address that is not known yet must not keep the answer about it out. */
static __rte_cold void
resolve(struct worker *worker, struct rte_mbuf *m)
{
	unsigned int manager = dataplane_manager_lcore(worker->dataplane);

	if (!mesh_send_spare(worker->dataplane->mesh, worker->index, manager, m, MAIL_RESOLVE))
		worker_drop(worker, m, NJ_DROP_LOCAL_FULL);
}

/* Sends a finished packet to a neighbor, whose address may not be known. */
static inline void
send_to(struct worker *worker, struct rte_mbuf *m, nj_neighbor_ref_t ref,
	enum nj_neighbor_state state, const struct rte_ether_addr *mac)
{
	const struct port *port = worker->dataplane->by_id[nj_packet(m)->out_port];

	switch (state) {
	case NJ_NEIGHBOR_REACHABLE:
	case NJ_NEIGHBOR_STALE:
	case NJ_NEIGHBOR_PROBE:
		worker->neighbor_used[NJ_NEIGHBOR_NUMBER(ref)] = worker->now;
		nj_ether_address(m, mac, &port->mac);
		transmit(&worker->transmitter, m);
		return;
	case NJ_NEIGHBOR_FREE:
	case NJ_NEIGHBOR_INCOMPLETE:
		resolve(worker, m);
		return;
	case NJ_NEIGHBOR_FAILED: /* the manager asks for it again as long as somebody wants it */
		worker->neighbor_used[NJ_NEIGHBOR_NUMBER(ref)] = worker->now;
		worker_drop(worker, m, NJ_DROP_NEIGHBOR_UNREACHABLE);
		return;
	}
}

void
worker_send(struct worker *worker, struct rte_mbuf *m, const struct nj_ip *destination)
{
	const struct nj_link *link = worker->dataplane->link;
	enum nj_neighbor_state state = NJ_NEIGHBOR_FREE;
	struct rte_ether_addr mac = {0};
	struct nj_route route;
	nj_neighbor_ref_t ref;

	if (nj_link_route(link, destination, m->port, &route) < 0) {
		worker_drop(worker, m, NJ_DROP_NO_ROUTE);
		return;
	}
	nj_packet(m)->out_port = route.port;
	ref = nj_neighbor_find(link, route.port, &route.next_hop);
	if (ref != NJ_NEIGHBOR_NONE)
		state = nj_neighbor_mac(link, ref, &mac);
	send_to(worker, m, ref, state, &mac);
}

/* From one family to the other. */
static bool
translate(struct worker *worker, const struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m)
{
	const struct nj_address source = nj_session_source(worker->sessions, session, direction);
	const struct nj_address destination = nj_session_peer(worker->sessions, session, direction);
	const uint16_t delta =
		direction == NJ_DOWNSTREAM ? session->udp_delta : (uint16_t)~session->udp_delta;

	return nj_translate_udp(m, &source, &destination, delta, &worker->ids);
}

/* Where a side is IPv6; apart, so that the loop over a burst is short. */
static __rte_noinline bool
rewrite6(struct worker *worker, const struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m)
{
	struct nj_rewrite6 ipv6;

	if (session->ipv6 != (NJ_CLIENT_IPV6 | NJ_ENDPOINT_IPV6))
		return translate(worker, session, direction, m);
	ipv6 = nj_session_rewrite6(worker->sessions, session, direction);
	nj_rewrite_udp6(m, &ipv6);
	return true;
}

static inline bool
rewrite(struct worker *worker, const struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m)
{
	struct nj_rewrite ipv4;

	if (unlikely(session->ipv6 != 0))
		return rewrite6(worker, session, direction, m);
	ipv4 = nj_session_rewrite(session, direction);
	nj_rewrite_udp4(m, &ipv4);
	return true;
}

static inline void
send_on(struct worker *worker, struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m)
{
	struct rte_ether_addr mac = {0};
	enum nj_neighbor_state state = next_hop_mac(worker, session, direction, &mac);

	nj_packet(m)->out_port = session->out_port[direction];
	send_to(worker, m, session->neighbor[direction], state, &mac);
}

/* In as many packets as it takes. */
static __rte_cold void
deliver_large(struct worker *worker, struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m)
{
	struct rte_mbuf *fragments[FRAGMENTS_MAX];
	unsigned int n;

	if (!may_cut(worker, session, direction, m))
		return;
	if (!rewrite(worker, session, direction, m)) {
		worker_drop(worker, m, NJ_DROP_TOO_BIG);
		return;
	}
	n = cut(worker, session, direction, m, fragments);
	for (unsigned int i = 0; i < n; i++)
		send_on(worker, session, direction, fragments[i]);
}

static inline void
deliver_one(struct worker *worker, struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m)
{
	const uint16_t length = nj_packet(m)->payload_length;

	nj_session_touch(worker->sessions, session, direction, length, worker->now);
	nj_packet(m)->delivery = (struct nj_delivery){
		.endpoint = session->endpoint,
		.worker = (uint8_t)worker->index,
		.direction = direction,
		.counted = true,
	};
	if (unlikely(length > worker->fits_all) && !fits(worker, session, direction, length))
		deliver_large(worker, session, direction, m);
	else if (likely(rewrite(worker, session, direction, m)))
		send_on(worker, session, direction, m);
	else
		worker_drop(worker, m, NJ_DROP_TOO_BIG);
}

/* By direction, so that what depends on it is decided once. Counted first: what is dropped on its
 * way is taken back, and no reader shall see less than nothing. */
static __rte_always_inline void
deliver_all(struct worker *worker, enum nj_direction direction, struct nj_session **sessions,
	struct rte_mbuf **pkts, unsigned int n)
{
	int64_t bytes = 0;

	for (unsigned int i = 0; i < n; i++)
		bytes += nj_packet(pkts[i])->payload_length;
	nj_count_delivered(&worker->counters, direction, n, bytes);
	for (unsigned int i = 0; i < n; i++)
		deliver_one(worker, sessions[i], direction, pkts[i]);
}

void
deliver(struct worker *worker, enum nj_direction direction, struct nj_session **sessions,
	struct rte_mbuf **pkts, unsigned int n)
{
	if (direction == NJ_DOWNSTREAM)
		deliver_all(worker, NJ_DOWNSTREAM, sessions, pkts, n);
	else
		deliver_all(worker, NJ_UPSTREAM, sessions, pkts, n);
}
