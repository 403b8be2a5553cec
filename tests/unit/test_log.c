/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nj_base.h"

NJ_LOG_TYPE(test_log);

/* What is logged by a call comes to be here. */
static char *logged;
static size_t logged_length;
static FILE *stream;

static int
open_stream(void **state)
{
	nj_logtype.limit = (struct nj_log_limit){0};
	stream = open_memstream(&logged, &logged_length);
	assert_non_null(stream);
	return rte_openlog_stream(stream);
}

static int
close_stream(void **state)
{
	rte_openlog_stream(NULL);
	fclose(stream);
	free(logged);
	return 0;
}

static void
expect(const char *wanted)
{
	fflush(stream);
	assert_string_equal(logged, wanted);
	rewind(stream);
	memset(logged, 0, logged_length);
}

static void
test_quoting(void **state)
{
	static const struct {
		const char *value, *wanted;
	} cases[] = {
		{"plain", "k=plain"},
		{"192.0.2.1:7", "k=192.0.2.1:7"},
		{"", "k=\"\""},
		{"two words", "k=\"two words\""},
		{"a=b", "k=\"a=b\""},
		{"say \"hi\"", "k=\"say \\\"hi\\\"\""},
		{"back\\slash", "k=\"back\\\\slash\""},
		{"line\nline", "k=\"line\\nline\""},
		{"\x1b[0m", "k=\"\\x1b[0m\""},
		{"caf\xc3\xa9", "k=caf\xc3\xa9"},
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		char line[64] = "";

		nj_log_append(line, sizeof(line), "k", cases[i].value);
		assert_string_equal(line, cases[i].wanted);
	}
}

/* A line that is too long has an end, and its last value its quotation mark. */
static void
test_cut(void **state)
{
	char value[2000], line[64] = "a=b";

	memset(value, '"', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	nj_log_append(line, sizeof(line), "k", value);
	assert_true(strlen(line) < sizeof(line));
	assert_true(strlen(line) > sizeof(line) - 10);
	assert_string_equal(line + strlen(line) - 3, "\\\"\"");
	nj_log_append(line, sizeof(line), "next", "x");
	assert_null(strstr(line, "next"));
}

static void
test_lines(void **state)
{
	NJ_EVENT(NOTICE, "begun", "path=%s n=%u", "/a b/c", 7u);
	expect("level=notice type=test_log event=begun path=\"/a b/c\" n=7\n");
	NJ_LOG(WARNING, "a sentence of %d words", 5);
	expect("level=warning type=test_log message=\"a sentence of 5 words\"\n");
	assert_int_equal(nj_err(ENOENT, "port %s", "x"), -ENOENT);
	expect("level=error type=test_log message=\"port x\" error=\"No such file or directory\"\n");
	NJ_EVENT(DEBUG, "hidden", "x=%d", 1);
	expect("");
}

static void
test_levels(void **state)
{
	const struct nj_log_type *type = NULL;
	unsigned int found = 0;

	assert_int_equal(nj_log_set_level("test_log", RTE_LOG_DEBUG), 0);
	NJ_EVENT(DEBUG, "shown", "x=%d", 1);
	expect("level=debug type=test_log event=shown x=1\n");
	assert_int_equal(nj_log_set_level("test_log", RTE_LOG_ERR), 0);
	NJ_EVENT(WARNING, "hidden", "x=%d", 1);
	expect("");
	assert_int_equal(nj_log_set_level("test_log", RTE_LOG_INFO), 0);
	assert_int_equal(nj_log_set_level("test_lo", RTE_LOG_INFO), -ENOENT);
	while ((type = nj_log_type_next(type)) != NULL)
		found += strcmp(type->name, "test_log") == 0;
	assert_int_equal(found, 1);
	for (int level = (int)RTE_LOG_EMERG; level <= (int)RTE_LOG_DEBUG; level++)
		assert_int_equal(nj_log_level_parse(nj_log_level_name(level)), level);
	assert_int_equal(nj_log_level_parse("loud"), -1);
}

static void
test_limit(void **state)
{
	struct nj_log_limit limit = {0};
	uint32_t left_out = 99;

	for (unsigned int i = 0; i < NJ_LOG_PER_SECOND; i++)
		assert_true(nj_log_limit_take(&limit, 7, &left_out));
	assert_int_equal(left_out, 0);
	for (unsigned int i = 0; i < 5; i++)
		assert_false(nj_log_limit_take(&limit, 7, &left_out));
	assert_true(nj_log_limit_take(&limit, 8, &left_out));
	assert_int_equal(left_out, 5);
	assert_true(nj_log_limit_take(&limit, 8, &left_out));
	assert_int_equal(left_out, 0);
}

/* Whatever comes next tells of it, and where nothing comes the tick does. */
static void
test_left_out(void **state)
{
	nj_logtype.limit = (struct nj_log_limit){.second = 1, .left_out = 3};
	NJ_EVENT(NOTICE, "next", "x=%d", 1);
	expect("level=warning type=test_log event=left_out lines=3\n"
	       "level=notice type=test_log event=next x=1\n");
	nj_logtype.limit = (struct nj_log_limit){.second = 1, .left_out = 4};
	nj_log_tick();
	expect("level=warning type=test_log event=left_out lines=4\n");
	nj_log_tick();
	expect("");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_cut),
		cmocka_unit_test_setup_teardown(test_lines, open_stream, close_stream),
		cmocka_unit_test_setup_teardown(test_levels, open_stream, close_stream),
		cmocka_unit_test(test_limit),
		cmocka_unit_test_setup_teardown(test_left_out, open_stream, close_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
