/* SPDX-License-Identifier: BSD-3-Clause */
/* The last stage of both directions: rewrite, and find the next hop's address. */
#include "worker.h"

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
	*ref = nj_neighbor_find(link, session->out_port[direction], session->next_hop[direction]);
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

void
deliver(struct worker *worker, struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m)
{
	struct nj_packet *packet = nj_packet(m);
	struct nj_rewrite rewrite = nj_session_rewrite(session, direction);
	struct rte_ether_addr mac = {0};

	nj_session_touch(worker->sessions, session, direction, packet->payload_length, worker->now);
	count(worker, direction, packet->payload_length);
	nj_rewrite_udp4(m, &rewrite);
	packet->out_port = session->out_port[direction];
	packet->next_hop = session->next_hop[direction];

	switch (next_hop_mac(worker, session, direction, &mac)) {
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
