/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way out of one lcore: frames gather by port until a burst is full or the
 * lcore's poll ends, so that a lone packet leaves at once.
 */
#ifndef TRANSMIT_H
#define TRANSMIT_H

#include <rte_mbuf.h>

#include "mesh.h"
#include "port.h"

#define TRANSMIT_BURST 64

struct transmit_queue {
	unsigned int n;
	struct rte_mbuf *pkts[TRANSMIT_BURST];
	/* Whose counters a frame belongs to: once a device has it, it is not ours to look at. */
	uint32_t length[TRANSMIT_BURST];
	uint16_t in_port[TRANSMIT_BURST];
};

struct transmitter {
	unsigned int lcore;
	struct mesh *mesh;
	struct nj_counters *counters; /* of this lcore */
	unsigned int n_ports;
	const struct port *ports;
	const struct port *const *by_id;
	struct transmit_queue *queues; /* by ethdev's number */
};

/* Counts and frees a packet that goes nowhere. Frames of our own making count as lost. */
void transmit_drop(struct nj_counters *counters, struct rte_mbuf *m, enum nj_drop reason);

/*
 * Takes a whole frame; nj_packet(m)->out_port says where it leaves. Tags it, and drops it where it
 * is larger than the port's MTU. Where this lcore has no queue on that port, the one that has it
 * gets the frame.
 */
void transmit(struct transmitter *transmitter, struct rte_mbuf *m);

/* Hands everything gathered to the devices. */
void transmit_flush(struct transmitter *transmitter);

#endif
