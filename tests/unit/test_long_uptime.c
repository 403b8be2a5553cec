/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clock wraps after 49.7 days, and half of that is where a signed comparison turns around. What
 * was noted long ago is neither in the future nor recent again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eal.h"
#include "session_rig.h"
#include "table.h"

#define START    100000
#define HALF     (UINT64_C(1) << 31)
#define WHOLE    (UINT64_C(1) << 32)
#define HOUR     UINT64_C(3600000)
#define ENDPOINT 1

/* The worker polls on, if only once an hour: in that it forgets a few places less than it would. */
static void
let_pass(struct nj_test_sessions *rig, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at += RTE_MIN(HOUR, to - at))
		nj_session_sweep(rig->table, 64, (nj_ms_t)at);
	nj_session_sweep(rig->table, 64, (nj_ms_t)to);
}

static struct nj_flow
leave_a_port(struct nj_test_sessions *rig, nj_ms_t now)
{
	struct nj_session *session = nj_test_session_open(rig, 0, 1, ENDPOINT, now);
	const struct nj_flow reply = nj_session_flow(rig->table, session, NJ_UPSTREAM);

	session_end(rig->table, session, now);
	return reply;
}

static uint32_t
age(struct nj_test_sessions *rig, const struct nj_flow *reply, uint64_t now)
{
	return port_rest_age(&rig->table->port_rest, reply, (nj_ms_t)now);
}

/* 24.8 days later it is written again: compared signed, the old time looked like the future. */
static void
a_port_rests_again_after_half_of_the_clock(void **state)
{
	struct nj_test_sessions *rig = *state;
	const struct nj_flow reply = leave_a_port(rig, START);

	for (uint64_t later = START + HALF - 1; later <= START + HALF + HOUR; later += HOUR) {
		port_rest_begin(&rig->table->port_rest, &reply, (nj_ms_t)later, (nj_ms_t)later);
		assert_int_equal(age(rig, &reply, later), 0);
		rig->table->port_rest.left_ms[0] = 0;
	}
	/* One that was left earlier than what is noted changes nothing. */
	port_rest_begin(&rig->table->port_rest, &reply, (nj_ms_t)(START + HALF),
		(nj_ms_t)(START + HALF + HOUR));
	assert_int_equal(age(rig, &reply, START + HALF + HOUR), 1);
}

static void
a_port_has_rested_after_the_whole_clock(void **state)
{
	struct nj_test_sessions *rig = *state;
	const struct nj_flow reply = leave_a_port(rig, START);

	assert_int_equal(age(rig, &reply, START + 5), 5);
	let_pass(rig, START, START + WHOLE + 5);
	assert_int_equal(age(rig, &reply, START + WHOLE + 5), UINT32_MAX);
}

static void
a_path_mtu_stays_forgotten(void **state)
{
	struct nj_test_sessions *rig = *state;

	nj_test_session_open(rig, 0, 1, ENDPOINT, START);
	nj_session_set_path_mtu(rig->table, ENDPOINT, 1300, START);
	assert_int_equal(nj_session_path_mtu(rig->table, ENDPOINT, START + 599999), 1300);
	let_pass(rig, START, START + WHOLE + 5);
	assert_int_equal(nj_session_path_mtu(rig->table, ENDPOINT, START + 5), UINT16_MAX);
}

static void
a_pause_is_over_for_good(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session_request request = nj_test_session_request(0, 2, ENDPOINT);
	struct nj_session *session;

	rig->config.port_min = rig->config.port_max = 20000;
	nj_test_sessions_again(rig);
	nj_test_session_open(rig, 0, 1, ENDPOINT, START);
	assert_int_equal(nj_session_open(rig->table, &request, START, &session), NJ_DROP_NO_PORTS);
	assert_true(upstream_port_pauses(rig->table, ENDPOINT, START + 5));
	let_pass(rig, START, START + WHOLE + 5);
	assert_false(upstream_port_pauses(rig->table, ENDPOINT, START + 5));
}

/* To the millisecond, wherever the clock turns. */
static void
sessions_expire_across_the_turns(void **state)
{
	struct nj_test_sessions *rig = *state;
	static const uint64_t turns[] = {HALF, WHOLE};

	for (unsigned int i = 0; i < RTE_DIM(turns); i++) {
		const nj_ms_t before = (nj_ms_t)(turns[i] - NJ_TEST_TTL_MS / 2);
		struct nj_session *session = nj_test_session_open(rig, 0, 1, ENDPOINT, before);

		nj_test_session_establish(rig->table, session, before);
		assert_int_equal(
			nj_test_sessions_expire(rig->table, before + NJ_TEST_TTL_MS - 1), 0);
		assert_int_equal(nj_test_sessions_expire(rig->table, before + NJ_TEST_TTL_MS), 1);
	}
}

/* Each slot's turn comes once in a round, before, at and after a turn of the clock. */
static void
rounds_go_on_across_the_turns(void **state)
{
	struct nj_test_sessions *rig = *state;
	static const uint64_t turns[] = {HALF, WHOLE};

	for (unsigned int i = 0; i < RTE_DIM(turns); i++) {
		const uint64_t idle_at = turns[i] + 10;

		nj_test_session_open(
			rig, 0, 1, ENDPOINT, (nj_ms_t)(idle_at - NJ_TEST_UNREPLIED_TTL_MS));
		for (uint64_t at = turns[i] - 1000; at < idle_at; at++)
			assert_int_equal(nj_session_sweep(rig->table, 64, (nj_ms_t)at), 0);
		for (uint64_t at = idle_at; at <= idle_at + NJ_SESSION_SWEEP_MS; at++)
			nj_session_sweep(rig->table, 64, (nj_ms_t)at);
		assert_int_equal(nj_session_active(rig->table), 0);
	}
}

#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, nj_test_sessions_setup, nj_test_sessions_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_port_rests_again_after_half_of_the_clock),
		TEST(a_port_has_rested_after_the_whole_clock),
		TEST(a_path_mtu_stays_forgotten),
		TEST(a_pause_is_over_for_good),
		TEST(sessions_expire_across_the_turns),
		TEST(rounds_go_on_across_the_turns),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("long uptime", tests, NULL, NULL);
}
