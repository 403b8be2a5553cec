/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_arp.h>

#include "eal.h"
#include "frame.h"
#include "nj_packet.h"

/* The datagram "hello" from the peer to us, byte by byte. */
static const uint8_t hello[] = {0x02, 0, 0, 0, 0, 0x0a, 0x02, 0, 0, 0, 0, 0x4d, 0x08, 0x00, 0x45,
	0x00, 0x00, 0x21, 0x12, 0x34, 0x00, 0x00, 0x3d, 0x11, 0xe7, 0x40, 192, 0, 2, 77, 192, 0, 2,
	10, 0x9c, 0x40, 0x1e, 0x61, 0x00, 0x0d, 0x7d, 0x08, 'h', 'e', 'l', 'l', 'o'};

static enum nj_drop
parse(struct rte_mbuf *m)
{
	return nj_parse(m, &nj_test_our_mac, 0);
}

/* What the parser says of a frame, by name, so that a failure can be read. */
static const char *
verdict_on_vlan(const struct nj_test_frame *frame, uint16_t vlan)
{
	struct rte_mbuf *m = nj_test_frame_build(frame);
	const enum nj_drop drop = nj_parse(m, &nj_test_our_mac, vlan);

	rte_pktmbuf_free(m);
	return nj_drop_name(drop);
}

static const char *
verdict(const struct nj_test_frame *frame)
{
	return verdict_on_vlan(frame, 0);
}

static struct nj_test_frame
frame_hello(void)
{
	return nj_test_frame_udp("hello", 5);
}

/* The one shape: the frame is what "hello" is without anything around it. */
static void
assert_hello(struct rte_mbuf *m, const struct nj_test_frame *sent)
{
	struct nj_test_frame plain = *sent;
	struct rte_mbuf *expected;

	plain.n_tags = plain.n_options = 0;
	plain.surplus = plain.padding = 0;
	if (plain.udp_checksum == NJ_TEST_PARTIAL)
		plain.udp_checksum = NJ_TEST_RIGHT;
	expected = nj_test_frame_build(&plain);
	assert_int_equal(rte_pktmbuf_data_len(m), rte_pktmbuf_data_len(expected));
	assert_int_equal(rte_pktmbuf_pkt_len(m), rte_pktmbuf_pkt_len(expected));
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(expected, void *),
		rte_pktmbuf_data_len(expected));
	assert_true(nj_test_checksums_right(m));
	assert_int_equal(nj_packet(m)->kind, NJ_KIND_UDP);
	assert_int_equal(nj_packet(m)->payload_length, 5);
	rte_pktmbuf_free(expected);
}

static void
assert_becomes_hello(const struct nj_test_frame *frame, uint16_t vlan)
{
	struct rte_mbuf *m = nj_test_frame_build(frame);

	assert_int_equal(nj_parse(m, &nj_test_our_mac, vlan), NJ_DROP_NONE);
	assert_hello(m, frame);
	rte_pktmbuf_free(m);
}

static void
a_plain_datagram_is_left_as_it_is(void **state)
{
	static const struct nj_flow key = {
		.src_ip = RTE_BE32(NJ_TEST_PEER_IP),
		.dst_ip = RTE_BE32(NJ_TEST_OUR_IP),
		.src_port = RTE_BE16(40000),
		.dst_port = RTE_BE16(7777),
	};
	struct rte_mbuf *m = nj_test_mbuf(hello, sizeof(hello));
	const struct nj_packet *packet = nj_packet(m);

	assert_int_equal(parse(m), NJ_DROP_NONE);
	assert_int_equal(rte_pktmbuf_data_len(m), sizeof(hello));
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), hello, sizeof(hello));
	assert_memory_equal(&packet->flow, &key, sizeof(key));
	assert_int_equal(packet->kind, NJ_KIND_UDP);
	assert_int_equal(packet->payload_length, 5);
	assert_false(packet->originated);
	assert_int_equal(packet->udp_offset, NJ_UDP4_OFFSET);
	rte_pktmbuf_free(m);
}

static void
a_frame_cut_anywhere_is_named(void **state)
{
	for (uint16_t length = 0; length < sizeof(hello); length++) {
		struct rte_mbuf *m = nj_test_mbuf(hello, length);
		const enum nj_drop expected = length < 14   ? NJ_DROP_ETHERNET_TRUNCATED
					      : length < 34 ? NJ_DROP_IPV4_TRUNCATED
							    : NJ_DROP_IPV4_TOTAL_LENGTH;

		assert_string_equal(nj_drop_name(parse(m)), nj_drop_name(expected));
		rte_pktmbuf_free(m);
	}
}

