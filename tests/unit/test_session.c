/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <rte_errno.h>

#include "eal.h"
#include "frame.h"
#include "session_rig.h"
#include "table.h"

#define CAPACITY  4
#define TTL       60000
#define HALF_OPEN 10000
#define START     1000

struct fixture {
	struct nj_ownership ownership;
	struct nj_counters counters;
	struct nj_session_table *table;
};

static void
make(struct fixture *fixture)
{
	struct nj_session_config config = {
		.capacity = CAPACITY,
		.ttl_ms = TTL,
		.unreplied_ttl_ms = HALF_OPEN,
		.port_min = 20000,
		.port_max = 20999,
		.ownership = &fixture->ownership,
	};

	fixture->counters = (struct nj_counters){0};
	nj_ownership_init(&fixture->ownership, 1, NULL);
	fixture->table = nj_session_table_create(&config, &fixture->counters, SOCKET_ID_ANY);
	assert_non_null(fixture->table);
}

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	make(fixture);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	nj_session_table_destroy(fixture->table);
	free(fixture);
	return 0;
}

static struct nj_session_request
request(uint16_t client_port, uint32_t endpoint)
{
	static const struct nj_ip source = {.family = AF_INET, .v4 = RTE_BE32(0xc6336401)};

	return (struct nj_session_request){
		.flow = {.src_ip = rte_cpu_to_be_32(NJ_TEST_PEER_IP),
			.dst_ip = rte_cpu_to_be_32(NJ_TEST_OUR_IP),
			.src_port = rte_cpu_to_be_16(client_port),
			.dst_port = RTE_BE16(7777),
			.endpoint = endpoint},
		.endpoint = {nj_ip_v4(RTE_BE32(0xc6336402) + rte_cpu_to_be_32(endpoint)),
			RTE_BE16(26000)},
		.n_sources = 1,
		.sources = &source,
	};
}

static struct nj_session *
open_one(struct fixture *fixture, uint16_t client_port, nj_ms_t now)
{
	struct nj_session_request r = request(client_port, 1);
	struct nj_session *session = NULL;

	assert_int_equal(nj_session_open(fixture->table, &r, now, &session), NJ_DROP_NONE);
	return session;
}

static struct nj_flow
reply_flow(const struct nj_session *session)
{
	return (struct nj_flow){.src_ip = session->endpoint_ip,
		.dst_ip = session->upstream_ip,
		.src_port = session->endpoint_port,
		.dst_port = session->upstream_port};
}

static struct nj_session *
find_client(struct fixture *fixture, uint16_t client_port)
{
	struct nj_session_request r = request(client_port, 1);

	return nj_session_find(fixture->table, &r.flow);
}

static void
a_session_is_found_from_both_sides(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session *session = open_one(fixture, 1, START);
	struct nj_flow reply = reply_flow(session);
	struct nj_flow stranger = reply;

	assert_ptr_equal(find_client(fixture, 1), session);
	assert_null(find_client(fixture, 2));
	assert_ptr_equal(nj_session_find(fixture->table, &reply), session);
	stranger.src_port ^= 1;
	assert_null(nj_session_find(fixture->table, &stranger));
	stranger = reply;
	stranger.src_ip ^= 1;
	assert_null(nj_session_find(fixture->table, &stranger));
	assert_int_equal(fixture->counters.sessions_total, 1);
	assert_int_equal(nj_session_active(fixture->table), 1);
	assert_int_equal(nj_session_half_open(fixture->table), 1);
}

static void
bulk_finds_what_single_finds(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session *session = open_one(fixture, 3, START);
	struct nj_flow keys[NJ_SESSION_BULK_MAX];
	const struct nj_flow *pointers[NJ_SESSION_BULK_MAX];
	struct nj_session *found[NJ_SESSION_BULK_MAX];

	for (unsigned int i = 0; i < NJ_SESSION_BULK_MAX; i++) {
		keys[i] = request((uint16_t)i, 1).flow;
		pointers[i] = &keys[i];
		found[i] = (struct nj_session *)1;
	}
	nj_session_find_bulk(fixture->table, pointers, NJ_SESSION_BULK_MAX, found);
	for (unsigned int i = 0; i < NJ_SESSION_BULK_MAX; i++)
		assert_ptr_equal(found[i], i == 3 ? session : NULL);
}

static void
a_full_table_evicts_the_oldest_half_open_session(void **state)
{
	struct fixture *fixture = *state;

	for (uint16_t client = 1; client <= CAPACITY; client++)
		open_one(fixture, client, START + client);
	nj_test_session_establish(fixture->table, find_client(fixture, 1), START + 10);
	open_one(fixture, 5, START + 11);
	assert_non_null(find_client(fixture, 1));
	assert_null(find_client(fixture, 2));
	assert_non_null(find_client(fixture, 3));
	assert_int_equal(fixture->counters.sessions_evicted, 1);
	assert_int_equal(nj_session_evictions(fixture->table), 1);
	assert_int_equal(nj_session_active(fixture->table), CAPACITY);
}

