/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One worker: receive, parse, steer to the owner, then downstream or upstream,
 * rewrite, transmit. Each stage takes a burst and has a file of its own.
 */
#ifndef WORKER_H
#define WORKER_H

#include "dataplane.h"
#include "nj_chain.h"
#include "local.h"
#include "nj_icmp.h"
#include "nj_ids.h"
#include "reassembly.h"
#include "transmit.h"

#define WORKER_BURST 64 /* packets that a stage takes at once; NJ_SESSION_BULK_MAX at most */

struct receive_queue {
	const struct port *port;
	uint16_t queue;
};

#define REVIEW_SLICE 16 /* sessions in a round: some microseconds */

/* How far a worker has gone over its table since a policy came into force (review.c). */
struct review {
	uint64_t generation; /* the policy's */
	uint32_t left;       /* numbers of sessions that are still to be looked at */
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
	struct review review;
	nj_ms_t *neighbor_used; /* by number: when this worker last sent there, or wanted to */
	nj_ms_t log_second_ms;  /* when the current second of logs began */
	uint32_t logged;        /* in it */
	struct qcmp_limiter *qcmp_limiter;
	struct reassembly *reassembly;
	uint16_t fits_all; /* payload up to here is too big for no way out that we know */
	struct nj_bucket errors_sent, sizes_told; /* ICMP errors of our own */
	struct nj_bucket errors_about_replies;    /* of others' */
	struct nj_bucket errors_stray;            /* the same, that met no session */
	struct local_limits local_limits;
	uint64_t processing_bounds[NJ_HISTOGRAM_BOUNDS]; /* in cycles of the TSC */
	struct nj_counters counters;
	struct nj_ids ids; /* of datagrams that may be cut */
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

/* Hands a packet of a flow to the worker that owns it, or drops it where that one's ring is full.
 */
void worker_hand_over(struct worker *worker, unsigned int owner, struct rte_mbuf *m);

/* A reply that belongs to no session has its port rest where it is an endpoint's. */
void note_stray(struct worker *worker, struct rte_mbuf *m);

/* What a capture makes of the burst that a stage begins with: datagrams as they arrived; and of
 * datagrams on their way to one endpoint each. */
void capture_arrivals(struct worker *worker, struct capture *capture, enum nj_direction direction,
	struct rte_mbuf **pkts, unsigned int n);
void capture_steered(struct worker *worker, struct capture *capture, struct rte_mbuf *m,
	const struct nj_endpoint *endpoint);

/* Ends sessions that the policy in force does not allow any more; a few in each round. */
void review(struct worker *worker);

/* Whoever captures is asked once a burst. */
static inline struct capture *
worker_capture(
	struct worker *worker, enum nj_direction direction, struct rte_mbuf **pkts, unsigned int n)
{
	struct capture *capture = tap_capture(&worker->transmitter.tap);

	worker->runner.dropped = NULL;
	if (unlikely(capture != NULL))
		capture_arrivals(worker, capture, direction, pkts, n);
	return capture;
}

/* What filters ask of a worker, and what they hand to the manager's log. */
void runner_fill(struct worker *worker);

/* Rewrites datagrams, each of the session beside it, and sends them to the next hop, or does what
 * is to be done with one that is too big. */
void deliver(struct worker *worker, enum nj_direction direction, struct nj_session **sessions,
	struct rte_mbuf **pkts, unsigned int n);

/*
 * Of that, what concerns datagrams that are too big: whether a payload goes through in one packet;
 * whether one that does not may be cut (where not, it was dropped and its sender told); and cutting
 * it once it is rewritten, into fragments that are written to `out`, whose number is returned: 0
 * where it was dropped.
 */
#define FRAGMENTS_MAX 20 /* NJ_PAYLOAD_MAX over an MTU of 576 */
bool fits(const struct worker *worker, const struct nj_session *session,
	enum nj_direction direction, uint16_t payload_length);
bool may_cut(struct worker *worker, const struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m);
unsigned int cut(struct worker *worker, const struct nj_session *session,
	enum nj_direction direction, struct rte_mbuf *m, struct rte_mbuf *out[FRAGMENTS_MAX]);

/* Sends a finished packet that belongs to no session. A link-local destination is meant on the port
 * that the packet came in on. */
void worker_send(struct worker *worker, struct rte_mbuf *m, const struct nj_ip *destination);

/* Some way out takes no larger IP packets than this. */
void worker_know_mtu(struct worker *worker, uint16_t mtu);

/* An ICMP error of others; and one of our own about a datagram as it arrived, which stays the
 * caller's. */
void icmp_error(struct worker *worker, struct rte_mbuf *m);
void icmp_error_send(
	struct worker *worker, struct rte_mbuf *about, const struct nj_icmp_error *error);

static inline void
worker_drop(struct worker *worker, struct rte_mbuf *m, enum nj_drop reason)
{
	transmit_drop(&worker->transmitter, m, reason);
}

#endif
