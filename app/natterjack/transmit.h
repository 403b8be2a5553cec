/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way out of one lcore: frames gather by port until a burst is full or the
 * lcore's poll ends, so that a lone packet leaves at once. A burst is of frames that came in on one
 * port: they are counted together.
 */
#ifndef TRANSMIT_H
#define TRANSMIT_H

#include <rte_mbuf.h>

#include "capture.h"
#include "mesh.h"
#include "nj_session.h"
#include "port.h"

#define TRANSMIT_BURST 64

struct transmit_queue {
	unsigned int n;
	/* Whose counters the frames belong to, and how long they are: once a device has them, they
	 * are not ours to look at. */
	unsigned int in_port;
	uint64_t bytes;
	/* Frames up to this length only have to be put here: this lcore has a queue on that port,
	 * and none is tagged in software. */
	uint32_t plain_max;
	struct rte_mbuf *pkts[TRANSMIT_BURST];
};

struct transmitter {
	unsigned int lcore;
	struct mesh *mesh;
	struct nj_counters *counters; /* of this lcore */
	unsigned int n_ports;
	const struct port *ports;
	const struct port *const *by_id;
	struct transmit_queue *queues; /* by ethdev's number */
	struct tap tap;
	struct nj_session_table *sessions; /* a worker's; NULL: the manager's transmitter */
};

/*
 * Takes what the structure is given but for the queues, and makes these in the memory of a NUMA
 * socket (or SOCKET_ID_ANY). The ports are started. Returns 0 or -ENOMEM.
 */
int transmitter_open(struct transmitter *transmitter, int socket);
void transmitter_close(struct transmitter *transmitter);

/*
 * Counts and frees a packet that goes nowhere. Frames of our own making count as lost. A session's
 * datagram that was counted as delivered is so no longer: by the worker that has the session, to
 * which it is handed where that is another. Where the ring to that one is full it stays counted.
 */
void transmit_drop(struct transmitter *transmitter, struct rte_mbuf *m, enum nj_drop reason);

/* transmit() of frames that are more than to be put into a queue; and of a queue's. */
void transmit_other(struct transmitter *transmitter, struct rte_mbuf *m);
void transmit_queue_flush(struct transmitter *transmitter, uint16_t port);

/* In place of the port of arrival: a frame of our own making. */
#define TRANSMIT_ORIGINATED NJ_PORTS_MAX

static inline void
transmit_enqueue(struct transmitter *transmitter, struct rte_mbuf *m)
{
	const uint16_t port = nj_packet(m)->out_port;
	struct transmit_queue *queue = &transmitter->queues[port];
	const unsigned int in_port = nj_packet(m)->originated ? TRANSMIT_ORIGINATED : m->port;

	if (unlikely(queue->in_port != in_port)) {
		transmit_queue_flush(transmitter, port);
		queue->in_port = in_port;
	}
	queue->bytes += rte_pktmbuf_pkt_len(m);
	queue->pkts[queue->n] = m;
	if (unlikely(++queue->n == TRANSMIT_BURST))
		transmit_queue_flush(transmitter, port);
}

/*
 * Takes a whole frame; nj_packet(m)->out_port says where it leaves. Tags it, and drops it where it
 * is larger than the port's MTU. Where this lcore has no queue on that port, the one that has it
 * gets the frame.
 */
static inline void
transmit(struct transmitter *transmitter, struct rte_mbuf *m)
{
	if (likely(rte_pktmbuf_pkt_len(m) <= transmitter->queues[nj_packet(m)->out_port].plain_max))
		transmit_enqueue(transmitter, m);
	else
		transmit_other(transmitter, m);
}

/* Drops what was gathered, at the end. */
void transmit_stop(struct transmitter *transmitter);

/* Hands everything gathered to the devices, and tells others of what was handed to them. */
void transmit_flush(struct transmitter *transmitter);

#endif
