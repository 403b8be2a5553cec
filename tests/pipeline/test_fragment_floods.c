/* SPDX-License-Identifier: BSD-3-Clause */
/* More fragments than are good: each flood of them has its bound. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <rte_hash_crc.h>

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

/* False where both sources share what one may have, once in 1,024 times by a secret of each rig. */
static bool
one_source_floods(int family)
{
	const unsigned int more = 6;
	struct pieces_pair pair = make(family);
	struct nj_test_datagram other = pair.sent;
	struct rte_mbuf *pieces[PIECES_MAX];

	send_from(&other, 99);
	for (uint32_t id = 1; id <= REASSEMBLY_SOURCE_FRAGMENTS + more; id++) {
		pieces_cut(&other, id, 32, pieces);
		put(&pair, pieces[0]);
		rte_pktmbuf_free(pieces[1]);
	}
	rig_run(pair.rig);
	assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENTS_FULL), more);
	/* Others' come through, and in time its own. */
	for (unsigned int i = 0; i < 2; i++) {
		pieces_cut(&pair.sent, 0x4321, 32, pieces);
		put(&pair, pieces[0]);
		put(&pair, pieces[1]);
		rig_run(pair.rig);
		if (rig_dropped(pair.rig, NJ_DROP_FRAGMENTS_FULL) > more) {
			rig_destroy(pair.rig);
			return false;
		}
		peer_expect(pair.rig, SERVERS, &pair.wanted);
		peer_wait(pair.rig, LATE_MS);
	}
	assert_int_equal(
		rig_dropped(pair.rig, NJ_DROP_FRAGMENT_INCOMPLETE), REASSEMBLY_SOURCE_FRAGMENTS);
	pieces_cut(&other, 1, 32, pieces);
	put(&pair, pieces[0]);
	put(&pair, pieces[1]);
	rig_run(pair.rig);
	assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENTS_FULL), more);
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

/* What is beyond the table's room goes, and once there is room again all is well. */
static void
a_full_table_refuses_more(void **state)
{
	const unsigned int more = 44;

	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct pieces_pair pair = make(families[f]);
		struct rte_mbuf *pieces[PIECES_MAX];

		for (uint32_t id = 1; id <= REASSEMBLY_DATAGRAMS + more; id++) {
			struct nj_test_datagram sent = pair.sent;

			send_from(&sent, (uint8_t)(id % 30));
			pieces_cut(&sent, id, 32, pieces);
			put(&pair, pieces[0]);
			rte_pktmbuf_free(pieces[1]);
		}
		rig_run(pair.rig);
		peer_expect_nothing(pair.rig);
		/* Its buckets may be full before the whole of it is. */
		assert_true(rig_dropped(pair.rig, NJ_DROP_FRAGMENTS_FULL) >= more);
		peer_wait(pair.rig, LATE_MS);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENTS_FULL) +
					 rig_dropped(pair.rig, NJ_DROP_FRAGMENT_INCOMPLETE),
			REASSEMBLY_DATAGRAMS + more);
		pieces_cut(&pair.sent, 0x4321, 32, pieces);
		put(&pair, pieces[0]);
		put(&pair, pieces[1]);
		rig_run(pair.rig);
		peer_expect(pair.rig, SERVERS, &pair.wanted);
		rig_destroy(pair.rig);
	}
}

/* What rte_ip_frag makes of a datagram's addresses and identification. */
static uint32_t
library_hash(const struct nj_test_datagram *datagram, uint32_t id)
{
	const struct nj_ip *source = &datagram->source.ip, *destination = &datagram->destination.ip;
	const bool ipv6 = source->family == AF_INET6;
	const size_t length = ipv6 ? sizeof(source->v6) : sizeof(source->v4);
	uint32_t key[8], hash = 0;

	memcpy(key, ipv6 ? (const void *)source->v6 : &source->v4, length);
	memcpy((uint8_t *)key + length, ipv6 ? (const void *)destination->v6 : &destination->v4,
		length);
	for (size_t i = 0; i < 2 * length / sizeof(key[0]); i++)
		hash = rte_hash_crc_4byte(key[i], hash);
	return rte_hash_crc_4byte(
		ipv6 ? rte_cpu_to_be_32(id) : rte_cpu_to_be_16((uint16_t)id), hash);
}

/*
 * That is linear, so that hashes in which these bits are 0 share both of their buckets, whatever
 * seed it had: bits 4 to 8 choose one of 32, bits 18 to 22 and 0 to 1 the other.
 */
static bool
collides(uint32_t hash)
{
	return (hash & 0x7c01f3) == 0;
}

/* Twice as many as two buckets hold; the library would refuse every second one. */
static void
datagrams_that_collide_get_their_places(void **state)
{
	const unsigned int wanted = 64;

	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct pieces_pair pair = make(families[f]);
		struct rte_mbuf *pieces[PIECES_MAX];
		unsigned int n = 0;

		for (uint32_t i = 1; n < wanted; i++) {
			struct nj_test_datagram sent = pair.sent;

			send_from(&sent, (uint8_t)(i % 32));
			if (!collides(library_hash(&sent, i / 32)))
				continue;
			pieces_cut(&sent, i / 32, 32, pieces);
			put(&pair, pieces[0]);
			rte_pktmbuf_free(pieces[1]);
			n++;
		}
		rig_run(pair.rig);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENTS_FULL), 0);
		peer_wait(pair.rig, LATE_MS);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENT_INCOMPLETE), wanted);
		rig_destroy(pair.rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_has_so_many_in_pieces),
		cmocka_unit_test(pieces_for_others_are_dropped_at_once),
		cmocka_unit_test(a_full_table_refuses_more),
		cmocka_unit_test(datagrams_that_collide_get_their_places),
	};
	uint32_t seed = 815;

	nj_test_random_bytes(&seed, bytes, sizeof(bytes));
	return cmocka_run_group_tests_name("fragment_floods", tests, NULL, NULL);
}
