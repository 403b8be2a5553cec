/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams larger than any frame: in fragments in, through a chain, and in fragments out. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "neighbor.h"
#include "pieces.h"
#include "worker.h"

#define MTU 1280

#define APPEND                                                                                     \
	"{name: quilkin.filters.concatenate.v1alpha1.Concatenate,"                                 \
	" config: {on_read: APPEND, bytes: AAAAAAAAAAAAAAAA}}" /* twelve of zero */
#define APPENDED 12

static uint8_t bytes[9300];

static struct nj_test_datagram
large(int family, uint16_t length)
{
	const struct nj_address client = peer_client(family, CLIENT_PORT);
	const struct nj_address listener = peer_us(CLIENTS, family, LISTENER);
	struct nj_test_datagram sent = peer_datagram(&client, &listener, bytes, length);

	sent.id = 0x4321;
	sent.fragment = 0;
	return sent;
}

/* Pieces as large as the MTU lets them be. */
static unsigned int
send_cut(struct rig *rig, const struct nj_test_datagram *sent, uint32_t id)
{
	struct rte_mbuf *pieces[PIECES_MAX];
	const unsigned int n = pieces_cut(sent, id, 1232, pieces);

	for (unsigned int i = 0; i < n; i++)
		peer_put(rig, CLIENTS, 0, pieces[i]);
	rig_run(rig);
	return n;
}

static struct nj_test_datagram
wanted_at(const struct nj_test_datagram *sent, int family, unsigned int server)
{
	const struct nj_address us = peer_us(SERVERS, family, 0), to = peer_server(family, server);

	return peer_passed(sent, &us, &to);
}

static void
go_through(unsigned int combination, uint16_t length, uint16_t vlan)
{
	const struct rig_options options = {.mtu = MTU, .vlan = vlan};
	struct rig *rig = peer_rig(&options, NJ_TEST_TO(combination));
	const struct nj_test_datagram sent = large(NJ_TEST_FROM(combination), length);
	const struct nj_test_datagram wanted = wanted_at(&sent, NJ_TEST_TO(combination), 0);
	const struct nj_port_counters before = peer_counters(rig, CLIENTS);
	const unsigned int in = send_cut(rig, &sent, 0x4321);
	struct nj_port_counters after;
	unsigned int out;
	uint32_t id;

	out = pieces_expect(rig, SERVERS, &wanted, MTU, &id);
	peer_expect_nothing(rig);
	after = peer_counters(rig, CLIENTS);
	assert_int_equal(after.rx_packets - before.rx_packets, in);
	assert_int_equal(after.local - before.local, in - 1);
	assert_int_equal(after.copied - before.copied, out - 1);
	assert_int_equal(after.tx_packets - before.tx_packets, out);
	rig_destroy(rig);
}

/* The last is all that filters take. */
static void
large_datagrams_go_through_byte_by_byte(void **state)
{
	static const uint16_t lengths[] = {1253, 1472, 1900, 2000, 4000, 9174};

	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++)
		for (unsigned int i = 0; i < RTE_DIM(lengths); i++)
			go_through(c, lengths[i], 0);
}

static void
they_do_so_with_tags(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++)
		go_through(c, 4000, 7);
}

static void
large_replies_go_through_too(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const int from = NJ_TEST_FROM(c), to = NJ_TEST_TO(c);
		struct rig *rig = peer_rig(&(struct rig_options){.mtu = MTU, .n_workers = 3}, to);
		const struct nj_address client = peer_client(from, CLIENT_PORT),
					listener = peer_us(CLIENTS, from, LISTENER),
					server = peer_server(to, 0);
		const struct nj_address us =
			peer_us(SERVERS, to, peer_establish(rig, &client, &server));
		const struct nj_test_datagram reply = peer_datagram(&server, &us, bytes, 3000);
		const struct nj_test_datagram wanted = peer_passed(&reply, &listener, &client);
		struct rte_mbuf *pieces[PIECES_MAX];
		uint32_t id;

		assert_int_equal(pieces_cut(&reply, 0x4321, 1232, pieces), 3);
		for (unsigned int i = 0; i < 3; i++)
			peer_put(rig, SERVERS, i, pieces[2 - i]);
		rig_run(rig);
		pieces_expect(rig, CLIENTS, &wanted, MTU, &id);
		peer_expect_nothing(rig);
		rig_destroy(rig);
	}
}

/* The pieces that leave wait for their next hop like others. */
static void
pieces_wait_for_a_neighbor(void **state)
{
	for (unsigned int i = 0; i < 2; i++) {
		const int family = i == 0 ? AF_INET : AF_INET6;
		const struct rig_options options = {
			.mtu = MTU, .ipv6 = true, .policy = peer_policy(NULL, family, 1)};
		struct rig *rig = rig_create(&options);
		const struct nj_test_datagram sent = large(family, 4000);
		const struct nj_test_datagram wanted = wanted_at(&sent, family, 0);
		uint32_t id;

		send_cut(rig, &sent, 0x4321);
		peer_expect_nothing(rig);
		assert_int_equal(rig->questions, 1);
		rig_run(rig);
		assert_int_equal(pieces_expect(rig, SERVERS, &wanted, MTU, &id), 4);
		rig_destroy(rig);
	}
}

