/* SPDX-License-Identifier: BSD-3-Clause */
/* Quilkin's ping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "errors.h"
#include "nj_qcmp.h"
#include "qcmp.h"
#include "rig.h"

#define QCMP_PORT 7600

/* Of quilkin.md's cases: nonce 99, client time 100000. */
static const uint8_t ping[] = {'Q', 'L', 'K', 'N', 0, 0, 0, 9, 99, 0, 0, 0, 0, 0, 1, 0x86, 0xa0};

static struct rig *
make(void)
{
	struct rig_options options = {.n_endpoints = 1, .qcmp_port = QCMP_PORT};
	struct rig *rig = rig_create(&options);

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	return rig;
}

static void
send_bytes(struct rig *rig, uint32_t from, const uint8_t *bytes, uint16_t length)
{
	struct nj_test_frame frame = nj_test_frame_udp(bytes, length);

	frame.src_ip = from;
	frame.dst_port = QCMP_PORT;
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
}

static int64_t
read_time(const uint8_t *at)
{
	rte_be64_t wire;

	memcpy(&wire, at, sizeof(wire));
	return (int64_t)rte_be_to_cpu_64(wire);
}

static void
a_ping_is_answered(void **state)
{
	struct rig *rig = make();
	const struct rte_ipv4_hdr *ip;
	const uint8_t *reply;
	struct rte_mbuf *m;
	int64_t now_s = (int64_t)time(NULL);

	send_bytes(rig, CLIENT_IP, ping, sizeof(ping));
	m = rig_take(rig, CLIENTS);
	assert_non_null(m);
	assert_int_equal(rte_pktmbuf_pkt_len(m), NJ_PAYLOAD4_OFFSET + NJ_QCMP_REPLY_BYTES);
	assert_true(nj_test_checksums_right(m));
	ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	assert_int_equal(ip->src_addr, rte_cpu_to_be_32(OUR_CLIENT_IP));
	assert_int_equal(ip->dst_addr, rte_cpu_to_be_32(CLIENT_IP));
	assert_int_equal(ip->time_to_live, NJ_TTL);
	reply = rte_pktmbuf_mtod_offset(m, const uint8_t *, NJ_PAYLOAD4_OFFSET);
	assert_memory_equal(reply, ((const uint8_t[]){'Q', 'L', 'K', 'N', 0, 1, 0, 25, 99}), 9);
	assert_int_equal(read_time(reply + 9), 100000);
	assert_in_range(read_time(reply + 17) / 1000000000, now_s, now_s + 60);
	assert_true(read_time(reply + 25) >= read_time(reply + 17));
	rte_pktmbuf_free(m);
	rig_expect_nothing(rig);
	rig_destroy(rig);
}

static void
everything_else_is_counted_and_not_answered(void **state)
{
	static const struct {
		unsigned int at;
		uint8_t value;
	} spoils[] = {{0, 'X'}, {4, 1}, {5, 1}, {5, 2}, {6, 1}, {7, 8}, {7, 25}};
	struct rig *rig = make();
	uint8_t bytes[sizeof(ping) + 1] = {0};

	for (unsigned int i = 0; i < RTE_DIM(spoils); i++) {
		memcpy(bytes, ping, sizeof(ping));
		bytes[spoils[i].at] = spoils[i].value;
		send_bytes(rig, CLIENT_IP, bytes, sizeof(ping));
	}
	memcpy(bytes, ping, sizeof(ping));
	for (uint16_t length = 0; length <= sizeof(bytes); length++)
		if (length != sizeof(ping))
			send_bytes(rig, CLIENT_IP, bytes, length);
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_QCMP_MALFORMED), RTE_DIM(spoils) + sizeof(bytes));
	rig_destroy(rig);
}

/* How many datagrams left; our own questions of ARP do not count. */
static unsigned int
take_all(struct rig *rig)
{
	unsigned int n = 0;

	for (struct rte_mbuf *m; (m = rig_take(rig, CLIENTS)) != NULL; rte_pktmbuf_free(m)) {
		const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);

		n += ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4);
	}
	return n;
}

static void
one_source_gets_so_many_answers_a_second(void **state)
{
	struct rig *rig = make();

	for (unsigned int i = 0; i < QCMP_PER_SECOND + 5; i++)
		send_bytes(rig, CLIENT_IP, ping, sizeof(ping));
	assert_int_equal(take_all(rig), QCMP_PER_SECOND);
	assert_int_equal(rig_dropped(rig, NJ_DROP_QCMP_RATE_LIMITED), 5);
	for (uint32_t other = 1; other <= 4;
		other++) { /* whose bucket is another, but once in 10^14 */
		rig_introduce(rig, CLIENTS, CLIENT_IP + other);
		send_bytes(rig, CLIENT_IP + other, ping, sizeof(ping));
	}
	assert_true(take_all(rig) > 0);
	rig_wait(rig, 1000, 1000);
	send_bytes(rig, CLIENT_IP, ping, sizeof(ping));
	assert_int_equal(take_all(rig), 1);
	rig_destroy(rig);
}

/* Who makes up others gets no more for himself, or for whom he pretends to be. */
static void
made_up_sources_do_not_refill_anybodys_share(void **state)
{
	struct rig *rig = make();

	for (unsigned int i = 0; i < 2 * QCMP_PER_SECOND; i++)
		send_bytes(rig, CLIENT_IP, ping, sizeof(ping));
	assert_int_equal(take_all(rig), QCMP_PER_SECOND);
	for (uint32_t i = 1; i <= 20000; i++) /* some of them share its bucket */
		send_bytes(rig, NJ_TEST_IP(203, 0, 113, 0) + i, ping, sizeof(ping));
	take_all(rig);
	for (unsigned int i = 0; i < QCMP_PER_SECOND; i++)
		send_bytes(rig, CLIENT_IP, ping, sizeof(ping));
	assert_int_equal(take_all(rig), 0);
	rig_destroy(rig);
}

static void
without_qcmp_the_port_is_closed(void **state)
{
	struct rig_options options = {.n_endpoints = 1};
	struct rig *rig = rig_create(&options);
	struct nj_test_frame refused;

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	send_bytes(rig, CLIENT_IP, ping, sizeof(ping));
	refused = nj_test_frame_udp(ping, sizeof(ping));
	refused.dst_port = QCMP_PORT;
	error_expect_refusal(rig, CLIENTS, &refused);
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NO_LISTENER), 1);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ping_is_answered),
		cmocka_unit_test(everything_else_is_counted_and_not_answered),
		cmocka_unit_test(one_source_gets_so_many_answers_a_second),
		cmocka_unit_test(made_up_sources_do_not_refill_anybodys_share),
		cmocka_unit_test(without_qcmp_the_port_is_closed),
	};

	return cmocka_run_group_tests_name("qcmp", tests, NULL, NULL);
}
