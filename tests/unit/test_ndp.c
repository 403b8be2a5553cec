/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "icmp6_frame.h"

static void
assert_advertised(const struct nj_test_rig *rig, unsigned int i, const char *target,
	const char *destination, uint8_t flags)
{
	const struct nj_test_sent6 sent = nj_test_rig_sent6(rig, i);

	nj_test_assert_ip6(sent.ip->src_addr, target);
	nj_test_assert_ip6(sent.ip->dst_addr, destination);
	assert_int_equal(sent.ip->hop_limits, 255);
	assert_int_equal(sent.length, 32);
	assert_int_equal(sent.body[0], 136);
	assert_int_equal(sent.body[1], 0);
	assert_int_equal(sent.body[4], flags);
	nj_test_assert_ip6(sent.body + 8, target);
	assert_int_equal(sent.body[24], 2);
	assert_int_equal(sent.body[25], 1);
	assert_memory_equal(sent.body + 26, &nj_test_our_mac, 6);
	assert_true(rte_is_same_ether_addr(&sent.ether->src_addr, &nj_test_our_mac));
}

static void
a_question_for_us_is_answered_and_its_sender_learnt(void **state)
{
	static const char *to[] = {"ff02::1:ff00:10", NJ_TEST_OUR_IP6};
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 question = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);
	struct rte_ether_addr mac;

	for (unsigned int i = 0; i < RTE_DIM(to); i++) {
		question.destination = to[i];
		assert_int_equal(nj_test_rig_icmp6(rig, 0, &question, 0), NJ_DROP_NONE);
		assert_int_equal(rig->n_sent, i + 1);
		assert_advertised(rig, i, NJ_TEST_OUR_IP6, NJ_TEST_PEER_IP6, 0x60);
		assert_true(rte_is_same_ether_addr(
			&nj_test_rig_sent6(rig, i).ether->dst_addr, &nj_test_peer_mac));
	}
	assert_int_equal(nj_test_rig_state6(rig, 0, NJ_TEST_PEER_IP6, &mac), NJ_NEIGHBOR_STALE);
	assert_true(rte_is_same_ether_addr(&mac, &nj_test_peer_mac));
	nj_test_rig_stop(rig);
}

static void
one_without_its_mac_is_answered_and_not_learnt(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 question = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);

	question.length = 24;
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &question, 0), NJ_DROP_NONE);
	assert_advertised(rig, 0, NJ_TEST_OUR_IP6, NJ_TEST_PEER_IP6, 0x60);
	assert_int_equal(nj_test_rig_state6(rig, 0, NJ_TEST_PEER_IP6, NULL), NJ_NEIGHBOR_FREE);
	nj_test_rig_stop(rig);
}

static void
link_local_addresses_are_answered_for_on_their_port(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 question = nj_test_icmp6_solicitation(NJ_TEST_OUR_LINK_LOCAL);

	question.source = NJ_TEST_PEER_LOCAL;
	question.destination = "ff02::1:ff00:a";
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &question, 0), NJ_DROP_NONE);
	assert_advertised(rig, 0, NJ_TEST_OUR_LINK_LOCAL, NJ_TEST_PEER_LOCAL, 0x60);
	question.destination = NJ_TEST_OUR_LINK_LOCAL;
	assert_int_equal(nj_test_rig_icmp6(rig, 1, &question, 0), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 1);
	nj_test_rig_stop(rig);
}

static void
questions_for_others_are_not_ours(void **state)
{
	static const struct {
		const char *target, *destination;
		enum nj_drop drop;
	} cases[] = {
		{"2001:db8::11", "ff02::1:ff00:11", NJ_DROP_IPV6_DESTINATION},
		{"2001:db8:5::10", "ff02::1:ff00:10", NJ_DROP_NONE}, /* its group is ours, too */
		{"2001:db8:1::1", "ff02::1:ff00:1", NJ_DROP_IPV6_DESTINATION}, /* port 1's */
		{"2001:db8:1::1", "ff02::1", NJ_DROP_NONE},
		{NJ_TEST_OUR_IP6, "ff02::2", NJ_DROP_IPV6_DESTINATION},
	};
	struct nj_test_rig *rig = nj_test_rig_start6(8);

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		struct nj_test_icmp6 question = nj_test_icmp6_solicitation(cases[i].target);

		question.destination = cases[i].destination;
		assert_int_equal(nj_test_rig_icmp6(rig, 0, &question, 0), cases[i].drop);
	}
	assert_int_equal(rig->n_sent, 0);
	assert_int_equal(nj_test_rig_state6(rig, 0, NJ_TEST_PEER_IP6, NULL), NJ_NEIGHBOR_FREE);
	nj_test_rig_stop(rig);
}

static void
a_probe_is_answered_to_everybody(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 probe = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);

	probe.source = "::";
	probe.destination = "ff02::1:ff00:10";
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &probe, 0), NJ_DROP_NDP_MALFORMED);
	probe.length = 24;
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &probe, 0), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 1);
	assert_advertised(rig, 0, NJ_TEST_OUR_IP6, "ff02::1", 0x20);
	probe.destination = "ff02::1";
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &probe, 0), NJ_DROP_NDP_MALFORMED);
	assert_int_equal(nj_test_rig_neighbor6(rig, 0, "::"), NJ_NEIGHBOR_NONE);
	nj_test_rig_stop(rig);
}