/* The same cuts, with a total length that owns up to them. */
static void
a_datagram_cut_anywhere_is_named(void **state)
{
	for (int32_t total = 0; total <= 33; total++) {
		struct nj_test_frame frame = frame_hello();
		const char *expected = total < 20   ? "ipv4_total_length"
				       : total < 28 ? "udp_truncated"
				       : total < 33 ? "udp_length"
						    : "none";

		frame.total_length = total;
		assert_string_equal(verdict(&frame), expected);
	}
}

static void
no_length_is_believed(void **state)
{
	uint32_t seed = 22;

	/* Any header bytes: the parser may say what it likes, but must not look or write past the
	 * frame. */
	for (unsigned int round = 0; round < 20000; round++) {
		uint8_t bytes[sizeof(hello)];
		struct rte_mbuf *m;

		memcpy(bytes, hello, sizeof(bytes));
		for (unsigned int i = 0; i < 3; i++)
			bytes[12 + nj_test_random(&seed) % 30] = (uint8_t)nj_test_random(&seed);
		m = nj_test_mbuf(bytes, 1 + nj_test_random(&seed) % sizeof(bytes));
		m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD;
		if (parse(m) == NJ_DROP_NONE && nj_packet(m)->kind == NJ_KIND_UDP) {
			assert_int_equal(rte_pktmbuf_data_len(m),
				NJ_PAYLOAD4_OFFSET + nj_packet(m)->payload_length);
			assert_true(nj_test_checksums_right(m) || bytes[14] == 0x45);
		}
		assert_true(rte_pktmbuf_data_len(m) <= sizeof(bytes));
		rte_pktmbuf_free(m);
	}
}

static void
several_segments_are_refused(void **state)
{
	struct rte_mbuf *m = nj_test_mbuf(hello, sizeof(hello));

	assert_int_equal(rte_pktmbuf_chain(m, nj_test_mbuf("more", 4)), 0);
	assert_string_equal(nj_drop_name(parse(m)), "segmented");
	rte_pktmbuf_free(m);
}

static void
macs_are_checked(void **state)
{
	static const struct rte_ether_addr all = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
					   many = {{0x01, 0, 0x5e, 0, 0, 1}}, zero = {{0}},
					   other = {{0x02, 0, 0, 0, 0, 0x0b}},
					   group = {{0x33, 0x33, 0, 0, 0, 1}};
	struct nj_test_frame frame = frame_hello();
	const struct {
		const struct rte_ether_addr *to, *from;
		const char *verdict;
	} rows[] = {
		{&nj_test_our_mac, &other, "none"},
		{&all, &other, "ethernet_destination"},
		{&many, &other, "ethernet_destination"},
		{&zero, &other, "ethernet_destination"},
		{&other, &nj_test_peer_mac, "ethernet_destination"},
		{&nj_test_our_mac, &nj_test_our_mac, "ethernet_source"},
		{&nj_test_our_mac, &zero, "ethernet_source"},
		{&nj_test_our_mac, &many, "ethernet_source"},
		{&nj_test_our_mac, &all, "ethernet_source"},
		{&group, &other, "ethernet_destination"},
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		frame.ether_to = *rows[i].to;
		frame.ether_from = *rows[i].from;
		assert_string_equal(verdict(&frame), rows[i].verdict);
	}
}

static void
other_ethertypes_are_refused(void **state)
{
	static const uint16_t types[] = {
		0, 46, RTE_ETHER_TYPE_QINQ, RTE_ETHER_TYPE_RARP, RTE_ETHER_TYPE_MPLS, 0xffff};
	struct nj_test_frame frame = frame_hello();

	for (size_t i = 0; i < RTE_DIM(types); i++) {
		frame.ethertype = types[i];
		assert_string_equal(verdict(&frame), "ethertype");
	}
}

static void
a_tag_is_compared_and_taken_off(void **state)
{
	struct nj_test_frame frame = frame_hello();

	assert_string_equal(verdict_on_vlan(&frame, 7), "vlan"); /* no tag */
	frame.n_tags = 1;
	frame.tags[0] = 7;
	assert_becomes_hello(&frame, 7);
	frame.tags[0] = 0xf007; /* priority and DEI say nothing */
	assert_becomes_hello(&frame, 7);
	assert_string_equal(verdict_on_vlan(&frame, 8), "vlan");
	assert_string_equal(verdict_on_vlan(&frame, 0), "vlan");
	frame.tags[0] = 0xe000; /* a priority tag alone */
	assert_becomes_hello(&frame, 0);
	assert_string_equal(verdict_on_vlan(&frame, 7), "vlan");
	frame.n_tags = 2;
	frame.tags[0] = frame.tags[1] = 7;
	assert_string_equal(verdict_on_vlan(&frame, 7), "vlan");
}

