/* SPDX-License-Identifier: BSD-3-Clause */
/* More fragments than are good: each flood of them has its bound. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "pieces.h"
#include "reassembly.h"

#define LATE_MS (REASSEMBLY_MS + 1000)

static const int families[] = {AF_INET, AF_INET6};

static uint8_t bytes[56];

static struct pieces_pair
make(int family)
{
	return pieces_pair(family, family, bytes, sizeof(bytes), &(struct rig_options){0});
}

static void
put(struct pieces_pair *pair, struct rte_mbuf *piece)
{
	peer_put(pair->rig, CLIENTS, 0, piece);
}

/* Another host, and another /64, for each n. */
static void
send_from(struct nj_test_datagram *datagram, uint8_t n)
{
	if (datagram->source.ip.family == AF_INET6)
		datagram->source.ip.v6[7] = n;
	else
		datagram->source.ip.v4 ^= rte_cpu_to_be_32((uint32_t)n << 8);
}

static void
whole_comes_through(struct pieces_pair *pair)
{
	struct rte_mbuf *pieces[PIECES_MAX];

	pieces_cut(&pair->sent, 0x4321, 32, pieces);
	put(pair, pieces[0]);
	put(pair, pieces[1]);
	rig_run(pair->rig);
	peer_expect(pair->rig, SERVERS, &pair->wanted);
}

/* First fragments of datagrams with identifications from 1 to `n`, from `sources` hosts in turn;
 * returns the second fragment of the last, which the test may send. */
static struct rte_mbuf *
send_first_fragments(struct pieces_pair *pair, uint8_t first, uint8_t sources, uint32_t n)
{
	struct rte_mbuf *pieces[PIECES_MAX] = {NULL};

	for (uint32_t id = 1; id <= n; id++) {
		struct nj_test_datagram sent = pair->sent;

		rte_pktmbuf_free(pieces[1]);
		send_from(&sent, (uint8_t)(first + id % sources));
		pieces_cut(&sent, id, 32, pieces);
		put(pair, pieces[0]);
		if (id % 64 == 0)
			rig_run(pair->rig);
	}
	rig_run(pair->rig);
	return pieces[1];
}

/* The hosts of send_from() are nowhere that we know a way to. */
static bool
becomes_whole(struct pieces_pair *pair, struct rte_mbuf *second)
{
	const uint64_t before = rig_dropped(pair->rig, NJ_DROP_NO_ROUTE);

	put(pair, second);
	rig_run(pair->rig);
	return rig_dropped(pair->rig, NJ_DROP_NO_ROUTE) == before + 1;
}

/* False where both sources share what one may have, once in 1,024 times by a secret of each rig. */
static bool
one_source_floods(int family)
{
	const unsigned int more = 6;
	struct pieces_pair pair = make(family);
	struct rte_mbuf *second =
		send_first_fragments(&pair, 99, 1, REASSEMBLY_SOURCE_DATAGRAMS + more);

	/* It is the oldest that are lost. */
	assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENTS_FULL), more);
	assert_true(becomes_whole(&pair, second));
	/* It is full again, and others have their share. */
	rte_pktmbuf_free(send_first_fragments(&pair, 99, 1, 1));
	whole_comes_through(&pair);
	if (rig_dropped(pair.rig, NJ_DROP_FRAGMENTS_FULL) > more) {
		rig_destroy(pair.rig);
		return false;
	}
	peer_wait(pair.rig, LATE_MS);
	assert_int_equal(
		rig_dropped(pair.rig, NJ_DROP_FRAGMENT_INCOMPLETE), REASSEMBLY_SOURCE_DATAGRAMS);
	rig_settle(pair.rig);
	rig_destroy(pair.rig);
	return true;
}

static void
a_source_has_so_many_in_pieces(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++)
		assert_true(one_source_floods(families[f]) || one_source_floods(families[f]) ||
			    one_source_floods(families[f]));
}

/* Pieces that are not for us take nobody's place. */
static void
pieces_for_others_are_dropped_at_once(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct pieces_pair pair = make(families[f]);
		struct rte_mbuf *pieces[PIECES_MAX];

		pair.sent.destination.ip.v6[3] ^= 0x70; /* of IPv4 the last byte */
		pieces_cut(&pair.sent, 1, 32, pieces);
		put(&pair, pieces[0]);
		rte_pktmbuf_free(pieces[1]);
		rig_run(pair.rig);
		assert_int_equal(
			rig_dropped(pair.rig, families[f] == AF_INET6 ? NJ_DROP_IPV6_DESTINATION
								      : NJ_DROP_IPV4_DESTINATION),
			1);
		rig_destroy(pair.rig);
	}
}

/* Who needs room gets it from the oldest of all, where no source has more than its share. */
static void
a_full_table_loses_its_oldest(void **state)
{
	const unsigned int more = 44;

	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct pieces_pair pair = make(families[f]);
		struct rte_mbuf *second =
			send_first_fragments(&pair, 1, 30, REASSEMBLY_DATAGRAMS + more);

		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENTS_FULL), more);
		assert_true(becomes_whole(&pair, second));
		whole_comes_through(&pair);
		peer_expect_nothing(pair.rig);
		peer_wait(pair.rig, LATE_MS);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENTS_FULL), more);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENT_INCOMPLETE),
			REASSEMBLY_DATAGRAMS - 1);
		whole_comes_through(&pair);
		rig_destroy(pair.rig);
	}
}

/* All fragments of one datagram but the last. */
static void
send_seven(struct pieces_pair *pair, uint32_t id)
{
	struct nj_test_datagram sent = pair->sent;
	struct rte_mbuf *pieces[PIECES_MAX];
	unsigned int n;

	send_from(&sent, (uint8_t)(1 + id % 30));
	n = pieces_cut(&sent, id, 8, pieces);
	assert_int_equal(n, FRAGMENTS_OF_DATAGRAM);
	for (unsigned int i = 0; i < n - 1; i++)
		put(pair, pieces[i]);
	rte_pktmbuf_free(pieces[n - 1]);
	rig_run(pair->rig);
}

/* The oldest has no fragments any more, so that its end makes no room. */
static void
so_many_fragments_are_kept(void **state)
{
	const unsigned int datagrams = REASSEMBLY_FRAGMENTS / 7 + 10;

	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct pieces_pair pair = make(families[f]);
		struct rte_mbuf *a[PIECES_MAX], *b[PIECES_MAX];

		pieces_cut(&pair.sent, 0x4321, 32, a);
		pieces_cut(&pair.sent, 0x4321, 40, b);
		put(&pair, a[0]);
		put(&pair, b[0]);
		rte_pktmbuf_free(a[1]);
		rte_pktmbuf_free(b[1]);
		for (uint32_t id = 1; id <= datagrams; id++)
			send_seven(&pair, id);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENT_OVERLAP), 2);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENTS_FULL),
			RTE_ALIGN_MUL_CEIL(7 * datagrams - REASSEMBLY_FRAGMENTS, 7));
		whole_comes_through(&pair);
		rig_settle(pair.rig);
		rig_destroy(pair.rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_has_so_many_in_pieces),
		cmocka_unit_test(pieces_for_others_are_dropped_at_once),
		cmocka_unit_test(a_full_table_loses_its_oldest),
		cmocka_unit_test(so_many_fragments_are_kept),
	};
	uint32_t seed = 815;

	nj_test_random_bytes(&seed, bytes, sizeof(bytes));
	return cmocka_run_group_tests_name("fragment_floods", tests, NULL, NULL);
}
