/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "icmp6_frame.h"

/* The way to somewhere far, as a worker finds it. */
static int
far(const struct nj_test_rig *rig, struct nj_route *route)
{
	struct nj_ip ip;

	assert_int_equal(nj_ip_parse("2001:db8:ffff::1", &ip), 0);
	return nj_link_route(rig->link, &ip, 0, route);
}

static void
assert_over(const struct nj_test_rig *rig, uint16_t port, const char *router, const char *source)
{
	struct nj_route route;

	assert_int_equal(far(rig, &route), 0);
	assert_int_equal(route.port, port);
	nj_test_assert_ip6(route.next_hop.v6, router);
	nj_test_assert_ip6(route.source.v6, source);
}

static void
hear(struct nj_test_rig *rig, uint16_t port, const char *router, uint8_t flags, uint16_t lifetime_s,
	nj_ms_t now)
{
	const struct nj_test_icmp6 message = nj_test_icmp6_router(router, flags, lifetime_s);

	assert_int_equal(nj_test_rig_icmp6(rig, port, &message, now), NJ_DROP_NONE);
}

static unsigned int
questions(const struct nj_test_rig *rig, uint16_t port)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < rig->n_sent; i++) {
		const struct nj_test_sent6 sent = nj_test_rig_sent6(rig, i);

		if (sent.body[0] != 133 || nj_packet(rig->sent[i])->out_port != port)
			continue;
		n++;
		assert_int_equal(sent.ip->hop_limits, 255);
		assert_int_equal(sent.length, 16);
		nj_test_assert_ip6(sent.ip->dst_addr, "ff02::2");
		nj_test_assert_ip6(
			sent.ip->src_addr, port == 0 ? NJ_TEST_OUR_LINK_LOCAL : "fe80::1");
		assert_memory_equal(sent.body + 8, "\1\1", 2);
		assert_memory_equal(sent.body + 10, &sent.ether->src_addr, 6);
	}
	return n;
}

/* It answers our question. */
static void
reply(struct nj_test_rig *rig, const char *router, nj_ms_t now)
{
	const struct nj_test_icmp6 message =
		nj_test_icmp6_advertisement(router, NJ_TEST_ROUTER | NJ_TEST_SOLICITED);

	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, now), NJ_DROP_NONE);
}

/* So many others, on port 0; and they are none any more. */
static void
hear_others(
	struct nj_test_rig *rig, uint8_t flags, unsigned int n, uint16_t lifetime_s, nj_ms_t now)
{
	for (unsigned int i = 0; i < n; i++) {
		char router[NJ_ADDRESS_STRLEN];

		snprintf(router, sizeof(router), "fe80::b:%x", i + 1);
		hear(rig, 0, router, flags, lifetime_s, now);
	}
}

static void
fill(struct nj_test_rig *rig, uint8_t flags, unsigned int n, nj_ms_t now)
{
	hear_others(rig, flags, n, UINT16_MAX, now);
}

static void
empty(struct nj_test_rig *rig, uint8_t flags, unsigned int n, nj_ms_t now)
{
	hear_others(rig, flags, n, 0, now);
}

static void
assert_nowhere(const struct nj_test_rig *rig)
{
	struct nj_route route;

	assert_int_equal(far(rig, &route), -ENETUNREACH);
}

static void
a_router_that_is_heard_is_the_way_until_its_time_is_over(void **state)
{
	static const nj_ms_t starts[] = {1, UINT32_MAX - 500, UINT32_MAX - 9000};

	for (size_t i = 0; i < RTE_DIM(starts); i++) {
		struct nj_test_rig *rig = nj_test_rig_start6(8);
		nj_ms_t now = starts[i];

		nj_link_tick(rig->link, now);
		assert_nowhere(rig);
		hear(rig, 0, "fe80::1:1", 0, 9, now);
		assert_over(rig, 0, "fe80::1:1", NJ_TEST_OUR_IP6);
		nj_test_rig_pass(rig, &now, 8900);
		assert_over(rig, 0, "fe80::1:1", NJ_TEST_OUR_IP6);
		hear(rig, 0, "fe80::1:1", 0, 9, now);
		nj_test_rig_pass(rig, &now, 8900);
		assert_over(rig, 0, "fe80::1:1", NJ_TEST_OUR_IP6);
		nj_test_rig_pass(rig, &now, 300);
		assert_nowhere(rig);
		hear(rig, 1, "fe80::1:2", 0, UINT16_MAX, now);
		assert_over(rig, 1, "fe80::1:2", "2001:db8:1::1");
		hear(rig, 0, "fe80::1:2", 0, 0, now); /* another port's */
		assert_over(rig, 1, "fe80::1:2", "2001:db8:1::1");
		hear(rig, 1, "fe80::1:2", 0, 0, now);
		assert_nowhere(rig);
		nj_test_rig_stop(rig);
	}
}

