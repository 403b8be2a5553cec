/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams between clients and endpoints of either family. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "eal.h"
#include "peers.h"

static uint8_t bytes[1500];

/* A client and an endpoint, of the families of a combination, that know each other. */
struct pair {
	struct rig *rig;
	struct nj_address client, listener, server;
	uint16_t port; /* upstream */
};

static struct pair
make(unsigned int combination, const struct rig_options *options)
{
	const int from = NJ_TEST_FROM(combination), to = NJ_TEST_TO(combination);
	struct pair pair = {
		.rig = peer_rig(options, to),
		.client = peer_client(from, CLIENT_PORT),
		.listener = peer_us(CLIENTS, from, LISTENER),
		.server = peer_server(to, 0),
	};

	pair.port = peer_establish(pair.rig, &pair.client, &pair.server);
	return pair;
}

/* There and back. */
static void
exchange(const struct pair *pair, uint16_t length, bool no_checksum)
{
	const struct nj_address us = peer_us(SERVERS, pair->server.ip.family, pair->port);
	struct nj_test_datagram sent = peer_datagram(&pair->client, &pair->listener, bytes, length);

	sent.no_checksum = no_checksum && pair->client.ip.family == AF_INET;
	peer_request(pair->rig, &sent, &pair->server, pair->port);
	sent = peer_datagram(&pair->server, &us, bytes, length);
	sent.no_checksum = no_checksum && pair->server.ip.family == AF_INET;
	peer_reply(pair->rig, &sent, &pair->client);
}

static void
every_length_goes_through_between_all_families(void **state)
{
	static const uint16_t lengths[] = {0, 1, 2, 17, 512, 1231, 1232, 1233, 1451, 1452};

	for (unsigned int i = 0; i < 2 * NJ_TEST_COMBINATIONS; i++) {
		const struct rig_options options = {.n_ports = 1 + i / NJ_TEST_COMBINATIONS};
		const struct pair pair = make(i % NJ_TEST_COMBINATIONS, &options);

		for (unsigned int j = 0; j < RTE_DIM(lengths); j++)
			exchange(&pair, lengths[j], false);
		assert_int_equal(rig_sessions(pair.rig), 1);
		assert_int_equal(rig_counters(pair.rig).upstream_packets, 1 + RTE_DIM(lengths));
		rig_destroy(pair.rig);
	}
}

static void
a_missing_checksum_is_made_for_ipv6_alone(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const struct pair pair = make(c, &(struct rig_options){0});

		exchange(&pair, 0, true);
		exchange(&pair, 33, true);
		exchange(&pair, 1452, true);
		rig_destroy(pair.rig);
	}
}

static void
one_listener_serves_both_families(void **state)
{
	struct rig *rig = peer_rig(&(struct rig_options){.n_workers = 2}, AF_INET6);
	const struct nj_address four = peer_client(AF_INET, CLIENT_PORT),
				six = peer_client(AF_INET6, CLIENT_PORT);
	const struct nj_address server = peer_server(AF_INET6, 0);

	assert_int_not_equal(
		peer_establish(rig, &four, &server), peer_establish(rig, &six, &server));
	assert_int_equal(rig_sessions(rig), 2);
	rig_destroy(rig);
}

/* Clients' datagrams come in on all queues in turn, and replies on others. */
static void
send_all(struct rig *rig, int family, unsigned int n)
{
	const struct nj_address listener = peer_us(CLIENTS, family, LISTENER);

	for (unsigned int i = 0; i < n; i++) {
		const struct nj_address client = peer_client(family, (uint16_t)(10000 + i));
		const struct nj_test_datagram sent =
			peer_datagram(&client, &listener, &client.port, sizeof(client.port));

		peer_put(rig, CLIENTS, i % rig->dataplane->ports[0].n_rx,
			nj_test_datagram_build(&sent, nj_test_pool()));
	}
	rig_run(rig);
}

/* The answer is what came. */
static void
answer_all(struct rig *rig, int family, unsigned int n)
{
	const uint16_t at = family == AF_INET6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET;
	const struct nj_address server = peer_server(family, 0);

	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *m = peer_take(rig, SERVERS);
		struct nj_address us = peer_us(SERVERS, family, 0);
		struct nj_test_datagram reply;
		rte_be16_t payload;

		assert_non_null(m);
		us.port = *rte_pktmbuf_mtod_offset(m, rte_be16_t *, at);
		payload = *rte_pktmbuf_mtod_offset(m, rte_be16_t *, at + 8);
		rte_pktmbuf_free(m);
		reply = peer_datagram(&server, &us, &payload, sizeof(payload));
		peer_put(rig, SERVERS, (i + 1) % rig->dataplane->ports[1].n_rx,
			nj_test_datagram_build(&reply, nj_test_pool()));
	}
	rig_run(rig);
}

