/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions in the state file: written, and read again in another process, later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eal.h"
#include "state_rig.h"
#include "table.h"

/* Sessions --------------------------------------------------------------------------------- */

static void
every_field_comes_back(void **state)
{
	struct state_rig *rig = *state;
	struct nj_session_image before[16];

	for (uint16_t i = 0; i < RTE_DIM(before); i++)
		before[i] = nj_session_image(
			rig->sessions.table, state_rig_session(rig, i + 5, i % 3 != 0));
	state_rig_write(rig, true);
	state_rig_expect(state_rig_load(rig, state_rig_now), 16, 0, 0, 0);
	for (uint16_t i = 0; i < RTE_DIM(before); i++) {
		struct nj_session *session = state_rig_find(rig, i + 5);
		struct nj_session_image after;

		assert_non_null(session);
		after = nj_session_image(rig->sessions.table, session);
		nj_test_assert_same_image(&after, &before[i]);
	}
	assert_int_equal(nj_session_half_open(rig->sessions.table), 6);
}

static void
without_a_file_there_are_no_sessions(void **state)
{
	struct state_rig *rig = *state;
	struct nj_state *file = state_rig_open(rig);

	assert_null(nj_state_rss_key(file));
	nj_state_close(file);
	state_rig_expect(state_rig_load(rig, state_rig_now), 0, 0, 0, 0);
}

static void
the_key_comes_back(void **state)
{
	struct state_rig *rig = *state;
	struct nj_state *file;

	state_rig_write(rig, false);
	file = state_rig_open(rig);
	assert_memory_equal(
		nj_state_rss_key(file), rig->sessions.ownership.rss_key, NJ_RSS_KEY_BYTES);
	nj_state_close(file);
}

/* A pass writes what was opened, answered, seen or closed since the last. */
static void
passes_write_what_changed(void **state)
{
	struct state_rig *rig = *state;
	struct nj_session *session[4];
	struct nj_state *file;

	for (uint16_t i = 0; i < 4; i++)
		session[i] = state_rig_session(rig, i, false);
	file = state_rig_begin(rig);
	assert_int_equal(nj_state_save(file, state_rig_now, false), 0);
	nj_session_close(rig->sessions.table, session[0]);
	nj_session_touch(rig->sessions.table, session[1], NJ_UPSTREAM, 1, STATE_RIG_START + 1);
	session[2]->last_seen_ms = STATE_RIG_NOW;
	session[0] = state_rig_session(rig, 4, true); /* in the same place */
	state_rig_session(rig, 5, true);
	nj_session_close(rig->sessions.table, session[3]);
	assert_int_equal(nj_state_save(file, state_rig_now, true), 0);
	assert_int_equal(nj_state_save(file, state_rig_now, true), 0);
	nj_state_close(file);
	state_rig_expect(state_rig_load(rig, state_rig_now), 4, 0, 0, 0);
	assert_null(state_rig_find(rig, 0));
	assert_int_equal(state_rig_find(rig, 1)->state, NJ_SESSION_ANSWERED);
	assert_int_equal(state_rig_find(rig, 2)->state, NJ_SESSION_HALF_OPEN);
	assert_int_equal(state_rig_find(rig, 2)->last_seen_ms, STATE_RIG_NOW);
	assert_null(state_rig_find(rig, 3));
	assert_non_null(state_rig_find(rig, 4));
	assert_non_null(state_rig_find(rig, 5));
}

/* Until the first pass is complete, a kill leaves the file of before. */
static void
the_old_file_stays_until_the_new_one_is_whole(void **state)
{
	struct state_rig *rig = *state;
	struct nj_state *file;

	state_rig_session(rig, 5, true);
	state_rig_write(rig, true);
	nj_test_sessions_again(&rig->sessions);
	file = state_rig_begin(rig);
	nj_state_close(file);
	state_rig_expect(state_rig_load(rig, state_rig_now), 1, 0, 0, 0);
}

