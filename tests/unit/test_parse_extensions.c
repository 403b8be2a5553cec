/* SPDX-License-Identifier: BSD-3-Clause */
/* The parser's walk over IPv6 extension headers. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "nj_packet.h"

#define OPTIONS                                                                                    \
	{                                                                                          \
		.type = IPPROTO_DSTOPTS                                                            \
	}
#define HOP                                                                                        \
	{                                                                                          \
		.type = IPPROTO_HOPOPTS                                                            \
	}
#define ROUTE(n)                                                                                   \
	{                                                                                          \
		.type = IPPROTO_ROUTING, .bytes = { 0, n }                                         \
	}
#define ATOMIC                                                                                     \
	{                                                                                          \
		.type = IPPROTO_FRAGMENT, .bytes = { 0, 0, 1, 2, 3, 4 }                            \
	}
#define AH                                                                                         \
	{                                                                                          \
		.type = IPPROTO_AH, .units = 1                                                     \
	}

static const char *
verdict_of(struct rte_mbuf *m)
{
	const enum nj_drop drop = nj_parse(m, &nj_test_our_mac, 0);

	rte_pktmbuf_free(m);
	return nj_drop_name(drop);
}

/* Whatever stood between, it becomes what it is without it. */
static void
assert_becomes_plain(const struct nj_test_frame *frame)
{
	struct nj_test_frame without = *frame;
	struct rte_mbuf *m = nj_test_frame_build(frame), *plain;

	without.n_extensions = 0;
	plain = nj_test_frame_build(&without);
	assert_int_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
	assert_int_equal(rte_pktmbuf_data_len(m), rte_pktmbuf_data_len(plain));
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(plain, void *),
		rte_pktmbuf_data_len(plain));
	assert_int_equal(nj_packet(m)->udp_offset, NJ_UDP6_OFFSET);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(plain);
}

static void
chains_are_walked_in_order(void **state)
{
	static const struct {
		unsigned int n;
		struct nj_test_extension chain[10];
		const char *verdict;
	} rows[] = {
		{1, {HOP}, "none"},
		{1, {OPTIONS}, "none"},
		{1, {ROUTE(0)}, "none"},
		{1, {ATOMIC}, "none"},
		{1, {ROUTE(1)}, "ipv6_extension"},
		{1, {ROUTE(255)}, "ipv6_extension"},
		{1, {AH}, "ipv6_protocol"},
		{1, {{.type = IPPROTO_ESP}}, "ipv6_protocol"},
		{1, {{.type = IPPROTO_MH}}, "ipv6_protocol"},
		{1, {{.type = IPPROTO_NONE}}, "ipv6_protocol"},
		{5, {HOP, OPTIONS, ROUTE(0), ATOMIC, OPTIONS}, "none"}, /* RFC 8200, 4.1 */
		{2, {HOP, HOP}, "ipv6_extension"},
		{2, {OPTIONS, HOP}, "ipv6_extension"},
		{2, {ATOMIC, HOP}, "ipv6_extension"},
		{2, {ATOMIC, ATOMIC}, "ipv6_extension"},
		{3, {ATOMIC, OPTIONS, {.type = IPPROTO_FRAGMENT, .bytes = {0, 1}}},
			"ipv6_extension"},
		{2, {OPTIONS, ROUTE(3)}, "ipv6_extension"},
		{2, {HOP, {.type = IPPROTO_NONE}}, "ipv6_protocol"},
		{8, {OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS},
			"none"},
		{9,
			{OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS,
				OPTIONS},
			"ipv6_extension"},
		{9,
			{OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS,
				ATOMIC},
			"ipv6_extension"},
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		struct nj_test_frame frame = nj_test_frame_udp6("hello", 5);

		frame.n_extensions = rows[i].n;
		memcpy(frame.extensions, rows[i].chain, sizeof(frame.extensions));
		if (strcmp(rows[i].verdict, "none") == 0)
			assert_becomes_plain(&frame);
		else
			assert_string_equal(
				verdict_of(nj_test_frame_build(&frame)), rows[i].verdict);
	}
}