static void
established_sessions_never_give_way(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session_request r = request(5, 1);
	struct nj_session *session;

	for (uint16_t client = 1; client <= CAPACITY; client++)
		nj_test_session_establish(fixture->table, open_one(fixture, client, START), START);
	assert_int_equal(nj_session_half_open(fixture->table), 0);
	assert_int_equal(
		nj_session_open(fixture->table, &r, START, &session), NJ_DROP_SESSIONS_FULL);
	assert_int_equal(fixture->counters.sessions_rejected, 1);
	assert_int_equal(fixture->counters.sessions_evicted, 0);
}

static uint32_t
expire_all(struct fixture *fixture, nj_ms_t now)
{
	return nj_test_sessions_expire(fixture->table, now);
}

/* Who asks from each of his ports is answered on each: that alone keeps no place and no time. */
static void
one_answer_establishes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session *session;

	for (uint16_t client = 1; client <= CAPACITY; client++) {
		session = open_one(fixture, client, START);
		for (unsigned int i = 0; i < 5; i++)
			nj_session_touch(fixture->table, session, NJ_UPSTREAM, 1, START + i);
		assert_int_equal(session->state, NJ_SESSION_ANSWERED);
	}
	assert_int_equal(nj_session_half_open(fixture->table), CAPACITY);
	/* The client of the second sends again, and so does that of one that was never answered. */
	nj_session_touch(fixture->table, find_client(fixture, 2), NJ_DOWNSTREAM, 1, START + 5);
	assert_int_equal(find_client(fixture, 2)->state, NJ_SESSION_ESTABLISHED);
	nj_session_touch(fixture->table, open_one(fixture, CAPACITY + 1, START + 5), NJ_DOWNSTREAM,
		1, START + 5);
	assert_null(find_client(fixture, 1));
	open_one(fixture, CAPACITY + 2, START + 5);
	assert_non_null(find_client(fixture, 2));
	assert_null(find_client(fixture, 3));
	assert_int_equal(nj_session_half_open(fixture->table), CAPACITY - 1);
	assert_int_equal(expire_all(fixture, START + 5 + HALF_OPEN), CAPACITY - 1);
	assert_non_null(find_client(fixture, 2));
}

static void
times_to_live_end_to_the_millisecond(void **state)
{
	struct fixture *fixture = *state;
	static const nj_ms_t starts[] = {START, UINT32_MAX - 5000, UINT32_MAX};

	for (unsigned int i = 0; i < RTE_DIM(starts); i++) {
		nj_ms_t now = starts[i];
		struct nj_session *session = open_one(fixture, 1, now);

		assert_int_equal(expire_all(fixture, now - 1), 0);
		assert_int_equal(expire_all(fixture, now + HALF_OPEN - 1), 0);
		now += HALF_OPEN - 1;
		nj_session_touch(fixture->table, session, NJ_DOWNSTREAM, 1, now);
		assert_int_equal(expire_all(fixture, now + HALF_OPEN - 1), 0);
		nj_test_session_establish(fixture->table, session, now);
		assert_int_equal(expire_all(fixture, now + TTL - 1), 0);
		assert_int_equal(expire_all(fixture, now + TTL), 1);
		assert_null(find_client(fixture, 1));
		open_one(fixture, 2, now);
		assert_int_equal(expire_all(fixture, now + HALF_OPEN), 1);
	}
	assert_int_equal(fixture->counters.sessions_expired, 2 * RTE_DIM(starts));
	assert_int_equal(nj_session_active(fixture->table), 0);
}

/* Half-open ones that give way, too; by the bounds of 1, 5, 10, 25 and 60 seconds. */
static void
durations_are_counted_when_sessions_end(void **state)
{
	struct fixture *fixture = *state;
	const struct nj_histogram *durations = &fixture->counters.durations;

	open_one(fixture, 1, START);
	assert_int_equal(expire_all(fixture, START + HALF_OPEN), 1);
	assert_int_equal(durations->values[2], 1);
	nj_test_session_establish(fixture->table, open_one(fixture, 1, START), START + 500);
	assert_int_equal(expire_all(fixture, START + 500 + TTL), 1);
	assert_int_equal(durations->values[5], 1);
	assert_int_equal(durations->sum, HALF_OPEN + 500 + TTL);
	for (uint16_t client = 1; client <= CAPACITY + 1; client++)
		open_one(fixture, client, START + client);
	assert_int_equal(fixture->counters.sessions_evicted, 1);
	assert_int_equal(durations->values[0], 1);
	assert_int_equal(durations->sum, HALF_OPEN + 500 + TTL + CAPACITY);
}

