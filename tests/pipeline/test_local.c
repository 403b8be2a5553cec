/* SPDX-License-Identifier: BSD-3-Clause */
/* The local stack as a peer sees it, and packets that wait for an address. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_arp.h>
#include <rte_icmp.h>

#include "nj_packet.h"
#include "rig.h"

struct arp_frame {
	struct rte_ether_hdr ether;
	struct rte_arp_hdr arp;
} __rte_packed __rte_aligned(2);

static struct rig *
make(const char *gateway)
{
	struct rig_options options = {.n_endpoints = 1, .gateway = gateway};

	return rig_create(&options);
}

/* Takes our question for `ip`, which is all that left on the side, and answers it if so wished. */
static void
expect_question(struct rig *rig, unsigned int side, uint32_t ip, bool answer)
{
	struct rte_mbuf *m = rig_take(rig, side);
	struct arp_frame *frame;

	assert_non_null(m);
	assert_int_equal(rte_pktmbuf_pkt_len(m), sizeof(*frame));
	frame = rte_pktmbuf_mtod(m, struct arp_frame *);
	assert_int_equal(frame->arp.arp_opcode, RTE_BE16(RTE_ARP_OP_REQUEST));
	assert_int_equal(frame->arp.arp_data.arp_tip, rte_cpu_to_be_32(ip));
	if (answer) {
		unsigned int port = rig_port_of(rig, side);
		struct rte_ether_addr mac = rig_peer_mac(ip), ours = frame->ether.src_addr;
		struct rte_mbuf *reply = rte_pktmbuf_copy(m, m->pool, 0, UINT32_MAX);
		struct arp_frame *back = rte_pktmbuf_mtod(reply, struct arp_frame *);

		back->ether.dst_addr = ours;
		back->ether.src_addr = mac;
		back->arp.arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
		back->arp.arp_data.arp_tha = ours;
		back->arp.arp_data.arp_tip = frame->arp.arp_data.arp_sip;
		back->arp.arp_data.arp_sha = mac;
		back->arp.arp_data.arp_sip = rte_cpu_to_be_32(ip);
		assert_int_equal(rte_ring_enqueue(rig->in[port][0], reply), 0);
	}
	rte_pktmbuf_free(m);
}

static void
a_packet_waits_for_the_endpoints_address(void **state)
{
	struct rig *rig = make(NULL);
	struct nj_test_frame frame = rig_client_frame(5000, "first");

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_send(rig, CLIENTS, &frame);
	frame = rig_client_frame(5000, "second");
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	expect_question(rig, SERVERS, SERVER_IP(0), true);
	rig_expect_nothing(rig);
	rig_run(rig);
	rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "first");
	rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "second");
	frame = rig_client_frame(5000, "third");
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "third");
	rig_destroy(rig);
}

static void
who_never_answers_is_unreachable(void **state)
{
	struct rig *rig = make(NULL);
	struct nj_test_frame frame = rig_client_frame(5000, "lost");

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_wait(rig, 6000, 100);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NEIGHBOR_UNREACHABLE), 1);
	for (unsigned int i = 0; i < NJ_NEIGHBOR_QUESTIONS; i++)
		expect_question(rig, SERVERS, SERVER_IP(0), false);
	rig_expect_nothing(rig);
	/* Some time later it is worth another question. */
	rig_wait(rig, NJ_NEIGHBOR_FAILED_MS, 100);
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	expect_question(rig, SERVERS, SERVER_IP(0), true);
	rig_run(rig);
	rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "lost");
	rig_destroy(rig);
}

/* Workers drop what is for it, and it is asked for every second; so it is back as soon as it is. */
static void
who_failed_is_asked_for_while_traffic_comes(void **state)
{
	struct rig *rig = make(NULL);
	struct nj_test_frame frame = rig_client_frame(5000, "wanted");
	const unsigned int seconds = 10;

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_wait(rig, 3300, 100);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NEIGHBOR_UNREACHABLE), 1);
	for (unsigned int i = 0; i < NJ_NEIGHBOR_QUESTIONS; i++)
		expect_question(rig, SERVERS, SERVER_IP(0), false);
	for (unsigned int i = 0; i < seconds; i++) {
		rig_send(rig, CLIENTS, &frame);
		rig_run(rig);
		rig_wait(rig, 1000, 100);
		expect_question(rig, SERVERS, SERVER_IP(0), i == seconds - 1);
		rig_expect_nothing(rig);
	}
	assert_int_equal(rig_dropped(rig, NJ_DROP_NEIGHBOR_UNREACHABLE), 1 + seconds);
	rig_run(rig);
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "wanted");
	rig_destroy(rig);
}

