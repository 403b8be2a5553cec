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
ping(void)
{
	struct nj_test_icmp6 message = nj_test_icmp6_of(128);

	memcpy(message.body + 4, "\x12\x34\0\1ping", 8);
	message.length = 12;
	message.hop_limit = 61;
	return message;
}

static void
know(struct nj_test_rig *rig, const char *peer)
{
	struct nj_test_icmp6 question = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);

	question.source = peer;
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &question, 0), NJ_DROP_NONE);
	nj_test_rig_clear(rig);
}

static void
assert_pong(const struct nj_test_rig *rig, const char *source, const char *destination)
{
	struct nj_test_sent6 sent;

	assert_int_equal(rig->n_sent, 1);
	sent = nj_test_rig_sent6(rig, 0);
	nj_test_assert_ip6(sent.ip->src_addr, source);
	nj_test_assert_ip6(sent.ip->dst_addr, destination);
	assert_int_equal(sent.ip->hop_limits, 64);
	assert_int_equal(sent.length, 12);
	assert_memory_equal(sent.body, "\x81\0", 2);
	assert_memory_equal(sent.body + 4, "\x12\x34\0\1ping", 8);
	assert_true(rte_is_same_ether_addr(&sent.ether->dst_addr, &nj_test_peer_mac));
	assert_true(rte_is_same_ether_addr(&sent.ether->src_addr, &nj_test_our_mac));
}

static void
echo_is_answered_from_where_it_was_sent(void **state)
{
	static const struct {
		const char *source, *destination, *from;
	} cases[] = {
		{NJ_TEST_PEER_IP6, NJ_TEST_OUR_IP6, NJ_TEST_OUR_IP6},
		{NJ_TEST_PEER_LOCAL, NJ_TEST_OUR_LINK_LOCAL, NJ_TEST_OUR_LINK_LOCAL},
		{NJ_TEST_PEER_IP6, "2001:db8:1::1", "2001:db8:1::1"},
		{NJ_TEST_PEER_IP6, "ff02::1", NJ_TEST_OUR_IP6},
		{NJ_TEST_PEER_LOCAL, "ff02::1", NJ_TEST_OUR_LINK_LOCAL},
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		struct nj_test_rig *rig = nj_test_rig_start6(8);
		struct nj_test_icmp6 message = ping();

		know(rig, cases[i].source);
		message.source = cases[i].source;
		message.destination = cases[i].destination;
		assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_NONE);
		assert_pong(rig, cases[i].from, cases[i].source);
		nj_test_rig_stop(rig);
	}
}

static void
an_answer_waits_for_its_neighbor(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	const struct nj_test_icmp6 message = ping(), answer = nj_test_icmp6_advertisement(
							     NJ_TEST_PEER_IP6, NJ_TEST_SOLICITED);

	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_NONE);
	assert_int_equal(nj_link_waiting(rig->link), 1);
	nj_test_rig_clear(rig);
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &answer, 0), NJ_DROP_NONE);
	assert_pong(rig, NJ_TEST_OUR_IP6, NJ_TEST_PEER_IP6);
	nj_test_rig_stop(rig);
}

static void
what_cannot_be_answered_is_dropped(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 message = ping();

	know(rig, NJ_TEST_PEER_IP6);
	message.destination = "2001:db8::11";
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_IPV6_DESTINATION);
	message = ping();
	message.source = "::";
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_IPV6_SOURCE);
	message = ping();
	message.source = "2001:db8:7::1";
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_NO_ROUTE);
	message = ping();
	message.wrong_checksum = true;
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_ICMP_MALFORMED);
	message = ping();
	message.length = 7;
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_ICMP_MALFORMED);
	message = ping();
	assert_int_equal(nj_test_rig_icmp6(rig, 5, &message, 0), NJ_DROP_NO_LISTENER);
	assert_int_equal(rig->n_sent, 0);
	nj_test_rig_stop(rig);
}

static void
other_icmp6_is_taken_silently(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);

	know(rig, NJ_TEST_PEER_IP6);
	for (unsigned int type = 0; type < 256; type++) {
		struct nj_test_icmp6 message = nj_test_icmp6_of((uint8_t)type);

		message.body[1] = type == 128;
		if (type >= 133 && type <= 137)
			continue;
		assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_NONE);
	}
	assert_int_equal(rig->n_sent, 0);
	nj_test_rig_stop(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo_is_answered_from_where_it_was_sent),
		cmocka_unit_test(an_answer_waits_for_its_neighbor),
		cmocka_unit_test(what_cannot_be_answered_is_dropped),
		cmocka_unit_test(other_icmp6_is_taken_silently),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("icmp6", tests, NULL, NULL);
}
