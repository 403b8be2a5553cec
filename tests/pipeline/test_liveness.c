/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers that stop polling, and come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_log.h>

#include "manager.h"
#include "rig.h"
#include "worker.h"

#define STEP_MS   10
#define MARGIN_MS 200 /* more than from one look to the next */

struct log {
	char *text;
	size_t size;
	FILE *stream;
};

static void
log_open(struct log *log)
{
	log->stream = open_memstream(&log->text, &log->size);
	assert_non_null(log->stream);
	rte_openlog_stream(log->stream);
}

static unsigned int
log_lines(const struct log *log, const char *text)
{
	unsigned int n = 0;

	fflush(log->stream);
	for (const char *at = log->text; (at = strstr(at, text)) != NULL; at++)
		n++;
	return n;
}

static void
log_close(struct log *log)
{
	rte_openlog_stream(stderr);
	fclose(log->stream);
	free(log->text);
}

/* Time goes by, and the manager and all workers but one have their turns. */
static void
wait_without(struct rig *rig, unsigned int stopped, nj_ms_t ms)
{
	struct dataplane *dataplane = rig->dataplane;

	for (nj_ms_t gone = 0; gone < ms; gone += STEP_MS) {
		rig->now += STEP_MS;
		for (unsigned int i = 0; i < dataplane->n_workers; i++)
			if (i != stopped)
				worker_poll(dataplane->workers[i], rig->now);
		manager_step(dataplane->manager, rig->now);
	}
}

static void
who_stops_is_noticed_and_who_comes_back(void **state)
{
	struct rig *rig = rig_create(&(struct rig_options){.n_workers = 3, .n_endpoints = 1});
	const struct liveness *liveness = &rig->dataplane->manager->liveness;
	struct log log;

	log_open(&log);
	rig_wait(rig, 10 * LIVENESS_LIMIT_MS, STEP_MS);
	for (unsigned int stopped = 0; stopped < 3; stopped++) {
		wait_without(rig, stopped, LIVENESS_LIMIT_MS - MARGIN_MS);
		assert_int_equal(liveness->n_stalled, 0);
		wait_without(rig, stopped, 2 * MARGIN_MS);
		assert_int_equal(liveness->n_stalled, 1);
		for (unsigned int i = 0; i < 3; i++)
			assert_int_equal(liveness->stalled[i], i == stopped);
		wait_without(rig, stopped, 5 * LIVENESS_LIMIT_MS);
		assert_int_equal(log_lines(&log, "has not polled"), stopped + 1);
		assert_int_equal(log_lines(&log, "polls again"), stopped);
		rig_wait(rig, MARGIN_MS, STEP_MS);
		assert_int_equal(liveness->n_stalled, 0);
		assert_int_equal(liveness->stalled[stopped], 0);
		assert_int_equal(log_lines(&log, "polls again"), stopped + 1);
	}
	rig_wait(rig, LIVENESS_LIMIT_MS, STEP_MS);
	assert_int_equal(log_lines(&log, "polls again"), 3);
	log_close(&log);
	rig_destroy(rig);
}

/* A manager that was away itself, as on a machine that was paused, blames nobody for that. */
static void
time_without_the_manager_does_not_count(void **state)
{
	struct rig *rig = rig_create(&(struct rig_options){.n_workers = 2, .n_endpoints = 1});
	const struct liveness *liveness = &rig->dataplane->manager->liveness;

	rig_wait(rig, LIVENESS_LIMIT_MS, STEP_MS);
	for (unsigned int pause = 0; pause < 3; pause++) {
		rig->now += 100 * LIVENESS_LIMIT_MS;
		manager_step(rig->dataplane->manager, rig->now);
		assert_int_equal(liveness->n_stalled, 0);
		rig_wait(rig, MARGIN_MS, STEP_MS);
		assert_int_equal(liveness->n_stalled, 0);
	}
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_stops_is_noticed_and_who_comes_back),
		cmocka_unit_test(time_without_the_manager_does_not_count),
	};

	return cmocka_run_group_tests_name("liveness", tests, NULL, NULL);
}
