/* SPDX-License-Identifier: BSD-3-Clause */
/* More of everything than is good: who is in stays in, and each flood has its bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_arp.h>
#include <rte_icmp.h>

#include "errors.h"
#include "local.h"
#include "manager.h"
#include "neighbor.h"
#include "worker.h"

#define PLAYERS 8
#define STORM   3000

static struct rig *
make(struct rig_options options)
{
	struct rig *rig;

	options.n_endpoints = 1;
	rig = rig_create(&options);
	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	return rig;
}

static unsigned int
take_all(struct rig *rig, unsigned int side)
{
	unsigned int n = 0;

	for (struct rte_mbuf *m; (m = rig_take(rig, side)) != NULL; n++)
		rte_pktmbuf_free(m);
	return n;
}

static void
put(struct rig *rig, unsigned int side, struct nj_test_frame *frame)
{
	rig_send(rig, side, frame);
	if (rte_ring_count(rig->in[rig_port_of(rig, side)][0]) == WORKER_BURST)
		worker_poll(rig->dataplane->workers[0], rig->now);
}

/* A client that nobody has seen before, from far away. */
static void
send_stranger(struct rig *rig, uint32_t i)
{
	struct nj_test_frame frame = rig_client_frame((uint16_t)(1024 + i % 60000), "flood");

	frame.src_ip = NJ_TEST_IP(10, 0, 0, 1) + i * 7;
	put(rig, CLIENTS, &frame);
}

/* Each sends, and gets its answer. */
static void
all_play_on(struct rig *rig, const uint16_t ports[PLAYERS])
{
	for (uint16_t i = 0; i < PLAYERS; i++) {
		struct nj_test_frame frame = rig_client_frame(5000 + i, "play");

		rig_send(rig, CLIENTS, &frame);
		rig_run(rig);
		rig_expect(
			rig, SERVERS, OUR_SERVER_IP, ports[i], SERVER_IP(0), SERVER_PORT, "play");
		frame = rig_server_frame(0, ports[i], "on");
		rig_send(rig, SERVERS, &frame);
		rig_run(rig);
		rig_expect(rig, CLIENTS, OUR_CLIENT_IP, LISTENER, CLIENT_IP, 5000 + i, "on");
	}
}

static void
flood_players(struct rig *rig)
{
	uint16_t ports[PLAYERS];

	for (uint16_t i = 0; i < PLAYERS; i++)
		ports[i] = rig_establish(rig, 5000 + i);
	for (unsigned int round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < STORM; i++) {
			send_stranger(rig, round * STORM + i);
			if (i % 500 == 0)
				take_all(rig, SERVERS);
		}
		rig_run(rig);
		take_all(rig, SERVERS);
		all_play_on(rig, ports);
		rig_wait(rig, 100, 10);
	}
}

static void
a_full_table_hurts_nobody_who_is_in(void **state)
{
	struct rig *rig = make((struct rig_options){.capacity = 64, .gateway = "198.51.100.1"});
	uint64_t evicted;

	flood_players(rig);
	assert_int_equal(rig_sessions(rig), 64);
	evicted = rig_counters(rig).sessions_evicted;
	assert_in_range(
		evicted, 1, STORM * 5 / 2); /* bursts are full, so not everybody's turn comes */
	assert_int_equal(
		rig_dropped(rig, NJ_DROP_SESSIONS_FULL), PLAYERS + 5 * STORM - 64 - evicted);
	rig_destroy(rig);
}

/* Nor whoever comes when it is over: a port is left to each stranger for a second, and no longer.
 */
static void
a_full_range_of_ports_hurts_nobody_who_is_in(void **state)
{
	struct rig *rig = make((struct rig_options){
		.capacity = 8192, .port_min = 20000, .port_max = 20063, .gateway = "198.51.100.1"});
	uint64_t opened;

	flood_players(rig);
	assert_in_range(rig_sessions(rig), 60, 64);
	opened = rig_counters(rig).sessions_total;
	assert_int_equal(rig_dropped(rig, NJ_DROP_NO_PORTS), PLAYERS + 5 * STORM - opened);
	rig_wait(rig, 1000, 10);
	rig_establish(rig, 6000);
	assert_int_equal(rig_counters(rig).sessions_total, opened + 1);
	rig_destroy(rig);
}

/* One host that sends from each of its ports, and is answered, has none of the endpoint's ports for
 * longer than a second that another one wants. */
