/* SPDX-License-Identifier: BSD-3-Clause */
/* What is different with IPv6; the table and its ages are in test_neighbors.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "icmp6_frame.h"

/* Lives also run across the clock's wrap-around. */
static const nj_ms_t starts[] = {1, UINT32_MAX - 500, UINT32_MAX - 31000, UINT32_MAX - 200000};
static const struct rte_ether_addr moved = {{0x02, 0, 0, 0, 0, 0x99}};

static void
advertise(struct nj_test_rig *rig, uint32_t flags, const struct rte_ether_addr *mac, nj_ms_t now)
{
	struct nj_test_icmp6 message = nj_test_icmp6_advertisement(NJ_TEST_PEER_IP6, flags);

	message.length = 24;
	if (mac != NULL)
		nj_test_icmp6_add_mac(&message, 2, mac);
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, now), NJ_DROP_NONE);
}

static void
assert_peer6(
	struct nj_test_rig *rig, enum nj_neighbor_state state, const struct rte_ether_addr *mac)
{
	struct rte_ether_addr found;

	assert_int_equal(nj_test_rig_state6(rig, 0, NJ_TEST_PEER_IP6, &found), state);
	assert_true(rte_is_same_ether_addr(&found, mac));
}

static void
an_ipv6_neighbor_lives_as_an_ipv4_one(struct nj_test_rig *rig, nj_ms_t now)
{
	nj_test_rig_pass(rig, &now, 200);
	nj_link_output(rig->link, nj_test_packet_to6(0, NJ_TEST_PEER_IP6), now);
	assert_int_equal(
		nj_test_rig_state6(rig, 0, NJ_TEST_PEER_IP6, NULL), NJ_NEIGHBOR_INCOMPLETE);
	assert_int_equal(nj_link_waiting(rig->link), 1);
	advertise(rig, NJ_TEST_SOLICITED | NJ_TEST_OVERRIDE, &nj_test_peer_mac, now);
	assert_peer6(rig, NJ_NEIGHBOR_REACHABLE, &nj_test_peer_mac);
	assert_int_equal(nj_link_waiting(rig->link), 0);
	assert_int_equal(rig->n_sent, 2);
	nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_REACHABLE_MS + 200);
	assert_peer6(rig, NJ_NEIGHBOR_STALE, &nj_test_peer_mac);
	nj_test_rig_clear(rig);
	nj_link_output(rig->link, nj_test_packet_to6(0, NJ_TEST_PEER_IP6), now);
	nj_test_rig_pass(rig, &now, 2500);
	assert_peer6(rig, NJ_NEIGHBOR_PROBE, &nj_test_peer_mac);
	assert_int_equal(rig->n_sent, 1 + NJ_NEIGHBOR_QUESTIONS);
	nj_test_assert_ip6(nj_test_rig_sent6(rig, 1).ip->dst_addr, NJ_TEST_PEER_IP6);
	assert_true(rte_is_same_ether_addr(
		&nj_test_rig_sent6(rig, 1).ether->dst_addr, &nj_test_peer_mac));
	nj_test_assert_ip6(nj_test_rig_sent6(rig, 3).ip->dst_addr, "ff02::1:ff00:77");
	advertise(rig, NJ_TEST_SOLICITED, NULL, now); /* an answer may leave its MAC out */
	assert_peer6(rig, NJ_NEIGHBOR_REACHABLE, &nj_test_peer_mac);
	nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_REACHABLE_MS + NJ_NEIGHBOR_UNUSED_MS + 500);
	assert_int_equal(nj_test_rig_state6(rig, 0, NJ_TEST_PEER_IP6, NULL), NJ_NEIGHBOR_FREE);
}

static void
ipv6_lives_are_lived(void **state)
{
	for (size_t i = 0; i < RTE_DIM(starts); i++) {
		struct nj_test_rig *rig = nj_test_rig_start6(8);

		nj_link_tick(rig->link, starts[i]);
		an_ipv6_neighbor_lives_as_an_ipv4_one(rig, starts[i]);
		nj_test_rig_stop(rig);
	}
}

