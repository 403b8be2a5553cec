/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions whose sides are of either family, in all four combinations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "session_rig.h"
#include "table.h"

#define START 1000

static void
assert_address(struct nj_address address, const char *text)
{
	char buffer[NJ_ADDRESS_STRLEN];

	assert_string_equal(nj_address_format(&address, buffer), text);
}

static void
a_session_is_found_from_both_sides(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session *sessions[NJ_TEST_FAMILIES];

	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++)
		sessions[ipv6] = nj_test_session_open(rig, ipv6, 5, ipv6 + 1, START);
	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++) {
		struct nj_flow client = nj_test_session_request(ipv6, 5, ipv6 + 1).flow;
		struct nj_flow reply = nj_session_flow(rig->table, sessions[ipv6], NJ_UPSTREAM);

		assert_ptr_equal(nj_session_find(rig->table, &client), sessions[ipv6]);
		assert_ptr_equal(nj_session_find(rig->table, &reply), sessions[ipv6]);
		reply.src_port ^= 1;
		assert_null(nj_session_find(rig->table, &reply));
		client.endpoint += 10;
		assert_null(nj_session_find(rig->table, &client));
		nj_session_close(rig->table, sessions[ipv6]);
		reply.src_port ^= 1;
		client.endpoint -= 10;
		assert_null(nj_session_find(rig->table, &client));
		assert_null(nj_session_find(rig->table, &reply));
	}
	assert_int_equal(nj_session_active(rig->table), 0);
}

/* Every byte of an address counts, and every other field of the tuple. */
static void
a_stranger_is_not_found(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session *session = nj_test_session_open(rig, NJ_ENDPOINT_IPV6, 5, 1, START);
	const struct nj_flow reply = nj_session_flow(rig->table, session, NJ_UPSTREAM);

	for (unsigned int byte = 0; byte < NJ_FLOW6_KEY_BYTES; byte++) {
		struct nj_flow stranger = reply;

		((uint8_t *)&stranger)[byte] ^= 1;
		assert_null(nj_session_find(rig->table, &stranger));
	}
	assert_ptr_equal(nj_session_find(rig->table, &reply), session);
}

static void
sides_have_their_addresses(void **state)
{
	static const char *const clients[] = {"192.0.2.77:5", "[2001:db8::77]:5"};
	static const char *const listeners[] = {"192.0.2.10:7777", "[2001:db8::10]:7777"};
	static const char *const endpoints[] = {"198.51.100.3:26000", "[2001:db8:1::101]:26000"};
	struct nj_test_sessions *rig = *state;

	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++) {
		struct nj_session *session = nj_test_session_open(rig, ipv6, 5, 1, START);
		bool client6 = ipv6 & NJ_CLIENT_IPV6, endpoint6 = ipv6 & NJ_ENDPOINT_IPV6;
		struct nj_flow down = nj_session_flow(rig->table, session, NJ_DOWNSTREAM);
		struct nj_flow up = nj_session_flow(rig->table, session, NJ_UPSTREAM);
		struct nj_address upstream = nj_session_source(rig->table, session, NJ_DOWNSTREAM);

		assert_int_equal(session->ipv6, ipv6);
		assert_address(nj_session_peer(rig->table, session, NJ_UPSTREAM), clients[client6]);
		assert_address(
			nj_session_source(rig->table, session, NJ_UPSTREAM), listeners[client6]);
		assert_address(
			nj_session_peer(rig->table, session, NJ_DOWNSTREAM), endpoints[endpoint6]);
		assert_address(nj_flow_source(&down), clients[client6]);
		assert_address(nj_flow_destination(&down), listeners[client6]);
		assert_int_equal(up.endpoint, 0);
		assert_int_equal(down.endpoint, 1);
		assert_in_range(rte_be_to_cpu_16(upstream.port), 16384, 65535);
		upstream.port = RTE_BE16(1);
		assert_address(upstream, endpoint6 ? "[2001:db8:1::10]:1" : "198.51.100.1:1");
		nj_session_close(rig->table, session);
	}
}

/* Look-ups ----------------------------------------------------------------------------------- */