static void
half_open_sessions_keep_their_order(void **state)
{
	struct state_rig *rig = *state;

	/* The places in the table are not in the order of opening. */
	for (uint16_t i = 0; i < 4; i++)
		session_rest(rig->sessions.table, state_rig_session(rig, i, false))->opened_ms =
			STATE_RIG_START - 100u * ((i + 2) % 4);
	state_rig_write(rig, false);
	rig->sessions.config.capacity = 4;
	state_rig_expect(state_rig_load(rig, state_rig_now), 4, 0, 0, 0);
	for (uint16_t i = 0; i < 4; i++) { /* 1, 0, 3, 2 */
		state_rig_session(rig, i + 10, true);
		assert_null(state_rig_find(rig, i ^ 1));
		assert_true(i == 3 || state_rig_find(rig, 2) != NULL);
	}
}

static void
who_is_not_wanted_stays_away(void **state)
{
	struct state_rig *rig = *state;
	uint32_t endpoint = 2;

	for (uint16_t i = 0; i < 8; i++)
		state_rig_session(rig, i, true);
	state_rig_write(rig, true);
	nj_test_sessions_again(&rig->sessions);
	state_rig_expect(state_rig_load_but(rig, state_rig_now, &endpoint), 6, 0, 2, 0);
	assert_null(state_rig_find(rig, 1));
	assert_null(state_rig_find(rig, 5));
	/* And those that are there already stay as they are. */
	state_rig_expect(state_rig_load_but(rig, state_rig_now, &endpoint), 0, 0, 8, 0);
}

static void
a_smaller_table_takes_established_ones_first(void **state)
{
	struct state_rig *rig = *state;

	for (uint16_t i = 0; i < STATE_RIG_CAPACITY; i++)
		state_rig_session(rig, i, i % 2 == 1);
	state_rig_write(rig, true);
	rig->sessions.config.capacity = STATE_RIG_CAPACITY / 2;
	state_rig_expect(state_rig_load(rig, state_rig_now), STATE_RIG_CAPACITY / 2, 0,
		STATE_RIG_CAPACITY / 2, 0);
	assert_int_equal(nj_session_half_open(rig->sessions.table), 0);
}

/* Time ------------------------------------------------------------------------------------- */

/* What is left of a time to live goes on where it was, less the time that nobody ran; the clock
 * that sessions go by may be another one, after a boot. */
static void
the_time_away_counts(void **state)
{
	static const int64_t away[] = {0, 1, NJ_TEST_TTL_MS / 2, NJ_TEST_TTL_MS - 1};
	struct state_rig *rig = *state;
	struct nj_session *session = state_rig_session(rig, 5, true);

	session_rest(rig->sessions.table, session)->opened_ms = STATE_RIG_START - 7000;
	session->last_seen_ms = STATE_RIG_NOW;
	state_rig_write(rig, true);
	for (unsigned int i = 0; i < 2 * RTE_DIM(away); i++) {
		const nj_ms_t ms = i % 2 == 0 ? 0xfffffff0 : 77;

		state_rig_expect(state_rig_load(rig,
					 (struct nj_state_time){ms, STATE_RIG_WALL + away[i / 2]}),
			1, 0, 0, 0);
		session = state_rig_find(rig, 5);
		assert_int_equal(nj_ms_since(ms, session->last_seen_ms), away[i / 2]);
		assert_int_equal(
			nj_ms_since(ms, session_rest(rig->sessions.table, session)->opened_ms),
			STATE_RIG_NOW - STATE_RIG_START + 7000 + away[i / 2]);
	}
	for (int64_t much = NJ_TEST_TTL_MS; much < INT64_C(1) << 45; much *= 3)
		state_rig_expect(
			state_rig_load(rig, (struct nj_state_time){77, STATE_RIG_WALL + much}), 0,
			1, 0, 0);
	/* A calendar that was put back says nothing. */
	state_rig_expect(state_rig_load(rig, (struct nj_state_time){77, 0}), 1, 0, 0, 0);
	assert_int_equal(state_rig_find(rig, 5)->last_seen_ms, 77);
}

