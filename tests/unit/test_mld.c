/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "icmp6_frame.h"

static struct nj_test_icmp6
query(uint8_t version, uint16_t delay_ms)
{
	struct nj_test_icmp6 message = nj_test_icmp6_of(130);

	message.source = NJ_TEST_PEER_LOCAL;
	message.destination = "ff02::1";
	message.hop_limit = 1;
	message.body[4] = (uint8_t)(delay_ms >> 8);
	message.body[5] = (uint8_t)delay_ms;
	message.length = version == 1 ? 24 : 28;
	return message;
}

static void
assert_report2(const struct nj_test_rig *rig, unsigned int i, const char *source, uint8_t type)
{
	const struct nj_test_sent6 sent = nj_test_rig_sent6(rig, i);

	assert_true(sent.router_alert);
	assert_int_equal(sent.ip->hop_limits, 1);
	nj_test_assert_ip6(sent.ip->src_addr, source);
	nj_test_assert_ip6(sent.ip->dst_addr, "ff02::16");
	assert_int_equal(sent.length, 8 + 2 * 20);
	assert_int_equal(sent.body[0], 143);
	assert_int_equal(sent.body[7], 2); /* records */
	for (unsigned int r = 0; r < 2; r++) {
		const uint8_t *record = sent.body + 8 + r * 20;

		assert_int_equal(record[0], type);
		assert_memory_equal(record + 1, "\0\0\0", 3); /* no sources, nothing else */
		nj_test_assert_ip6(record + 4, r == 0 ? "ff02::1:ff00:10" : "ff02::1:ff00:a");
	}
}

static void
our_groups_are_told_at_the_start_and_once_more(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	nj_ms_t now = 1000;

	nj_link_tick(rig->link, now);
	nj_link_start(rig->link, now);
	assert_report2(rig, 0, "::", 4);
	nj_test_rig_clear(rig);
	nj_test_rig_pass(rig, &now, 1100);
	assert_report2(rig, 0, NJ_TEST_OUR_LINK_LOCAL, 4);
	nj_test_rig_stop(rig);
}

static void
a_query_is_answered_within_its_time(void **state)
{
	for (unsigned int round = 0; round < 50; round++) {
		struct nj_test_rig *rig = nj_test_rig_start6(8);
		const struct nj_test_icmp6 message = query(2, 500);
		nj_ms_t now = UINT32_MAX - 200;

		nj_link_tick(rig->link, now);
		for (unsigned int i = 0; i < 5; i++) /* one answer for all of them */
			assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, now), NJ_DROP_NONE);
		nj_test_rig_pass(rig, &now, 610);
		assert_int_equal(rig->n_sent, 1);
		assert_report2(rig, 0, NJ_TEST_OUR_LINK_LOCAL, 2);
		nj_test_rig_pass(rig, &now, 20000);
		assert_int_equal(rig->n_sent, 1);
		nj_test_rig_stop(rig);
	}
}

static void
version_1_is_answered_group_by_group(void **state)
{
	static const char *groups[] = {"ff02::1:ff00:10", "ff02::1:ff00:a"};
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	const struct nj_test_icmp6 message = query(1, 0);
	nj_ms_t now = 1000;

	nj_link_tick(rig->link, now);
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, now), NJ_DROP_NONE);
	nj_test_rig_pass(rig, &now, 110);
	assert_int_equal(rig->n_sent, 2);
	for (unsigned int i = 0; i < 2; i++) {
		const struct nj_test_sent6 sent = nj_test_rig_sent6(rig, i);

		assert_true(sent.router_alert);
		assert_int_equal(sent.ip->hop_limits, 1);
		nj_test_assert_ip6(sent.ip->src_addr, NJ_TEST_OUR_LINK_LOCAL);
		nj_test_assert_ip6(sent.ip->dst_addr, groups[i]);
		assert_int_equal(sent.length, 24);
		assert_int_equal(sent.body[0], 131);
		nj_test_assert_ip6(sent.body + 8, groups[i]);
	}
	nj_test_rig_stop(rig);
}

static void
queries_from_afar_are_not_answered(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 message = query(2, 0);
	nj_ms_t now = 1000;

	nj_link_tick(rig->link, now);
	message.hop_limit = 64;
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, now), NJ_DROP_NONE);
	message = query(2, 0);
	message.source = NJ_TEST_PEER_IP6;
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, now), NJ_DROP_NONE);
	message = query(2, 0);
	for (message.length = 4; message.length < 28; message.length++) {
		if (message.length != 24)
			assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, now), NJ_DROP_NONE);
	}
	nj_test_rig_pass(rig, &now, 20000);
	assert_int_equal(rig->n_sent, 0);
	nj_test_rig_stop(rig);
}

static void
many_groups_take_many_reports(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	unsigned int records = 0;

	for (unsigned int i = 0; i < 120; i++) {
		struct nj_ip ip;

		assert_int_equal(nj_ip_parse("2001:db8::1:0", &ip), 0);
		ip.v6[15] = (uint8_t)i;
		assert_int_equal(nj_link_add_address(rig->link, &ip), 0);
	}
	nj_link_announce(rig->link, 0);
	for (unsigned int i = 0; i < 3; i++) {
		const struct nj_test_sent6 sent = nj_test_rig_sent6(rig, i);

		assert_int_equal(sent.body[0], 143);
		assert_true(sent.length <= 1232);
		records += sent.body[7];
	}
	assert_int_equal(records, 122);
	nj_test_rig_stop(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_groups_are_told_at_the_start_and_once_more),
		cmocka_unit_test(a_query_is_answered_within_its_time),
		cmocka_unit_test(version_1_is_answered_group_by_group),
		cmocka_unit_test(queries_from_afar_are_not_answered),
		cmocka_unit_test(many_groups_take_many_reports),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("mld", tests, NULL, NULL);
}
