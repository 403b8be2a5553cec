/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports towards one endpoint when they run out, and when they are given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eal.h"
#include "session_rig.h"
#include "table.h"

#define START   1000
#define PORTS   200
#define CLIENTS (4 * PORTS)
#define PACE_MS 10 /* from one client to the next: all ports in two seconds */

static int
setup(void **state)
{
	static struct nj_test_sessions rig;

	nj_test_sessions_start(&rig, 4096, 1, 0);
	rig.config.port_min = 20000;
	rig.config.port_max = 20000 + PORTS - 1;
	nj_test_sessions_again(&rig);
	*state = &rig;
	return 0;
}

static int
teardown(void **state)
{
	nj_test_sessions_stop(*state);
	return 0;
}

static struct nj_session *
find(struct nj_test_sessions *rig, uint16_t client_port, uint32_t endpoint)
{
	struct nj_session_request request = nj_test_session_request(0, client_port, endpoint);

	return nj_session_find(rig->table, &request.flow);
}

/* A request with the one source that is of the endpoint's family, as downstream has it. */
static enum nj_drop
open_one(struct nj_test_sessions *rig, uint16_t client_port, uint32_t endpoint, nj_ms_t now,
	struct nj_session **session)
{
	struct nj_session_request request = nj_test_session_request(0, client_port, endpoint);

	request.n_sources = 1;
	return nj_session_open(rig->table, &request, now, session);
}

static struct nj_session *
must_open(struct nj_test_sessions *rig, uint16_t client_port, nj_ms_t now)
{
	struct nj_session *session = NULL;

	assert_int_equal(open_one(rig, client_port, 1, now, &session), NJ_DROP_NONE);
	return session;
}

/* Whoever makes up clients pushes out what he made up before, and nobody who is in. */
static void
half_open_sessions_give_way_for_their_ports(void **state)
{
	struct nj_test_sessions *rig = *state;
	uint32_t n;

	for (uint16_t client = 1; client <= PORTS / 2; client++)
		nj_test_session_establish(rig->table, must_open(rig, client, START), START);
	for (uint16_t client = PORTS; client < CLIENTS; client++)
		must_open(rig, client, START + client * PACE_MS);
	for (uint16_t client = 1; client <= PORTS / 2; client++)
		assert_int_equal(find(rig, client, 1)->state, NJ_SESSION_ESTABLISHED);
	n = nj_session_active(rig->table);
	assert_in_range(n, PORTS * 15 / 16, PORTS);
	assert_int_equal(rig->counters.sessions_evicted, PORTS / 2 + CLIENTS - PORTS - (uint64_t)n);
	assert_int_equal(nj_session_evictions(rig->table), rig->counters.sessions_evicted);
	assert_int_equal(nj_session_endpoint(rig->table, 1)->sessions, n);
}

/* It is an old one: the younger ones stay, but for what chance takes of so few. */
static void
old_ones_go_first(void **state)
{
	struct nj_test_sessions *rig = *state;
	unsigned int young = 0;

	for (uint16_t client = 1; client <= CLIENTS; client++)
		must_open(rig, client, START + client * PACE_MS);
	for (uint16_t client = CLIENTS - PORTS / 2 + 1; client <= CLIENTS; client++)
		young += find(rig, client, 1) != NULL;
	assert_true(young > PORTS / 2 * 9 / 10);
	for (uint16_t client = 1; client <= CLIENTS - 4 * PORTS / 2; client++)
		assert_null(find(rig, client, 1));
}

static void
other_endpoints_sessions_stay(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session *session;

	for (uint16_t client = 1; client <= PORTS / 2; client++)
		assert_int_equal(open_one(rig, client, 2, START, &session), NJ_DROP_NONE);
	for (uint16_t client = 1; client <= CLIENTS; client++)
		must_open(rig, client, START + client * PACE_MS);
	for (uint16_t client = 1; client <= PORTS / 2; client++)
		assert_non_null(find(rig, client, 2));
}

static void
established_ones_keep_their_ports(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session *session;

	for (uint16_t client = 1; client <= PORTS; client++)
		nj_test_session_establish(rig->table, must_open(rig, client, START), START);
	assert_int_equal(rig->counters.sessions_evicted, 0);
	for (unsigned int ms = 0; ms < 30; ms++)
		for (uint16_t client = PORTS + 1; client <= 2 * PORTS; client++)
			assert_int_equal(
				open_one(rig, client, 1, START + ms, &session), NJ_DROP_NO_PORTS);
	assert_int_equal(nj_session_active(rig->table), PORTS);
	/* One that is given back is found, in the same millisecond. */
	nj_session_close(rig->table, find(rig, 1, 1));
	must_open(rig, PORTS + 1, START + 29);
}

/* While there are others, nobody gets a port that somebody had: of 17 that are looked at one is
 * another, but once in 10^7. */
