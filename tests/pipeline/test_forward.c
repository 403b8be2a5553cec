/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams from clients to endpoints and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "errors.h"
#include "nj_packet.h"
#include "rig.h"
#include "worker.h"

static struct rig *
make(unsigned int n_ports, unsigned int n_endpoints)
{
	struct rig_options options = {.n_ports = n_ports, .n_endpoints = n_endpoints};
	struct rig *rig = rig_create(&options);

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	for (unsigned int i = 0; i < n_endpoints; i++)
		rig_introduce(rig, SERVERS, SERVER_IP(i));
	return rig;
}

static void
a_datagram_and_its_reply_go_through(void **state)
{
	for (unsigned int n_ports = 1; n_ports <= 2; n_ports++) {
		struct rig *rig = make(n_ports, 1);
		uint16_t port = rig_establish(rig, 5000);
		struct nj_counters counters;

		assert_in_range(port, 16384, 65535);
		assert_int_equal(rig_establish(rig, 5000), port);
		assert_int_equal(rig_sessions(rig), 1);
		counters = rig_counters(rig);
		assert_int_equal(counters.sessions_total, 1);
		assert_int_equal(counters.downstream_packets, 4);
		assert_int_equal(counters.downstream_bytes, 2 * strlen("hello"
								       "thanks"));
		assert_int_equal(counters.upstream_packets, 2);
		assert_int_equal(counters.upstream_bytes, 2 * strlen("welcome"));
		rig_expect_nothing(rig);
		rig_destroy(rig);
	}
}

static void
every_length_goes_through(void **state)
{
	static const uint16_t lengths[] = {0, 1, 2, 17, 18, 19, 511, 512, 1471, 1472};
	struct rig *rig = make(2, 1);
	char payload[1473];

	for (size_t i = 0; i < RTE_DIM(lengths); i++) {
		struct nj_test_frame frame;
		uint16_t port;

		memset(payload, 'x', sizeof(payload));
		payload[lengths[i]] = '\0';
		frame = rig_client_frame(5000, payload);
		rig_send(rig, CLIENTS, &frame);
		rig_run(rig);
		port = rig_expect(
			rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, payload);
		frame = rig_server_frame(0, port, payload);
		rig_send(rig, SERVERS, &frame);
		rig_run(rig);
		rig_expect(rig, CLIENTS, OUR_CLIENT_IP, LISTENER, CLIENT_IP, 5000, payload);
	}
	rig_destroy(rig);
}

static uint64_t
processed(const struct rig *rig, enum nj_direction direction)
{
	const struct nj_counters counters = rig_counters(rig);
	uint64_t n = 0;

	for (unsigned int i = 0; i <= NJ_HISTOGRAM_BOUNDS; i++)
		n += counters.processing[direction].values[i];
	assert_int_equal(n != 0, counters.processing[direction].sum != 0);
	return n;
}

static void
each_datagram_is_timed_once(void **state)
{
	struct rig *rig = make(2, 1);
	uint16_t port = 0;

	assert_int_equal(processed(rig, NJ_DOWNSTREAM), 0);
	for (unsigned int i = 0; i < 70; i++) { /* more than a burst */
		struct nj_test_frame frame = rig_client_frame(5000, "x");

		rig_send(rig, CLIENTS, &frame);
	}
	rig_run(rig);
	for (unsigned int i = 0; i < 70; i++)
		port = rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "x");
	assert_int_equal(processed(rig, NJ_DOWNSTREAM), 70);
	assert_int_equal(processed(rig, NJ_UPSTREAM), 0);
	for (unsigned int i = 0; i < 3; i++) {
		struct nj_test_frame frame = rig_server_frame(0, port, "y");

		rig_send(rig, SERVERS, &frame);
	}
	rig_run(rig);
	for (unsigned int i = 0; i < 3; i++)
		rig_expect(rig, CLIENTS, OUR_CLIENT_IP, LISTENER, CLIENT_IP, 5000, "y");
	assert_int_equal(processed(rig, NJ_DOWNSTREAM), 70);
	assert_int_equal(processed(rig, NJ_UPSTREAM), 3);
	/* They came in two bursts, and in one, which is no time after another. */
	assert_true(rig->dataplane->workers[0]->counters.bursts[NJ_DOWNSTREAM].interval > 0);
	assert_int_equal(rig->dataplane->workers[0]->counters.bursts[NJ_UPSTREAM].interval, 0);
	rig_destroy(rig);
}

