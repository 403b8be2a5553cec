/* SPDX-License-Identifier: BSD-3-Clause */
/* The parser's rules for the IPv6 header, its addresses, and UDP over it. */
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

static const struct rte_ether_addr group_mac = {{0x33, 0x33, 0, 0, 0, 1}};
static const uint8_t echo[8] = {128};

static const char *
verdict_of(struct rte_mbuf *m)
{
	const enum nj_drop drop = nj_parse(m, &nj_test_our_mac, 0);

	rte_pktmbuf_free(m);
	return nj_drop_name(drop);
}

static const char *
verdict_with(const struct nj_test_frame *frame, uint64_t ol_flags)
{
	struct rte_mbuf *m = nj_test_frame_build(frame);

	m->ol_flags = ol_flags;
	return verdict_of(m);
}

static const char *
verdict(const struct nj_test_frame *frame)
{
	return verdict_with(frame, 0);
}

static struct nj_test_frame
frame_hello(void)
{
	return nj_test_frame_udp6("hello", 5);
}

static void
a_plain_datagram_is_left_as_it_is(void **state)
{
	struct nj_test_frame frame = frame_hello();
	struct rte_mbuf *m = nj_test_frame_build(&frame), *plain = nj_test_frame_build(&frame);
	const struct nj_packet *packet = nj_packet(m);
	struct nj_flow flow = {
		.src_port = RTE_BE16(NJ_TEST_PEER_PORT),
		.dst_port = RTE_BE16(NJ_TEST_OUR_PORT),
		.ipv6 = true,
	};

	memcpy(flow.src_ip6, nj_test_peer_ip6, sizeof(flow.src_ip6));
	memcpy(flow.dst_ip6, nj_test_our_ip6, sizeof(flow.dst_ip6));
	assert_int_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
	assert_int_equal(rte_pktmbuf_data_len(m), NJ_PAYLOAD6_OFFSET + 5);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(plain, void *),
		rte_pktmbuf_data_len(plain));
	assert_memory_equal(&packet->flow, &flow, NJ_FLOW6_KEY_BYTES);
	assert_true(packet->flow.ipv6);
	assert_int_equal(packet->kind, NJ_KIND_UDP);
	assert_int_equal(packet->payload_length, 5);
	assert_int_equal(packet->udp_offset, NJ_UDP6_OFFSET);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(plain);
}

static void
a_frame_cut_anywhere_is_named(void **state)
{
	const struct nj_test_frame frame = frame_hello();
	const uint16_t whole = NJ_PAYLOAD6_OFFSET + 5;

	for (uint16_t length = 0; length < whole; length++) {
		struct rte_mbuf *m = nj_test_frame_build(&frame);

		rte_pktmbuf_trim(m, whole - length);
		assert_string_equal(verdict_of(m), length < 14   ? "ethernet_truncated"
						   : length < 54 ? "ipv6_truncated"
								 : "ipv6_length");
	}
}

/* The same cuts, with a payload length that owns up to them; and more than there is. */
static void
payload_lengths_are_checked(void **state)
{
	struct nj_test_frame frame = frame_hello();

	for (int32_t length = 0; length <= 14; length++) {
		frame.total_length = length;
		assert_string_equal(verdict(&frame), length < 8    ? "udp_truncated"
						     : length < 13 ? "udp_length"
						     : length < 14 ? "none"
								   : "ipv6_length");
	}
	frame.total_length = UINT16_MAX;
	assert_string_equal(verdict(&frame), "ipv6_length");
	frame.total_length = 14;
	frame.padding = 1;
	assert_string_equal(verdict(&frame), "none"); /* surplus */
}

static void
versions_are_checked(void **state)
{
	for (uint8_t version = 0; version < 16; version++) {
		struct nj_test_frame frame = frame_hello();

		frame.version = version;
		assert_string_equal(verdict(&frame), version == 6 ? "none" : "ipv6_version");
	}
}