static void
answers_take_no_ports_for_good(void **state)
{
	struct rig *rig =
		make((struct rig_options){.capacity = 8192, .port_min = 20000, .port_max = 20063});
	struct nj_test_frame frame;

	for (unsigned int i = 0; i < STORM / 10; i++) {
		struct rte_mbuf *m;

		frame = rig_client_frame((uint16_t)(10000 + i), "flood");
		rig_send(rig, CLIENTS, &frame);
		rig_run(rig);
		m = rig_take(rig, SERVERS);
		if (m == NULL) /* no port was left */
			continue;
		frame = rig_server_frame(0, rig_source_port(m), "answer");
		rte_pktmbuf_free(m);
		rig_send(rig, SERVERS, &frame);
		rig_run(rig);
	}
	assert_int_equal(take_all(rig, CLIENTS), 64);
	assert_int_equal(rig_sessions(rig), 64);
	rig_wait(rig, 1000, 10);
	for (uint16_t i = 0; i < PLAYERS; i++)
		rig_establish(rig, 5000 + i);
	rig_destroy(rig);
}

static void
a_rate_hurts_nobody_who_is_in(void **state)
{
	struct rig *rig = make((struct rig_options){
		.capacity = 8192, .gateway = "198.51.100.1", .limits = {.per_second = 100}});

	flood_players(rig);
	/* A second's worth, and what came back in half a second. */
	assert_in_range(rig_counters(rig).sessions_total, 140, 150);
	assert_int_equal(rig_dropped(rig, NJ_DROP_SESSION_RATE),
		PLAYERS + 5 * STORM - rig_counters(rig).sessions_total);
	rig_destroy(rig);
}

static void
a_source_gets_no_more_than_its_share(void **state)
{
	struct rig *rig =
		make((struct rig_options){.limits = {.per_source = 20, .per_prefix = 30}});
	struct nj_test_frame frame;

	for (uint16_t i = 0; i < 50; i++) {
		frame = rig_client_frame(6000 + i, "mine");
		put(rig, CLIENTS, &frame);
	}
	for (uint16_t i = 0; i < 50; i++) {
		frame = rig_client_frame(6000 + i, "ours");
		frame.src_ip = CLIENT_IP + 1;
		put(rig, CLIENTS, &frame);
	}
	frame = rig_client_frame(6000, "mine again");
	put(rig, CLIENTS, &frame);
	rig_run(rig);
	assert_int_equal(take_all(rig, SERVERS), 31);
	assert_int_equal(rig_dropped(rig, NJ_DROP_SOURCE_FULL), 30);
	assert_int_equal(rig_dropped(rig, NJ_DROP_PREFIX_FULL), 40);
	rig_destroy(rig);
}

/* To ports that nobody listens on, and to upstream ports without a session. */
static void
closed_ports_answer_so_many_a_second(void **state)
{
	static const uint16_t ports[] = {1000, 30000};
	static const enum nj_drop reasons[] = {NJ_DROP_NO_LISTENER, NJ_DROP_NO_SESSION};

	for (unsigned int p = 0; p < RTE_DIM(ports); p++) {
		struct rig *rig = make((struct rig_options){0});
		struct nj_test_frame frame;

		for (uint32_t i = 0; i < STORM; i++) {
			frame = rig_client_frame((uint16_t)(1024 + i), "knock");
			frame.dst_port = ports[p];
			put(rig, CLIENTS, &frame);
		}
		rig_run(rig);
		assert_int_equal(take_all(rig, CLIENTS), 200);
		assert_int_equal(rig_dropped(rig, reasons[p]), STORM);
		rig_destroy(rig);
	}
}

/* Who is refused does not use up what tells others how large their packets may be. */
static void
closed_ports_leave_room_for_other_errors(void **state)
{
	struct rig *rig = peer_rig(&(struct rig_options){.mtu = 1000}, AF_INET);
	const struct nj_address client = peer_client(AF_INET, CLIENT_PORT),
				listener = peer_us(CLIENTS, AF_INET, LISTENER),
				closed = peer_us(CLIENTS, AF_INET, 1000);
	static uint8_t bytes[1200];
	const struct nj_test_datagram knock = peer_datagram(&client, &closed, bytes, 10),
				      large = peer_datagram(&client, &listener, bytes, 1200);

	for (uint32_t i = 0; i < 300; i++)
		peer_send(rig, CLIENTS, &knock);
	rig_run(rig);
	assert_int_equal(take_all(rig, CLIENTS), 200);
	peer_send(rig, CLIENTS, &large);
	rig_run(rig);
	error_expect(
		rig, CLIENTS, &listener.ip, &client.ip, ERROR4_TOO_BIG(1000), &large, ERROR_ALL);
	rig_destroy(rig);
}