/* What there was no time for comes first in the next call, at whatever time that is. */
static void
a_sweep_goes_on_where_it_stopped(void **state)
{
	struct fixture *fixture = *state;

	for (uint16_t client = 1; client <= CAPACITY; client++)
		open_one(fixture, client, START);
	for (unsigned int i = 1; i <= CAPACITY; i++) {
		assert_int_equal(nj_session_sweep(fixture->table, 1, START + HALF_OPEN), 1);
		assert_int_equal(nj_session_active(fixture->table), CAPACITY - i);
	}
	assert_int_equal(nj_session_sweep(fixture->table, 1, START + HALF_OPEN), 0);
}

/* Each slot's turn comes once in a round, in as many steps as there are. */
static void
a_round_takes_its_time(void **state)
{
	struct fixture *fixture = *state;
	uint32_t closed = 0;
	nj_ms_t now = START;

	for (uint16_t client = 1; client <= CAPACITY; client++)
		open_one(fixture, client, START - HALF_OPEN);
	nj_session_sweep(fixture->table, 0, START); /* all are due, and there is no time */
	fixture->table->sweep.due = 0;
	while (closed < CAPACITY / 2)
		closed += nj_session_sweep(fixture->table, UINT32_MAX, ++now);
	assert_int_equal(now, START + NJ_SESSION_SWEEP_MS / 2);
	while (closed < CAPACITY)
		closed += nj_session_sweep(fixture->table, UINT32_MAX, ++now);
	assert_int_equal(now, START + NJ_SESSION_SWEEP_MS);
}

static void
a_copy_is_whole_or_none(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session *session = open_one(fixture, 1, START);
	struct nj_session_image copy, whole;

	nj_session_touch(fixture->table, session, NJ_DOWNSTREAM, 100, START + 5);
	assert_true(nj_session_copy(fixture->table, 0, &copy));
	whole = nj_session_image(fixture->table, session);
	nj_test_assert_same_image(&copy, &whole);
	assert_false(nj_session_copy(fixture->table, 1, &copy));
	assert_false(nj_session_copy(fixture->table, CAPACITY, &copy));
	nj_session_close(fixture->table, session);
	assert_false(nj_session_copy(fixture->table, 0, &copy));
}

static void
stamp_is(const struct fixture *fixture, struct nj_session_stamp expected)
{
	const struct nj_session_stamp stamp = nj_session_stamp(fixture->table, 0);

	assert_int_equal(stamp.generation, expected.generation);
	assert_int_equal(stamp.last_seen_ms, expected.last_seen_ms);
	assert_int_equal(stamp.state, expected.state);
}

/* With every packet, when it is answered, and with whoever has the slot. */
static void
a_stamp_changes_with_its_session(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session *session;

	stamp_is(fixture, (struct nj_session_stamp){0});
	for (uint32_t generation = 1; generation < 6; generation += 2) {
		session = open_one(fixture, 1, START);
		stamp_is(fixture,
			(struct nj_session_stamp){generation, START, NJ_SESSION_HALF_OPEN});
		nj_session_touch(fixture->table, session, NJ_DOWNSTREAM, 1, START + 5);
		stamp_is(fixture,
			(struct nj_session_stamp){generation, START + 5, NJ_SESSION_HALF_OPEN});
		nj_session_touch(fixture->table, session, NJ_UPSTREAM, 1, START + 5);
		stamp_is(fixture,
			(struct nj_session_stamp){generation, START + 5, NJ_SESSION_ANSWERED});
		nj_session_touch(fixture->table, session, NJ_DOWNSTREAM, 1, START + 6);
		stamp_is(fixture,
			(struct nj_session_stamp){generation, START + 6, NJ_SESSION_ESTABLISHED});
		nj_session_close(fixture->table, session);
		stamp_is(fixture, (struct nj_session_stamp){0});
	}
}

static void
counters_carry_over_32_bits(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session *session = open_one(fixture, 1, START);
	struct nj_session_image image;

	session->packets[NJ_DOWNSTREAM] = UINT32_MAX;
	session->bytes[NJ_DOWNSTREAM] = UINT32_MAX - 99;
	nj_session_touch(fixture->table, session, NJ_DOWNSTREAM, 200, START);
	image = nj_session_image(fixture->table, session);
	assert_true(image.packets[NJ_DOWNSTREAM] == UINT64_C(1) << 32);
	assert_true(image.bytes[NJ_DOWNSTREAM] == (UINT64_C(1) << 32) + 100);
	assert_int_equal(nj_session_endpoint(fixture->table, 1)->packets[NJ_DOWNSTREAM], 1);
	assert_int_equal(nj_session_endpoint(fixture->table, 1)->sessions, 1);
}

