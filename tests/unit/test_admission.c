/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may open a session: the rate, and the sessions of a source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admission.h"
#include "eal.h"
#include "nj_bucket.h"
#include "session_rig.h"
#include "table.h"

#define START 1000

static void
limit(struct nj_test_sessions *rig, struct nj_session_limits limits)
{
	rig->config.limits = limits;
	nj_test_sessions_again(rig);
}

/* The client's address is the rig's, with another last byte; an IPv6 one has another byte in the
 * middle, too. */
static enum nj_drop
open_from(struct nj_test_sessions *rig, unsigned int ipv6, uint8_t middle, uint8_t last,
	uint16_t port, nj_ms_t now)
{
	struct nj_session_request request = nj_test_session_request(ipv6, port, 1);
	struct nj_session *session;

	if (request.flow.ipv6) {
		request.flow.src_ip6[7] = middle;
		request.flow.src_ip6[15] = last;
	} else {
		request.flow.src_ip =
			rte_cpu_to_be_32(UINT32_C(0xc0000000) | (uint32_t)middle << 8 | last);
	}
	return nj_session_open(rig->table, &request, now, &session);
}

static void
a_bucket_fills_with_time(void **state)
{
	struct nj_bucket bucket = {0};

	for (unsigned int i = 0; i < 3; i++)
		assert_true(nj_bucket_take(&bucket, 10, 3, START));
	assert_false(nj_bucket_take(&bucket, 10, 3, START));
	assert_false(nj_bucket_take(&bucket, 10, 3, START + 99));
	assert_true(nj_bucket_take(&bucket, 10, 3, START + 100));
	assert_false(nj_bucket_take(&bucket, 10, 3, START + 199));
	nj_bucket_give_back(&bucket);
	assert_true(nj_bucket_take(&bucket, 10, 3, START + 199));
	/* Never more than the burst, however long it rested, also where the clock wraps. */
	bucket.since = UINT32_MAX - 5;
	for (unsigned int i = 0; i < 3; i++)
		assert_true(nj_bucket_take(&bucket, UINT32_MAX, 3, 5));
	assert_false(nj_bucket_take(&bucket, UINT32_MAX, 3, 5));
}

static void
so_many_sessions_are_opened_in_a_second(void **state)
{
	struct nj_test_sessions *rig = *state;
	unsigned int opened = 0;

	limit(rig, (struct nj_session_limits){.per_second = 5});
	for (uint16_t port = 1; port <= 20; port++)
		opened += open_from(rig, 0, 0, 1, port, START) == NJ_DROP_NONE;
	assert_int_equal(opened, 5);
	assert_int_equal(open_from(rig, 0, 0, 1, 100, START + 199), NJ_DROP_SESSION_RATE);
	assert_int_equal(open_from(rig, 0, 0, 1, 100, START + 200), NJ_DROP_NONE);
	assert_int_equal(rig->counters.sessions_rejected, 16);
	assert_int_equal(nj_session_active(rig->table), 6);
}

static void
a_source_has_so_many_sessions(void **state)
{
	struct nj_test_sessions *rig = *state;

	limit(rig, (struct nj_session_limits){.per_source = 2});
	for (unsigned int ipv6 = 0; ipv6 <= NJ_CLIENT_IPV6; ipv6++) {
		for (uint8_t last = 1; last <= 3; last++) {
			assert_int_equal(open_from(rig, ipv6, 0, last, 1, START), NJ_DROP_NONE);
			assert_int_equal(open_from(rig, ipv6, 0, last, 2, START), NJ_DROP_NONE);
			assert_int_equal(
				open_from(rig, ipv6, 0, last, 3, START), NJ_DROP_SOURCE_FULL);
		}
	}
	assert_int_equal(nj_session_active(rig->table), 12);
}

static void
a_prefix_has_so_many_sessions(void **state)
{
	struct nj_test_sessions *rig = *state;

	limit(rig, (struct nj_session_limits){.per_prefix = 3});
	for (unsigned int ipv6 = 0; ipv6 <= NJ_CLIENT_IPV6; ipv6++) {
		for (uint8_t last = 1; last <= 3; last++)
			assert_int_equal(open_from(rig, ipv6, 1, last, 1, START), NJ_DROP_NONE);
		assert_int_equal(open_from(rig, ipv6, 1, 4, 1, START), NJ_DROP_PREFIX_FULL);
		assert_int_equal(open_from(rig, ipv6, 2, 4, 1, START), NJ_DROP_NONE);
	}
}

