/* SPDX-License-Identifier: BSD-3-Clause */
#include "link_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"

const struct rte_ether_addr nj_test_our_mac2 = {{0x02, 0, 0, 0, 1, 0x0a}};

static void
record_send(void *context, struct rte_mbuf *m)
{
	struct nj_test_rig *rig = context;

	assert_true(rig->n_sent < NJ_TEST_SENT_MAX);
	rig->sent[rig->n_sent++] = m;
}

static void
record_drop(void *context, struct rte_mbuf *m, enum nj_drop reason)
{
	struct nj_test_rig *rig = context;

	rig->n_dropped++;
	rig->dropped[reason]++;
	rte_pktmbuf_free(m);
}

static nj_ms_t
answer_last_used(void *context, uint32_t neighbor)
{
	const struct nj_test_rig *rig = context;

	return neighbor < RTE_DIM(rig->used) ? rig->used[neighbor] : 0;
}

void
nj_test_rig_add_interface(struct nj_link *link, uint16_t port, const struct rte_ether_addr *mac,
	const char *address, const char *second)
{
	struct nj_interface interface = {.port = port, .mtu = 1500, .mac = *mac, .n_addresses = 1};

	assert_int_equal(nj_prefix_parse(address, &interface.addresses[0]), 0);
	if (second != NULL)
		assert_int_equal(
			nj_prefix_parse(second, &interface.addresses[interface.n_addresses++]), 0);
	assert_int_equal(nj_link_add_interface(link, &interface), 0);
}

struct nj_test_rig *
nj_test_rig_start_bare(uint32_t neighbors)
{
	struct nj_test_rig *rig = calloc(1, sizeof(*rig));
	const struct nj_link_ops ops = {
		.context = rig,
		.send = record_send,
		.drop = record_drop,
		.last_used = answer_last_used,
	};

	assert_non_null(rig);
	rig->link = nj_link_create(neighbors, nj_test_pool(), &ops);
	assert_non_null(rig->link);
	return rig;
}

struct nj_test_rig *
nj_test_rig_start(uint32_t neighbors)
{
	struct nj_test_rig *rig = nj_test_rig_start_bare(neighbors);
	const struct nj_prefix all = {.ip = nj_ip_v4(0)};
	const struct nj_ip gateway = nj_ip_v4(RTE_BE32(NJ_TEST_IP(192, 0, 2, 1)));

	nj_test_rig_add_interface(rig->link, 0, &nj_test_our_mac, "192.0.2.10/24", NULL);
	nj_test_rig_add_interface(rig->link, 1, &nj_test_our_mac2, "10.0.0.1/8", "10.1.0.1/16");
	assert_int_equal(nj_link_add_route(rig->link, &all, &gateway, 0), 0);
	return rig;
}

void
nj_test_rig_stop(struct nj_test_rig *rig)
{
	nj_link_destroy(rig->link);
	nj_test_rig_clear(rig);
	free(rig);
	assert_int_equal(nj_test_pool_in_use(), 0);
}

static struct {
	FILE *stream;
	char *text;
	size_t size;
} log_kept;

void
nj_test_log_open(void)
{
	log_kept.stream = open_memstream(&log_kept.text, &log_kept.size);
	assert_non_null(log_kept.stream);
	rte_openlog_stream(log_kept.stream);
}

unsigned int
nj_test_log_close(const char *text)
{
	unsigned int n = 0;

	rte_openlog_stream(NULL);
	fclose(log_kept.stream);
	for (const char *at = log_kept.text; (at = strstr(at, text)) != NULL; at++)
		n++;
	free(log_kept.text);
	return n;
}

void
nj_test_rig_pass(struct nj_test_rig *rig, nj_ms_t *now, uint32_t ms)
{
	for (uint32_t gone = 0; gone < ms; gone += 10) {
		*now += 10;
		nj_link_tick(rig->link, *now);
	}
}

void
nj_test_rig_clear(struct nj_test_rig *rig)
{
	rte_pktmbuf_free_bulk(rig->sent, rig->n_sent);
	rig->n_sent = rig->n_dropped = 0;
	memset(rig->dropped, 0, sizeof(rig->dropped));
}

nj_neighbor_ref_t
nj_test_rig_neighbor(const struct nj_test_rig *rig, uint16_t port, uint32_t ip)
{
	const struct nj_ip address = nj_ip_v4(rte_cpu_to_be_32(ip));

	return nj_neighbor_find(rig->link, port, &address);
}

struct rte_mbuf *
nj_test_packet_to(uint16_t port, uint32_t ip)
{
	struct nj_test_frame frame = nj_test_frame_udp("hello", 5);
	struct rte_mbuf *m;

	frame.dst_ip = ip;
	m = nj_test_frame_build(&frame);
	*nj_packet(m) = (struct nj_packet){
		.kind = NJ_KIND_UDP, .out_port = port, .udp_offset = NJ_UDP4_OFFSET};
	return m;
}

struct nj_test_arp
nj_test_arp_question(void)
{
	return (struct nj_test_arp){
		.ether_to = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
		.ether_from = nj_test_peer_mac,
		.opcode = RTE_ARP_OP_REQUEST,
		.sender_mac = nj_test_peer_mac,
		.sender_ip = NJ_TEST_PEER_IP,
		.target_ip = NJ_TEST_OUR_IP,
	};
}

struct nj_test_arp
nj_test_arp_answer(void)
{
	struct nj_test_arp arp = nj_test_arp_question();

	arp.ether_to = arp.target_mac = nj_test_our_mac;
	arp.opcode = RTE_ARP_OP_REPLY;
	return arp;
}

enum nj_drop
nj_test_rig_input(struct nj_test_rig *rig, uint16_t port, struct rte_mbuf *m, nj_ms_t now)
{
	const struct nj_interface *interface = nj_link_interface(rig->link, port);

	m->port = port;
	assert_int_equal(nj_parse(m, &interface->mac, interface->vlan), NJ_DROP_NONE);
	return nj_link_input(rig->link, m, now);
}

enum nj_drop
nj_test_rig_arp(struct nj_test_rig *rig, uint16_t port, const struct nj_test_arp *arp, nj_ms_t now)
{
	struct {
		struct rte_ether_hdr ether;
		struct rte_arp_hdr arp;
	} bytes = {
		.ether = {.dst_addr = arp->ether_to,
			.src_addr = arp->ether_from,
			.ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP)},
		.arp = {.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
			.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
			.arp_hlen = RTE_ETHER_ADDR_LEN,
			.arp_plen = 4,
			.arp_opcode = rte_cpu_to_be_16(arp->opcode),
			.arp_data = {.arp_sha = arp->sender_mac,
				.arp_sip = rte_cpu_to_be_32(arp->sender_ip),
				.arp_tha = arp->target_mac,
				.arp_tip = rte_cpu_to_be_32(arp->target_ip)}},
	};

	return nj_test_rig_input(rig, port, nj_test_mbuf(&bytes, sizeof(bytes)), now);
}

const struct rte_arp_hdr *
nj_test_rig_sent_arp(const struct nj_test_rig *rig, unsigned int i)
{
	struct rte_mbuf *m;

	assert_true(i < rig->n_sent);
	m = rig->sent[i];
	assert_int_equal(
		rte_pktmbuf_data_len(m), sizeof(struct rte_ether_hdr) + sizeof(struct rte_arp_hdr));
	assert_int_equal(rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type,
		RTE_BE16(RTE_ETHER_TYPE_ARP));
	assert_true(nj_packet(m)->originated);
	return rte_pktmbuf_mtod_offset(m, const struct rte_arp_hdr *, NJ_L3_OFFSET);
}