/* Any number of bytes up to 2,048, which end where the payload ends, or one unit behind it. */
static void
lengths_are_held_against_the_packet(void **state)
{
	static const uint8_t types[] = {IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING};

	for (size_t i = 0; i < RTE_DIM(types); i++) {
		for (unsigned int units = 0; units < 150; units++) {
			struct nj_test_frame frame = nj_test_frame_udp6("hello", 5);

			frame.n_extensions = 1;
			frame.extensions[0] = (struct nj_test_extension){
				.type = types[i], .units = (uint8_t)units};
			assert_becomes_plain(&frame);
			/* Nothing behind it, and then not all of it. */
			frame.total_length = 8 + (int32_t)units * 8;
			assert_string_equal(
				verdict_of(nj_test_frame_build(&frame)), "udp_truncated");
			frame.total_length--;
			assert_string_equal(
				verdict_of(nj_test_frame_build(&frame)), "ipv6_truncated");
		}
	}
}

/* The header says more than the packet has; the frame has it all the same, as padding. */
static void
a_header_longer_than_its_packet_is_truncated(void **state)
{
	for (unsigned int units = 1; units < 256; units++) {
		struct nj_test_frame frame = nj_test_frame_udp6("hello", 5);
		struct rte_mbuf *m;

		frame.n_extensions = 1;
		frame.extensions[0] = (struct nj_test_extension)OPTIONS;
		frame.padding = 1000;
		m = nj_test_frame_build(&frame);
		rte_pktmbuf_mtod(m, uint8_t *)[NJ_UDP6_OFFSET + 1] = (uint8_t)units;
		/* One unit more is the UDP header, and payload is taken for one. */
		assert_string_equal(verdict_of(m), units == 1 ? "udp_truncated" : "ipv6_truncated");
	}
}

static void
a_chain_cut_anywhere_is_named(void **state)
{
	struct nj_test_frame frame = nj_test_frame_udp6("hello", 5);

	frame.n_extensions = 3;
	frame.extensions[0] = (struct nj_test_extension)HOP;
	frame.extensions[1] = (struct nj_test_extension){.type = IPPROTO_DSTOPTS, .units = 2};
	frame.extensions[2] = (struct nj_test_extension)ATOMIC;
	for (int32_t length = 0; length < 40 + 13; length++) {
		frame.total_length = length;
		assert_string_equal(
			verdict_of(nj_test_frame_build(&frame)), length < 40 ? "ipv6_truncated"
								 : length < 40 + 8 ? "udp_truncated"
										   : "udp_length");
	}
}

/* Over extension headers as over none. */
static void
icmp_comes_into_the_same_shape(void **state)
{
	static const uint8_t report[8] = {143};
	struct nj_test_frame frame = nj_test_frame_icmp6(report, sizeof(report));
	struct rte_mbuf *m;

	frame.n_extensions = 2;
	frame.extensions[0] = (struct nj_test_extension){
		.type = IPPROTO_HOPOPTS, .bytes = {5, 2}}; /* a router alert, as MLD has */
	frame.extensions[1] = (struct nj_test_extension)OPTIONS;
	assert_becomes_plain(&frame);
	frame.padding = 3;
	m = nj_test_frame_build(&frame);
	assert_int_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
	assert_int_equal(nj_packet(m)->kind, NJ_KIND_ICMP6);
	assert_int_equal(rte_pktmbuf_data_len(m), NJ_UDP6_OFFSET + sizeof(report));
	assert_memory_equal(nj_packet(m)->flow.src_ip6, nj_test_peer_ip6, 16);
	assert_memory_equal(nj_packet(m)->flow.dst_ip6, nj_test_our_ip6, 16);
	assert_int_equal(nj_packet(m)->flow.src_port, 0);
	rte_pktmbuf_free(m);
}

/* RFC 2675's jumbograms say 0; so does who forgot. */
static void
a_payload_length_of_zero_holds_nothing(void **state)
{
	struct nj_test_frame frame = nj_test_frame_udp6("hello", 5);

	frame.total_length = 0;
	assert_string_equal(verdict_of(nj_test_frame_build(&frame)), "udp_truncated");
	frame.n_extensions = 1;
	frame.extensions[0] =
		(struct nj_test_extension){.type = IPPROTO_HOPOPTS, .bytes = {0xc2, 4, 0, 1, 0, 0}};
	assert_string_equal(verdict_of(nj_test_frame_build(&frame)), "ipv6_truncated");
}

static void
nothing_leaked(void **state)
{
	assert_int_equal(nj_test_pool_in_use(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_are_walked_in_order),
		cmocka_unit_test(lengths_are_held_against_the_packet),
		cmocka_unit_test(a_header_longer_than_its_packet_is_truncated),
		cmocka_unit_test(a_chain_cut_anywhere_is_named),
		cmocka_unit_test(icmp_comes_into_the_same_shape),
		cmocka_unit_test(a_payload_length_of_zero_holds_nothing),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("parse_extensions", tests, NULL, NULL);
}