static void
a_tag_cut_off_is_named(void **state)
{
	for (uint16_t length = 12; length <= 18; length++) {
		struct nj_test_frame frame = frame_hello();
		struct rte_mbuf *m;

		frame.n_tags = 1;
		frame.tags[0] = 7;
		m = nj_test_frame_build(&frame);
		rte_pktmbuf_trim(m, rte_pktmbuf_data_len(m) - length);
		assert_string_equal(nj_drop_name(nj_parse(m, &nj_test_our_mac, 7)),
			length < 18 ? "ethernet_truncated" : "ipv4_truncated");
		rte_pktmbuf_free(m);
	}
}

static void
a_tag_that_the_device_stripped_counts(void **state)
{
	struct nj_test_frame frame = frame_hello();

	for (unsigned int tags = 0; tags < 2; tags++) {
		static const uint16_t vlans[] = {7, 8, 0};

		for (size_t i = 0; i < RTE_DIM(vlans); i++) {
			struct rte_mbuf *m;

			frame.n_tags = tags;
			frame.tags[0] = 7;
			m = nj_test_frame_build(&frame);
			m->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
			m->vlan_tci = 0x2007;
			assert_int_equal(nj_parse(m, &nj_test_our_mac, vlans[i]),
				tags == 0 && vlans[i] == 7 ? NJ_DROP_NONE : NJ_DROP_VLAN);
			rte_pktmbuf_free(m);
		}
	}
}

static void
ethernet_padding_is_taken_off(void **state)
{
	struct nj_test_frame frame = frame_hello();

	frame.padding = 13;
	assert_becomes_hello(&frame, 0);
	frame.padding = 1400;
	assert_becomes_hello(&frame, 0);
}

static void
an_empty_payload_is_a_datagram(void **state)
{
	struct nj_test_frame frame = nj_test_frame_udp("", 0);
	struct rte_mbuf *m;

	frame.padding = 18;
	m = nj_test_frame_build(&frame);
	assert_int_equal(parse(m), NJ_DROP_NONE);
	assert_int_equal(nj_packet(m)->payload_length, 0);
	assert_int_equal(rte_pktmbuf_data_len(m), NJ_PAYLOAD4_OFFSET);
	assert_true(nj_test_checksums_right(m));
	rte_pktmbuf_free(m);
}

/* ARP ---------------------------------------------------------------------------------------- */

static const uint8_t question[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 0x4d, 0x08,
	0x06, 0, 1, 8, 0, 6, 4, 0, 1, 0x02, 0, 0, 0, 0, 0x4d, 192, 0, 2, 77, 0, 0, 0, 0, 0, 0, 192,
	0, 2, 10};

static void
arp_is_recognised(void **state)
{
	uint8_t padded[60] = {0};

	for (uint8_t opcode = 0; opcode < 10; opcode++) {
		struct rte_mbuf *m;

		memcpy(padded, question, sizeof(question));
		padded[21] = opcode;
		m = nj_test_mbuf(padded, sizeof(padded));
		if (opcode == RTE_ARP_OP_REQUEST || opcode == RTE_ARP_OP_REPLY) {
			assert_int_equal(parse(m), NJ_DROP_NONE);
			assert_int_equal(nj_packet(m)->kind, NJ_KIND_ARP);
			assert_int_equal(rte_pktmbuf_data_len(m), sizeof(question));
		} else {
			assert_int_equal(parse(m), NJ_DROP_ARP_MALFORMED);
		}
		rte_pktmbuf_free(m);
	}
}

static void
malformed_arp_is_refused(void **state)
{
	for (size_t at = 14; at < 21; at++) { /* the constant fields, and the opcode's upper half */
		uint8_t bytes[sizeof(question)];
		struct rte_mbuf *m;

		memcpy(bytes, question, sizeof(bytes));
		bytes[at] ^= 1;
		m = nj_test_mbuf(bytes, sizeof(bytes));
		assert_int_equal(parse(m), NJ_DROP_ARP_MALFORMED);
		rte_pktmbuf_free(m);
	}
	for (uint16_t length = 14; length < sizeof(question); length++) {
		struct rte_mbuf *m = nj_test_mbuf(question, length);

		assert_int_equal(parse(m), NJ_DROP_ARP_MALFORMED);
		rte_pktmbuf_free(m);
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
		cmocka_unit_test(a_datagram_cut_anywhere_is_named),
		cmocka_unit_test(no_length_is_believed),
		cmocka_unit_test(several_segments_are_refused),
		cmocka_unit_test(macs_are_checked),
		cmocka_unit_test(other_ethertypes_are_refused),
		cmocka_unit_test(a_tag_is_compared_and_taken_off),
		cmocka_unit_test(a_tag_cut_off_is_named),
		cmocka_unit_test(a_tag_that_the_device_stripped_counts),
		cmocka_unit_test(ethernet_padding_is_taken_off),
		cmocka_unit_test(an_empty_payload_is_a_datagram),
		cmocka_unit_test(arp_is_recognised),
		cmocka_unit_test(malformed_arp_is_refused),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
