/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "qcmp.h"

/*
 * Slots that one round looks at for sessions that are idle. With traffic that is less work than one
 * packet; a worker whose bursts are full takes some seconds for ten million.
 */
#define SWEEP_BUSY 8
#define SWEEP_IDLE 64

/* Stages ------------------------------------------------------------------------------------- */

static bool
is_qcmp(const struct dataplane *dataplane, const struct nj_flow *flow)
{
	return flow->dst_port == dataplane->qcmp_port && dataplane->qcmp_port != 0 &&
	       nj_link_is_to_us(dataplane->link, flow);
}

/* Returns whether a frame is well formed; one that is not is dropped. */
static inline bool
parse(struct worker *worker, const struct port *port, struct rte_mbuf *m)
{
	const enum nj_drop reason = nj_parse(m, &port->mac, port->vlan);

	if (reason != NJ_DROP_NONE)
		worker_drop(worker, m, reason);
	return reason == NJ_DROP_NONE;
}

static void
hand_over(struct worker *worker, unsigned int to, struct rte_mbuf *m, enum mail mail)
{
	const struct dataplane *dataplane = worker->dataplane;

	if (mesh_send(dataplane->mesh, worker->index, to, m, mail))
		worker->counters.handoffs += mail == MAIL_FLOW;
	else
		worker_drop(
			worker, m, mail == MAIL_FLOW ? NJ_DROP_HANDOFF_FULL : NJ_DROP_LOCAL_FULL);
}

void
worker_hand_over(struct worker *worker, unsigned int owner, struct rte_mbuf *m)
{
	hand_over(worker, owner, m, MAIL_FLOW);
}

/* To the local stack, which is the manager's. */
static __rte_cold void
hand_to_manager(struct worker *worker, struct rte_mbuf *m)
{
	const struct dataplane *dataplane = worker->dataplane;
	const enum nj_drop reason =
		local_check(&worker->local_limits, dataplane->link, m, worker->now);

	if (reason == NJ_DROP_NONE)
		hand_over(worker, dataplane_manager_lcore(dataplane), m, MAIL_LOCAL);
	else
		worker_drop(worker, m, reason);
}

static bool
belongs_to_a_worker(enum nj_kind kind)
{
	switch (kind) {
	case NJ_KIND_UDP:
	case NJ_KIND_ICMP_ERROR:
	case NJ_KIND_FRAGMENT:
		return true;
	case NJ_KIND_ARP:
	case NJ_KIND_ICMP:
	case NJ_KIND_ICMP6:
		return false;
	}
	return false;
}

/* By the hash that the device left, where it is ours. */
static inline unsigned int
owner_of(const struct dataplane *dataplane, const struct port *port, struct rte_mbuf *m)
{
	if (dataplane->n_workers == 1)
		return 0;
	if ((m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) && port->hashes)
		return nj_hash_owner(&dataplane->ownership, m->hash.rss);
	return nj_flow_owner(&dataplane->ownership, &nj_packet(m)->flow);
}

/* Hands a packet that came in on a port to its owner; returns whether that is this worker. */
static inline bool
steer(struct worker *worker, const struct port *port, struct rte_mbuf *m)
{
	const struct dataplane *dataplane = worker->dataplane;
	unsigned int owner;

	if (!belongs_to_a_worker(nj_packet(m)->kind)) {
		hand_to_manager(worker, m);
		return false;
	}
	owner = owner_of(dataplane, port, m);
	if (owner == worker->index)
		return true;
	worker_hand_over(worker, owner, m);
	return false;
}

/* Datagrams whose flows this worker owns, parted by direction. */
struct burst {
	unsigned int n_down, n_up;
	struct rte_mbuf *down[WORKER_BURST], *up[WORKER_BURST];
};

static void take(struct worker *worker, struct burst *burst, struct rte_mbuf *m);

