/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parser makes of fragments, of both families. */
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

static const uint8_t bytes[64] = {1, 2, 3};

/* `field` is offset and flag as IPv6 has them: a multiple of 8, and 1 for more fragments; `length`
 * is what the fragment holds of the datagram, at least 8. */
static struct nj_test_frame
frame_fragment(bool ipv6, uint16_t field, uint16_t length)
{
	struct nj_test_frame frame;

	if (ipv6) {
		frame = nj_test_frame_udp6(bytes, length - 8);
		frame.n_extensions = 1;
		frame.extensions[0] = NJ_TEST_FRAGMENT6(field);
	} else {
		frame = nj_test_frame_udp(bytes, length - 8);
		frame.fragment = field / 8 | (field & 1 ? RTE_IPV4_HDR_MF_FLAG : 0);
	}
	return frame;
}

static const char *
verdict(const struct nj_test_frame *frame)
{
	struct rte_mbuf *m = nj_test_frame_build(frame);
	const enum nj_drop drop = nj_parse(m, &nj_test_our_mac, 0);
	const uint8_t kind = nj_packet(m)->kind;

	rte_pktmbuf_free(m);
	if (drop == NJ_DROP_NONE)
		return kind == NJ_KIND_FRAGMENT ? "fragment" : "whole";
	return nj_drop_name(drop);
}

static void
possible_fragments_are_recognised(void **state)
{
	static const struct {
		uint16_t field, length;
		const char *verdict4, *verdict6;
	} rows[] = {
		{0, 16, "whole", "whole"},
		{1, 16, "fragment", "fragment"},
		{8, 16, "fragment", "fragment"},
		{8, 17, "fragment", "fragment"}, /* the last may end anywhere */
		{9, 16, "fragment", "fragment"},
		{9, 17, "fragment_malformed", "fragment_malformed"},
		{1, 15, "fragment_malformed", "fragment_malformed"},
		{1, 8, "fragment", "fragment"},
		{65512, 23, "fragment_malformed", "fragment"}, /* IPv4 counts its header */
		{65512, 24, "fragment_malformed", "fragment_malformed"},
		{65496, 19, "fragment", "fragment"},
		{65496, 20, "fragment_malformed", "fragment"},
		{65520, 15, "fragment_malformed", "fragment"},
		{65520, 16, "fragment_malformed", "fragment_malformed"},
		{65528, 8, "fragment_malformed", "fragment_malformed"},
		{65529, 8, "fragment_malformed", "fragment_malformed"},
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		struct nj_test_frame frame = frame_fragment(false, rows[i].field, rows[i].length);

		assert_string_equal(verdict(&frame), rows[i].verdict4);
		frame = frame_fragment(true, rows[i].field, rows[i].length);
		assert_string_equal(verdict(&frame), rows[i].verdict6);
	}
}

static void
empty_fragments_are_malformed(void **state)
{
	static const uint16_t fields[] = {1, 8, 9, 65528};

	for (size_t i = 0; i < RTE_DIM(fields); i++) {
		struct nj_test_frame frame = frame_fragment(false, fields[i], 8);

		frame.total_length = 20;
		assert_string_equal(verdict(&frame), "fragment_malformed");
		frame = frame_fragment(true, fields[i], 8);
		frame.total_length = 8;
		assert_string_equal(verdict(&frame), "fragment_malformed");
	}
}

static void
a_fragment_header_cut_off_is_truncated(void **state)
{
	for (int32_t length = 0; length < 8; length++) {
		struct nj_test_frame frame = frame_fragment(true, 1, 8);

		frame.total_length = length;
		assert_string_equal(verdict(&frame), "ipv6_truncated");
	}
}

/* IPv4's reserved flag and don't-fragment, and IPv6's reserved bits, say nothing of fragments. */
static void
other_bits_are_ignored(void **state)
{
	struct nj_test_frame frame = frame_fragment(false, 0, 16);

	frame.fragment = RTE_IPV4_HDR_DF_FLAG | 0x8000;
	assert_string_equal(verdict(&frame), "whole");
	frame.fragment = RTE_IPV4_HDR_DF_FLAG | RTE_IPV4_HDR_MF_FLAG;
	assert_string_equal(verdict(&frame), "fragment");
	frame = frame_fragment(true, 6, 16);
	frame.extensions[0].units = 0xff;
	assert_string_equal(verdict(&frame), "whole");
	frame = frame_fragment(true, 7, 16);
	assert_string_equal(verdict(&frame), "fragment");
}