static void
expect_all(struct rig *rig, int family, unsigned int n)
{
	const uint16_t at = family == AF_INET6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET;
	struct rte_mbuf *m;

	for (unsigned int i = 0; i < n; i++) {
		m = peer_take(rig, CLIENTS);
		assert_non_null(m);
		assert_true(nj_test_checksums_right(m));
		assert_int_equal(*rte_pktmbuf_mtod_offset(m, rte_be16_t *, at + 2),
			*rte_pktmbuf_mtod_offset(m, rte_be16_t *, at + 8));
		rte_pktmbuf_free(m);
	}
	peer_expect_nothing(rig);
}

static void
every_client_gets_its_own_with_any_number_of_workers(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		for (unsigned int n_workers = 1; n_workers <= 4; n_workers++) {
			struct rig *rig = peer_rig(
				&(struct rig_options){.n_workers = n_workers}, NJ_TEST_TO(c));

			for (unsigned int round = 0; round < 2; round++) {
				send_all(rig, NJ_TEST_FROM(c), 100);
				answer_all(rig, NJ_TEST_TO(c), 100);
				expect_all(rig, NJ_TEST_FROM(c), 100);
			}
			assert_int_equal(rig_sessions(rig), 100);
			assert_true((rig_counters(rig).handoffs > 0) == (n_workers > 1));
			rig_destroy(rig);
		}
	}
}

static void
packets_wait_until_a_solicitation_is_answered(void **state)
{
	struct rig_options options = {.ipv6 = true, .policy = peer_policy(NULL, AF_INET6, 1)};
	struct rig *rig = rig_create(&options);
	const struct nj_address client = peer_client(AF_INET6, CLIENT_PORT),
				listener = peer_us(CLIENTS, AF_INET6, LISTENER),
				server = peer_server(AF_INET6, 0),
				us = peer_us(SERVERS, AF_INET6, 0);
	const struct nj_test_datagram first = peer_datagram(&client, &listener, "first", 5),
				      second = peer_datagram(&client, &listener, "second", 6);
	const struct nj_test_datagram wanted[] = {
		peer_passed(&first, &us, &server), peer_passed(&second, &us, &server)};

	peer_send(rig, CLIENTS, &first);
	peer_send(rig, CLIENTS, &second);
	rig_run(rig);
	peer_expect_nothing(rig); /* but the question, which is answered */
	assert_int_equal(rig->questions, 1);
	rig_run(rig);
	peer_expect(rig, SERVERS, &wanted[0]);
	peer_expect(rig, SERVERS, &wanted[1]);
	rig_destroy(rig);
}

/* peers.h takes the tags off and asserts what they are. */
static void
a_vlan_is_spoken_and_others_are_not_heard(void **state)
{
	const struct rig_options options = {.vlan = 7};

	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const struct pair pair = make(c, &options);
		const struct nj_test_datagram sent =
			peer_datagram(&pair.client, &pair.listener, "wrong", 5);

		exchange(&pair, 1452, false);
		pair.rig->ports[CLIENTS].vlan = 8;
		peer_send(pair.rig, CLIENTS, &sent);
		pair.rig->ports[CLIENTS].vlan = 0;
		peer_send(pair.rig, CLIENTS, &sent);
		pair.rig->ports[CLIENTS].vlan = 7;
		rig_run(pair.rig);
		peer_expect_nothing(pair.rig);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_VLAN), 2);
		rig_destroy(pair.rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_goes_through_between_all_families),
		cmocka_unit_test(a_missing_checksum_is_made_for_ipv6_alone),
		cmocka_unit_test(one_listener_serves_both_families),
		cmocka_unit_test(every_client_gets_its_own_with_any_number_of_workers),
		cmocka_unit_test(packets_wait_until_a_solicitation_is_answered),
		cmocka_unit_test(a_vlan_is_spoken_and_others_are_not_heard),
	};
	uint32_t seed = 6;

	nj_test_random_bytes(&seed, bytes, sizeof(bytes));
	return cmocka_run_group_tests_name("ipv6", tests, NULL, NULL);
}
