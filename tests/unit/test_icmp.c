/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "link_rig.h"

/* "ping": an echo request of the peer, of 12 bytes, with a checksum of its own. */
static const uint8_t ping[] = {8, 0, 0x06, 0xfa, 0x12, 0x34, 0x00, 0x01, 'p', 'i', 'n', 'g'};

static struct nj_test_frame
frame_ping(void)
{
	struct nj_test_frame frame = nj_test_frame_udp(ping, sizeof(ping));

	frame.protocol = IPPROTO_ICMP;
	return frame;
}

static enum nj_drop
input(struct nj_test_rig *rig, const struct nj_test_frame *frame)
{
	return nj_test_rig_input(rig, 0, nj_test_frame_build(frame), 0);
}

static void
know_peer(struct nj_test_rig *rig)
{
	const struct nj_test_arp question = nj_test_arp_question();

	assert_int_equal(nj_test_rig_arp(rig, 0, &question, 0), NJ_DROP_NONE);
	nj_test_rig_clear(rig);
}

static void
echo_is_answered(void **state)
{
	static const uint8_t pong[] = {0x02, 0, 0, 0, 0, 0x4d, 0x02, 0, 0, 0, 0, 0x0a, 0x08, 0x00,
		0x45, 0x00, 0x00, 0x20, 0x12, 0x34, 0x00, 0x00, 0x40, 0x01, 0xe4, 0x51, 192, 0, 2,
		10, 192, 0, 2, 77, 0, 0, 0x0e, 0xfa, 0x12, 0x34, 0x00, 0x01, 'p', 'i', 'n', 'g'};
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_test_frame frame = frame_ping();

	know_peer(rig);
	frame.n_options = 4; /* they do not come back */
	frame.padding = 5;
	assert_int_equal(input(rig, &frame), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 1);
	assert_int_equal(rte_pktmbuf_data_len(rig->sent[0]), sizeof(pong));
	assert_memory_equal(rte_pktmbuf_mtod(rig->sent[0], void *), pong, sizeof(pong));
	assert_true(nj_packet(rig->sent[0])->originated);
	assert_int_equal(nj_packet(rig->sent[0])->out_port, 0);
	nj_test_rig_stop(rig);
}

static void
random_echoes_have_right_checksums(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	uint32_t seed = 792;

	know_peer(rig);
	for (unsigned int round = 0; round < 2000; round++) {
		uint8_t bytes[64];
		const uint16_t length = 8 + nj_test_random(&seed) % (sizeof(bytes) - 8);
		struct nj_test_frame frame = frame_ping();
		uint16_t checksum;
		struct rte_mbuf *m;

		for (unsigned int i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)nj_test_random(&seed);
		memcpy(bytes, "\x08\0\0\0", 4);
		checksum = (uint16_t)~rte_raw_cksum(bytes, length);
		memcpy(bytes + 2, &checksum, sizeof(checksum));
		frame.payload = bytes;
		frame.payload_length = length;
		frame.id = (uint16_t)nj_test_random(&seed);
		assert_int_equal(input(rig, &frame), NJ_DROP_NONE);
		assert_int_equal(rig->n_sent, 1);
		m = rig->sent[0];
		assert_int_equal(
			rte_raw_cksum(rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET), 20),
			0xffff);
		assert_int_equal(
			rte_raw_cksum(rte_pktmbuf_mtod_offset(m, void *, NJ_UDP4_OFFSET), length),
			0xffff);
		nj_test_rig_clear(rig);
	}
	nj_test_rig_stop(rig);
}

static void
an_answer_waits_for_its_neighbor(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	const struct nj_test_frame frame = frame_ping();
	const struct nj_test_arp answer = nj_test_arp_answer();

	assert_int_equal(input(rig, &frame), NJ_DROP_NONE);
	assert_int_equal(nj_link_waiting(rig->link), 1);
	assert_int_equal(rig->n_sent, 1); /* the question */
	assert_int_equal(nj_test_rig_arp(rig, 0, &answer, 0), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 2);
	assert_true(nj_packet(rig->sent[1])->originated);
	nj_test_rig_stop(rig);
}

