/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "filter_test.h"
#include "timestamp.h"

#define CHAIN                                                                                      \
	"  - name: quilkin.filters.capture.v1alpha1.Capture\n"                                     \
	"    config: {metadataKey: at, prefix: {size: 8}}\n"                                       \
	"  - name: quilkin.filters.timestamp.v1alpha1.Timestamp\n"                                 \
	"    config: {metadataKey: at}\n"
#define BEFORE_TIME UINT64_C(0x8000000000000000)

static void
send_time(struct filter_test *test, uint64_t seconds)
{
	rte_be64_t wire = rte_cpu_to_be_64(seconds);

	filter_expect(test, NJ_DOWNSTREAM, &wire, sizeof(wire), &wire, sizeof(wire));
}

static uint64_t
count(const struct filter_test *test, enum nj_direction direction, unsigned int bucket)
{
	struct nj_timestamp_histogram sum = {0};

	nj_timestamp_add(nj_chain_state(test->policy->chain, 1, 0), direction, &sum);
	return sum.buckets[bucket];
}

static void
counts_by_age(void **state)
{
	struct nj_filter_counters counters;
	struct filter_test test;

	filter_open(&test, ERA_2(CHAIN));
	assert_true(nj_timestamp_is(nj_chain_filter(test.policy->chain, 1, &counters)));
	assert_false(nj_timestamp_is(nj_chain_filter(test.policy->chain, 0, &counters)));
	assert_null(nj_chain_state(test.policy->chain, 1, 1));
	send_time(&test, (uint64_t)time(NULL) - 3600);
	send_time(&test, (uint64_t)time(NULL) - 7);
	send_time(&test, (uint64_t)time(NULL) + 7); /* clocks differ: a negative age */
	assert_int_equal(count(&test, NJ_DOWNSTREAM, NJ_TIMESTAMP_BUCKETS), 1);
	assert_int_equal(count(&test, NJ_DOWNSTREAM, NJ_TIMESTAMP_BUCKETS - 1), 1);
	assert_int_equal(count(&test, NJ_DOWNSTREAM, 0), 1);
	send_time(&test, BEFORE_TIME); /* no year; lets it through */
	assert_int_equal(count(&test, NJ_DOWNSTREAM, NJ_TIMESTAMP_BUCKETS), 1);
	filter_expect_text(&test, NJ_UPSTREAM, "no time", "no time");
	for (unsigned int i = 0; i <= NJ_TIMESTAMP_BUCKETS; i++)
		assert_int_equal(count(&test, NJ_UPSTREAM, i), 0);
	filter_close(&test);
}

static void
mistakes_are_reported(void **state)
{
	static const struct loading rows[] = {
		{ERA_2("  - {name: quilkin.filters.timestamp.v1alpha1.Timestamp, config: {}}\n"),
			"4:66: missing key 'metadataKey'\n"},
		{ERA_2("  - name: quilkin.filters.debug.v1alpha1.Debug\n    config: {id: [3]}\n"),
			"5:18: 'id' must be a string, not a list\n"},
	};

	CHECK_BAD(rows, nj_policy_load);
}

/* Debug is as small. */
static void
debug_logs_and_lets_through(void **state)
{
	struct filter_test test;

	filter_open(&test, ERA_2("  - name: quilkin.filters.debug.v1alpha1.Debug\n"
				 "    config: {id: here}\n"));
	filter_expect_text(&test, NJ_DOWNSTREAM, "hello", "hello");
	filter_expect_text(&test, NJ_UPSTREAM, "", "");
	assert_int_equal(test.logged, 2);
	assert_string_equal(test.log_id, "here");
	filter_close(&test);
	filter_open(&test, ERA_1("  - name: quilkin.extensions.filters.debug.v1alpha1.Debug\n"));
	filter_expect_text(&test, NJ_DOWNSTREAM, "hello", "hello");
	assert_int_equal(test.logged, 1);
	assert_null(test.log_id);
	filter_close(&test);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_by_age),
		cmocka_unit_test(debug_logs_and_lets_through),
		cmocka_unit_test(mistakes_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