static void
packets_that_wait_are_bounded(void **state)
{
	struct rig *rig = make(NULL);
	const unsigned int n = NJ_NEIGHBOR_WAITING_EACH_MAX + 10;

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	for (unsigned int i = 0; i < n; i++) {
		struct nj_test_frame frame = rig_client_frame(5000, "wait");

		rig_send(rig, CLIENTS, &frame);
	}
	rig_run(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NEIGHBOR_QUEUE_FULL), 10);
	rig_destroy(rig);
}

static void
a_gateway_leads_to_clients_far_away(void **state)
{
	struct rig *rig = make("198.51.100.1");
	const uint32_t far = NJ_TEST_IP(203, 0, 113, 5), gateway = NJ_TEST_IP(198, 51, 100, 1);
	struct nj_test_frame frame = rig_client_frame(5000, "far");
	struct rte_ether_addr mac = rig_peer_mac(gateway);
	struct rte_mbuf *m;
	uint16_t port;

	rig_introduce(rig, SERVERS, SERVER_IP(0));
	frame.src_ip = far;
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	port = rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "far");
	frame = rig_server_frame(0, port, "back");
	rig_send(rig, SERVERS, &frame);
	rig_run(rig);
	expect_question(rig, SERVERS, gateway, true);
	rig_run(rig);
	m = rig_take(rig, SERVERS);
	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), &mac, sizeof(mac));
	rte_pktmbuf_free(m);
	rig_destroy(rig);
}

static void
ping_is_answered(void **state)
{
	struct rig *rig = make(NULL);
	struct {
		struct rte_icmp_hdr icmp;
		char data[32];
	} __rte_packed __rte_aligned(2) echo = {.icmp = {.icmp_type = RTE_IP_ICMP_ECHO_REQUEST,
							.icmp_ident = RTE_BE16(7),
							.icmp_seq_nb = RTE_BE16(1)},
		.data = "are you there?"};
	struct nj_test_frame frame = nj_test_frame_udp(&echo, sizeof(echo));
	const struct rte_ipv4_hdr *ip;
	struct rte_mbuf *m;

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	echo.icmp.icmp_cksum = (uint16_t)~rte_raw_cksum(&echo, sizeof(echo));
	frame.protocol = IPPROTO_ICMP;
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	m = rig_take(rig, CLIENTS);
	assert_non_null(m);
	ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	assert_int_equal(ip->src_addr, rte_cpu_to_be_32(OUR_CLIENT_IP));
	assert_int_equal(ip->dst_addr, rte_cpu_to_be_32(CLIENT_IP));
	assert_int_equal(rte_raw_cksum(ip, sizeof(*ip)), UINT16_MAX);
	assert_int_equal(rte_raw_cksum(ip + 1, sizeof(echo)), UINT16_MAX);
	echo.icmp.icmp_type = RTE_IP_ICMP_ECHO_REPLY;
	echo.icmp.icmp_cksum = ((const struct rte_icmp_hdr *)(ip + 1))->icmp_cksum;
	assert_memory_equal(ip + 1, &echo, sizeof(echo));
	rte_pktmbuf_free(m);
	rig_expect_nothing(rig);
	rig_destroy(rig);
}

static void
what_we_make_is_counted_apart(void **state)
{
	struct rig *rig = make(NULL);
	struct nj_counters counters;

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	counters = rig_counters(rig);
	assert_int_equal(counters.port[rig->dataplane->ports[0].id].rx_packets, 1);
	assert_int_equal(counters.port[rig->dataplane->ports[0].id].local, 1);
	assert_int_equal(counters.port[rig->dataplane->ports[0].id].originated, 1);
	assert_int_equal(counters.port[rig->dataplane->ports[0].id].tx_packets, 0);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_waits_for_the_endpoints_address),
		cmocka_unit_test(who_never_answers_is_unreachable),
		cmocka_unit_test(who_failed_is_asked_for_while_traffic_comes),
		cmocka_unit_test(packets_that_wait_are_bounded),
		cmocka_unit_test(a_gateway_leads_to_clients_far_away),
		cmocka_unit_test(ping_is_answered),
		cmocka_unit_test(what_we_make_is_counted_apart),
	};

	return cmocka_run_group_tests_name("local", tests, NULL, NULL);
}