static void
other_protocols_are_refused(void **state)
{
	for (unsigned int protocol = 0; protocol < 256; protocol++) {
		struct nj_test_frame frame = nj_test_frame_icmp6("\x80\0\0\0\0\0\0\0", 8);
		const char *expected = "ipv6_protocol";

		if (protocol == IPPROTO_ICMPV6)
			expected = "none";
		if (protocol == IPPROTO_UDP) /* with a header of its own */
			expected = "none";
		if (protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
			protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_FRAGMENT)
			continue;
		frame.protocol = (uint8_t)protocol;
		assert_string_equal(verdict(&frame), expected);
	}
}

static void
addresses_are_checked(void **state)
{
	static const struct {
		uint8_t ip[16];
		const char *source, *destination, *icmp_source, *icmp_destination;
	} rows[] = {
		{{0}, "ipv6_source", "ipv6_destination", "none", "ipv6_destination"},
		{{[15] = 1}, "ipv6_source", "ipv6_destination", "ipv6_source", "ipv6_destination"},
		{{[15] = 2}, "none", "none", "none", "none"},
		{{[10] = 0xff, [11] = 0xff, [12] = 192, [15] = 1}, "ipv6_source",
			"ipv6_destination", "ipv6_source", "ipv6_destination"},
		{{[9] = 1, [10] = 0xff, [11] = 0xff, [12] = 192}, "none", "none", "none", "none"},
		{{[10] = 0xff, [11] = 0xfe, [12] = 192}, "none", "none", "none", "none"},
		{{0, 0x64, 0xff, 0x9b, [12] = 192}, "none", "none", "none", "none"},
		{{0xff, 0x02, [15] = 1}, "ipv6_source", "ipv6_destination", "ipv6_source", "none"},
		{{0xff}, "ipv6_source", "ipv6_destination", "ipv6_source", "none"},
		{{0xfe, 0x80, [15] = 1}, "none", "none", "none", "none"},
		{{0xfd, [15] = 1}, "none", "none", "none", "none"},
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		struct nj_test_frame udp = frame_hello();
		struct nj_test_frame icmp = nj_test_frame_icmp6(echo, sizeof(echo));

		memcpy(udp.src_ip6, rows[i].ip, 16);
		memcpy(icmp.src_ip6, rows[i].ip, 16);
		assert_string_equal(verdict(&udp), rows[i].source);
		assert_string_equal(verdict(&icmp), rows[i].icmp_source);
		udp = frame_hello();
		icmp = nj_test_frame_icmp6(echo, sizeof(echo));
		memcpy(udp.dst_ip6, rows[i].ip, 16);
		memcpy(icmp.dst_ip6, rows[i].ip, 16);
		assert_string_equal(verdict(&udp), rows[i].destination);
		assert_string_equal(verdict(&icmp), rows[i].icmp_destination);
	}
}

/* To a group of stations: ICMPv6 to a group of hosts, and nothing else. */
static void
groups_are_for_icmp(void **state)
{
	static const struct rte_ether_addr ipv4_group = {{0x01, 0, 0x5e, 0, 0, 1}},
					   all = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	struct nj_test_frame frame = nj_test_frame_icmp6(echo, sizeof(echo));

	frame.ether_to = group_mac;
	assert_string_equal(verdict(&frame), "ipv6_destination");
	frame.dst_ip6[0] = 0xff;
	assert_string_equal(verdict(&frame), "none");
	frame.ether_to = ipv4_group;
	assert_string_equal(verdict(&frame), "ethernet_destination");
	frame.ether_to = all;
	assert_string_equal(verdict(&frame), "ethernet_destination");
	frame = frame_hello();
	frame.ether_to = group_mac;
	assert_string_equal(verdict(&frame), "ipv6_destination");
	frame.dst_ip6[0] = 0xff;
	assert_string_equal(verdict(&frame), "ipv6_destination");
	frame.n_extensions = 1;
	frame.extensions[0] = NJ_TEST_FRAGMENT6(1);
	assert_string_equal(verdict(&frame), "ipv6_destination");
}

