/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "icmp6_frame.h"

static struct nj_ip
ip(const char *text)
{
	struct nj_ip out;

	assert_int_equal(nj_ip_parse(text, &out), 0);
	return out;
}

static struct nj_prefix
prefix(const char *text)
{
	struct nj_prefix out;

	assert_int_equal(nj_prefix_parse(text, &out), 0);
	return out;
}

static int
add_route(struct nj_test_rig *rig, const char *to, const char *via)
{
	const struct nj_prefix network = prefix(to);
	const struct nj_ip gateway = ip(via);

	return nj_link_add_route(rig->link, &network, &gateway, 0);
}

static int
route_to(const struct nj_link *link, const char *to, struct nj_route *route)
{
	const struct nj_ip destination = ip(to);

	return nj_link_route(link, &destination, 0, route);
}

static void
assert_route(const struct nj_test_rig *rig, const char *to, uint16_t port, const char *next_hop,
	const char *source)
{
	struct nj_route route;

	assert_int_equal(route_to(rig->link, to, &route), 0);
	assert_int_equal(route.port, port);
	assert_int_equal(route.next_hop.v4, ip(next_hop).v4);
	assert_int_equal(route.source.v4, ip(source).v4);
}

static void
the_longest_prefix_wins(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);

	assert_int_equal(add_route(rig, "203.0.113.0/24", "10.0.0.2"), 0);
	assert_int_equal(add_route(rig, "203.0.113.128/25", "10.1.0.2"), 0);
	assert_int_equal(add_route(rig, "203.0.113.129/32", "192.0.2.7"), 0);
	assert_route(rig, "192.0.2.99", 0, "192.0.2.99", "192.0.2.10");
	assert_route(rig, "10.2.3.4", 1, "10.2.3.4", "10.0.0.1");
	assert_route(rig, "10.1.3.4", 1, "10.1.3.4", "10.1.0.1");
	assert_route(rig, "198.51.100.1", 0, "192.0.2.1", "192.0.2.10");
	assert_route(rig, "203.0.113.127", 1, "10.0.0.2", "10.0.0.1");
	assert_route(rig, "203.0.113.128", 1, "10.1.0.2", "10.1.0.1");
	assert_route(rig, "203.0.113.129", 0, "192.0.2.7", "192.0.2.10");
	assert_route(rig, "203.0.114.0", 0, "192.0.2.1", "192.0.2.10");
	nj_test_rig_stop(rig);
}

/* Nobody is there, and who answered would answer a broadcast. */
static void
nothing_is_sent_to_everybody(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_route route;

	assert_int_equal(route_to(rig->link, "192.0.2.0", &route), -ENETUNREACH);
	assert_int_equal(route_to(rig->link, "192.0.2.255", &route), -ENETUNREACH);
	assert_route(rig, "192.0.2.254", 0, "192.0.2.254", "192.0.2.10");
	/* What is beyond a router is nothing that we know. */
	assert_int_equal(add_route(rig, "203.0.113.0/24", "192.0.2.7"), 0);
	assert_route(rig, "203.0.113.255", 0, "192.0.2.7", "192.0.2.10");
	nj_test_rig_stop(rig);
}

static void
host_bits_of_a_route_say_nothing(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);

	assert_int_equal(add_route(rig, "203.0.113.77/24", "10.0.0.2"), 0);
	assert_int_equal(add_route(rig, "203.0.113.0/24", "10.0.0.3"), -EEXIST);
	assert_route(rig, "203.0.113.1", 1, "10.0.0.2", "10.0.0.1");
	nj_test_rig_stop(rig);
}

static void
bad_routes_are_refused(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);

	assert_int_equal(add_route(rig, "203.0.113.0/24", "192.0.3.1"), -ENETUNREACH);
	assert_int_equal(add_route(rig, "203.0.113.0/24", "192.0.2.10"), -ENETUNREACH);
	assert_int_equal(add_route(rig, "0.0.0.0/0", "192.0.2.7"), -EEXIST);
	assert_int_equal(add_route(rig, "2001:db8::/32", "2001:db8::1"), -ENETUNREACH);
	assert_int_equal(add_route(rig, "2001:db8::/32", "192.0.2.7"), -EINVAL);
	assert_int_equal(add_route(rig, "203.0.113.0/24", "2001:db8::1"), -EINVAL);
	nj_test_rig_stop(rig);
}

static void
without_a_route_there_is_no_way(void **state)
{
	const struct nj_link_ops ops = {0};
	struct nj_link *link = nj_link_create(8, nj_test_pool(), &ops);
	struct nj_route route;

	assert_non_null(link);
	assert_int_equal(route_to(link, "1.2.3.4", &route), -ENETUNREACH);
	nj_link_destroy(link);
	nj_link_destroy(NULL);
}