/* Once a datagram is whole it has ports, and so perhaps another owner. */
static void
fragment(struct worker *worker, struct burst *burst, struct rte_mbuf *m)
{
	const struct nj_flow *flow = &nj_packet(m)->flow;
	const struct port *port;
	struct rte_mbuf *whole;

	if (!nj_link_is_to_us(worker->dataplane->link, flow)) {
		worker_drop(worker, m,
			flow->ipv6 ? NJ_DROP_IPV6_DESTINATION : NJ_DROP_IPV4_DESTINATION);
		return;
	}
	whole = reassembly_add(worker->reassembly, m, worker->now);
	if (whole == NULL)
		return;
	port = worker->dataplane->by_id[whole->port];
	if (!parse(worker, port, whole))
		return;
	if (nj_packet(whole)->kind ==
		NJ_KIND_FRAGMENT) { /* behind options: a datagram has one header */
		worker_drop(worker, whole, NJ_DROP_FRAGMENT_MALFORMED);
		return;
	}
	nj_packet(whole)->fragmented = true;
	if (steer(worker, port, whole))
		take(worker, burst, whole);
}

/* Until the sessions of before are back and an address is ours, nobody but the local stack is
 * served. */
static inline bool
is_serving(const struct worker *worker)
{
	return __atomic_load_n(&worker->dataplane->serving, __ATOMIC_ACQUIRE);
}

/* Until then the tables belong to the lcore that loads them. */
static inline bool
is_loaded(const struct worker *worker)
{
	return __atomic_load_n(&worker->dataplane->loaded, __ATOMIC_ACQUIRE);
}

static __rte_cold void
take_qcmp(struct worker *worker, struct rte_mbuf *m)
{
	if (is_serving(worker))
		qcmp(worker, m);
	else
		worker_drop(worker, m, NJ_DROP_STARTING);
}

/* What is no datagram. */
static __rte_cold void
take_other(struct worker *worker, struct burst *burst, struct rte_mbuf *m)
{
	if (!is_serving(worker))
		worker_drop(worker, m, NJ_DROP_STARTING);
	else if (nj_packet(m)->kind == NJ_KIND_FRAGMENT)
		fragment(worker, burst, m);
	else
		icmp_error(worker, m);
}

/* A packet that this worker owns: who sent to a listener is a client. */
static inline void
take(struct worker *worker, struct burst *burst, struct rte_mbuf *m)
{
	const struct dataplane *dataplane = worker->dataplane;
	const struct nj_flow *flow = &nj_packet(m)->flow;

	if (unlikely(nj_packet(m)->kind != NJ_KIND_UDP))
		take_other(worker, burst, m);
	else if (is_qcmp(dataplane, flow))
		take_qcmp(worker, m);
	else if (!dataplane_is_from_client(dataplane, flow))
		burst->up[burst->n_up++] = m;
	else if (likely(dataplane_takes(dataplane, NJ_DOWNSTREAM, m->port)))
		burst->down[burst->n_down++] = m;
	else
		worker_drop(worker, m, NJ_DROP_PORT_ROLE);
}

/* Each of a burst takes as long as the whole burst: the last has to wait for the first. */
static inline void
count_processing(
	struct worker *worker, enum nj_direction direction, uint64_t cycles, unsigned int n)
{
	nj_histogram_add(
		&worker->counters.processing[direction], worker->processing_bounds, cycles, n);
}

/* Sessions of before may be gone, but their endpoints go on sending: nobody else is to have their
 * ports meanwhile. */
static __rte_cold void
drop_early(struct worker *worker, struct burst *burst)
{
	for (unsigned int i = 0; i < burst->n_down; i++)
		worker_drop(worker, burst->down[i], NJ_DROP_STARTING);
	for (unsigned int i = 0; i < burst->n_up; i++) {
		if (is_loaded(worker))
			note_stray(worker, burst->up[i]);
		worker_drop(worker, burst->up[i], NJ_DROP_STARTING);
	}
}

