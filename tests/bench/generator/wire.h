/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generator's device: frames out through one queue, frames in from all of
 * them, and ARP answered on the way, for the router that everybody is behind.
 */
#ifndef WIRE_H
#define WIRE_H

#include "probe.h"

#define WIRE_BURST 64

struct wire {
	uint16_t port, n_rx;
	struct rte_ether_addr mac;
	struct rte_ether_addr peer; /* whom frames go to */
	bool met;                   /* the peer has said which MAC address is his */
	struct rte_mempool *tx_pool, *rx_pool;
	unsigned int n_waiting; /* of `waiting`, from `first` on: the device had no room for them */
	unsigned int first;
	struct rte_mbuf *waiting[WIRE_BURST];
};

/* The EAL's first device with so many queues to receive, once its link is up. Ends the program
 * where there is none or it does not start. */
void wire_start(struct wire *wire, unsigned int n_rx);
void wire_stop(struct wire *wire);

/* Who is asked for an address until an answer comes; ends the program where none does. */
void wire_meet(struct wire *wire, uint32_t our_ip, uint32_t peer_ip);

/* Buffers to send, each filled in by probe_blank(). They are written anew after a change of form.
 */
void wire_form(struct wire *wire, const struct probe_form *form);
bool wire_buffers(struct wire *wire, struct rte_mbuf **pkts, unsigned int n);

/*
 * Sends at most WIRE_BURST packets. Returns how many have left; the rest waits and goes with
 * wire_push(), before which nothing else may be sent.
 */
unsigned int wire_send(struct wire *wire, struct rte_mbuf **pkts, unsigned int n);
unsigned int wire_push(struct wire *wire);

/* What has come in on a queue, at most WIRE_BURST, without what was ARP. */
unsigned int wire_receive(struct wire *wire, uint16_t queue, struct rte_mbuf **pkts);

#endif