/* Neighbors ---------------------------------------------------------------------------------- */

static void
poll_worker(struct rig *rig)
{
	while (worker_poll(rig->dataplane->workers[0], rig->now) > 0)
		;
}

/* Questions of as many neighbors, each made up, to us. */
static void
ask_as_strangers(struct rig *rig, int family, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct nj_test_frame frame = nj_test_frame_icmp6(NULL, 0);
		struct rte_ether_addr mac = {{0x02, 0x11, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
		struct {
			struct rte_ether_hdr ether;
			struct rte_arp_hdr arp;
		} __rte_packed __rte_aligned(2) arp = {
			.ether = {.dst_addr = rig_mac(rig, 0),
				.src_addr = mac,
				.ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP)},
			.arp = {.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
				.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
				.arp_hlen = RTE_ETHER_ADDR_LEN,
				.arp_plen = sizeof(rte_be32_t),
				.arp_opcode = RTE_BE16(RTE_ARP_OP_REQUEST),
				.arp_data = {.arp_sha = mac,
					.arp_sip = rte_cpu_to_be_32(
						NJ_TEST_IP(192, 0, 2, 100) + i % 100),
					.arp_tip = rte_cpu_to_be_32(OUR_CLIENT_IP)}},
		};
		uint8_t solicitation[24] = {135};

		memcpy(solicitation + 8, nj_test_our_ip6, 16);
		frame.payload = solicitation;
		frame.payload_length = sizeof(solicitation);
		frame.ttl = 255;
		frame.src_ip6[14] = (uint8_t)(i >> 8 | 0x80);
		frame.src_ip6[15] = (uint8_t)i;
		frame.ether_to = rig_mac(rig, 0);
		frame.ether_from = mac;
		peer_enqueue(rig, 0, 0,
			family == AF_INET ? nj_test_mbuf(&arp, sizeof(arp))
					  : nj_test_frame_build(&frame));
		if (i % WORKER_BURST == 0)
			poll_worker(rig);
	}
	poll_worker(rig);
}

/* A flood among neighbors, and then a client whose endpoint has to be asked for. */
static void
strangers_do_not_keep_neighbors_apart(void **state)
{
	static const int families[] = {AF_INET, AF_INET6};

	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		const int family = families[f];
		struct rig_options options = {.ipv6 = true, .policy = peer_policy(NULL, family, 1)};
		struct rig *rig = rig_create(&options);
		const struct nj_address client = peer_client(family, CLIENT_PORT),
					listener = peer_us(CLIENTS, family, LISTENER),
					us = peer_us(SERVERS, family, 0),
					server = peer_server(family, 0);
		const struct nj_test_datagram sent = peer_datagram(&client, &listener, "?", 1),
					      wanted = peer_passed(&sent, &us, &server);
		uint64_t refused;

		neighbor_meet(rig, CLIENTS, &client.ip);
		ask_as_strangers(rig, family, STORM);
		refused = rig_dropped(rig, NJ_DROP_LOCAL_RATE);
		assert_in_range(refused, STORM - 256, STORM - 1);
		assert_int_equal(rig_dropped(rig, NJ_DROP_LOCAL_FULL), 0);
		peer_send(rig, CLIENTS, &sent);
		rig_run(rig);
		assert_null(peer_take(rig, SERVERS)); /* but a question, which is answered */
		rig_run(rig);
		peer_expect(rig, SERVERS, &wanted);
		neighbor_meet(rig, CLIENTS, &client.ip); /* who is known is answered still */
		rig_destroy(rig);
	}
}

static void
pings_are_answered_so_many_a_second(void **state)
{
	struct rig *rig = make((struct rig_options){0});
	const uint8_t echo[8] = {RTE_IP_ICMP_ECHO_REQUEST};
	struct nj_test_frame ping = nj_test_frame_icmp(echo, sizeof(echo));

	for (unsigned int i = 0; i < STORM; i++)
		put(rig, CLIENTS, &ping);
	rig_run(rig);
	assert_int_equal(take_all(rig, CLIENTS), 256);
	assert_int_equal(rig_dropped(rig, NJ_DROP_LOCAL_RATE), STORM - 256);
	rig_introduce(rig, CLIENTS, CLIENT_IP); /* it may still ask who we are */
	rig_destroy(rig);
}

