/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire.h"

#include <stdlib.h>

#include <rte_arp.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "players.h"

#define DESCRIPTORS 2048
#define BUFFERS     16383
#define CACHE       256
#define PATIENCE_S  20
#define ASK_MS      50

static struct rte_mempool *
make_pool(const char *name)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
		name, BUFFERS, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "no memory for buffers\n");
	return pool;
}

static int
set_up_queues(const struct wire *wire)
{
	uint16_t n_rx_desc = DESCRIPTORS, n_tx_desc = DESCRIPTORS;
	int ret = rte_eth_dev_adjust_nb_rx_tx_desc(wire->port, &n_rx_desc, &n_tx_desc);

	for (uint16_t q = 0; q < wire->n_rx && ret >= 0; q++)
		ret = rte_eth_rx_queue_setup(
			wire->port, q, n_rx_desc, SOCKET_ID_ANY, NULL, wire->rx_pool);
	if (ret >= 0)
		ret = rte_eth_tx_queue_setup(wire->port, 0, n_tx_desc, SOCKET_ID_ANY, NULL);
	return ret;
}

static void
wait_for_link(const struct wire *wire)
{
	const uint64_t end = rte_rdtsc() + PATIENCE_S * rte_get_tsc_hz();
	struct rte_eth_link link = {0};

	while (link.link_status != RTE_ETH_LINK_UP) {
		if (rte_rdtsc() > end)
			rte_exit(EXIT_FAILURE, "the device's link does not come up\n");
		rte_delay_us_sleep(1000);
		if (rte_eth_link_get_nowait(wire->port, &link) < 0)
			rte_exit(EXIT_FAILURE, "the device has no link\n");
	}
}

void
wire_start(struct wire *wire, unsigned int n_rx)
{
	const struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;

	*wire = (struct wire){.n_rx = (uint16_t)n_rx, .peer = {{0x02, 0, 0, 0, 0, 1}}};
	if (rte_eth_dev_info_get(wire->port, &info) < 0)
		rte_exit(EXIT_FAILURE, "no device: name one with --vdev\n");
	wire->tx_pool = make_pool("tx");
	wire->rx_pool = make_pool("rx");
	if (rte_eth_dev_configure(wire->port, wire->n_rx, 1, &conf) < 0 ||
		set_up_queues(wire) < 0 || rte_eth_dev_start(wire->port) < 0 ||
		rte_eth_macaddr_get(wire->port, &wire->mac) < 0)
		rte_exit(EXIT_FAILURE, "the device does not start\n");
	wait_for_link(wire);
}

void
wire_stop(struct wire *wire)
{
	rte_pktmbuf_free_bulk(wire->waiting + wire->first, wire->n_waiting);
	rte_eth_dev_stop(wire->port);
	rte_eth_dev_close(wire->port);
	rte_mempool_free(wire->tx_pool);
	rte_mempool_free(wire->rx_pool);
}

/* Sending ------------------------------------------------------------------------------------ */

static void
blank(struct rte_mempool *pool, void *form, void *object, unsigned int number)
{
	struct rte_mbuf *m = object;

	probe_blank(form, (char *)m->buf_addr + RTE_PKTMBUF_HEADROOM);
}

void
wire_form(struct wire *wire, const struct probe_form *form)
{
	struct probe_form copy = *form;

	rte_mempool_obj_iter(wire->tx_pool, blank, &copy);
}

bool
wire_buffers(struct wire *wire, struct rte_mbuf **pkts, unsigned int n)
{
	return rte_pktmbuf_alloc_bulk(wire->tx_pool, pkts, n) == 0;
}

unsigned int
wire_send(struct wire *wire, struct rte_mbuf **pkts, unsigned int n)
{
	const unsigned int sent = rte_eth_tx_burst(wire->port, 0, pkts, (uint16_t)n);

	wire->first = 0;
	wire->n_waiting = n - sent;
	for (unsigned int i = 0; i < wire->n_waiting; i++)
		wire->waiting[i] = pkts[sent + i];
	return sent;
}