static void
an_answer_goes_over_the_gateway(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_test_frame frame = frame_ping();

	frame.src_ip = NJ_TEST_IP(203, 0, 113, 9);
	assert_int_equal(input(rig, &frame), NJ_DROP_NONE);
	assert_int_equal(
		nj_test_rig_sent_arp(rig, 0)->arp_data.arp_tip, RTE_BE32(NJ_TEST_IP(192, 0, 2, 1)));
	nj_test_rig_stop(rig);
}

static void
every_address_of_ours_answers(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	const struct nj_ip more = nj_ip_v4(RTE_BE32(NJ_TEST_IP(198, 51, 100, 9)));
	struct nj_test_frame frame = frame_ping();

	know_peer(rig);
	frame.dst_ip = NJ_TEST_IP(198, 51, 100, 9);
	assert_int_equal(input(rig, &frame), NJ_DROP_IPV4_DESTINATION);
	assert_int_equal(nj_link_add_address(rig->link, &more), 0);
	assert_int_equal(input(rig, &frame), NJ_DROP_NONE);
	frame.dst_ip = NJ_TEST_IP(10, 0, 0, 1);
	assert_int_equal(input(rig, &frame), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 2);
	nj_test_rig_stop(rig);
}

static void
other_icmp_is_taken_silently(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);

	know_peer(rig);
	for (unsigned int type = 0; type < 256; type++) {
		uint8_t bytes[8] = {(uint8_t)type, type == 8};
		struct nj_test_frame frame = nj_test_frame_udp(bytes, sizeof(bytes));
		const uint16_t checksum = (uint16_t)~rte_raw_cksum(bytes, sizeof(bytes));

		memcpy(bytes + 2, &checksum, sizeof(checksum));
		frame.protocol = IPPROTO_ICMP;
		assert_int_equal(input(rig, &frame), NJ_DROP_NONE);
		assert_int_equal(rig->n_sent, 0);
	}
	nj_test_rig_stop(rig);
}

static void
a_wrong_checksum_is_malformed(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);

	for (size_t i = 0; i < sizeof(ping); i++) {
		struct nj_test_frame frame = frame_ping();
		uint8_t bytes[sizeof(ping)];

		memcpy(bytes, ping, sizeof(bytes));
		bytes[i] ^= 0x10;
		frame.payload = bytes;
		assert_int_equal(input(rig, &frame), NJ_DROP_ICMP_MALFORMED);
	}
	assert_int_equal(rig->n_sent, 0);
	nj_test_rig_stop(rig);
}

/* At its bounds: what is cut, and what takes more fragments than anybody asks with. */
static void
an_answer_too_big_for_its_way_is_cut(void **state)
{
	static uint8_t bytes[1481] = {8, 0, 0xf7, 0xff};
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_test_frame frame = nj_test_frame_udp(bytes, 1480);

	know_peer(rig);
	frame.protocol = IPPROTO_ICMP;
	assert_int_equal(input(rig, &frame), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 1);
	frame.payload_length = 1481;
	assert_int_equal(input(rig, &frame), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 3);
	assert_int_equal(rte_pktmbuf_data_len(rig->sent[1]), 14 + 20 + 1480);
	assert_int_equal(rte_pktmbuf_data_len(rig->sent[2]), 14 + 20 + 1);
	for (unsigned int i = 1; i < rig->n_sent; i++)
		assert_true(nj_packet(rig->sent[i])->originated);
	nj_test_rig_stop(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo_is_answered),
		cmocka_unit_test(random_echoes_have_right_checksums),
		cmocka_unit_test(an_answer_waits_for_its_neighbor),
		cmocka_unit_test(an_answer_goes_over_the_gateway),
		cmocka_unit_test(every_address_of_ours_answers),
		cmocka_unit_test(other_icmp_is_taken_silently),
		cmocka_unit_test(a_wrong_checksum_is_malformed),
		cmocka_unit_test(an_answer_too_big_for_its_way_is_cut),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("icmp", tests, NULL, NULL);
}