static void
every_endpoint_gets_one_copy(void **state)
{
	struct rig *rig = make(2, 3);
	struct nj_test_frame frame = rig_client_frame(5000, "hello");

	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	for (unsigned int i = 0; i < 3; i++)
		rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(i), SERVER_PORT, "hello");
	rig_expect_nothing(rig);
	assert_int_equal(rig_counters(rig).port[rig->dataplane->ports[0].id].copied, 2);
	assert_int_equal(rig_sessions(rig), 3);
	rig_destroy(rig);
}

/* More copies than a stage takes at once. */
static void
a_hundred_endpoints_get_one_copy_each(void **state)
{
	struct rig *rig = make(2, 100);
	struct nj_test_frame frame = rig_client_frame(5000, "hello");

	rig_send(rig, CLIENTS, &frame);
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < 100; i++)
			rig_expect(
				rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(i), SERVER_PORT, "hello");
	rig_expect_nothing(rig);
	rig_destroy(rig);
}

static void
without_endpoints_it_is_dropped(void **state)
{
	struct rig *rig = make(2, 0);
	struct nj_test_frame frame = rig_client_frame(5000, "hello");

	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NO_ENDPOINTS), 1);
	rig_destroy(rig);
}

static void
a_strangers_reply_is_dropped(void **state)
{
	struct rig *rig = make(2, 1);
	uint16_t port = rig_establish(rig, 5000);
	struct nj_test_frame frames[4];

	rig_introduce(rig, SERVERS, SERVER_IP(1));
	for (unsigned int i = 0; i < RTE_DIM(frames); i++)
		frames[i] = rig_server_frame(0, port, "evil");
	frames[0].src_ip = SERVER_IP(1);           /* another host */
	frames[1].src_port = SERVER_PORT + 1;      /* another port of the endpoint */
	frames[2].dst_port = (uint16_t)(port ^ 1); /* a port without a session */
	frames[3].dst_ip = OUR_CLIENT_IP;          /* an address that the session does not have */
	for (unsigned int i = 0; i < RTE_DIM(frames); i++)
		rig_send(rig, SERVERS, &frames[i]);
	rig_run(rig);
	for (unsigned int i = 0; i < RTE_DIM(frames); i++)
		error_expect_refusal(rig, SERVERS, &frames[i]);
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NO_SESSION), RTE_DIM(frames));
	rig_destroy(rig);
}

static void
two_clients_have_different_upstream_ports(void **state)
{
	struct rig *rig = make(2, 1);
	uint16_t first = rig_establish(rig, 5000), second = rig_establish(rig, 5001);
	struct nj_test_frame frame;

	assert_int_not_equal(first, second);
	frame = rig_server_frame(0, second, "for the second");
	rig_send(rig, SERVERS, &frame);
	frame = rig_server_frame(0, first, "for the first");
	rig_send(rig, SERVERS, &frame);
	rig_run(rig);
	rig_expect(rig, CLIENTS, OUR_CLIENT_IP, LISTENER, CLIENT_IP, 5001, "for the second");
	rig_expect(rig, CLIENTS, OUR_CLIENT_IP, LISTENER, CLIENT_IP, 5000, "for the first");
	rig_destroy(rig);
}

static void
two_packets_of_a_new_flow_make_one_session(void **state)
{
	struct rig *rig = make(2, 1);
	struct nj_test_frame frame = rig_client_frame(5000, "one");
	uint16_t port;

	rig_send(rig, CLIENTS, &frame);
	frame = rig_client_frame(5000, "two");
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	port = rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "one");
	rig_expect(rig, SERVERS, OUR_SERVER_IP, port, SERVER_IP(0), SERVER_PORT, "two");
	assert_int_equal(rig_sessions(rig), 1);
	rig_destroy(rig);
}

static void
ports_that_nobody_listens_on_are_closed(void **state)
{
	struct rig *rig = make(2, 1);
	struct nj_test_frame closed = rig_client_frame(5000, "hello"), elsewhere = closed;

	closed.dst_port = 53;
	elsewhere.dst_ip = NJ_TEST_IP(203, 0, 113, 1);
	rig_send(rig, CLIENTS, &closed);
	rig_send(rig, CLIENTS, &elsewhere);
	rig_run(rig);
	error_expect_refusal(rig, CLIENTS, &closed);
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NO_LISTENER), 1);
	assert_int_equal(rig_dropped(rig, NJ_DROP_IPV4_DESTINATION), 1);
	rig_destroy(rig);
}

static void
no_checksum_stays_none(void **state)
{
	struct rig *rig = make(2, 1);
	struct nj_test_frame frame = rig_client_frame(5000, "hello");
	const struct rte_udp_hdr *udp;
	struct rte_mbuf *m;

	frame.udp_checksum = 0;
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	m = rig_take(rig, SERVERS);
	assert_non_null(m);
	udp = rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, NJ_UDP4_OFFSET);
	assert_int_equal(udp->dgram_cksum, 0);
	rte_pktmbuf_free(m);
	rig_destroy(rig);
}

