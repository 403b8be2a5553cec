/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams that come in fragments, and go on whole or in fragments of their own. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "pieces.h"
#include "reassembly.h"

#define LATE_MS (REASSEMBLY_MS + 1000)

static const int families[] = {AF_INET, AF_INET6};

static uint8_t bytes[9000];

static struct pieces_pair
make(int from, int to, uint16_t length, const struct rig_options *options)
{
	return pieces_pair(from, to, bytes, length, options);
}

static void
put(struct pieces_pair *pair, struct rte_mbuf *piece)
{
	peer_put(pair->rig, CLIENTS, 0, piece);
}

static void
in_any_order(int from, int to)
{
	static const uint8_t orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {2, 0, 3, 1}};
	struct pieces_pair pair = make(from, to, 100, &(struct rig_options){0});
	const struct nj_port_counters before = peer_counters(pair.rig, CLIENTS);
	struct rte_mbuf *pieces[PIECES_MAX];
	struct nj_port_counters after;

	for (unsigned int i = 0; i < RTE_DIM(orders); i++) {
		assert_int_equal(pieces_cut(&pair.sent, 0x4321, 32, pieces), 4);
		for (unsigned int j = 0; j < 4; j++)
			put(&pair, pieces[orders[i][j]]);
		rig_run(pair.rig);
		peer_expect(pair.rig, SERVERS, &pair.wanted);
	}
	peer_expect_nothing(pair.rig);
	after = peer_counters(pair.rig, CLIENTS);
	assert_int_equal(after.rx_packets - before.rx_packets, 16);
	assert_int_equal(after.local - before.local, 12);
	assert_int_equal(after.tx_packets - before.tx_packets, 4);
	rig_destroy(pair.rig);
}

static void
fragments_in_any_order_become_a_datagram(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++)
		in_any_order(NJ_TEST_FROM(c), NJ_TEST_TO(c));
}

static void
datagrams_in_pieces_are_not_mixed_up(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct pieces_pair pair =
			make(families[f], families[f], 100, &(struct rig_options){0});
		struct nj_test_datagram other = pair.sent, wanted = pair.wanted;
		struct rte_mbuf *a[PIECES_MAX], *b[PIECES_MAX];

		other.payload = wanted.payload = bytes + 500;
		other.id = wanted.id = 7;
		assert_int_equal(pieces_cut(&pair.sent, 0x4321, 56, a), 2);
		assert_int_equal(pieces_cut(&other, 7, 56, b), 2);
		put(&pair, a[0]);
		put(&pair, b[1]);
		put(&pair, b[0]);
		put(&pair, a[1]);
		rig_run(pair.rig);
		peer_expect(pair.rig, SERVERS, &wanted);
		peer_expect(pair.rig, SERVERS, &pair.wanted);
		peer_expect_nothing(pair.rig);
		rig_destroy(pair.rig);
	}
}

/* Of two datagrams with one identification; those that follow make none either (RFC 5722). */
static void
pieces_that_overlap_are_dropped(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct pieces_pair pair =
			make(families[f], families[f], 56, &(struct rig_options){0});
		struct rte_mbuf *a[PIECES_MAX], *b[PIECES_MAX];

		assert_int_equal(pieces_cut(&pair.sent, 0x4321, 32, a), 2);
		assert_int_equal(pieces_cut(&pair.sent, 0x4321, 24, b), 3);
		put(&pair, a[0]);
		put(&pair, b[1]);
		put(&pair, b[2]);
		put(&pair, b[0]);
		put(&pair, a[1]);
		rig_run(pair.rig);
		peer_expect_nothing(pair.rig);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENT_OVERLAP), 5);
		assert_int_equal(rig_sessions(pair.rig), 0);
		rig_destroy(pair.rig);
	}
}

