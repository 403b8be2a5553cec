/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter_test.h"

#define CAPTURE_1                                                                                  \
	"  - name: quilkin.extensions.filters.capture_bytes.v1alpha1.CaptureBytes\n"               \
	"    config: "
#define CAPTURE_2                                                                                  \
	"  - name: quilkin.filters.capture.v1alpha1.Capture\n"                                     \
	"    config: "
#define PREPEND_1                                                                                  \
	"  - name: quilkin.extensions.filters.concatenate_bytes.v1alpha1.ConcatenateBytes\n"       \
	"    config: {on_read: PREPEND, bytes: eHl6enk=}\n"

/* Slots are given in the order in which the chain asks for them. */
static const struct nj_value *
value(const struct filter_test *test, unsigned int slot)
{
	return &test->out->values[slot];
}

static void
expect_bytes(const struct nj_value *value, const char *bytes)
{
	assert_int_equal(value->type, NJ_VALUE_BYTES);
	assert_int_equal(value->length, strlen(bytes));
	assert_memory_equal(value->bytes, bytes, value->length);
}

static void
first_era_takes_the_suffix(void **state)
{
	struct filter_test test;

	filter_open(&test, ERA_1(CAPTURE_1 "{size: 3, remove: true}\n" PREPEND_1));
	filter_expect_text(&test, NJ_DOWNSTREAM, "helloabc", "xyzzyhello");
	expect_bytes(value(&test, 0), "abc"); /* what was prepended did not overwrite it */
	filter_expect_text(&test, NJ_DOWNSTREAM, "abc", "xyzzy");
	expect_bytes(value(&test, 0), "abc");
	assert_int_equal(filter_run(&test, NJ_DOWNSTREAM, "ab", 2), NJ_DROP_CAPTURE_MISS);
	assert_int_equal(filter_run(&test, NJ_DOWNSTREAM, "", 0), NJ_DROP_CAPTURE_MISS);
	filter_expect_text(&test, NJ_UPSTREAM, "ab", "ab");
	filter_close(&test);
}

static void
first_era_takes_the_prefix(void **state)
{
	struct filter_test test;

	filter_open(&test,
		ERA_1(CAPTURE_1 "{size: 3, strategy: PREFIX, remove: true}\n"
				"  - name: quilkin.extensions.filters.capture_bytes.v1alpha1."
				"CaptureBytes\n"
				"    config: {size: 0, metadataKey: nothing}\n"));
	filter_expect_text(&test, NJ_DOWNSTREAM, "abchello", "hello");
	expect_bytes(value(&test, 0), "abc");
	expect_bytes(value(&test, 1), "");
	filter_close(&test);
}

static void
second_era_says_that_it_is_there(void **state)
{
	struct filter_test test;

	filter_open(&test, ERA_2(CAPTURE_2 "{suffix: {size: 3}}\n" CAPTURE_2
					   "{metadataKey: a, prefix: {size: 5, remove: true}}\n"));
	filter_expect_text(&test, NJ_DOWNSTREAM, "helloabc", "abc");
	expect_bytes(value(&test, 0), "abc");
	assert_int_equal(value(&test, 1)->type, NJ_VALUE_BOOL);
	assert_true(value(&test, 1)->yes);
	expect_bytes(value(&test, 2), "hello");
	assert_true(value(&test, 3)->yes);
	assert_int_equal(filter_run(&test, NJ_DOWNSTREAM, "hell", 4), NJ_DROP_CAPTURE_MISS);
	filter_close(&test);
}

static void
a_burst_has_room_for_all(void **state)
{
	struct filter_test test;
	struct rte_mbuf *pkts[NJ_BATCH_MAX];
	struct nj_datagram *out[NJ_BATCH_MAX];

	filter_open(&test, ERA_2(CAPTURE_2 "{regex: {pattern: '\\w'}}\n" CAPTURE_2
					   "{suffix: {size: 9000}, metadataKey: b}\n"));
	for (unsigned int i = 0; i < NJ_BATCH_MAX; i++) {
		struct nj_test_frame frame = nj_test_frame_udp(
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 50);

		pkts[i] = nj_test_frame_build(&frame);
		pkts[i]->port = 0;
		assert_int_equal(nj_parse(pkts[i], &nj_test_our_mac, 0), NJ_DROP_NONE);
	}
	assert_int_equal(nj_chain_run(test.policy->chain, &test.runner, NJ_DOWNSTREAM, pkts,
				 NJ_BATCH_MAX, 0, out),
		0);
	assert_int_equal(test.counters.port[0].dropped[NJ_DROP_CAPTURE_MISS], NJ_BATCH_MAX);
	filter_close(&test);
}

static void
mistakes_are_reported(void **state)
{
	static const struct loading rows[] = {
		{ERA_1(CAPTURE_1 "{strategy: MIDDLE, remove: 1}\n"),
			"6:13: missing key 'size'\n"
			"6:24: 'strategy' must be PREFIX or SUFFIX, not 'MIDDLE'\n"
			"6:40: 'remove' must be true or false, not '1'\n"},
		{ERA_1(CAPTURE_1 "{size: -1}\n"),
			"6:20: 'size' must be a whole number from 0 to 4294967295, not '-1'\n"},
		{ERA_2(CAPTURE_2 "{prefix: {size: 1}, suffix: {size: 1}}\n"),
			"5:33: 'prefix' and 'suffix' are two strategies, and a Capture has one\n"},
		{ERA_2(CAPTURE_2 "{regex: {pattern: a}, suffix: {size: 1}}\n"),
			"5:35: 'regex' and 'suffix' are two strategies, and a Capture has one\n"},
		{ERA_2(CAPTURE_2 "{metadataKey: a}\n"),
			"5:13: one of 'prefix', 'suffix' and 'regex' is missing\n"},
		{ERA_2(CAPTURE_2 "{prefix: {remove: true}}\n"), "5:22: missing key 'size'\n"},
		{ERA_2(CAPTURE_2 "{regex: {}}\n"), "5:21: missing key 'pattern'\n"},
		{ERA_2(CAPTURE_2 "{regex: {pattern: 'a(b'}}\n"),
			"5:31: 'pattern': missing closing parenthesis, at character 3\n"},
	};

	CHECK_BAD(rows, nj_policy_load);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_era_takes_the_suffix),
		cmocka_unit_test(first_era_takes_the_prefix),
		cmocka_unit_test(second_era_says_that_it_is_there),
		cmocka_unit_test(a_burst_has_room_for_all),
		cmocka_unit_test(mistakes_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