/* RFC 4191: high 01, medium 00, reserved 10, low 11. */
static void
the_preferred_one_wins(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);

	hear(rig, 0, "fe80::1", 3 << 3, 100, 0); /* our own address on port 1: fe80::1 */
	assert_nowhere(rig);
	hear(rig, 0, "fe80::a:1", 3 << 3, 100, 0);
	assert_over(rig, 0, "fe80::a:1", NJ_TEST_OUR_IP6);
	hear(rig, 0, "fe80::a:2", 2 << 3, 100, 0);
	hear(rig, 0, "fe80::a:3", 0, 100, 0); /* as good: the first stays */
	assert_over(rig, 0, "fe80::a:2", NJ_TEST_OUR_IP6);
	hear(rig, 1, "fe80::a:4", 1 << 3, 100, 0);
	assert_over(rig, 1, "fe80::a:4", "2001:db8:1::1");
	hear(rig, 1, "fe80::a:4", 1 << 3, 0, 0);
	hear(rig, 0, "fe80::a:2", 0, 0, 0);
	assert_over(rig, 0, "fe80::a:3", NJ_TEST_OUR_IP6);
	hear(rig, 0, "fe80::a:2", 0, 100, 0); /* the current one stays */
	assert_over(rig, 0, "fe80::a:3", NJ_TEST_OUR_IP6);
	nj_test_rig_stop(rig);
}

/* Of a table that is full: eight, none of which has answered yet. */
static void
a_low_one_loses_its_place(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(64);

	hear(rig, 0, "fe80::a:1", 3 << 3, 100, 0);
	fill(rig, 0, 7, 0);
	hear(rig, 0, "fe80::a:2", 0, 100, 0); /* in place of the low one */
	hear(rig, 0, "fe80::a:3", 0, 100, 0); /* and there is no lower one */
	empty(rig, 0, 7, 0);
	assert_over(rig, 0, "fe80::a:2", NJ_TEST_OUR_IP6);
	hear(rig, 0, "fe80::a:2", 0, 0, 0);
	assert_nowhere(rig);
	nj_test_rig_stop(rig);
}

/* Whoever forges advertisements and leaves keeps no place for longer than it takes to ask. */
static void
those_that_do_not_answer_keep_no_place(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(64);
	nj_ms_t now = 1000;

	nj_link_tick(rig->link, now);
	fill(rig, 1 << 3, 8, now);
	hear(rig, 0, "fe80::a:1", 3 << 3, 1000, now); /* there is none */
	nj_test_rig_clear(rig);
	nj_test_rig_pass(rig, &now, 3300);
	assert_int_equal(questions(rig, 0), 1); /* it may say so again */
	hear(rig, 0, "fe80::a:1", 3 << 3, 1000, now);
	assert_over(rig, 0, "fe80::a:1", NJ_TEST_OUR_IP6);
	nj_test_rig_pass(rig, &now, 200);
	reply(rig, "fe80::a:1", now);
	nj_test_rig_pass(rig, &now, 200);
	fill(rig, 1 << 3, 8, now); /* nor does it lose its place to such */
	assert_over(rig, 0, "fe80::a:1", NJ_TEST_OUR_IP6);
	nj_test_rig_stop(rig);
}

/* A forger that answered while it was there is noticed, though nobody sends over it. */
static void
each_is_asked_whether_it_is_still_there(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(64);
	nj_ms_t now = 1000;
	struct rte_ether_addr mac;

	nj_link_tick(rig->link, now);
	hear(rig, 0, "fe80::a:1", 0, 1000, now);
	hear(rig, 0, "fe80::a:2", 1 << 3, 1000, now);
	assert_over(rig, 0, "fe80::a:2", NJ_TEST_OUR_IP6);
	nj_test_rig_pass(rig, &now, 200);
	reply(rig, "fe80::a:1", now);
	nj_test_rig_pass(rig, &now, 200);
	assert_over(rig, 0, "fe80::a:1", NJ_TEST_OUR_IP6);
	reply(rig, "fe80::a:2", now);
	nj_test_rig_pass(rig, &now, 200);
	assert_over(rig, 0, "fe80::a:2", NJ_TEST_OUR_IP6);
	nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_REACHABLE_MS + 300);
	assert_int_equal(nj_test_rig_state6(rig, 0, "fe80::a:1", &mac), NJ_NEIGHBOR_PROBE);
	reply(rig, "fe80::a:1", now);
	nj_test_rig_pass(rig, &now, 3300);
	assert_over(rig, 0, "fe80::a:1", NJ_TEST_OUR_IP6);
	nj_test_rig_stop(rig);
}

