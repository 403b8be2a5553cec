/* SPDX-License-Identifier: BSD-3-Clause */
/* The log where its reader hangs: standard error is a pipe that nobody reads for a while. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "eal.h"
#include "line_queue.h"
#include "log_sink.h"
#include "nj_base.h"

NJ_LOG_TYPE(test_log_sink);

/* The queue ---------------------------------------------------------------------------------- */

static struct line_queue queue;
static struct line line;

static void
put(const char *text)
{
	line_queue_put(&queue, 5, text, strlen(text));
}

static void
expect(const char *text, uint32_t lost)
{
	assert_true(line_queue_take(&queue, &line));
	assert_int_equal(line.length, strlen(text));
	assert_memory_equal(line.text, text, line.length);
	assert_int_equal(line.lost, lost);
	assert_true(line.length == 0 || line.priority == 5);
}

/* A few at a time, so that every place is where the bytes wrap around. */
static void
lines_come_out_as_they_went_in(void **state)
{
	char text[2][200];

	line_queue_init(&queue);
	for (unsigned int i = 0; i < 20000; i++) {
		for (unsigned int n = 0; n < 2; n++) {
			snprintf(text[n], sizeof(text[n]), "%0*u", 1 + (int)(i * 7 + n) % 150, i);
			put(text[n]);
		}
		expect(text[0], 0);
		expect(text[1], 0);
	}
	line_queue_end(&queue);
	assert_false(line_queue_take(&queue, &line));
}

/* Returns how many it took. */
static unsigned int
fill(void)
{
	const size_t written = queue.written;
	unsigned int n = 0;

	for (put("line"); queue.lost == 0; put("line"))
		n++;
	assert_true(queue.written > written);
	return n;
}

static void
what_does_not_fit_is_counted_where_it_is_missing(void **state)
{
	unsigned int n;

	line_queue_init(&queue);
	n = fill();
	put("lost");
	put("lost");
	expect("line", 0);
	put("next");
	put("lost");
	for (unsigned int i = 1; i < n; i++)
		expect("line", 0);
	expect("next", 3);
	expect("", 1); /* nothing came behind it */
	put("last");
	expect("last", 0);
}

/* The sink ----------------------------------------------------------------------------------- */

/* Standard error from now on; the pipe holds one page. */
static int
open_pipe(int *saved)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 4096);
	fflush(stderr);
	*saved = dup(STDERR_FILENO);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	return ends[0];
}

/* Reads whole lines until one begins with the last word. Returns how many there were, and adds up
 * those that are told to be left out. */
static unsigned int
read_until(FILE *reader, const char *last, unsigned int *left_out)
{
	char text[NJ_LOG_LINE_MAX + 16];
	unsigned int n = 0;

	while (fgets(text, sizeof(text), reader) != NULL) {
		const char *lines = strstr(text, "event=left_out lines=");

		if (strstr(text, last) != NULL)
			return n;
		assert_int_equal(text[strlen(text) - 1], '\n');
		if (lines != NULL)
			*left_out += (unsigned int)atoi(lines + strlen("event=left_out lines="));
		else
			n++;
	}
	fail_msg("the end is missing");
	return 0;
}

#define LINES 5000 /* some 500 KB */

static void
say(const char *text)
{
	rte_log(RTE_LOG_NOTICE, (uint32_t)nj_logtype.id, "%s\n", text);
}

static void
a_reader_that_hangs_holds_nobody(void **state)
{
	char text[120];
	unsigned int left_out = 0, n;
	int saved, end = open_pipe(&saved);
	FILE *reader = fdopen(end, "r");

	assert_non_null(reader);
	log_sink_open(false);
	assert_int_equal(log_sink_start(), 0);
	log_sink_ready();
	for (unsigned int i = 0; i < LINES; i++) {
		snprintf(text, sizeof(text), "line %05u %090d", i, 0);
		say(text);
	}
	n = read_until(reader, "natterjack: ready", &left_out);
	assert_int_equal(n, 0);
	n = read_until(reader, "event=ready", &left_out);
	assert_int_equal(n, 0);
	/* The queue has room at some moment from here on, and the last line comes through. */
	say("the end");
	n = read_until(reader, "the end", &left_out);
	assert_true(n > LINE_QUEUE_BYTES / sizeof(text) / 2);
	assert_int_equal(n + left_out, LINES);
	assert_true(left_out > LINES / 2);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	fclose(reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_out_as_they_went_in),
		cmocka_unit_test(what_does_not_fit_is_counted_where_it_is_missing),
		cmocka_unit_test(a_reader_that_hangs_holds_nobody),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("log_sink", tests, NULL, NULL);
}