static void
udp_lengths_and_ports_are_checked(void **state)
{
	for (int32_t length = 0; length < 16; length++) { /* 13 is right */
		struct nj_test_frame frame = frame_hello();

		frame.udp_length = length;
		assert_string_equal(verdict_with(&frame, RTE_MBUF_F_RX_L4_CKSUM_GOOD),
			length < 8 || length > 13 ? "udp_length" : "none");
	}
	for (unsigned int which = 0; which < 2; which++) {
		struct nj_test_frame frame = frame_hello();

		*(which == 0 ? &frame.src_port : &frame.dst_port) = 0;
		assert_string_equal(verdict(&frame), "udp_port");
	}
}

static void
udp_checksums_are_checked_unless_the_device_did(void **state)
{
	struct nj_test_frame bad = frame_hello(), good = frame_hello(), none = frame_hello();

	bad.udp_checksum = 0x1111;
	none.udp_checksum = 0;
	assert_string_equal(verdict(&bad), "udp_checksum");
	assert_string_equal(verdict_with(&bad, RTE_MBUF_F_RX_L4_CKSUM_BAD), "udp_checksum");
	assert_string_equal(verdict_with(&bad, RTE_MBUF_F_RX_L4_CKSUM_NONE), "udp_checksum");
	assert_string_equal(verdict_with(&bad, RTE_MBUF_F_RX_L4_CKSUM_GOOD), "none");
	assert_string_equal(verdict_with(&good, RTE_MBUF_F_RX_L4_CKSUM_BAD), "none");
	assert_string_equal(verdict(&none), "udp_checksum");
	assert_string_equal(verdict_with(&none, RTE_MBUF_F_RX_L4_CKSUM_GOOD), "udp_checksum");
}

/* Random datagrams, tagged, padded, with surplus and extension headers, whole or partial. */
static void
random_frames_come_into_shape(void **state)
{
	uint32_t seed = 8200;

	for (unsigned int round = 0; round < 5000; round++) {
		uint8_t payload[64];
		const uint16_t length = nj_test_random(&seed) % sizeof(payload);
		struct nj_test_frame frame = nj_test_frame_udp6(payload, length);
		struct rte_mbuf *m, *plain;

		for (unsigned int i = 0; i < sizeof(payload); i++)
			payload[i] = (uint8_t)nj_test_random(&seed);
		frame.src_ip6[15] = (uint8_t)nj_test_random(&seed);
		frame.tos = (uint8_t)nj_test_random(&seed);
		plain = nj_test_frame_build(&frame);
		frame.n_tags = nj_test_random(&seed) % 2;
		frame.n_extensions = nj_test_random(&seed) % 9;
		for (unsigned int i = 0; i < frame.n_extensions; i++)
			frame.extensions[i] = (struct nj_test_extension){
				.type = IPPROTO_DSTOPTS, .units = nj_test_random(&seed) % 4};
		frame.surplus = nj_test_random(&seed) % 5;
		frame.padding = nj_test_random(&seed) % 20;
		if (nj_test_random(&seed) & 1)
			frame.udp_checksum = NJ_TEST_PARTIAL;
		m = nj_test_frame_build(&frame);
		assert_int_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
		assert_int_equal(nj_packet(m)->payload_length, length);
		assert_int_equal(rte_pktmbuf_data_len(m), rte_pktmbuf_data_len(plain));
		assert_memory_equal(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(plain, void *),
			rte_pktmbuf_data_len(plain));
		assert_true(nj_test_checksums_right(m));
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
		cmocka_unit_test(a_plain_datagram_is_left_as_it_is),
		cmocka_unit_test(a_frame_cut_anywhere_is_named),
		cmocka_unit_test(payload_lengths_are_checked),
		cmocka_unit_test(versions_are_checked),
		cmocka_unit_test(other_protocols_are_refused),
		cmocka_unit_test(addresses_are_checked),
		cmocka_unit_test(groups_are_for_icmp),
		cmocka_unit_test(udp_lengths_and_ports_are_checked),
		cmocka_unit_test(udp_checksums_are_checked_unless_the_device_did),
		cmocka_unit_test(random_frames_come_into_shape),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("ipv6", tests, NULL, NULL);
}
