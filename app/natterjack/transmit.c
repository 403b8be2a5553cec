/* SPDX-License-Identifier: BSD-3-Clause */
#include "transmit.h"

#include <rte_ethdev.h>
#include <rte_ether.h>

/*
 * A device whose queue is full gets so many chances, as long as it takes
 * something; what it does not take is dropped, for a worker never waits.
 */
#define TRIES_MAX 8

#define ORIGINATED UINT16_MAX /* in place of the port of arrival */

void
transmit_drop(struct nj_counters *counters, struct rte_mbuf *m, enum nj_drop reason)
{
	if (nj_packet(m)->originated)
		counters->port[nj_packet(m)->out_port].originated_lost++;
	else
		counters->port[m->port].dropped[reason]++;
	rte_pktmbuf_free(m);
}

static void
count_sent(struct nj_counters *counters, uint16_t out_port, uint16_t in_port, uint32_t length)
{
	if (in_port == ORIGINATED) {
		counters->port[out_port].originated++;
		return;
	}
	counters->port[in_port].tx_packets++;
	counters->port[in_port].tx_bytes += length;
}

static void
flush_port(struct transmitter *transmitter, const struct port *port)
{
	struct transmit_queue *queue = &transmitter->queues[port->id];
	unsigned int sent = 0;

	for (unsigned int try = 0; try < TRIES_MAX && sent < queue->n; try++)
		sent += rte_eth_tx_burst(port->id, (uint16_t)transmitter->lcore, queue->pkts + sent,
			(uint16_t)(queue->n - sent));
	for (unsigned int i = 0; i < sent; i++)
		count_sent(transmitter->counters, port->id, queue->in_port[i], queue->length[i]);
	for (unsigned int i = sent; i < queue->n; i++)
		transmit_drop(transmitter->counters, queue->pkts[i], NJ_DROP_TX_FULL);
	queue->n = 0;
}

void
transmit_flush(struct transmitter *transmitter)
{
	for (unsigned int i = 0; i < transmitter->n_ports; i++)
		if (transmitter->queues[transmitter->ports[i].id].n > 0)
			flush_port(transmitter, &transmitter->ports[i]);
}

/* Returns 0, or -errno where the tag does not fit; *m may have moved. */
static int
tag(const struct port *port, struct rte_mbuf **m)
{
	(*m)->vlan_tci = port->vlan;
	if (!port->vlan_insert)
		return rte_vlan_insert(m);
	(*m)->ol_flags |= RTE_MBUF_F_TX_VLAN;
	return 0;
}

void
transmit(struct transmitter *transmitter, struct rte_mbuf *m)
{
	const struct port *port = transmitter->by_id[nj_packet(m)->out_port];
	struct transmit_queue *queue = &transmitter->queues[port->id];
	unsigned int lcore = port_tx_lcore(port, transmitter->lcore);

	if (lcore != transmitter->lcore) {
		if (!mesh_send(transmitter->mesh, transmitter->lcore, lcore, m, MAIL_TRANSMIT))
			transmit_drop(transmitter->counters, m, NJ_DROP_HANDOFF_FULL);
		return;
	}
	if (rte_pktmbuf_pkt_len(m) > RTE_ETHER_HDR_LEN + (uint32_t)port->mtu) {
		transmit_drop(transmitter->counters, m, NJ_DROP_TOO_BIG);
		return;
	}
	if (port->vlan != 0 && tag(port, &m) < 0) {
		transmit_drop(transmitter->counters, m, NJ_DROP_NO_MBUFS);
		return;
	}
	queue->pkts[queue->n] = m;
	queue->length[queue->n] = rte_pktmbuf_pkt_len(m);
	queue->in_port[queue->n] = nj_packet(m)->originated ? ORIGINATED : m->port;
	if (++queue->n == TRANSMIT_BURST)
		flush_port(transmitter, port);
}
