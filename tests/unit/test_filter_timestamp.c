/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "filter_test.h"

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

static void
expect(const struct filter_test *test, const char *name, uint64_t value)
{
	struct nj_filter_figures figures;
	unsigned int i = 0;

	nj_chain_figures(test->policy->chain, 1, &figures);
	assert_int_equal(figures.n, 2 * (11 + 3));
	while (i < figures.n && strcmp(figures.figure[i].name, name) != 0)
		i++;
	assert_true(i < figures.n);
	assert_int_equal(figures.figure[i].value, value);
}

static void
counts_by_age(void **state)
{
	struct nj_filter_figures figures;
	struct filter_test test;

	filter_open(&test, ERA_2(CHAIN));
	nj_chain_figures(test.policy->chain, 0, &figures);
	assert_int_equal(figures.n, 0);
	send_time(&test, (uint64_t)time(NULL) - 3600);
	send_time(&test, (uint64_t)time(NULL) - 7);
	send_time(&test, (uint64_t)time(NULL) + 7); /* clocks differ: a negative age */
	expect(&test, "read_bucket_0_005", 1);
	expect(&test, "read_bucket_0_5", 1);
	expect(&test, "read_bucket_5", 1);
	expect(&test, "read_bucket_10", 2);
	expect(&test, "read_count", 3);
	send_time(&test, BEFORE_TIME); /* no year; lets it through */
	expect(&test, "read_count", 3);
	filter_expect_text(&test, NJ_UPSTREAM, "no time", "no time");
	expect(&test, "write_bucket_10", 0);
	expect(&test, "write_count", 0);
	expect(&test, "write_sum_ms", 0);
	filter_close(&test);
}

/* Times are so far away that today does not matter. */
static void
sums_of_both_signs_only_grow(void **state)
{
	static const uint64_t far = 200000000000;
	struct nj_filter_figures figures;
	struct filter_test test;
	uint64_t sum_ms = 0, ahead_ms = 0;

	filter_open(&test, ERA_2(CHAIN));
	for (unsigned int i = 0; i < 3; i++)
		send_time(&test, 0 - far);
	send_time(&test, far);
	nj_chain_figures(test.policy->chain, 1, &figures);
	for (unsigned int i = 0; i < figures.n; i++) {
		if (strcmp(figures.figure[i].name, "read_sum_ms") == 0)
			sum_ms = figures.figure[i].value;
		if (strcmp(figures.figure[i].name, "read_ahead_ms") == 0)
			ahead_ms = figures.figure[i].value;
	}
	assert_in_range(sum_ms, 3 * far * 1000, 3 * far * 1100);
	assert_in_range(ahead_ms, far * 900, far * 1000);
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
		cmocka_unit_test(sums_of_both_signs_only_grow),
		cmocka_unit_test(debug_logs_and_lets_through),
		cmocka_unit_test(mistakes_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
