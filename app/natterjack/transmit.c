/* SPDX-License-Identifier: BSD-3-Clause */
#include "transmit.h"

#include <errno.h>

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_malloc.h>

/*
 * A device whose queue is full gets so many chances, as long as it takes
 * something; what it does not take is dropped, for a worker never waits.
 */
#define TRIES_MAX 8

static uint32_t
frame_max(const struct port *port)
{
	return RTE_ETHER_HDR_LEN + (uint32_t)port->mtu;
}

int
transmitter_open(struct transmitter *transmitter, int socket)
{
	transmitter->queues = rte_zmalloc_socket("nj_transmit_queues",
		NJ_PORTS_MAX * sizeof(*transmitter->queues), RTE_CACHE_LINE_SIZE, socket);
	if (transmitter->queues == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < transmitter->n_ports; i++) {
		const struct port *port = &transmitter->ports[i];

		if (port->vlan == 0 &&
			port_tx_lcore(port, transmitter->lcore) == transmitter->lcore)
			transmitter->queues[port->id].plain_max = frame_max(port);
	}
	return 0;
}

void
transmitter_close(struct transmitter *transmitter)
{
	rte_free(transmitter->queues);
}

static void
take_back(struct transmitter *transmitter, struct rte_mbuf *m)
{
	const struct nj_packet *packet = nj_packet(m);
	const struct nj_delivery *delivery = &packet->delivery;

	nj_session_take_back(transmitter->sessions, &packet->flow, delivery->endpoint,
		delivery->direction, packet->payload_length);
	nj_count_delivered(transmitter->counters, delivery->direction, -1, -packet->payload_length);
}

/* The worker that has the session takes it back, and counts the drop. */
static bool
hand_back(struct transmitter *transmitter, struct rte_mbuf *m, enum nj_drop reason)
{
	struct nj_delivery *delivery = &nj_packet(m)->delivery;

	delivery->reason = (uint8_t)reason;
	return mesh_send(transmitter->mesh, transmitter->lcore, delivery->worker, m, MAIL_DROPPED);
}

void
transmit_drop(struct transmitter *transmitter, struct rte_mbuf *m, enum nj_drop reason)
{
	struct nj_counters *counters = transmitter->counters;

	if (nj_packet(m)->delivery.counted) {
		if (nj_packet(m)->delivery.worker == transmitter->lcore)
			take_back(transmitter, m);
		else if (hand_back(transmitter, m, reason))
			return;
	}
	tap_dropped(&transmitter->tap, m, reason);
	if (nj_packet(m)->originated)
		counters->port[nj_packet(m)->out_port].originated_lost++;
	else
		counters->port[m->port].dropped[reason]++;
	rte_pktmbuf_free(m);
}

static void
count_sent(struct nj_counters *counters, uint16_t out_port, unsigned int in_port, unsigned int n,
	uint64_t bytes)
{
	if (in_port == TRANSMIT_ORIGINATED) {
		counters->port[out_port].originated += n;
		return;
	}
	counters->port[in_port].tx_packets += n;
	counters->port[in_port].tx_bytes += bytes;
}

void
transmit_queue_flush(struct transmitter *transmitter, uint16_t port)
{
	struct transmit_queue *queue = &transmitter->queues[port];
	struct capture *capture = tap_capture(&transmitter->tap);
	unsigned int sent = 0;

	if (unlikely(capture != NULL))
		capture_out(capture, &transmitter->tap, port, queue->pkts, queue->n);
	for (unsigned int try = 0; try < TRIES_MAX && sent < queue->n; try++)
		sent += rte_eth_tx_burst(port, (uint16_t)transmitter->lcore, queue->pkts + sent,
			(uint16_t)(queue->n - sent));
	for (unsigned int i = sent; i < queue->n; i++) {
		queue->bytes -= rte_pktmbuf_pkt_len(queue->pkts[i]);
		transmit_drop(transmitter, queue->pkts[i], NJ_DROP_TX_FULL);
	}
	count_sent(transmitter->counters, port, queue->in_port, sent, queue->bytes);
	queue->n = 0;
	queue->bytes = 0;
}

void
transmit_flush(struct transmitter *transmitter)
{
	for (unsigned int i = 0; i < transmitter->n_ports; i++)
		if (transmitter->queues[transmitter->ports[i].id].n > 0)
			transmit_queue_flush(transmitter, transmitter->ports[i].id);
	mesh_post(transmitter->mesh, transmitter->lcore);
}

void
transmit_stop(struct transmitter *transmitter)
{
	for (unsigned int i = 0; i < transmitter->n_ports; i++) {
		struct transmit_queue *queue = &transmitter->queues[transmitter->ports[i].id];

		for (unsigned int p = 0; p < queue->n; p++)
			transmit_drop(transmitter, queue->pkts[p], NJ_DROP_STOPPING);
		queue->n = 0;
		queue->bytes = 0;
	}
}

/* Returns 0, or -errno where the tag does not fit; *m may have moved. */
static int
tag(const struct port *port, struct rte_mbuf **m)
{
	(*m)->vlan_tci = port->vlan;
	if (!port->vlan_insert)
		return nj_make_headroom(*m, RTE_VLAN_HLEN) ? rte_vlan_insert(m) : -ENOSPC;
	(*m)->ol_flags |= RTE_MBUF_F_TX_VLAN;
	return 0;
}

void
transmit_other(struct transmitter *transmitter, struct rte_mbuf *m)
{
	const struct port *port = transmitter->by_id[nj_packet(m)->out_port];
	const unsigned int lcore = port_tx_lcore(port, transmitter->lcore);

	if (lcore != transmitter->lcore) {
		if (!mesh_send(transmitter->mesh, transmitter->lcore, lcore, m, MAIL_TRANSMIT))
			transmit_drop(transmitter, m, NJ_DROP_HANDOFF_FULL);
		return;
	}
	if (rte_pktmbuf_pkt_len(m) > frame_max(port)) {
		transmit_drop(transmitter, m, NJ_DROP_TOO_BIG);
		return;
	}
	if (port->vlan != 0 && tag(port, &m) < 0) {
		transmit_drop(transmitter, m, NJ_DROP_TOO_BIG);
		return;
	}
	transmit_enqueue(transmitter, m);
}