static void
mixed_bursts_find_what_single_look_ups_find(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_flow flows[NJ_SESSION_BULK_MAX];
	const struct nj_flow *pointers[NJ_SESSION_BULK_MAX];
	struct nj_session *found[NJ_SESSION_BULK_MAX + 1];
	uint32_t seed = 5;
	unsigned int hits = 0;

	for (uint16_t port = 0; port < NJ_TEST_CAPACITY / 2; port++)
		nj_test_session_open(rig, port % NJ_TEST_FAMILIES, port + 1, 1, START);
	for (unsigned int round = 0; round < 2000; round++) {
		unsigned int n = round % (NJ_SESSION_BULK_MAX + 1);

		for (unsigned int i = 0; i < n; i++) {
			uint32_t random = nj_test_random(&seed);
			uint16_t port = (uint16_t)(random % NJ_TEST_CAPACITY);

			flows[i] = nj_test_session_request(
				round < 1000 ? random >> 8 : port - 1u, port, 1)
					   .flow;
			pointers[i] = &flows[i];
			found[i] = (struct nj_session *)1;
		}
		found[n] = (struct nj_session *)2;
		nj_session_find_bulk(rig->table, pointers, n, found);
		for (unsigned int i = 0; i < n; i++) {
			assert_ptr_equal(found[i], nj_session_find(rig->table, &flows[i]));
			hits += found[i] != NULL;
		}
		assert_ptr_equal(found[n], (struct nj_session *)2);
	}
	assert_true(hits > 10000);
}

/* Opening ------------------------------------------------------------------------------------ */

static void
addresses_that_are_not_ours_open_nothing(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session_request request = nj_test_session_request(NJ_CLIENT_IPV6, 5, 1);
	struct nj_ip stranger = {.family = AF_INET6};
	struct nj_session *session;

	request.flow.dst_ip6[15] ^= 1;
	assert_int_equal(
		nj_session_open(rig->table, &request, START, &session), NJ_DROP_IPV6_DESTINATION);
	request = nj_test_session_request(NJ_ENDPOINT_IPV6, 5, 1);
	request.n_sources = 1; /* the IPv4 one */
	assert_int_equal(nj_session_open(rig->table, &request, START, &session), NJ_DROP_NO_PORTS);
	request.sources = &stranger;
	assert_int_equal(nj_session_open(rig->table, &request, START, &session), NJ_DROP_NO_PORTS);
	assert_int_equal(rig->counters.sessions_rejected, 3);
	assert_int_equal(rig->counters.sessions_total, 0);
	assert_int_equal(nj_session_active(rig->table), 0);
	assert_int_equal(nj_session_endpoint(rig->table, 1)->sessions, 0);
	for (uint16_t port = 1; port <= NJ_TEST_CAPACITY; port++) /* every slot was given back */
		nj_test_session_open(rig, NJ_CLIENT_IPV6, port, 1, START);
}

/* One IPv4 and one IPv6 endpoint, or client, do not take ports from each other. */
static void
each_family_has_its_ports(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session *session;

	rig->config.port_min = 20000;
	rig->config.port_max = 20001;
	nj_test_sessions_again(rig);
	for (uint16_t port = 1; port <= 2; port++) {
		session = nj_test_session_open(rig, NJ_ENDPOINT_IPV6 | (port % 2), port, 1, START);
		nj_test_session_establish(rig->table, session, START);
		session = nj_test_session_open(rig, port % 2, port, 1, START);
		nj_test_session_establish(rig->table, session, START);
	}
	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++) {
		struct nj_session_request request = nj_test_session_request(ipv6, 9, 1);

		assert_int_equal(nj_session_open(rig->table, &request, START + ipv6, &session),
			NJ_DROP_NO_PORTS);
		nj_test_session_open(rig, ipv6, 9, 2 + ipv6, START);
	}
}

/* Ageing ------------------------------------------------------------------------------------- */