/* RFC 4861, section 7.2.5. */
static void
flags_say_what_is_believed(void **state)
{
	static const struct {
		uint32_t flags;
		bool moves;
		enum nj_neighbor_state state;
		bool believed;
	} cases[] = {
		{0, false, NJ_NEIGHBOR_REACHABLE, false},
		{NJ_TEST_SOLICITED, false, NJ_NEIGHBOR_REACHABLE, false},
		{NJ_TEST_OVERRIDE, false, NJ_NEIGHBOR_REACHABLE, false},
		{0, true, NJ_NEIGHBOR_STALE, false},
		{NJ_TEST_SOLICITED, true, NJ_NEIGHBOR_STALE, false},
		{NJ_TEST_OVERRIDE, true, NJ_NEIGHBOR_STALE, true},
		{NJ_TEST_SOLICITED | NJ_TEST_OVERRIDE, true, NJ_NEIGHBOR_REACHABLE, true},
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		struct nj_test_rig *rig = nj_test_rig_start6(8);

		advertise(rig, cases[i].flags, &nj_test_peer_mac, 0); /* nobody asked */
		assert_int_equal(nj_test_rig_neighbor6(rig, 0, NJ_TEST_PEER_IP6), NJ_NEIGHBOR_NONE);
		nj_link_output(rig->link, nj_test_packet_to6(0, NJ_TEST_PEER_IP6), 0);
		advertise(rig, NJ_TEST_SOLICITED, &nj_test_peer_mac, 0);
		advertise(rig, cases[i].flags, cases[i].moves ? &moved : &nj_test_peer_mac, 5);
		assert_peer6(rig, cases[i].state, cases[i].believed ? &moved : &nj_test_peer_mac);
		nj_test_rig_stop(rig);
	}
}

static void
a_link_that_was_down_is_doubted(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);

	nj_link_output(rig->link, nj_test_packet_to6(0, NJ_TEST_PEER_IP6), 0);
	advertise(rig, NJ_TEST_SOLICITED, &nj_test_peer_mac, 0);
	nj_link_set(rig->link, 1, false, 10);
	assert_peer6(rig, NJ_NEIGHBOR_REACHABLE, &nj_test_peer_mac);
	nj_link_set(rig->link, 0, false, 10);
	assert_peer6(rig, NJ_NEIGHBOR_STALE, &nj_test_peer_mac);
	nj_test_rig_clear(rig);
	nj_link_set(rig->link, 0, true, 500);
	assert_int_equal(rig->n_sent, 4); /* groups, two addresses, a question for routers */
	nj_link_set(rig->link, 9, true, 500);
	assert_int_equal(rig->n_sent, 4);
	nj_test_rig_stop(rig);
}

static void
a_reachable_neighbor_that_is_claimed_by_another_is_logged(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	char *log = NULL;
	size_t size;
	FILE *stream = open_memstream(&log, &size);
	const char *line;

	assert_non_null(stream);
	rte_openlog_stream(stream);
	nj_link_output(rig->link, nj_test_packet_to6(0, NJ_TEST_PEER_IP6), 0);
	for (nj_ms_t now = 0; now < 5000; now += 1000)
		advertise(rig, NJ_TEST_SOLICITED | NJ_TEST_OVERRIDE,
			now % 2000 == 0 ? &nj_test_peer_mac : &moved, now);
	rte_openlog_stream(NULL);
	fclose(stream);
	line = strstr(log, "address=2001:db8::77 known=02:00:00:00:00:4D claimed_by="
			   "02:00:00:00:00:99\n");
	assert_non_null(line);
	assert_null(strstr(strchr(line, '\n'), "claimed")); /* once in ten seconds */
	free(log);
	nj_test_rig_stop(rig);
}

/* 192.0.2.77 and ::ffff:192.0.2.77 would be one key; the second is no address of a neighbor. */
static void
families_do_not_share_neighbors(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);

	nj_test_rig_add_interface(rig->link, 2, &nj_test_our_mac, "192.0.2.10/24", NULL);
	nj_link_output(rig->link, nj_test_packet_to(2, NJ_TEST_PEER_IP), 0);
	nj_link_output(rig->link, nj_test_packet_to6(0, "fe80::c000:24d"), 0);
	assert_int_not_equal(nj_test_rig_neighbor(rig, 2, NJ_TEST_PEER_IP), NJ_NEIGHBOR_NONE);
	assert_int_equal(nj_test_rig_neighbor(rig, 0, NJ_TEST_PEER_IP), NJ_NEIGHBOR_NONE);
	assert_int_equal(nj_test_rig_neighbor6(rig, 0, "::c000:24d"), NJ_NEIGHBOR_NONE);
	assert_int_not_equal(nj_test_rig_neighbor6(rig, 0, "fe80::c000:24d"), NJ_NEIGHBOR_NONE);
	assert_int_equal(nj_test_rig_neighbor6(rig, 1, "fe80::c000:24d"), NJ_NEIGHBOR_NONE);
	nj_test_rig_stop(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv6_lives_are_lived),
		cmocka_unit_test(flags_say_what_is_believed),
		cmocka_unit_test(a_link_that_was_down_is_doubted),
		cmocka_unit_test(a_reachable_neighbor_that_is_claimed_by_another_is_logged),
		cmocka_unit_test(families_do_not_share_neighbors),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("neighbors6", tests, NULL, NULL);
}
