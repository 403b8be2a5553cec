/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter_test.h"

#define NAME_1 "quilkin.extensions.filters.concatenate_bytes.v1alpha1.ConcatenateBytes"
#define NAME_2 "quilkin.filters.concatenate.v1alpha1.Concatenate"
#define FIRST  "  - name: " NAME_1 "\n    config: "
#define SECOND "  - name: " NAME_2 "\n    config: "

static void
adds_in_its_direction(void **state)
{
	struct filter_test test;

	filter_open(&test, ERA_2(SECOND "{bytes: YWJj, on_read: APPEND, on_write: PREPEND}\n"));
	filter_expect_text(&test, NJ_DOWNSTREAM, "hello", "helloabc");
	filter_expect_text(&test, NJ_DOWNSTREAM, "", "abc");
	filter_expect_text(&test, NJ_UPSTREAM, "hello", "abchello");
	filter_expect_text(&test, NJ_UPSTREAM, "", "abc");
	filter_close(&test);
}

static void
does_nothing_by_default(void **state)
{
	struct filter_test test;

	filter_open(&test, ERA_1(FIRST "{bytes: YWJj}\n"));
	filter_expect_text(&test, NJ_DOWNSTREAM, "hello", "hello");
	filter_expect_text(&test, NJ_UPSTREAM, "hello", "hello");
	filter_close(&test);
}

/* Beyond what the buffer holds, with and without room in front. */
static void
no_room_is_a_drop(void **state)
{
	char text[8192];
	static uint8_t payload[1400];
	struct filter_test test;
	int at = snprintf(
		text, sizeof(text), ERA_2(SECOND "{on_read: APPEND, on_write: PREPEND, bytes: "));

	for (unsigned int i = 0; i < 1000; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, "YWJj");
	snprintf(text + at, sizeof(text) - (size_t)at, "}\n");
	filter_open(&test, text);
	assert_int_equal(
		filter_run(&test, NJ_DOWNSTREAM, payload, sizeof(payload)), NJ_DROP_TOO_BIG);
	assert_int_equal(filter_run(&test, NJ_UPSTREAM, payload, sizeof(payload)), NJ_DROP_TOO_BIG);
	filter_close(&test);
}

static void
mistakes_are_reported(void **state)
{
	static const struct loading rows[] = {
		{ERA_2(SECOND "{bytes: YWJj, on_read: append}\n"),
			"5:36: 'on_read' must be APPEND, PREPEND or DO_NOTHING, not 'append'\n"},
		{ERA_2(SECOND "{bytes: YWJj, on_write: 1}\n"),
			"5:37: 'on_write' must be APPEND, PREPEND or DO_NOTHING, not '1'\n"},
		{ERA_2(SECOND "{bytes: YWJ, on_reed: APPEND}\n"),
			"5:21: 'bytes' must be a base64 string, not 'YWJ'\n"
			"5:26: unknown key 'on_reed', did you mean 'on_read'?\n"},
		{ERA_1(FIRST "{on_read: APPEND}\n"), "6:13: missing key 'bytes'\n"},
		{ERA_1("  - name: " NAME_1 "\n"),
			"5:11: filter 'concatenate_bytes.v1alpha1.ConcatenateBytes' needs a 'config'\n"},
	};

	CHECK_BAD(rows, nj_policy_load);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_in_its_direction),
		cmocka_unit_test(does_nothing_by_default),
		cmocka_unit_test(no_room_is_a_drop),
		cmocka_unit_test(mistakes_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
