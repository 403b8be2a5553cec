/* SPDX-License-Identifier: BSD-3-Clause */
/* The last stage of both directions: rewrite, and find the next hop's address. */
#include "worker.h"

/* Asks for the way again: the neighbor was forgotten, or there never was one. */
static nj_neighbor_ref_t
find_next_hop(const struct worker *worker, struct nj_session *session, enum nj_direction direction)
{
	const struct nj_link *link = worker->dataplane->link;
	const struct nj_ip destination = nj_session_peer(session, direction).ip;
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

static void
count(struct worker *worker, enum nj_direction direction, uint32_t bytes)
{
	struct nj_counters *counters = &worker->counters;

	if (direction == NJ_DOWNSTREAM) {
		counters->downstream_packets++;
		counters->downstream_bytes += bytes;
	} else {
		counters->upstream_packets++;
		counters->upstream_bytes += bytes;
	}
}

void
worker_resolve(struct worker *worker, struct rte_mbuf *m)
{
	unsigned int manager = dataplane_manager_lcore(worker->dataplane);

	if (!mesh_send(worker->dataplane->mesh, worker->index, manager, m, MAIL_RESOLVE))
		worker_drop(worker, m, NJ_DROP_LOCAL_FULL);
}

/* Returns false where the frame has no room for the longer header. */
static bool
rewrite(const struct worker *worker, const struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m)
{
	struct nj_rewrite ipv4;
	struct nj_address source, destination;
	uint16_t delta;

	if (session->ipv6 == 0) {
		ipv4 = nj_session_rewrite(session, direction);
		nj_rewrite_udp4(m, &ipv4);
		return true;
	}
	source = nj_session_source(worker->sessions, session, direction);
	destination = nj_session_peer(session, direction);
	delta = direction == NJ_DOWNSTREAM ? session->udp_delta : (uint16_t)~session->udp_delta;
	return nj_translate_udp(m, &source, &destination, delta);
}

void
deliver(struct worker *worker, struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m)
{
	struct nj_packet *packet = nj_packet(m);
	struct rte_ether_addr mac = {0};
	enum nj_neighbor_state state;

	nj_session_touch(worker->sessions, session, direction, packet->payload_length, worker->now);
	count(worker, direction, packet->payload_length);
	if (!rewrite(worker, session, direction, m)) {
		worker_drop(worker, m, NJ_DROP_NO_MBUFS);
		return;
	}
	state = next_hop_mac(worker, session, direction, &mac);
	packet->out_port = session->out_port[direction];
	switch (state) {
	case NJ_NEIGHBOR_REACHABLE:
	case NJ_NEIGHBOR_STALE:
	case NJ_NEIGHBOR_PROBE:
		worker->neighbor_used[NJ_NEIGHBOR_NUMBER(session->neighbor[direction])] =
			worker->now;
		nj_ether_address(m, &mac, &worker->dataplane->by_id[packet->out_port]->mac);
		transmit(&worker->transmitter, m);
		return;
	case NJ_NEIGHBOR_FREE:
	case NJ_NEIGHBOR_INCOMPLETE:
		worker_resolve(worker, m);
		return;
	case NJ_NEIGHBOR_FAILED:
		worker_drop(worker, m, NJ_DROP_NEIGHBOR_UNREACHABLE);
		return;
	}
}