/* What a source or prefix has is given back with its session, whichever way that ends. */
static void
counts_are_exact(void **state)
{
	struct nj_test_sessions *rig = *state;

	limit(rig, (struct nj_session_limits){
			   .per_source = NJ_TEST_CAPACITY, .per_prefix = NJ_TEST_CAPACITY});
	for (unsigned int round = 0; round < 5; round++) {
		const nj_ms_t now = START + round * NJ_TEST_UNREPLIED_TTL_MS;

		for (uint16_t port = 1; port <= NJ_TEST_CAPACITY; port++)
			assert_int_equal(open_from(rig, 0, 0, 1, port, now), NJ_DROP_NONE);
		assert_int_equal(
			open_from(rig, 0, 0, 1, NJ_TEST_CAPACITY + 1, now), NJ_DROP_SOURCE_FULL);
		assert_int_equal(
			open_from(rig, 0, 0, 2, NJ_TEST_CAPACITY + 1, now), NJ_DROP_PREFIX_FULL);
		/* The table is full: one gives way, and so makes room for its source's next. */
		assert_int_equal(open_from(rig, 0, 3, 1, 1, now), NJ_DROP_NONE);
		assert_int_equal(open_from(rig, 0, 0, 1, NJ_TEST_CAPACITY + 1, now), NJ_DROP_NONE);
		for (uint32_t number = 0; number < NJ_TEST_CAPACITY; number++)
			assert_true(
				session_expire(rig->table, number, now + NJ_TEST_UNREPLIED_TTL_MS));
		assert_int_equal(nj_session_active(rig->table), 0);
	}
}

static void
a_full_source_takes_nothing_of_the_rate(void **state)
{
	struct nj_test_sessions *rig = *state;

	limit(rig, (struct nj_session_limits){.per_second = 3, .per_source = 1});
	assert_int_equal(open_from(rig, 0, 0, 1, 1, START), NJ_DROP_NONE);
	for (uint16_t port = 2; port < 100; port++)
		assert_int_equal(open_from(rig, 0, 0, 1, port, START), NJ_DROP_SOURCE_FULL);
	assert_int_equal(open_from(rig, 0, 0, 2, 1, START), NJ_DROP_NONE);
	assert_int_equal(open_from(rig, 0, 0, 3, 1, START), NJ_DROP_NONE);
	assert_int_equal(open_from(rig, 0, 0, 4, 1, START), NJ_DROP_SESSION_RATE);
}

/* As many sources as sessions, over and over: each finds its place. */
static void
every_source_has_a_place(void **state)
{
	struct nj_test_sessions *rig = *state;

	limit(rig, (struct nj_session_limits){.per_source = 1, .per_prefix = 1});
	for (unsigned int i = 0; i < 20 * NJ_TEST_CAPACITY; i++)
		assert_int_equal(
			open_from(rig, i % 2, (uint8_t)(i / 2), 1, 1, START + i), NJ_DROP_NONE);
	assert_int_equal(nj_session_active(rig->table), NJ_TEST_CAPACITY);
	for (unsigned int i = 19 * NJ_TEST_CAPACITY; i < 20 * NJ_TEST_CAPACITY; i++)
		assert_int_equal(
			open_from(rig, i % 2, (uint8_t)(i / 2), 1, 2, START), NJ_DROP_SOURCE_FULL);
}

/* So that a worker whose bursts are full has time for those who are in. */
static void
a_session_gives_way_for_so_many_rounds(void **state)
{
	struct nj_test_sessions *rig = *state;
	uint16_t port = 0;

	while (nj_session_active(rig->table) < NJ_TEST_CAPACITY)
		assert_int_equal(open_from(rig, 0, 0, 1, ++port, START), NJ_DROP_NONE);
	while (nj_session_refusal(rig->table, 1, START) == NJ_DROP_NONE)
		assert_int_equal(open_from(rig, 0, 0, 1, ++port, START), NJ_DROP_NONE);
	assert_int_equal(
		rig->counters.sessions_evicted, ADMISSION_ROUNDS_MAX / ADMISSION_ROUNDS_EACH);
	for (unsigned int i = 1; i < ADMISSION_ROUNDS_EACH; i++)
		nj_session_round(rig->table);
	assert_int_equal(nj_session_refusal(rig->table, 1, START), NJ_DROP_SESSIONS_FULL);
	assert_int_equal(open_from(rig, 0, 0, 1, ++port, START), NJ_DROP_SESSIONS_FULL);
	nj_session_round(rig->table);
	assert_int_equal(nj_session_refusal(rig->table, 1, START), NJ_DROP_NONE);
	assert_int_equal(open_from(rig, 0, 0, 1, ++port, START), NJ_DROP_NONE);
	assert_int_equal(open_from(rig, 0, 0, 1, ++port, START), NJ_DROP_SESSIONS_FULL);
	/* Where there is room nobody has to wait. */
	session_expire(rig->table, 0, START + NJ_TEST_UNREPLIED_TTL_MS);
	assert_int_equal(nj_session_refusal(rig->table, 1, START), NJ_DROP_NONE);
	assert_int_equal(open_from(rig, 0, 0, 1, ++port, START), NJ_DROP_NONE);
}

#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, nj_test_sessions_setup, nj_test_sessions_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_fills_with_time),
		TEST(so_many_sessions_are_opened_in_a_second),
		TEST(a_source_has_so_many_sessions),
		TEST(a_prefix_has_so_many_sessions),
		TEST(counts_are_exact),
		TEST(a_full_source_takes_nothing_of_the_rate),
		TEST(every_source_has_a_place),
		TEST(a_session_gives_way_for_so_many_rounds),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("admission", tests, NULL, NULL);
}