static void
the_oldest_half_open_gives_way_whatever_its_family(void **state)
{
	struct nj_test_sessions *rig = *state;

	rig->config.capacity = NJ_TEST_FAMILIES;
	nj_test_sessions_again(rig);
	for (unsigned int ipv6 = 0; ipv6 < 2 * NJ_TEST_FAMILIES; ipv6++) {
		struct nj_flow old =
			nj_test_session_request(ipv6 % NJ_TEST_FAMILIES, (uint16_t)ipv6 - 3, 1)
				.flow;

		assert_int_equal(
			nj_session_find(rig->table, &old) != NULL, ipv6 >= NJ_TEST_FAMILIES);
		nj_test_session_open(
			rig, ipv6 % NJ_TEST_FAMILIES, (uint16_t)(ipv6 + 1), 1, START + ipv6);
		assert_null(nj_session_find(rig->table, &old));
	}
	assert_int_equal(nj_session_evictions(rig->table), NJ_TEST_FAMILIES);
	assert_int_equal(
		nj_test_sessions_expire(rig->table, START + 3 + NJ_TEST_UNREPLIED_TTL_MS), 0);
	assert_int_equal(
		nj_test_sessions_expire(rig->table, START + 5 + NJ_TEST_UNREPLIED_TTL_MS), 2);
	assert_int_equal(
		nj_test_sessions_expire(rig->table, START + 7 + NJ_TEST_UNREPLIED_TTL_MS), 2);
}

/* Random opening, use and closing; at the end nothing is left and everything was counted. */
static void
a_long_life_leaks_nothing(void **state)
{
	struct nj_test_sessions *rig = *state;
	uint32_t seed = 7;
	nj_ms_t now = START;

	rig->config.capacity = 6;
	nj_test_sessions_again(rig);
	for (unsigned int i = 0; i < 20000; i++, now += nj_test_random(&seed) % 4000) {
		struct nj_session_request r = nj_test_session_request(
			nj_test_random(&seed) % NJ_TEST_FAMILIES,
			(uint16_t)(nj_test_random(&seed) % 4 + 1), nj_test_random(&seed) % 2 + 1);
		struct nj_session *session = nj_session_find(rig->table, &r.flow);

		if (session == NULL)
			nj_session_open(rig->table, &r, now, &session);
		else
			nj_session_touch(rig->table, session, nj_test_random(&seed) % 2, 1, now);
		nj_test_sessions_expire(rig->table, now);
	}
	nj_test_sessions_expire(rig->table, now + NJ_TEST_TTL_MS);
	assert_int_equal(nj_session_active(rig->table), 0);
	assert_int_equal(nj_session_endpoint(rig->table, 1)->sessions, 0);
	assert_true(rig->counters.sessions_evicted > 0);
	assert_true(rig->counters.sessions_total ==
		    rig->counters.sessions_expired + rig->counters.sessions_evicted);
}

static void
counted(const struct nj_test_sessions *rig, const struct nj_session *session,
	enum nj_direction direction, uint64_t n)
{
	const struct nj_session_image image = nj_session_image(rig->table, session);

	assert_true(image.packets[direction] == n);
	assert_true(image.bytes[direction] == n);
}

static void
counters_carry_to_48_bits(void **state)
{
	struct nj_test_sessions *rig = *state;
	const uint64_t most = (UINT64_C(1) << 48) - 1;

	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++) {
		struct nj_session *s = nj_test_session_open(rig, ipv6, 5, 1, START);
		struct session_rest *rest = session_rest(rig->table, s);

		for (enum nj_direction d = NJ_DOWNSTREAM; d <= NJ_UPSTREAM; d++) {
			s->packets[d] = s->bytes[d] = UINT32_MAX - 1;
			rest->packets_carry[d] = rest->bytes_carry[d] = UINT16_MAX - 1;
			for (unsigned int i = 0; i < 2; i++)
				nj_session_touch(rig->table, s, d, 1, START);
			counted(rig, s, d, UINT64_C(0xffff) << 32);
			s->packets[d] = s->bytes[d] = UINT32_MAX - 1;
			nj_session_touch(rig->table, s, d, 1, START);
			counted(rig, s, d, most);
		}
		nj_session_close(rig->table, s);
	}
}

#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, nj_test_sessions_setup, nj_test_sessions_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_session_is_found_from_both_sides),
		TEST(a_stranger_is_not_found),
		TEST(sides_have_their_addresses),
		TEST(mixed_bursts_find_what_single_look_ups_find),
		TEST(addresses_that_are_not_ours_open_nothing),
		TEST(each_family_has_its_ports),
		TEST(the_oldest_half_open_gives_way_whatever_its_family),
		TEST(a_long_life_leaks_nothing),
		TEST(counters_carry_to_48_bits),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("session_ipv6", tests, NULL, NULL);
}