static void
headers_are_checked_as_of_any_packet(void **state)
{
	struct nj_test_frame frame = frame_fragment(false, 1, 16);

	frame.protocol = IPPROTO_TCP;
	assert_string_equal(verdict(&frame), "ipv4_protocol");
	frame.protocol = IPPROTO_ICMP;
	assert_string_equal(verdict(&frame), "fragment");
	frame.ip_checksum = 1;
	assert_string_equal(verdict(&frame), "ipv4_checksum");
	frame = frame_fragment(false, 1, 16);
	frame.src_ip = NJ_TEST_IP(224, 0, 0, 1);
	assert_string_equal(verdict(&frame), "ipv4_source");
	frame = frame_fragment(true, 1, 16);
	memset(frame.src_ip6, 0, sizeof(frame.src_ip6));
	assert_string_equal(verdict(&frame), "ipv6_source");
}

static void
what_a_datagram_begins_with_is_checked(void **state)
{
	for (unsigned int type = 0; type < 256; type++) {
		struct nj_test_frame frame = frame_fragment(true, 1, 8);
		struct rte_mbuf *m = nj_test_frame_build(&frame);
		const bool good = type == IPPROTO_UDP || type == IPPROTO_ICMPV6 ||
				  type == IPPROTO_DSTOPTS || type == IPPROTO_ROUTING;
		const bool misplaced = type == IPPROTO_HOPOPTS || type == IPPROTO_FRAGMENT;

		rte_pktmbuf_mtod(m, uint8_t *)[NJ_UDP6_OFFSET] = (uint8_t)type;
		assert_string_equal(nj_drop_name(nj_parse(m, &nj_test_our_mac, 0)),
			good        ? "none"
			: misplaced ? "ipv6_extension"
				    : "ipv6_protocol");
		rte_pktmbuf_free(m);
	}
}

/* Tag, padding, options and extension headers in front go; the rest stays, and is described. */
static void
fragments_come_into_one_shape(void **state)
{
	for (unsigned int ipv6 = 0; ipv6 < 2; ipv6++) {
		struct nj_test_frame frame = frame_fragment(ipv6 != 0, 1233, 24);
		struct rte_mbuf *plain = nj_test_frame_build(&frame), *m;
		const struct nj_packet *packet;

		frame.n_tags = 1;
		frame.padding = 17;
		if (ipv6) {
			frame.n_extensions = 3;
			frame.extensions[2] = frame.extensions[0];
			frame.extensions[0] = (struct nj_test_extension){.type = IPPROTO_HOPOPTS};
			frame.extensions[1] = (struct nj_test_extension){.type = IPPROTO_ROUTING};
		} else {
			frame.n_options = 8;
		}
		m = nj_test_frame_build(&frame);
		m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
		assert_int_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
		packet = nj_packet(m);
		assert_int_equal(packet->kind, NJ_KIND_FRAGMENT);
		assert_int_equal(packet->udp_offset, ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET);
		assert_int_equal(packet->payload_length, 0);
		assert_int_equal(packet->flow.src_port, 0);
		assert_int_equal(packet->flow.dst_port, 0);
		assert_int_equal(packet->flow.ipv6, ipv6);
		if (ipv6) {
			assert_memory_equal(packet->flow.src_ip6, nj_test_peer_ip6, 16);
			assert_memory_equal(packet->flow.dst_ip6, nj_test_our_ip6, 16);
		} else {
			assert_int_equal(packet->flow.src_ip, RTE_BE32(NJ_TEST_PEER_IP));
			assert_int_equal(packet->flow.dst_ip, RTE_BE32(NJ_TEST_OUR_IP));
		}
		assert_int_equal(rte_pktmbuf_data_len(m), rte_pktmbuf_data_len(plain));
		assert_memory_equal(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(plain, void *),
			rte_pktmbuf_data_len(plain));
		/* Whoever looks at the whole believes nobody's verdict on a part. */
		assert_int_equal(
			m->ol_flags & (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK),
			0);
		/* It is a fragment still, with its tag stripped already. */
		assert_int_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
		assert_int_equal(packet->kind, NJ_KIND_FRAGMENT);
		rte_pktmbuf_free(m);
		rte_pktmbuf_free(plain);
	}
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
		cmocka_unit_test(possible_fragments_are_recognised),
		cmocka_unit_test(empty_fragments_are_malformed),
		cmocka_unit_test(a_fragment_header_cut_off_is_truncated),
		cmocka_unit_test(other_bits_are_ignored),
		cmocka_unit_test(headers_are_checked_as_of_any_packet),
		cmocka_unit_test(what_a_datagram_begins_with_is_checked),
		cmocka_unit_test(fragments_come_into_one_shape),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("parse_fragments", tests, NULL, NULL);
}