/* The last one again comes too late to be one, and waits in vain for the others. */
static void
a_duplicate_does_no_harm(void **state)
{
	static const struct {
		uint64_t duplicate, incomplete;
	} wanted[] = {{1, 0}, {1, 0}, {0, 1}};

	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		for (unsigned int twice = 0; twice < 3; twice++) {
			struct pieces_pair pair =
				make(families[f], families[f], 56, &(struct rig_options){0});
			struct rte_mbuf *a[PIECES_MAX], *b[PIECES_MAX];

			pieces_cut(&pair.sent, 0x4321, 24, a);
			pieces_cut(&pair.sent, 0x4321, 24, b);
			for (unsigned int i = 0; i < 3; i++) {
				put(&pair, a[i]);
				if (i == twice)
					put(&pair, b[i]);
				else
					rte_pktmbuf_free(b[i]);
			}
			rig_run(pair.rig);
			peer_expect(pair.rig, SERVERS, &pair.wanted);
			peer_wait(pair.rig, LATE_MS);
			assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENT_DUPLICATE),
				wanted[twice].duplicate);
			assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENT_INCOMPLETE),
				wanted[twice].incomplete);
			rig_destroy(pair.rig);
		}
	}
}

static void
what_stays_incomplete_is_dropped_in_time(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		for (unsigned int missing = 0; missing < 3; missing++) {
			struct pieces_pair pair =
				make(families[f], families[f], 56, &(struct rig_options){0});
			struct rte_mbuf *pieces[PIECES_MAX];

			assert_int_equal(pieces_cut(&pair.sent, 0x4321, 24, pieces), 3);
			for (unsigned int i = 0; i < 3; i++)
				if (i != missing)
					put(&pair, pieces[i]);
			rig_run(pair.rig);
			peer_wait(pair.rig, REASSEMBLY_MS - 500);
			assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENT_INCOMPLETE), 0);
			peer_wait(pair.rig, 1000);
			assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENT_INCOMPLETE), 2);
			put(&pair, pieces[missing]); /* too late */
			rig_run(pair.rig);
			peer_wait(pair.rig, LATE_MS);
			assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENT_INCOMPLETE), 3);
			rig_destroy(pair.rig);
		}
	}
}

static void
more_than_eight_are_dropped(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct pieces_pair pair =
			make(families[f], families[f], 64, &(struct rig_options){0});
		struct rte_mbuf *pieces[PIECES_MAX];
		uint64_t full;

		assert_int_equal(pieces_cut(&pair.sent, 0x4321, 8, pieces), 9);
		for (unsigned int i = 0; i < 9; i++)
			put(&pair, pieces[i]);
		rig_run(pair.rig);
		peer_expect_nothing(pair.rig);
		peer_wait(pair.rig, LATE_MS);
		full = rig_dropped(pair.rig, NJ_DROP_FRAGMENTS_FULL);
		assert_true(full >= 8);
		assert_int_equal(full + rig_dropped(pair.rig, NJ_DROP_FRAGMENT_INCOMPLETE), 9);
		rig_destroy(pair.rig);
	}
}

static void
eight_are_not_too_many(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct pieces_pair pair =
			make(families[f], families[f], 56, &(struct rig_options){0});
		struct rte_mbuf *pieces[PIECES_MAX];

		assert_int_equal(pieces_cut(&pair.sent, 0x4321, 8, pieces), FRAGMENTS_OF_DATAGRAM);
		for (unsigned int i = 0; i < FRAGMENTS_OF_DATAGRAM; i++)
			put(&pair, pieces[i]);
		rig_run(pair.rig);
		peer_expect(pair.rig, SERVERS, &pair.wanted);
		rig_destroy(pair.rig);
	}
}

/* A fragment that is a whole datagram (RFC 6946) is none. */
static void
an_atomic_fragment_is_a_datagram(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(families); i++) {
		struct pieces_pair pair = make(AF_INET6, families[i], 56, &(struct rig_options){0});
		const struct nj_port_counters before = peer_counters(pair.rig, CLIENTS);
		struct rte_mbuf *pieces[PIECES_MAX];

		assert_int_equal(pieces_cut(&pair.sent, 0x4321, 64, pieces), 1);
		put(&pair, pieces[0]);
		rig_run(pair.rig);
		peer_expect(pair.rig, SERVERS, &pair.wanted);
		assert_int_equal(peer_counters(pair.rig, CLIENTS).local, before.local);
		rig_destroy(pair.rig);
	}
}