static void
interfaces_are_known_once(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_interface interface = *nj_link_interface(rig->link, 0);
	struct nj_route route;

	assert_int_equal(nj_link_add_interface(rig->link, &interface), -EEXIST);
	interface.port = 2; /* another port, but the address is port 0's */
	interface.n_addresses = 2;
	interface.addresses[1] = interface.addresses[0];
	interface.addresses[0] = prefix("172.16.0.1/12");
	assert_int_equal(nj_link_add_interface(rig->link, &interface), -EEXIST);
	assert_null(nj_link_interface(rig->link, 2)); /* and nothing of it remains */
	assert_false(nj_link_is_ours(rig->link, ip("172.16.0.1").v4));
	assert_int_equal(route_to(rig->link, "172.16.0.9", &route), 0);
	assert_int_equal(route.next_hop.v4, ip("192.0.2.1").v4);
	interface.addresses[1] = prefix("192.0.2.11/24"); /* port 0 keeps the network */
	assert_int_equal(nj_link_add_interface(rig->link, &interface), 0);
	assert_route(rig, "192.0.2.99", 0, "192.0.2.99", "192.0.2.10");
	assert_route(rig, "172.16.0.9", 2, "172.16.0.9", "172.16.0.1");
	interface.port = NJ_PORTS_MAX;
	assert_int_equal(nj_link_add_interface(rig->link, &interface), -ENOSPC);
	assert_null(nj_link_interface(rig->link, NJ_PORTS_MAX));
	nj_test_rig_stop(rig);
}

/* IPv6 --------------------------------------------------------------------------------------- */

static int
add_route6(struct nj_test_rig *rig, uint16_t port, const char *to, const char *via)
{
	const struct nj_prefix network = prefix(to);
	const struct nj_ip gateway = ip(via);

	return nj_link_add_route(rig->link, &network, &gateway, port);
}

static void
assert_route6(const struct nj_test_rig *rig, const char *to, uint16_t port, const char *next_hop,
	const char *source)
{
	struct nj_route route;

	assert_int_equal(route_to(rig->link, to, &route), 0);
	assert_int_equal(route.port, port);
	nj_test_assert_ip6(route.next_hop.v6, next_hop);
	nj_test_assert_ip6(route.source.v6, source);
}

static void
the_longest_ipv6_prefix_wins(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_route route;

	assert_int_equal(route_to(rig->link, "2001:db8:f::1", &route), -ENETUNREACH);
	assert_int_equal(add_route6(rig, 0, "::/0", "2001:db8::1"), 0);
	assert_int_equal(add_route6(rig, 0, "2001:db8:f::/48", "2001:db8:1::2"), 0);
	assert_int_equal(add_route6(rig, 1, "2001:db8:f:1::/64", "fe80::9"), 0);
	assert_int_equal(add_route6(rig, 0, "2001:db8:f:1::7/128", "fe80::9"), 0);
	assert_route6(rig, "2001:db8::99", 0, "2001:db8::99", NJ_TEST_OUR_IP6);
	assert_route6(rig, "2001:db8:1:2::9", 1, "2001:db8:1:2::9", "2001:db8:1::1");
	assert_route6(rig, "2001:db9::", 0, "2001:db8::1", NJ_TEST_OUR_IP6);
	assert_route6(rig, "2001:db8:f:2::1", 1, "2001:db8:1::2", "2001:db8:1::1");
	assert_route6(rig, "2001:db8:f:1::1", 1, "fe80::9", "2001:db8:1::1");
	assert_route6(rig, "2001:db8:f:1::7", 0, "fe80::9", NJ_TEST_OUR_IP6);
	assert_int_equal(route_to(rig->link, "ff02::1", &route), -ENETUNREACH);
	nj_test_rig_stop(rig);
}

static void
bad_ipv6_routes_are_refused(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);

	nj_test_rig_add_interface(rig->link, 2, &nj_test_our_mac, "192.0.2.10/24", NULL);
	assert_int_equal(add_route6(rig, 0, "::/0", "2001:db8:7::1"), -ENETUNREACH);
	assert_int_equal(add_route6(rig, 0, "::/0", NJ_TEST_OUR_IP6), -ENETUNREACH);
	assert_int_equal(add_route6(rig, 0, "::/0", NJ_TEST_OUR_LINK_LOCAL), -ENETUNREACH);
	assert_int_equal(add_route6(rig, 2, "::/0", "fe80::9"), -ENETUNREACH);
	assert_int_equal(add_route6(rig, 3, "::/0", "fe80::9"), -ENETUNREACH);
	assert_int_equal(add_route6(rig, 0, "2001:db8::/64", "fe80::9"), -EEXIST);
	assert_int_equal(add_route6(rig, 0, "::/0", "fe80::9"), 0);
	assert_int_equal(add_route6(rig, 0, "::/0", "2001:db8::1"), -EEXIST);
	nj_test_rig_stop(rig);
}