/* It may have been seen since it was written; but not later than now. */
static void
after_a_kill_nobody_expires_too_early(void **state)
{
	struct state_rig *rig = *state;
	struct nj_session *session = state_rig_session(rig, 5, true);
	const int64_t last = NJ_TEST_TTL_MS + NJ_STATE_LAG_MS;

	session->last_seen_ms = STATE_RIG_NOW;
	state_rig_write(rig, false);
	state_rig_expect(state_rig_load(rig, (struct nj_state_time){9, STATE_RIG_WALL + last - 1}),
		1, 0, 0, 0);
	assert_int_equal(nj_ms_since(9, state_rig_find(rig, 5)->last_seen_ms), NJ_TEST_TTL_MS - 1);
	state_rig_expect(
		state_rig_load(rig, (struct nj_state_time){9, STATE_RIG_WALL + last}), 0, 1, 0, 0);
	state_rig_expect(
		state_rig_load(rig, (struct nj_state_time){9, STATE_RIG_WALL + 10}), 1, 0, 0, 0);
	assert_int_equal(state_rig_find(rig, 5)->last_seen_ms, 9);
}

/* The head is written after the records, or before: the two clocks in it go together. */
static void
a_session_may_be_younger_than_the_head(void **state)
{
	struct state_rig *rig = *state;

	state_rig_session(rig, 5, true)->last_seen_ms = STATE_RIG_NOW + 300;
	state_rig_write(rig, true);
	state_rig_expect(state_rig_load(rig, (struct nj_state_time){STATE_RIG_NOW + 1000,
						     STATE_RIG_WALL + 1000}),
		1, 0, 0, 0);
	assert_int_equal(state_rig_find(rig, 5)->last_seen_ms, STATE_RIG_NOW + 300);
}

/* Workers ---------------------------------------------------------------------------------- */

static struct nj_state_outcome
load_into_two(struct state_rig *rig)
{
	struct nj_session_config config = rig->sessions.config;

	config.worker = 1;
	nj_ownership_init(&rig->sessions.ownership, 2, rig->sessions.ownership.rss_key);
	nj_session_table_destroy(rig->tables[1]);
	rig->tables[1] = nj_session_table_create(&config, &rig->sessions.counters, SOCKET_ID_ANY);
	assert_non_null(rig->tables[1]);
	return state_rig_load(rig, state_rig_now);
}

/* All come back, whichever worker their replies belong to now. */
static void
the_number_of_workers_may_change(void **state)
{
	struct state_rig *rig = *state;
	const unsigned int n = STATE_RIG_CAPACITY * 2 / 3; /* room for redirects, too */

	for (uint16_t i = 0; i < n; i++)
		state_rig_session(rig, i, true);
	state_rig_write(rig, true);
	state_rig_expect(load_into_two(rig), n, 0, 0, 0);
	assert_true(nj_session_active(rig->tables[0]) > 0);
	assert_true(nj_session_active(rig->tables[1]) > 0);
	state_rig_write(rig, true);
	state_rig_expect(load_into_two(rig), n, 0, 0, 0);
	nj_ownership_init(&rig->sessions.ownership, 1, rig->sessions.ownership.rss_key);
	state_rig_expect(state_rig_load(rig, state_rig_now), n, 0, 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, state_rig_setup, state_rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_field_comes_back),
		TEST(without_a_file_there_are_no_sessions),
		TEST(the_key_comes_back),
		TEST(passes_write_what_changed),
		TEST(the_old_file_stays_until_the_new_one_is_whole),
		TEST(half_open_sessions_keep_their_order),
		TEST(who_is_not_wanted_stays_away),
		TEST(a_smaller_table_takes_established_ones_first),
		TEST(the_time_away_counts),
		TEST(after_a_kill_nobody_expires_too_early),
		TEST(a_session_may_be_younger_than_the_head),
		TEST(the_number_of_workers_may_change),
	};

	nj_test_eal(0);
	rte_log_set_global_level(RTE_LOG_EMERG); /* each file that is read is a line */
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