/* It has to be seen in whom the datagram comes from, and who has it, that are not the same. */
static void
fragments_of_many_find_their_owners(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const struct rig_options options = {.n_workers = 4};
		struct pieces_pair pair = make(NJ_TEST_FROM(c), NJ_TEST_TO(c), 56, &options);
		struct rte_mbuf *pieces[PIECES_MAX];

		for (uint16_t i = 0; i < 64; i++) {
			pair.sent.source.port = rte_cpu_to_be_16(CLIENT_PORT + i);
			pieces_cut(&pair.sent, 0x4321, 32, pieces);
			peer_put(pair.rig, CLIENTS, i % 4, pieces[i % 2]);
			peer_put(pair.rig, CLIENTS, (i + 1) % 4, pieces[1 - i % 2]);
			rig_run(pair.rig);
			peer_expect(pair.rig, SERVERS, &pair.wanted);
		}
		assert_int_equal(rig_sessions(pair.rig), 64);
		assert_true(rig_counters(pair.rig).handoffs > 64);
		rig_destroy(pair.rig);
	}
}

/* A ping to us, of so many bytes, in fragments. */
static void
ping(struct rig *rig, int family, uint16_t length)
{
	static uint8_t message[4000];
	const struct nj_test_datagram sent = {
		.source.ip = peer_client(family, 0).ip,
		.destination.ip = peer_us(CLIENTS, family, 0).ip,
		.payload = message,
		.length = length,
		.protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6,
		.hop_limit = 61,
	};
	struct rte_mbuf *pieces[PIECES_MAX];
	unsigned int n;

	memcpy(message, bytes, sizeof(message));
	message[0] = family == AF_INET ? 8 : 128;
	message[1] = 0;
	n = pieces_cut(&sent, 0x4321, 720, pieces);
	assert_true(n > 1);
	for (unsigned int i = 0; i < n; i++)
		peer_put(rig, CLIENTS, 0, pieces[i]);
	rig_run(rig);
}

/* Of IPv4 each protocol counts its identifications by itself (RFC 791). */
static void
protocols_are_not_mixed_up(void **state)
{
	struct pieces_pair pair = make(AF_INET, AF_INET, 56, &(struct rig_options){0});
	struct rte_mbuf *pieces[PIECES_MAX], *answer;

	pieces_cut(&pair.sent, 0x4321, 32, pieces);
	put(&pair, pieces[0]);
	ping(pair.rig, AF_INET, 1400);
	answer = peer_take(pair.rig, CLIENTS);
	assert_non_null(answer);
	rte_pktmbuf_free(answer);
	put(&pair, pieces[1]);
	rig_run(pair.rig);
	peer_expect(pair.rig, SERVERS, &pair.wanted);
	rig_destroy(pair.rig);
}

/* Larger ones are in test_pings.c. */
static void
a_ping_in_fragments_is_answered(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct rig *rig = peer_rig(&(struct rig_options){.n_workers = 2}, AF_INET);
		const uint16_t at = families[f] == AF_INET ? NJ_UDP4_OFFSET : NJ_UDP6_OFFSET;
		struct rte_mbuf *m;

		ping(rig, families[f], 1400);
		m = peer_take(rig, CLIENTS);
		assert_non_null(m);
		assert_int_equal(rte_pktmbuf_pkt_len(m), at + 1400);
		assert_int_equal(nj_test_checksum_behind_ip(m), 0);
		assert_int_equal(*rte_pktmbuf_mtod_offset(m, uint8_t *, at),
			families[f] == AF_INET ? 0 : 129);
		assert_memory_equal(
			rte_pktmbuf_mtod_offset(m, uint8_t *, at + 4), bytes + 4, 1400 - 4);
		rte_pktmbuf_free(m);
		peer_expect_nothing(rig);
		rig_destroy(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments_in_any_order_become_a_datagram),
		cmocka_unit_test(datagrams_in_pieces_are_not_mixed_up),
		cmocka_unit_test(pieces_that_overlap_are_dropped),
		cmocka_unit_test(a_duplicate_does_no_harm),
		cmocka_unit_test(what_stays_incomplete_is_dropped_in_time),
		cmocka_unit_test(more_than_eight_are_dropped),
		cmocka_unit_test(eight_are_not_too_many),
		cmocka_unit_test(an_atomic_fragment_is_a_datagram),
		cmocka_unit_test(protocols_are_not_mixed_up),
		cmocka_unit_test(a_ping_in_fragments_is_answered),
		cmocka_unit_test(fragments_of_many_find_their_owners),
	};
	uint32_t seed = 815;

	nj_test_random_bytes(&seed, bytes, sizeof(bytes));
	return cmocka_run_group_tests_name("fragments", tests, NULL, NULL);
}
