/* SPDX-License-Identifier: BSD-3-Clause */
/* A start that fails when some of it is done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rig.h"

/* Questions about our own addresses wait for the end of the manager's round, which never comes. */
static void
what_the_manager_gathered_is_given_back(void **state)
{
	const struct rig_options options = {.n_endpoints = 1, .ipv6 = true};
	struct rig *rig = rig_create(&options);

	nj_link_start(rig->dataplane->link, rig->now);
	assert_true(rte_mempool_in_use_count(rig->dataplane->pool) > 0);
	dataplane_drain(rig->dataplane);
	assert_int_equal(rte_mempool_in_use_count(rig->dataplane->pool), 0);
	rig_destroy(rig);
}

/* The same where another lcore has the only transmit queue. */
static void
what_was_handed_to_a_worker_is_given_back(void **state)
{
	const struct rig_options options = {.n_workers = 2, .n_queues = 1, .n_endpoints = 1};
	struct rig *rig = rig_create(&options);

	nj_link_start(rig->dataplane->link, rig->now);
	assert_true(rte_mempool_in_use_count(rig->dataplane->pool) > 0);
	dataplane_drain(rig->dataplane);
	assert_int_equal(rte_mempool_in_use_count(rig->dataplane->pool), 0);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_manager_gathered_is_given_back),
		cmocka_unit_test(what_was_handed_to_a_worker_is_given_back),
	};

	return cmocka_run_group_tests_name("start fails", tests, NULL, NULL);
}