static void
a_port_rests(struct nj_test_sessions *rig, void (*end)(struct nj_test_sessions *, uint16_t client))
{
	bool had[UINT16_MAX + 1] = {false};

	for (uint16_t client = 1; client <= PORTS * 4 / 10; client++) {
		const rte_be16_t port = must_open(rig, client, START + client)->upstream_port;

		assert_false(had[port]);
		had[port] = true;
		end(rig, client);
	}
}

static void
by_the_next_one(struct nj_test_sessions *rig, uint16_t client)
{
	(void)rig, (void)client;
}

static void
the_port_of_an_evicted_session_rests(void **state)
{
	struct nj_test_sessions *rig = *state;

	rig->config.capacity = 16;
	nj_test_sessions_again(rig);
	a_port_rests(rig, by_the_next_one);
	assert_int_equal(rig->counters.sessions_evicted, PORTS * 4 / 10 - 16);
}

/* As if it had been silent for its time to live. */
static void
by_expiry(struct nj_test_sessions *rig, uint16_t client)
{
	struct nj_session *session = find(rig, client, 1);

	session->last_seen_ms -= rig->config.unreplied_ttl_ms;
	assert_true(session_expire(rig->table, 0, START + client));
}

static void
the_port_of_an_expired_session_rests(void **state)
{
	struct nj_test_sessions *rig = *state;

	a_port_rests(rig, by_expiry);
	assert_int_equal(rig->counters.sessions_expired, PORTS * 4 / 10);
}

static void
by_end(struct nj_test_sessions *rig, uint16_t client)
{
	assert_ptr_equal(nj_session_at(rig->table, 0), find(rig, client, 1));
	nj_session_end(rig->table, nj_session_at(rig->table, 0), START + client);
	assert_null(nj_session_at(rig->table, 0));
}

static void
the_port_of_a_session_that_was_ended_rests(void **state)
{
	struct nj_test_sessions *rig = *state;

	a_port_rests(rig, by_end);
	assert_int_equal(rig->counters.sessions_ended, PORTS * 4 / 10);
	assert_int_equal(rig->counters.sessions_expired, 0);
}

/* All ports are taken within half a second, by clients who are not answered. */
static void
take_all(struct nj_test_sessions *rig)
{
	for (uint16_t client = 1; client <= PORTS; client++)
		must_open(rig, client, START + client * 2);
	assert_int_equal(nj_session_active(rig->table), PORTS);
}

/* They may be answered yet, so a port is left to them for a second. */
static void
nobody_gets_a_port_within_a_second(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session *session;

	take_all(rig);
	for (nj_ms_t now = START + PORTS * 2; now < START + 1000; now += 50)
		assert_int_equal(open_one(rig, CLIENTS, 1, now, &session), NJ_DROP_NO_PORTS);
	assert_int_equal(rig->counters.sessions_evicted, 0);
	must_open(rig, CLIENTS, START + 1400);
	assert_int_equal(rig->counters.sessions_evicted, 1);
}

/* Whoever goes on sending without an answer gives way as well, but his port rests first: what comes
 * to it next may be for him. */
static void
the_port_of_who_still_sends_rests(void **state)
{
	struct nj_test_sessions *rig = *state;
	const nj_ms_t later = START + 5000;
	struct nj_session *session;

	take_all(rig);
	for (uint16_t client = 1; client <= PORTS; client++)
		nj_session_touch(rig->table, find(rig, client, 1), NJ_DOWNSTREAM, 1, later);
	assert_int_equal(open_one(rig, CLIENTS, 1, later + 1, &session), NJ_DROP_NO_PORTS);
	assert_int_equal(rig->counters.sessions_evicted, 1);
	assert_int_equal(nj_session_active(rig->table), PORTS - 1);
	must_open(rig, CLIENTS, later + 1001);
}

static void
of_those_that_rest_the_oldest_comes_first(void **state)
{
	struct nj_test_sessions *rig = *state;
	nj_ms_t left[UINT16_MAX + 1] = {0};
	nj_ms_t now = START;
	uint32_t rest = 0;

	rig->config.capacity = 1;
	nj_test_sessions_again(rig);
	for (uint16_t client = 1; client <= CLIENTS; client++, now += PACE_MS) {
		const rte_be16_t port = must_open(rig, client, now)->upstream_port;

		if (client > CLIENTS / 2)
			rest += nj_ms_since(now, left[port]);
		left[port] = now;
	}
	/* At random it would be as many times as there are ports, half of them below 140. */
	assert_true(rest / (CLIENTS / 2) > PORTS * PACE_MS * 8 / 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(half_open_sessions_give_way_for_their_ports),
		TEST(old_ones_go_first),
		TEST(other_endpoints_sessions_stay),
		TEST(established_ones_keep_their_ports),
		TEST(the_port_of_an_evicted_session_rests),
		TEST(the_port_of_an_expired_session_rests),
		TEST(the_port_of_a_session_that_was_ended_rests),
		TEST(nobody_gets_a_port_within_a_second),
		TEST(the_port_of_who_still_sends_rests),
		TEST(of_those_that_rest_the_oldest_comes_first),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("upstream_port", tests, NULL, NULL);
}