static void
link_local_destinations_are_on_the_port_that_is_meant(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	const struct nj_ip to = ip("fe80::9");
	struct nj_route route;

	nj_test_rig_add_interface(rig->link, 2, &nj_test_our_mac, "192.0.2.10/24", NULL);
	assert_int_equal(nj_link_route(rig->link, &to, 0, &route), 0);
	assert_int_equal(route.port, 0);
	nj_test_assert_ip6(route.source.v6, NJ_TEST_OUR_LINK_LOCAL);
	assert_int_equal(nj_link_route(rig->link, &to, 1, &route), 0);
	assert_int_equal(route.port, 1);
	nj_test_assert_ip6(route.next_hop.v6, "fe80::9");
	nj_test_assert_ip6(route.source.v6, "fe80::1");
	assert_int_equal(nj_link_route(rig->link, &to, 2, &route), -ENETUNREACH); /* IPv4's */
	assert_int_equal(nj_link_route(rig->link, &to, 3, &route), -ENETUNREACH);
	nj_test_rig_stop(rig);
}

static void
ipv6_addresses_are_known(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_interface interface = {.port = 2, .mac = nj_test_our_mac, .n_addresses = 1};
	const struct nj_ip v6 = ip("2001:db8::1");

	assert_int_equal(nj_link_interface(rig->link, 0)->link_local.family, AF_UNSPEC);
	interface.addresses[0] = prefix("2001:db8::10/64");
	assert_int_equal(nj_link_add_interface(rig->link, &interface), 0);
	assert_true(nj_link_own6_number(rig->link, ip(NJ_TEST_OUR_LINK_LOCAL).v6) >= 0);
	nj_test_assert_ip6(nj_link_interface(rig->link, 2)->link_local.v6, NJ_TEST_OUR_LINK_LOCAL);
	assert_int_equal(nj_link_add_address(rig->link, &v6), 0);
	assert_int_equal(nj_link_add_address(rig->link, &v6), -EEXIST);
	for (uint16_t i = 0; i < 3; i++)
		assert_int_equal(nj_link_own6_number(rig->link, nj_link_own6(rig->link, i)), i);
	assert_int_equal(nj_link_own6_number(rig->link, ip("2001:db8::2").v6), -1);
	interface.port = 3; /* its second address is known */
	interface.n_addresses = 2;
	interface.addresses[1] = interface.addresses[0];
	interface.addresses[0] = prefix("2001:db8:3::10/64");
	assert_int_equal(nj_link_add_interface(rig->link, &interface), -EEXIST);
	assert_int_equal(nj_link_own6_number(rig->link, ip("2001:db8:3::10").v6), -1);
	nj_test_rig_stop(rig);
}

static void
our_addresses_are_known(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	uint32_t seed = 5;

	for (unsigned int i = 0; i < 500; i++) { /* in any order */
		const struct nj_ip more = nj_ip_v4(nj_test_random(&seed));
		const int expected = nj_link_is_ours(rig->link, more.v4) ? -EEXIST : 0;

		assert_int_equal(nj_link_add_address(rig->link, &more), expected);
		assert_int_equal(nj_link_add_address(rig->link, &more), -EEXIST);
	}
	seed = 5;
	for (unsigned int i = 0; i < 500; i++)
		assert_true(nj_link_is_ours(rig->link, nj_test_random(&seed)));
	assert_true(nj_link_is_ours(rig->link, ip("192.0.2.10").v4));
	assert_true(nj_link_is_ours(rig->link, ip("10.1.0.1").v4));
	assert_false(nj_link_is_ours(rig->link, ip("192.0.2.11").v4));
	assert_false(nj_link_is_ours(rig->link, 0));
	nj_test_rig_stop(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_wins),
		cmocka_unit_test(nothing_is_sent_to_everybody),
		cmocka_unit_test(host_bits_of_a_route_say_nothing),
		cmocka_unit_test(bad_routes_are_refused),
		cmocka_unit_test(without_a_route_there_is_no_way),
		cmocka_unit_test(interfaces_are_known_once),
		cmocka_unit_test(the_longest_ipv6_prefix_wins),
		cmocka_unit_test(bad_ipv6_routes_are_refused),
		cmocka_unit_test(link_local_destinations_are_on_the_port_that_is_meant),
		cmocka_unit_test(ipv6_addresses_are_known),
		cmocka_unit_test(our_addresses_are_known),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