unsigned int
wire_push(struct wire *wire)
{
	unsigned int sent;

	if (wire->n_waiting == 0)
		return 0;
	sent = rte_eth_tx_burst(
		wire->port, 0, wire->waiting + wire->first, (uint16_t)wire->n_waiting);
	wire->first += sent;
	wire->n_waiting -= sent;
	return sent;
}

/* ARP ---------------------------------------------------------------------------------------- */

struct arp_frame {
	struct rte_ether_hdr ether;
	struct rte_arp_hdr arp;
} __rte_packed __rte_aligned(2);

static void
send_arp(struct wire *wire, uint16_t operation, const struct rte_ether_addr *to, rte_be32_t our_ip,
	rte_be32_t their_ip)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(wire->rx_pool);
	struct arp_frame *frame;

	if (m == NULL)
		return; /* they ask again */
	frame = (struct arp_frame *)rte_pktmbuf_append(m, sizeof(*frame));
	*frame = (struct arp_frame){
		.ether = {*to, wire->mac, RTE_BE16(RTE_ETHER_TYPE_ARP)},
		.arp = {.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
			.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
			.arp_hlen = RTE_ETHER_ADDR_LEN,
			.arp_plen = sizeof(rte_be32_t),
			.arp_opcode = rte_cpu_to_be_16(operation),
			.arp_data = {wire->mac, our_ip, *to, their_ip}},
	};
	if (rte_eth_tx_burst(wire->port, 0, &m, 1) == 0)
		rte_pktmbuf_free(m);
}

static bool
took_arp(struct wire *wire, struct rte_mbuf *m)
{
	const struct arp_frame *frame = rte_pktmbuf_mtod(m, const struct arp_frame *);

	if (frame->ether.ether_type != RTE_BE16(RTE_ETHER_TYPE_ARP))
		return false;
	if (frame->arp.arp_opcode == RTE_BE16(RTE_ARP_OP_REPLY)) {
		if (!wire->met) /* af_packet also shows what the kernel beside us answers */
			wire->peer = frame->arp.arp_data.arp_sha;
		wire->met = true;
	} else if (frame->arp.arp_data.arp_tip == RTE_BE32(PLAYERS_US)) {
		send_arp(wire, RTE_ARP_OP_REPLY, &frame->arp.arp_data.arp_sha, RTE_BE32(PLAYERS_US),
			frame->arp.arp_data.arp_sip);
	}
	rte_pktmbuf_free(m);
	return true;
}

unsigned int
wire_receive(struct wire *wire, uint16_t queue, struct rte_mbuf **pkts)
{
	const unsigned int n = rte_eth_rx_burst(wire->port, queue, pkts, WIRE_BURST);
	unsigned int kept = 0;

	for (unsigned int i = 0; i < n; i++)
		if (!took_arp(wire, pkts[i]))
			pkts[kept++] = pkts[i];
	return kept;
}

void
wire_meet(struct wire *wire, uint32_t our_ip, uint32_t peer_ip)
{
	static const struct rte_ether_addr everybody = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	struct rte_mbuf *pkts[WIRE_BURST];

	for (unsigned int asked = 0; !wire->met; asked++) {
		if (asked == PATIENCE_S * 1000 / ASK_MS)
			rte_exit(EXIT_FAILURE, "nobody says whose address the proxy's is\n");
		send_arp(wire, RTE_ARP_OP_REQUEST, &everybody, rte_cpu_to_be_32(our_ip),
			rte_cpu_to_be_32(peer_ip));
		rte_delay_us_sleep(ASK_MS * 1000);
		for (uint16_t q = 0; q < wire->n_rx; q++)
			rte_pktmbuf_free_bulk(pkts, wire_receive(wire, q, pkts));
	}
}