static void
every_endpoint_gets_a_whole_copy(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const int to = NJ_TEST_TO(c);
		const struct rig_options options = {.mtu = MTU, .policy = peer_policy(NULL, to, 3)};
		struct rig *rig = peer_rig(&options, to);
		const struct nj_test_datagram sent = large(NJ_TEST_FROM(c), 5000);
		uint32_t id;

		for (unsigned int i = 1; i < 3; i++) {
			const struct nj_ip server = peer_server(to, i).ip;

			neighbor_meet(rig, SERVERS, &server);
		}
		send_cut(rig, &sent, 0x4321);
		for (unsigned int i = 0; i < 3; i++) {
			const struct nj_test_datagram wanted = wanted_at(&sent, to, i);

			pieces_expect(rig, SERVERS, &wanted, MTU, &id);
		}
		peer_expect_nothing(rig);
		rig_destroy(rig);
	}
}

/* The chain sees the datagram as one, whatever it came in. */
static void
a_chain_changes_the_whole_of_it(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const int to = NJ_TEST_TO(c);
		const struct rig_options options = {
			.mtu = MTU, .policy = peer_policy(APPEND, to, 1)};
		struct rig *rig = peer_rig(&options, to);
		struct nj_test_datagram sent = large(NJ_TEST_FROM(c), 4000), wanted;
		uint8_t longer[4000 + APPENDED] = {0};
		uint32_t id;

		memcpy(longer, bytes, 4000);
		send_cut(rig, &sent, 0x4321);
		wanted = wanted_at(&sent, to, 0);
		wanted.payload = longer;
		wanted.length = sizeof(longer);
		pieces_expect(rig, SERVERS, &wanted, MTU, &id);
		rig_destroy(rig);
	}
}

static void
what_is_larger_than_filters_take_is_dropped(void **state)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct rig *rig = peer_rig(&(struct rig_options){.mtu = 1500}, AF_INET);
		const struct nj_test_datagram sent = large(i == 0 ? AF_INET : AF_INET6, 9280);

		send_cut(rig, &sent, 0x4321);
		peer_expect_nothing(rig);
		assert_int_equal(rig_dropped(rig, NJ_DROP_TOO_BIG), 1);
		rig_destroy(rig);
	}
}

/* Clients choose their identifications without each other; from us they come from one address. */
static void
identifications_differ_between_clients(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const struct rig_options options = {.mtu = MTU, .n_workers = 2};
		struct rig *rig = peer_rig(&options, NJ_TEST_TO(c));
		struct nj_test_datagram sent = large(NJ_TEST_FROM(c), 2000);
		const struct nj_test_datagram wanted = wanted_at(&sent, NJ_TEST_TO(c), 0);
		uint32_t ids[20];

		for (unsigned int i = 0; i < RTE_DIM(ids); i++) {
			sent.source.port = rte_cpu_to_be_16((uint16_t)(CLIENT_PORT + i));
			send_cut(rig, &sent, 0x4321);
			pieces_expect(rig, SERVERS, &wanted, MTU, &ids[i]);
			for (unsigned int j = 0; j < i; j++)
				assert_int_not_equal(ids[i], ids[j]);
		}
		rig_destroy(rig);
	}
}

/* What is in pieces when natterjack stops. */
static void
pieces_count_as_stopping_in_the_end(void **state)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct rig *rig = peer_rig(&(struct rig_options){.n_workers = 2}, AF_INET);
		const struct nj_test_datagram sent = large(i == 0 ? AF_INET : AF_INET6, 4000);
		struct rte_mbuf *pieces[PIECES_MAX];

		assert_int_equal(pieces_cut(&sent, 0x4321, 1232, pieces), 4);
		for (unsigned int j = 0; j < 4; j++) {
			if (j == 2)
				rte_pktmbuf_free(pieces[j]);
			else
				peer_put(rig, CLIENTS, 0, pieces[j]);
		}
		rig_run(rig);
		dataplane_drain(rig->dataplane);
		assert_int_equal(rig_dropped(rig, NJ_DROP_STOPPING), 3);
		rig_destroy(rig);
	}
}

/* The first that a process gives says nothing of another process, and so nothing of what it gave.
 */
static void
identifications_begin_anywhere(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const struct nj_test_datagram sent = large(NJ_TEST_FROM(c), 2000);
		const struct nj_test_datagram wanted = wanted_at(&sent, NJ_TEST_TO(c), 0);
		uint32_t first = 0, id;
		unsigned int same = 0;

		for (unsigned int i = 0; i < 8; i++) {
			struct rig *rig =
				peer_rig(&(struct rig_options){.mtu = MTU}, NJ_TEST_TO(c));

			send_cut(rig, &sent, 0x4321);
			pieces_expect(rig, SERVERS, &wanted, MTU, &id);
			first = i == 0 ? id : first;
			same += id == first;
			rig_destroy(rig);
		}
		assert_in_range(same, 1, 3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_datagrams_go_through_byte_by_byte),
		cmocka_unit_test(they_do_so_with_tags),
		cmocka_unit_test(large_replies_go_through_too),
		cmocka_unit_test(pieces_wait_for_a_neighbor),
		cmocka_unit_test(every_endpoint_gets_a_whole_copy),
		cmocka_unit_test(a_chain_changes_the_whole_of_it),
		cmocka_unit_test(what_is_larger_than_filters_take_is_dropped),
		cmocka_unit_test(identifications_differ_between_clients),
		cmocka_unit_test(identifications_begin_anywhere),
		cmocka_unit_test(pieces_count_as_stopping_in_the_end),
	};
	uint32_t seed = 4711;

	nj_test_random_bytes(&seed, bytes, sizeof(bytes));
	return cmocka_run_group_tests_name("large", tests, NULL, NULL);
}