/* Others' addresses answer nothing and cost the manager nothing. */
static void
pings_for_others_go_no_further(void **state)
{
	struct rig *rig = make((struct rig_options){0});
	const uint8_t echo[8] = {RTE_IP_ICMP_ECHO_REQUEST};
	struct nj_test_frame ping = nj_test_frame_icmp(echo, sizeof(echo));

	ping.dst_ip = OUR_CLIENT_IP + 1;
	for (unsigned int i = 0; i < 300; i++)
		put(rig, CLIENTS, &ping);
	poll_worker(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_IPV4_DESTINATION), 300);
	rig_destroy(rig);
}

/*
 * While the manager is busy elsewhere a flood goes to an endpoint whose address is not known. The
 * ring to the manager is not filled with it: the endpoint's answer, when it comes, has room.
 */
static void
what_waits_for_an_address_leaves_room_for_the_answer(void **state)
{
	struct rig *rig = make((struct rig_options){.capacity = 8192, .gateway = "198.51.100.1"});
	struct nj_test_frame frame;

	rig_wait(rig, NJ_NEIGHBOR_UNUSED_MS + NJ_NEIGHBOR_REACHABLE_MS + 2000, 1000);
	rig_introduce(rig, CLIENTS, CLIENT_IP);
	for (uint32_t i = 0; i < STORM; i++)
		send_stranger(rig, i);
	poll_worker(rig);
	assert_in_range(rig_dropped(rig, NJ_DROP_LOCAL_FULL), STORM - MESH_RING_PACKETS / 2,
		STORM - MESH_RING_PACKETS / 2 + 1);
	rig_introduce(rig, SERVERS, SERVER_IP(0)); /* says its address, and takes our answer */
	take_all(rig, SERVERS);
	frame = rig_client_frame(7000, "through");
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "through");
	rig_destroy(rig);
}

/* Errors ------------------------------------------------------------------------------------- */

static void
errors_about_replies_are_looked_at_so_many_a_second(void **state)
{
	struct rig *rig = peer_rig(&(struct rig_options){0}, AF_INET);
	const struct nj_address client = peer_client(AF_INET, CLIENT_PORT),
				listener = peer_us(CLIENTS, AF_INET, LISTENER),
				server = peer_server(AF_INET, 0);
	const uint8_t byte = 0;
	const struct nj_test_datagram reply = peer_datagram(&listener, &client, &byte, 1);

	peer_establish(rig, &client, &server);
	for (uint32_t i = 0; i < STORM; i++) {
		error_send(rig, CLIENTS, &client.ip, &listener.ip, ERROR4_PORT, &reply, 1);
		if (i % WORKER_BURST == 0)
			poll_worker(rig);
	}
	rig_run(rig);
	assert_int_equal(take_all(rig, SERVERS), 1000);
	assert_int_equal(rig_dropped(rig, NJ_DROP_ICMP_RATE), STORM - 1000);
	rig_destroy(rig);
}

static void
nobody_is_at_a_broadcast_address(void **state)
{
	struct rig *rig = make((struct rig_options){0});
	struct nj_test_frame frame = rig_client_frame(5000, "smurf");

	frame.src_ip = NJ_TEST_IP(192, 0, 2, 255);
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NO_ROUTE), 1);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_table_hurts_nobody_who_is_in),
		cmocka_unit_test(a_full_range_of_ports_hurts_nobody_who_is_in),
		cmocka_unit_test(answers_take_no_ports_for_good),
		cmocka_unit_test(a_rate_hurts_nobody_who_is_in),
		cmocka_unit_test(a_source_gets_no_more_than_its_share),
		cmocka_unit_test(closed_ports_answer_so_many_a_second),
		cmocka_unit_test(closed_ports_leave_room_for_other_errors),
		cmocka_unit_test(strangers_do_not_keep_neighbors_apart),
		cmocka_unit_test(pings_are_answered_so_many_a_second),
		cmocka_unit_test(pings_for_others_go_no_further),
		cmocka_unit_test(what_waits_for_an_address_leaves_room_for_the_answer),
		cmocka_unit_test(errors_about_replies_are_looked_at_so_many_a_second),
		cmocka_unit_test(nobody_is_at_a_broadcast_address),
	};

	return cmocka_run_group_tests_name("floods", tests, NULL, NULL);
}