static void
process(struct worker *worker, struct burst *burst)
{
	const uint64_t began = rte_rdtsc();
	uint64_t between = began;

	mesh_post(worker->dataplane->mesh, worker->index); /* others need not wait for our own */
	if (unlikely(!is_serving(worker))) {
		drop_early(worker, burst);
		return;
	}
	if (burst->n_down > 0) {
		nj_pace_add(&worker->counters.bursts[NJ_DOWNSTREAM], began);
		downstream(worker, burst->down, burst->n_down);
		between = rte_rdtsc();
		count_processing(worker, NJ_DOWNSTREAM, between - began, burst->n_down);
	}
	if (burst->n_up > 0) {
		nj_pace_add(&worker->counters.bursts[NJ_UPSTREAM], began);
		upstream(worker, burst->up, burst->n_up);
		count_processing(worker, NJ_UPSTREAM, rte_rdtsc() - between, burst->n_up);
	}
}

/* What the parser reads, and where it writes to. */
static inline void
prefetch(struct rte_mbuf *m)
{
	rte_prefetch0(rte_pktmbuf_mtod(m, void *));
	rte_prefetch0(nj_packet(m));
}

static unsigned int
receive(struct worker *worker, const struct receive_queue *queue)
{
	const struct port *port = queue->port;
	struct nj_port_counters *counters = &worker->counters.port[port->id];
	struct rte_mbuf *pkts[WORKER_BURST];
	struct burst burst;
	unsigned int received = rte_eth_rx_burst(port->id, queue->queue, pkts, WORKER_BURST);
	uint64_t bytes = 0;

	burst.n_down = burst.n_up = 0;
	for (unsigned int i = 0; i < received; i++) {
		struct rte_mbuf *m = pkts[i];

		if (i + 4 < received)
			prefetch(pkts[i + 4]);
		m->port = port->id;
		bytes += rte_pktmbuf_pkt_len(m);
		if (parse(worker, port, m) && steer(worker, port, m))
			take(worker, &burst, m);
	}
	counters->rx_packets += received;
	counters->rx_bytes += bytes;
	process(worker, &burst);
	return received;
}

static inline void
take_mail(struct worker *worker, struct burst *burst, struct rte_mbuf *m)
{
	switch ((enum mail)nj_packet(m)->mail) {
	case MAIL_FLOW:
		take(worker, burst, m);
		return;
	case MAIL_TRANSMIT:
		transmit(&worker->transmitter, m);
		return;
	case MAIL_DROPPED:
		worker_drop(worker, m, nj_packet(m)->delivery.reason);
		return;
	case MAIL_LOCAL:
	case MAIL_LOG:
	case MAIL_RESOLVE: /* the manager only */
		worker_drop(worker, m, NJ_DROP_HANDOFF_FULL);
		return;
	}
}

/* What the other lcores handed over. */
static unsigned int
read_mail(struct worker *worker, unsigned int from)
{
	struct rte_mbuf *pkts[WORKER_BURST];
	struct burst burst;
	unsigned int n =
		mesh_receive(worker->dataplane->mesh, from, worker->index, pkts, WORKER_BURST);

	burst.n_down = burst.n_up = 0;
	for (unsigned int i = 0; i < n; i++)
		take_mail(worker, &burst, pkts[i]);
	process(worker, &burst);
	return n;
}

unsigned int
worker_poll(struct worker *worker, nj_ms_t now)
{
	unsigned int met = 0;

	worker->now = now;
	nj_session_round(worker->sessions);
	for (unsigned int i = 0; i < worker->n_queues; i++)
		met += receive(worker, &worker->queues[i]);
	for (unsigned int from = 0; from <= worker->dataplane->n_workers; from++)
		if (mesh_has_mail(worker->dataplane->mesh, from, worker->index))
			met += read_mail(worker, from);
	if (likely(is_serving(worker))) {
		nj_session_sweep(worker->sessions, met > 0 ? SWEEP_BUSY : SWEEP_IDLE, now);
		review(worker);
	}
	reassembly_tick(worker->reassembly, now);
	transmit_flush(&worker->transmitter);
	rte_rcu_qsbr_quiescent(worker->dataplane->qsbr, worker->index);
	worker->counters.polls++;
	worker->counters.polls_busy += met > 0;
	return met;
}
