/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that nobody should send: each is dropped under its own reason, and nothing leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "nj_packet.h"
#include "rig.h"

#define PAYLOAD "hello"

struct row {
	enum nj_drop reason;
	void (*spoil)(struct nj_test_frame *frame);
};

#define SPOIL(name, statement)                                                                     \
	static void name(struct nj_test_frame *frame)                                              \
	{                                                                                          \
		statement;                                                                         \
	}

SPOIL(ethertype, frame->ethertype = RTE_ETHER_TYPE_MPLS)
SPOIL(version, frame->version = 6)
SPOIL(short_header, frame->ihl = 4)
SPOIL(long_header, frame->ihl = 15)
SPOIL(long_total, frame->total_length = 1000)
SPOIL(short_total, frame->total_length = 19)
SPOIL(ip_checksum, frame->ip_checksum = 0x1234)
SPOIL(first_fragment, frame->fragment = RTE_IPV4_HDR_MF_FLAG) /* of 13 bytes, which is odd */
SPOIL(last_fragment, frame->fragment = RTE_IPV4_HDR_OFFSET_MASK)
SPOIL(source, frame->src_ip = NJ_TEST_IP(224, 0, 0, 1))
SPOIL(loopback, frame->src_ip = NJ_TEST_IP(127, 0, 0, 1))
SPOIL(multicast, frame->dst_ip = NJ_TEST_IP(239, 1, 2, 3))
SPOIL(tcp, frame->protocol = 6)
SPOIL(long_udp, frame->udp_length = 8 + 5 + 1)
SPOIL(short_udp, frame->udp_length = 7)
SPOIL(no_udp, frame->total_length = 27)
SPOIL(udp_checksum, frame->udp_checksum = 0x1234)
SPOIL(source_port, frame->src_port = 0)
SPOIL(tag, frame->n_tags = 1; frame->tags[0] = 5)

static const struct row rows[] = {
	{NJ_DROP_ETHERTYPE, ethertype},
	{NJ_DROP_IPV4_VERSION, version},
	{NJ_DROP_IPV4_HEADER_LENGTH, short_header},
	{NJ_DROP_IPV4_TRUNCATED, long_header},
	{NJ_DROP_IPV4_TOTAL_LENGTH, long_total},
	{NJ_DROP_IPV4_TOTAL_LENGTH, short_total},
	{NJ_DROP_IPV4_CHECKSUM, ip_checksum},
	{NJ_DROP_FRAGMENT_MALFORMED, first_fragment},
	{NJ_DROP_FRAGMENT_MALFORMED, last_fragment},
	{NJ_DROP_IPV4_SOURCE, source},
	{NJ_DROP_IPV4_SOURCE, loopback},
	{NJ_DROP_IPV4_DESTINATION, multicast},
	{NJ_DROP_IPV4_PROTOCOL, tcp},
	{NJ_DROP_UDP_LENGTH, long_udp},
	{NJ_DROP_UDP_LENGTH, short_udp},
	{NJ_DROP_UDP_TRUNCATED, no_udp},
	{NJ_DROP_UDP_CHECKSUM, udp_checksum},
	{NJ_DROP_UDP_PORT, source_port},
	{NJ_DROP_VLAN, tag},
};

static struct rig *
make(void)
{
	struct rig_options options = {.n_endpoints = 1};
	struct rig *rig = rig_create(&options);

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	return rig;
}

static void
each_fault_has_its_reason(void **state)
{
	struct rig *rig = make();

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		struct nj_test_frame frame = rig_client_frame(5000, PAYLOAD);
		uint64_t before = rig_dropped(rig, rows[i].reason);

		rows[i].spoil(&frame);
		rig_send(rig, CLIENTS, &frame);
		rig_run(rig);
		if (rig_dropped(rig, rows[i].reason) != before + 1)
			fail_msg("row %zu was not dropped as %s", i, nj_drop_name(rows[i].reason));
		rig_expect_nothing(rig);
	}
	assert_int_equal(rig_sessions(rig), 0);
	rig_destroy(rig);
}

/* Cut at every byte: only the whole frame goes through. */
static void
truncated_anywhere_it_is_dropped(void **state)
{
	struct rig *rig = make();
	struct nj_test_frame frame = rig_client_frame(5000, PAYLOAD);
	const uint16_t whole = NJ_PAYLOAD4_OFFSET + (uint16_t)strlen(PAYLOAD);

	frame.ether_to = rig_mac(rig, 0);
	frame.ether_from = rig_peer_mac(CLIENT_IP);
	for (uint16_t length = 0; length <= whole; length++) {
		struct rte_mbuf *m = nj_test_frame_build(&frame);

		assert_int_equal(rte_pktmbuf_trim(m, whole - length), 0);
		assert_int_equal(rte_ring_enqueue(rig->in[0][0], m), 0);
		rig_run(rig);
		if (length < whole)
			rig_expect_nothing(rig);
	}
	rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, PAYLOAD);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_has_its_reason),
		cmocka_unit_test(truncated_anywhere_it_is_dropped),
	};

	return cmocka_run_group_tests_name("malformed", tests, NULL, NULL);
}