static void
only_neighbors_of_the_port_are_learnt(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 question = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);

	question.source = "2001:db8:9::1";
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &question, 0), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 1);
	assert_int_equal(nj_test_rig_neighbor6(rig, 0, question.source), NJ_NEIGHBOR_NONE);
	nj_test_rig_stop(rig);
}

static void
assert_malformed(struct nj_test_rig *rig, const struct nj_test_icmp6 *message)
{
	assert_int_equal(nj_test_rig_icmp6(rig, 0, message, 0), NJ_DROP_NDP_MALFORMED);
	assert_int_equal(rig->n_sent, 0);
}

static void
what_no_neighbor_can_have_sent_is_malformed(void **state)
{
	static const uint8_t types[] = {133, 134, 135, 136, 137};
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 message;

	for (size_t i = 0; i < RTE_DIM(types); i++) {
		message = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);
		message.body[0] = types[i];
		message.hop_limit = 254;
		assert_malformed(rig, &message);
		message.hop_limit = 255;
		message.body[1] = 1; /* code */
		assert_malformed(rig, &message);
	}
	message = nj_test_icmp6_solicitation("ff02::1");
	assert_malformed(rig, &message);
	message = nj_test_icmp6_advertisement("ff02::1", 0);
	assert_malformed(rig, &message);
	message = nj_test_icmp6_advertisement(NJ_TEST_PEER_IP6, NJ_TEST_SOLICITED);
	message.destination = "ff02::1"; /* an answer to everybody */
	assert_malformed(rig, &message);
	message = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);
	message.wrong_checksum = true;
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_ICMP_MALFORMED);
	nj_test_rig_stop(rig);
}

static void
options_have_to_be_whole(void **state)
{
	static const struct rte_ether_addr group = {{0x33, 0x33, 0, 0, 0, 1}};
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 message = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);

	for (uint16_t length = 4; length < 32; length++) {
		message.length = length;
		if (length != 24)
			assert_malformed(rig, &message);
	}
	message = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);
	message.body[25] = 0; /* would never end */
	assert_malformed(rig, &message);
	message.body[25] = 2; /* longer than what is left */
	assert_malformed(rig, &message);
	message.length = 24;
	nj_test_icmp6_add_mac(&message, 1, &group);
	assert_malformed(rig, &message);
	message = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);
	message.body[24] = 14; /* a nonce; then the MAC */
	nj_test_icmp6_add_mac(&message, 1, &nj_test_peer_mac);
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_NONE);
	assert_int_equal(nj_test_rig_state6(rig, 0, NJ_TEST_PEER_IP6, NULL), NJ_NEIGHBOR_STALE);
	nj_test_rig_stop(rig);
}

static void
we_ask_from_the_right_address(void **state)
{
	static const struct {
		uint16_t port;
		const char *to, *source, *group;
	} cases[] = {
		{0, "2001:db8::12:3456", NJ_TEST_OUR_IP6, "ff02::1:ff12:3456"},
		{0, "fe80::9", NJ_TEST_OUR_LINK_LOCAL, "ff02::1:ff00:9"},
		{1, "2001:db8:1:7::8", "2001:db8:1::1", "ff02::1:ff00:8"},
		{1, "fe80::9", "fe80::1", "ff02::1:ff00:9"},
	};
	struct nj_test_rig *rig = nj_test_rig_start6(64);

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct nj_test_sent6 sent;

		nj_link_output(rig->link, nj_test_packet_to6(cases[i].port, cases[i].to), 0);
		sent = nj_test_rig_sent6(rig, i);
		assert_int_equal(nj_packet(rig->sent[i])->out_port, cases[i].port);
		nj_test_assert_ip6(sent.ip->src_addr, cases[i].source);
		nj_test_assert_ip6(sent.ip->dst_addr, cases[i].group);
		assert_int_equal(sent.ip->hop_limits, 255);
		assert_int_equal(sent.length, 32);
		assert_int_equal(sent.body[0], 135);
		nj_test_assert_ip6(sent.body + 8, cases[i].to);
		assert_memory_equal(sent.body + 24, "\1\1", 2);
		assert_memory_equal(sent.body + 26, &sent.ether->src_addr, 6);
	}
	nj_test_rig_stop(rig);
}

static void
our_addresses_are_announced(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);

	nj_link_announce(rig->link, 0);
	assert_int_equal(rig->n_sent, 3);
	assert_int_equal(nj_test_rig_sent6(rig, 0).body[0], 143); /* our groups */
	assert_advertised(rig, 1, NJ_TEST_OUR_IP6, "ff02::1", 0x20);
	assert_advertised(rig, 2, NJ_TEST_OUR_LINK_LOCAL, "ff02::1", 0x20);
	nj_test_rig_stop(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_for_us_is_answered_and_its_sender_learnt),
		cmocka_unit_test(one_without_its_mac_is_answered_and_not_learnt),
		cmocka_unit_test(link_local_addresses_are_answered_for_on_their_port),
		cmocka_unit_test(questions_for_others_are_not_ours),
		cmocka_unit_test(a_probe_is_answered_to_everybody),
		cmocka_unit_test(only_neighbors_of_the_port_are_learnt),
		cmocka_unit_test(what_no_neighbor_can_have_sent_is_malformed),
		cmocka_unit_test(options_have_to_be_whole),
		cmocka_unit_test(we_ask_from_the_right_address),
		cmocka_unit_test(our_addresses_are_announced),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("ndp", tests, NULL, NULL);
}