static void
one_that_does_not_answer_comes_last(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	nj_ms_t now = 1000;

	nj_link_tick(rig->link, now);
	hear(rig, 0, "fe80::a:1", 1 << 3, 1000, now);
	hear(rig, 0, "fe80::a:2", 3 << 3, 1000, now);
	nj_link_output(rig->link, nj_test_packet_to6(0, "2001:db8:ffff::1"), now);
	nj_test_rig_pass(rig, &now, 200);
	reply(rig, "fe80::a:2", now);
	nj_test_rig_pass(rig, &now, 3200);
	assert_over(rig, 0, "fe80::a:2", NJ_TEST_OUR_IP6);
	nj_test_rig_pass(rig, &now, 20000); /* it is forgotten as a neighbor, but not its silence */
	assert_over(rig, 0, "fe80::a:2", NJ_TEST_OUR_IP6);
	assert_int_equal(nj_test_rig_neighbor6(rig, 0, "fe80::a:1"), NJ_NEIGHBOR_NONE);
	for (unsigned int i = 0; i < 41; i++) { /* asked again: it is believed once it answers */
		nj_test_rig_pass(rig, &now, 1000);
		reply(rig, "fe80::a:2", now);
	}
	assert_over(rig, 0, "fe80::a:2", NJ_TEST_OUR_IP6);
	reply(rig, "fe80::a:1", now);
	nj_test_rig_pass(rig, &now, 200);
	assert_over(rig, 0, "fe80::a:1", NJ_TEST_OUR_IP6);
	nj_test_rig_stop(rig);
}

static void
one_that_is_no_router_any_more_is_no_way(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 message = nj_test_icmp6_advertisement("fe80::a:1", NJ_TEST_ROUTER);

	hear(rig, 0, "fe80::a:1", 0, 1000, 0);
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_NONE);
	assert_over(rig, 0, "fe80::a:1", NJ_TEST_OUR_IP6);
	message = nj_test_icmp6_advertisement("fe80::a:1", 0);
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_NONE);
	assert_nowhere(rig);
	nj_test_rig_stop(rig);
}

static void
a_configured_gateway_is_the_only_one(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	const struct nj_prefix all = {.ip.family = AF_INET6};
	struct nj_ip via;
	nj_ms_t now = 1;

	assert_int_equal(nj_ip_parse("2001:db8::1", &via), 0);
	assert_int_equal(nj_link_add_route(rig->link, &all, &via, 0), 0);
	hear(rig, 0, "fe80::a:1", 1 << 3, 1000, 0);
	assert_over(rig, 0, "2001:db8::1", NJ_TEST_OUR_IP6);
	nj_link_start(rig->link, now);
	nj_test_rig_pass(rig, &now, 20000);
	for (unsigned int i = 0; i < rig->n_sent; i++)
		assert_int_not_equal(nj_test_rig_sent6(rig, i).body[0], 133);
	nj_test_rig_stop(rig);
}

static void
bad_advertisements_are_malformed(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 message = nj_test_icmp6_router("2001:db8::1", 0, 100);

	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_NDP_MALFORMED);
	message = nj_test_icmp6_router("fe80::a:1", 0, 100);
	for (uint16_t length = 4; length < 16; length++) {
		message.length = length;
		assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_NDP_MALFORMED);
	}
	message.length = 24; /* an option of length 0 */
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_NDP_MALFORMED);
	message.length = 16;
	message.hop_limit = 64;
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, 0), NJ_DROP_NDP_MALFORMED);
	assert_nowhere(rig);
	nj_test_rig_stop(rig);
}

static void
routers_are_asked_for_at_the_start(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	nj_ms_t now = UINT32_MAX - 3000;

	nj_link_tick(rig->link, now);
	nj_link_start(rig->link, now);
	nj_test_rig_pass(rig, &now, 900);
	assert_int_equal(questions(rig, 0), 0);
	nj_test_rig_pass(rig, &now, 300);
	assert_int_equal(questions(rig, 0), 1);
	nj_test_rig_pass(rig, &now, 4000);
	assert_int_equal(questions(rig, 0), 2);
	hear(rig, 1, "fe80::a:1", 0, 100, now); /* no need to ask on */
	nj_test_rig_pass(rig, &now, 30000);
	assert_int_equal(questions(rig, 0), 3);
	assert_int_equal(questions(rig, 1), 2);
	nj_test_rig_clear(rig);
	nj_link_set(rig->link, 0, true, now);
	assert_int_equal(questions(rig, 0), 1);
	nj_test_rig_stop(rig);
}

/* However often the way changes, a reader finds the last one. */
static void
the_last_way_is_published(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);

	for (unsigned int i = 0; i < 100; i++) {
		hear(rig, i % 2, "fe80::a:1", 0, 100, 0);
		assert_over(
			rig, i % 2, "fe80::a:1", i % 2 == 0 ? NJ_TEST_OUR_IP6 : "2001:db8:1::1");
		hear(rig, i % 2, "fe80::a:1", 0, 0, 0);
		assert_nowhere(rig);
	}
	nj_test_rig_stop(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_router_that_is_heard_is_the_way_until_its_time_is_over),
		cmocka_unit_test(the_preferred_one_wins),
		cmocka_unit_test(a_low_one_loses_its_place),
		cmocka_unit_test(those_that_do_not_answer_keep_no_place),
		cmocka_unit_test(each_is_asked_whether_it_is_still_there),
		cmocka_unit_test(one_that_does_not_answer_comes_last),
		cmocka_unit_test(one_that_is_no_router_any_more_is_no_way),
		cmocka_unit_test(a_configured_gateway_is_the_only_one),
		cmocka_unit_test(bad_advertisements_are_malformed),
		cmocka_unit_test(routers_are_asked_for_at_the_start),
		cmocka_unit_test(the_last_way_is_published),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("router", tests, NULL, NULL);
}
