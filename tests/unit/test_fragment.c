/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <rte_ip_frag.h>

#include "datagram.h"
#include "eal.h"
#include "frame.h"
#include "nj_packet.h"

#define LONGEST   9000 /* of payloads here */
#define FRAGMENTS 1200

static uint8_t payload[LONGEST];
static struct rte_mempool *jumbo; /* mbufs that take the longest in one segment */
static struct rte_ip_frag_tbl *table;
static struct rte_ip_frag_death_row death_row;

static struct rte_mbuf *
datagram_of(uint32_t *seed, int family, uint16_t length)
{
	struct nj_test_datagram datagram = nj_test_random_datagram(seed, family, payload, length);

	datagram.fragment = nj_test_random(seed) & 1 ? RTE_IPV4_HDR_DF_FLAG : 0;
	datagram.id = nj_test_random(seed) & 1 ? 0 : 0x1234;
	nj_test_random_bytes(seed, payload, length);
	return nj_test_datagram_build(&datagram, jumbo);
}

static void *
l3_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET);
}

/* What both families say of a fragment, and the bytes that it carries. */
struct piece {
	uint32_t id;
	uint16_t offset, length;
	bool more;
	const void *bytes;
};

static struct piece
piece_of(struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *v4 = l3_of(m);
	const struct rte_ipv6_hdr *v6 = l3_of(m);
	const struct rte_ipv6_fragment_ext *ext = (const void *)(v6 + 1);
	const uint16_t field =
		rte_be_to_cpu_16(nj_packet(m)->flow.ipv6 ? ext->frag_data : v4->fragment_offset);

	if (nj_packet(m)->flow.ipv6) {
		assert_int_equal(v6->proto, IPPROTO_FRAGMENT);
		assert_int_equal(ext->next_header, IPPROTO_UDP);
		assert_int_equal(ext->reserved, 0);
		assert_int_equal(field & 6, 0);
		return (struct piece){rte_be_to_cpu_32(ext->id), field & 0xfff8,
			rte_be_to_cpu_16(v6->payload_len) - 8, field & 1, ext + 1};
	}
	assert_int_equal(v4->next_proto_id, IPPROTO_UDP);
	assert_int_equal(rte_raw_cksum(v4, 20), UINT16_MAX);
	assert_int_equal(field & ~(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK), 0);
	return (struct piece){rte_be_to_cpu_16(v4->packet_id),
		(uint16_t)((field & RTE_IPV4_HDR_OFFSET_MASK) * 8),
		rte_be_to_cpu_16(v4->total_length) - 20, (field & RTE_IPV4_HDR_MF_FLAG) != 0,
		v4 + 1};
}

/* The pieces follow each other from first to last, each fits, and none could hold 8 bytes more. */
static void
assert_pieces(struct rte_mbuf *m, uint16_t mtu, uint32_t id, struct rte_mbuf **out, int n)
{
	const uint8_t *bytes = rte_pktmbuf_mtod_offset(m, uint8_t *, nj_packet(m)->udp_offset);
	const struct rte_ipv4_hdr *v4 = l3_of(m);
	uint16_t at = 0;

	if (!nj_packet(m)->flow.ipv6)
		id = v4->packet_id != 0 ? rte_be_to_cpu_16(v4->packet_id) : (uint16_t)id;
	for (int i = 0; i < n; i++) {
		const struct piece piece = piece_of(out[i]);
		const uint16_t packet = rte_pktmbuf_data_len(out[i]) - NJ_L3_OFFSET;

		assert_in_range(packet, 1, mtu);
		assert_true(!piece.more || packet + 8 > mtu);
		assert_int_equal(piece.offset, at);
		assert_int_equal(piece.id, id);
		assert_int_equal(piece.more, i < n - 1);
		assert_memory_equal(piece.bytes, bytes + at, piece.length);
		assert_memory_equal(rte_pktmbuf_mtod(out[i], void *), rte_pktmbuf_mtod(m, void *),
			RTE_ETHER_HDR_LEN);
		assert_memory_equal(nj_packet(out[i]), nj_packet(m), sizeof(struct nj_packet));
		assert_int_equal(out[i]->nb_segs, 1);
		at += piece.length;
	}
	assert_int_equal(at, nj_packet(m)->payload_length + 8);
}