static void
a_partial_checksum_is_completed_and_options_are_taken_off(void **state)
{
	struct rig *rig = make(2, 1);
	struct nj_test_frame frame = rig_client_frame(5000, "partial");

	frame.udp_checksum = NJ_TEST_PARTIAL;
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "partial");
	frame = rig_client_frame(5000, "options");
	frame.n_options = 8;
	memset(frame.options, 1, sizeof(frame.options)); /* no operation */
	frame.padding = 11;
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "options");
	rig_destroy(rig);
}

static void
a_vlan_is_spoken_and_others_are_not_heard(void **state)
{
	struct rig_options options = {.n_endpoints = 1, .vlan = 7};
	struct rig *rig = rig_create(&options);
	struct nj_test_frame frame = rig_client_frame(5000, "tagged");

	rig_send(rig, CLIENTS, &frame); /* untagged */
	frame.n_tags = 1;
	frame.tags[0] = 8;
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_VLAN), 2);
	frame.tags[0] = 7;
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	for (struct rte_mbuf *m; (m = rig_take(rig, SERVERS)) != NULL; rte_pktmbuf_free(m)) {
		/* ARP's questions: what we make ourselves bears the tag too. */
		const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
		const struct rte_vlan_hdr *tag = (const struct rte_vlan_hdr *)(ether + 1);

		assert_int_equal(ether->ether_type, RTE_BE16(RTE_ETHER_TYPE_VLAN));
		assert_int_equal(tag->vlan_tci, RTE_BE16(7));
	}
	rig_destroy(rig);
}

static void
what_is_larger_than_the_mtu_is_dropped(void **state)
{
	struct rig_options options = {.n_endpoints = 1, .mtu = 600};
	struct rig *rig = rig_create(&options);
	char payload[574];
	struct nj_test_frame frame;

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	memset(payload, 'x', sizeof(payload));
	payload[573] = '\0';
	frame = rig_client_frame(5000, payload);
	frame.fragment = RTE_IPV4_HDR_DF_FLAG;
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rte_pktmbuf_free(rig_take(rig, CLIENTS)); /* who sent it is told so: test_too_big.c */
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_TOO_BIG), 1);
	payload[572] = '\0'; /* 600 less the headers' 28 */
	frame = rig_client_frame(5000, payload);
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, payload);
	rig_destroy(rig);
}

static void
a_client_beyond_every_route_is_dropped(void **state)
{
	struct rig *rig = make(2, 1);
	struct nj_test_frame frame = rig_client_frame(5000, "far");

	frame.src_ip = NJ_TEST_IP(203, 0, 113, 5);
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NO_ROUTE), 1);
	assert_int_equal(rig_sessions(rig), 0);
	rig_destroy(rig);
}

/* The clock stands still, so all of it is one second. */
static void
what_is_not_logged_is_counted(void **state)
{
	struct rig_options options = {
		.policy = peer_policy("{name: quilkin.filters.debug.v1alpha1.Debug}", AF_INET, 1)};
	struct rig *rig = rig_create(&options);

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	for (unsigned int i = 0; i < 33; i++)
		rig_establish(rig, 5000);
	assert_int_equal(rig_counters(rig).logs_left_out, 0);
	rig_establish(rig, 5000);
	assert_int_equal(rig_counters(rig).logs_left_out, 2);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_and_its_reply_go_through),
		cmocka_unit_test(every_length_goes_through),
		cmocka_unit_test(each_datagram_is_timed_once),
		cmocka_unit_test(every_endpoint_gets_one_copy),
		cmocka_unit_test(a_hundred_endpoints_get_one_copy_each),
		cmocka_unit_test(without_endpoints_it_is_dropped),
		cmocka_unit_test(a_strangers_reply_is_dropped),
		cmocka_unit_test(two_clients_have_different_upstream_ports),
		cmocka_unit_test(two_packets_of_a_new_flow_make_one_session),
		cmocka_unit_test(ports_that_nobody_listens_on_are_closed),
		cmocka_unit_test(no_checksum_stays_none),
		cmocka_unit_test(a_partial_checksum_is_completed_and_options_are_taken_off),
		cmocka_unit_test(a_vlan_is_spoken_and_others_are_not_heard),
		cmocka_unit_test(what_is_larger_than_the_mtu_is_dropped),
		cmocka_unit_test(a_client_beyond_every_route_is_dropped),
		cmocka_unit_test(what_is_not_logged_is_counted),
	};

	return cmocka_run_group_tests_name("forward", tests, NULL, NULL);
}