/* Random opening, use, and closing; at the end nothing is left and everything was counted. */
/* Over the carry, and of one that ended the endpoint's alone. */
static void
what_was_dropped_is_taken_back(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session *session = open_one(fixture, 1, START);
	const struct nj_flow flow = nj_session_flow(fixture->table, session, NJ_DOWNSTREAM);
	const struct nj_endpoint_counters *endpoint =
		nj_session_endpoint(fixture->table, session->endpoint);
	struct nj_session_image image;

	session->bytes[NJ_DOWNSTREAM] = UINT32_MAX - 100;
	nj_session_touch(fixture->table, session, NJ_DOWNSTREAM, 200, START + 7);
	nj_session_take_back(fixture->table, &flow, flow.endpoint, NJ_DOWNSTREAM, 200);
	image = nj_session_image(fixture->table, session);
	assert_int_equal(image.packets[NJ_DOWNSTREAM], 0);
	assert_int_equal(image.bytes[NJ_DOWNSTREAM], UINT32_MAX - 100);
	assert_int_equal(image.last_seen_ms, START + 7);
	assert_int_equal(endpoint->packets[NJ_DOWNSTREAM], 0);
	assert_int_equal(endpoint->bytes[NJ_DOWNSTREAM], 0);
	/* It ends, and its client opens another, which has sent nothing yet. */
	nj_session_touch(fixture->table, session, NJ_DOWNSTREAM, 200, START + 7);
	nj_session_close(fixture->table, session);
	session = open_one(fixture, 1, START + 8);
	nj_session_take_back(fixture->table, &flow, flow.endpoint, NJ_DOWNSTREAM, 200);
	image = nj_session_image(fixture->table, session);
	assert_int_equal(image.packets[NJ_DOWNSTREAM], 0);
	assert_int_equal(image.bytes[NJ_DOWNSTREAM], 0);
	assert_int_equal(endpoint->packets[NJ_DOWNSTREAM], 0);
	assert_int_equal(endpoint->bytes[NJ_DOWNSTREAM], 0);
}

static void
a_long_life_leaks_nothing(void **state)
{
	struct fixture *fixture = *state;
	uint32_t seed = 7;
	nj_ms_t now = START;

	for (unsigned int i = 0; i < 20000; i++, now += nj_test_random(&seed) % 4000) {
		uint16_t client = (uint16_t)(nj_test_random(&seed) % 8 + 1);
		struct nj_session_request r = request(client, nj_test_random(&seed) % 2 + 1);
		struct nj_session *session = nj_session_find(fixture->table, &r.flow);

		if (session == NULL)
			nj_session_open(fixture->table, &r, now, &session);
		else
			nj_session_touch(
				fixture->table, session, nj_test_random(&seed) % 2, 1, now);
		expire_all(fixture, now);
	}
	expire_all(fixture, now + TTL);
	assert_int_equal(nj_session_active(fixture->table), 0);
	assert_int_equal(nj_session_half_open(fixture->table), 0);
	assert_int_equal(nj_session_endpoint(fixture->table, 1)->sessions, 0);
	assert_true(
		fixture->counters.sessions_evicted > 0 && fixture->counters.sessions_rejected > 0);
	assert_true(fixture->counters.sessions_total ==
		    fixture->counters.sessions_expired + fixture->counters.sessions_evicted);
}

static void
wrong_settings_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session_config config = {
		.capacity = 0, .port_min = 1, .port_max = 2, .ownership = &fixture->ownership};

	assert_null(nj_session_table_create(&config, &fixture->counters, SOCKET_ID_ANY));
	assert_int_equal(rte_errno, EINVAL);
	config.capacity = 1;
	config.port_max = 0;
	assert_null(nj_session_table_create(&config, &fixture->counters, SOCKET_ID_ANY));
	nj_session_table_destroy(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_session_is_found_from_both_sides),
		TEST(bulk_finds_what_single_finds),
		TEST(a_full_table_evicts_the_oldest_half_open_session),
		TEST(established_sessions_never_give_way),
		TEST(one_answer_establishes_nothing),
		TEST(times_to_live_end_to_the_millisecond),
		TEST(durations_are_counted_when_sessions_end),
		TEST(a_sweep_goes_on_where_it_stopped),
		TEST(a_round_takes_its_time),
		TEST(a_copy_is_whole_or_none),
		TEST(a_stamp_changes_with_its_session),
		TEST(counters_carry_over_32_bits),
		TEST(what_was_dropped_is_taken_back),
		TEST(a_long_life_leaks_nothing),
		TEST(wrong_settings_are_refused),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