/* One fragment through DPDK's own reassembly; the whole, where it was the last of them. */
static struct rte_mbuf *
reassemble(struct rte_mbuf *m)
{
	const bool ipv6 = nj_packet(m)->flow.ipv6;
	struct rte_ipv6_hdr *v6 = l3_of(m);

	m->l2_len = NJ_L3_OFFSET;
	m->l3_len = ipv6 ? sizeof(*v6) + 8 : sizeof(struct rte_ipv4_hdr);
	return ipv6 ? rte_ipv6_frag_reassemble_packet(table, &death_row, m, 0, v6,
			      rte_ipv6_frag_get_ipv6_fragment_header(v6))
		    : rte_ipv4_frag_reassemble_packet(table, &death_row, m, 0, l3_of(m));
}

/* In any order they become what they were cut from. Takes the fragments. */
static void
assert_reassembled(struct rte_mbuf *m, struct rte_mbuf **out, int n, uint32_t *seed)
{
	struct rte_mbuf *whole = NULL;
	const uint16_t udp_offset = nj_packet(m)->udp_offset;

	for (int left = n; left > 0; left--) {
		const unsigned int i = nj_test_random(seed) % (unsigned int)left;

		assert_null(whole);
		whole = reassemble(out[i]);
		out[i] = out[left - 1];
	}
	assert_non_null(whole);
	assert_int_equal(rte_pktmbuf_linearize(whole), 0);
	assert_int_equal(rte_pktmbuf_data_len(whole), rte_pktmbuf_data_len(m));
	assert_memory_equal(rte_pktmbuf_mtod_offset(whole, void *, udp_offset),
		rte_pktmbuf_mtod_offset(m, void *, udp_offset),
		rte_pktmbuf_data_len(m) - udp_offset);
	rte_pktmbuf_free(whole);
}

static void
capture(struct rte_mbuf *m, struct rte_mbuf **out, int n)
{
	nj_test_capture(m);
	for (int i = 0; i < n; i++)
		nj_test_capture(out[i]);
}

static void
random_datagrams_are_put_together_again(void **state)
{
	uint32_t seed = 815;

	for (unsigned int round = 0; round < 400; round++) {
		const uint16_t length = 1400 + nj_test_random(&seed) % (LONGEST - 1400);
		const uint16_t mtu = RTE_MAX(68 + nj_test_random(&seed) % 1331, length / 7 + 56u);
		const uint32_t id = nj_test_random(&seed);
		struct rte_mbuf *out[RTE_LIBRTE_IP_FRAG_MAX_FRAG];
		struct rte_mbuf *m =
			datagram_of(&seed, round % 2 == 0 ? AF_INET : AF_INET6, length);
		const int n = nj_fragment(m, mtu, id, jumbo, out, RTE_DIM(out));

		assert_in_range(n, 2, RTE_DIM(out));
		assert_pieces(m, mtu, id, out, n);
		capture(m, out, n);
		assert_reassembled(m, out, n, &seed);
		rte_pktmbuf_free(m);
	}
}

static void
every_mtu_is_kept(void **state)
{
	uint32_t seed = 1191;

	for (unsigned int family = 0; family < 2; family++) {
		const uint16_t least = family == 0 ? 28 : 56;
		struct rte_mbuf *m = datagram_of(&seed, family == 0 ? AF_INET : AF_INET6, 2000);

		for (uint16_t mtu = least; mtu < 2000; mtu += mtu < 200 ? 1 : 61) {
			static struct rte_mbuf *out[FRAGMENTS];
			const int n = nj_fragment(m, mtu, 7, jumbo, out, FRAGMENTS);

			assert_in_range(n, 2, FRAGMENTS);
			assert_pieces(m, mtu, 7, out, n);
			rte_pktmbuf_free_bulk(out, (unsigned int)n);
		}
		rte_pktmbuf_free(m);
	}
}

static void
the_datagram_stays_as_it_is(void **state)
{
	uint32_t seed = 5;

	for (unsigned int family = 0; family < 2; family++) {
		struct rte_mbuf *m = datagram_of(&seed, family == 0 ? AF_INET : AF_INET6, 3000);
		struct rte_mbuf *same = rte_pktmbuf_copy(m, jumbo, 0, UINT32_MAX);
		struct rte_mbuf *out[4];

		assert_int_equal(nj_fragment(m, 1280, 1, jumbo, out, 4), 3);
		assert_int_equal(rte_pktmbuf_data_len(m), rte_pktmbuf_data_len(same));
		assert_memory_equal(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(same, void *),
			rte_pktmbuf_data_len(same));
		rte_pktmbuf_free_bulk(out, 3);
		rte_pktmbuf_free(m);
		rte_pktmbuf_free(same);
	}
}

