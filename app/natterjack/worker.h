/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One worker: receive, parse, steer to the owner, then downstream or upstream,
 * rewrite, transmit. Each stage takes a burst and has a file of its own.
 */
#ifndef WORKER_H
#define WORKER_H

#include <rte_ring.h>

#include "dataplane.h"
#include "nj_chain.h"
#include "transmit.h"

#define WORKER_BURST 64 /* packets that a stage takes at once; NJ_SESSION_BULK_MAX at most */

struct receive_queue {
	const struct port *port;
	uint16_t queue;
};

struct worker {
	unsigned int index;
	struct dataplane *dataplane;
	struct nj_session_table *sessions;
	struct transmitter transmitter;
	struct nj_runner runner; /* what filter chains need of us */
	nj_ms_t now;             /* read once a poll */
	unsigned int n_queues;
	struct receive_queue *queues;
	struct rte_ring *expired; /* numbers of sessions, from the manager */
	nj_ms_t *neighbor_used;   /* by number: when this worker last sent there */
	nj_ms_t log_second_ms;    /* when the current second of logs began */
	uint32_t logged;          /* in it */
	struct qcmp_limiter *qcmp_limiter;
	struct nj_counters counters;
};

/* Its memory lies on `socket`. Returns NULL after logging why. The dataplane's ports are started.
 */
struct worker *worker_create(struct dataplane *dataplane, unsigned int index, int socket);
void worker_destroy(struct worker *worker); /* takes NULL */

/* One round over all queues and rings. Returns how many packets it met. */
unsigned int worker_poll(struct worker *worker, nj_ms_t now);

/* Stages; each takes every packet of the burst, which this worker owns the flows of. */
void downstream(struct worker *worker, struct rte_mbuf **pkts, unsigned int n);
void upstream(struct worker *worker, struct rte_mbuf **pkts, unsigned int n);

/* What filters ask of a worker, and what they hand to the manager's log. */
void runner_fill(struct worker *worker);

/* Rewrites a datagram of the session and sends it to the next hop. */
void deliver(struct worker *worker, struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m);

/* Hands a packet whose next hop's address is not known to the manager. */
void worker_resolve(struct worker *worker, struct rte_mbuf *m);

static inline void
worker_drop(struct worker *worker, struct rte_mbuf *m, enum nj_drop reason)
{
	transmit_drop(&worker->counters, m, reason);
}

#endif