static void
port_and_vlan_go_along(void **state)
{
	uint32_t seed = 8021;
	struct rte_mbuf *m = datagram_of(&seed, AF_INET, 3000), *out[3];

	m->port = 3;
	m->vlan_tci = 42;
	m->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_RSS_HASH;
	assert_int_equal(nj_fragment(m, 1280, 1, jumbo, out, 3), 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(out[i]->port, 3);
		assert_int_equal(out[i]->vlan_tci, 42);
		assert_int_equal(
			out[i]->ol_flags, RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
	}
	rte_pktmbuf_free_bulk(out, 3);
	rte_pktmbuf_free(m);
}

/* The pool's mbufs take 2,048 bytes, which is less than the MTU. */
static void
pieces_fit_into_the_pools_mbufs(void **state)
{
	uint32_t seed = 2048;

	for (unsigned int family = 0; family < 2; family++) {
		struct rte_mbuf *m = datagram_of(&seed, family == 0 ? AF_INET : AF_INET6, 7900);
		struct rte_mbuf *out[8];
		const int n = nj_fragment(m, 4000, 9, nj_test_pool(), out, 8);

		assert_int_equal(n, 4);
		assert_pieces(m, 2048 - NJ_L3_OFFSET, 9, out, n);
		rte_pktmbuf_free_bulk(out, (unsigned int)n);
		rte_pktmbuf_free(m);
	}
}

static void
what_cannot_be_cut_is_refused(void **state)
{
	static const struct {
		int family;
		uint16_t mtu;
		unsigned int max;
		int result;
	} cases[] = {
		{AF_INET, 0, FRAGMENTS, -EINVAL}, {AF_INET, 27, FRAGMENTS, -EINVAL},
		{AF_INET6, 55, FRAGMENTS, -EINVAL}, {AF_INET, 1500, 0, -E2BIG},
		{AF_INET, 1500, 2, -E2BIG}, /* 3,008 bytes are 1,480 twice, and more */
		{AF_INET6, 1500, 2, -E2BIG}, {AF_INET, 28, FRAGMENTS, -ENOMEM}, /* 376 */
	};
	struct rte_mempool *small = rte_pktmbuf_pool_create(
		"small", 300, 0, NJ_PACKET_PRIV_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	uint32_t seed = 22;

	assert_non_null(small);
	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		static struct rte_mbuf *out[FRAGMENTS];
		struct rte_mbuf *m = datagram_of(&seed, cases[i].family, 3000);

		assert_int_equal(
			nj_fragment(m, cases[i].mtu, 1, small, out, cases[i].max), cases[i].result);
		assert_int_equal(rte_mempool_in_use_count(small), 0);
		rte_pktmbuf_free(m);
	}
	rte_mempool_free(small);
}

static void
nothing_leaked(void **state)
{
	rte_ip_frag_free_death_row(&death_row, 0);
	assert_int_equal(nj_test_pool_in_use(), 0);
	assert_int_equal(rte_mempool_in_use_count(jumbo), 0);
}

static int
start(void **state)
{
	jumbo = rte_pktmbuf_pool_create("jumbo", 1500, 0, NJ_PACKET_PRIV_SIZE,
		LONGEST + 256 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	table = rte_ip_frag_table_create(64, 16, 64 * 16, UINT32_MAX, SOCKET_ID_ANY);
	return jumbo == NULL || table == NULL;
}

static int
stop(void **state)
{
	rte_ip_frag_table_destroy(table);
	rte_mempool_free(jumbo);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_datagrams_are_put_together_again),
		cmocka_unit_test(every_mtu_is_kept),
		cmocka_unit_test(the_datagram_stays_as_it_is),
		cmocka_unit_test(port_and_vlan_go_along),
		cmocka_unit_test(pieces_fit_into_the_pools_mbufs),
		cmocka_unit_test(what_cannot_be_cut_is_refused),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("fragment", tests, start, stop);
}
