/* SPDX-License-Identifier: BSD-3-Clause */
/* Which ports sessions towards one endpoint get: all of the range, each once, and no others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "session_rig.h"

#define START 1000

static struct nj_test_sessions rig;

/* A table with these ports, where `capacity` is as many sessions as there is room for. */
static void
make(uint32_t capacity, uint16_t port_min, uint16_t port_max)
{
	rig.config.capacity = capacity;
	rig.config.port_min = port_min;
	rig.config.port_max = port_max;
	nj_test_sessions_again(&rig);
}

static int
setup(void **state)
{
	nj_test_sessions_start(&rig, NJ_TEST_CAPACITY, 1, 0);
	return 0;
}

static int
teardown(void **state)
{
	nj_test_sessions_stop(&rig);
	return 0;
}

/* One that does not give way, from the only source there is; returns its port. */
static uint16_t
establish(uint16_t client_port, uint32_t endpoint)
{
	struct nj_session_request request = nj_test_session_request(0, client_port, endpoint);
	struct nj_session *session = NULL;

	request.n_sources = 1;
	assert_int_equal(nj_session_open(rig.table, &request, START, &session), NJ_DROP_NONE);
	nj_test_session_establish(rig.table, session, START);
	return rte_be_to_cpu_16(session->upstream_port);
}

static void
sessions_of_one_endpoint_have_ports_of_their_own(void **state)
{
	bool used[UINT16_MAX + 1] = {false};

	make(100, 20000, 20099);
	nj_session_table_reserve(rig.table, 20050);
	for (uint16_t client = 1; client < 100; client++) {
		const uint16_t port = establish(client, 1);

		assert_in_range(port, 20000, 20099);
		assert_int_not_equal(port, 20050);
		assert_false(used[port]);
		used[port] = true;
	}
}

static void
a_full_range_is_refused_and_other_endpoints_still_go(void **state)
{
	struct nj_session_request request = nj_test_session_request(0, 9, 1);
	struct nj_session *session;

	make(4, 20000, 20001);
	establish(1, 1);
	establish(2, 1);
	request.n_sources = 1;
	assert_int_equal(nj_session_open(rig.table, &request, START, &session), NJ_DROP_NO_PORTS);
	assert_int_equal(rig.counters.sessions_rejected, 1);
	assert_int_equal(nj_session_active(rig.table), 2);
	establish(9, 2);
}

/* A walk in steps that share a factor with the range would meet a few ports only. */
static void
every_port_of_any_range_is_found(void **state)
{
	static const uint16_t sizes[] = {1, 2, 3, 16, 255, 256, 510};

	for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
		make(sizes[i] + 1u, 30000, (uint16_t)(30000 + sizes[i] - 1));
		for (uint16_t client = 1; client <= sizes[i]; client++)
			establish(client, 1);
	}
}

static void
more_source_addresses_are_more_ports(void **state)
{
	const struct nj_ip sources[] = {
		nj_ip_v4(RTE_BE32(0x0a000001)), nj_ip_v4(RTE_BE32(0x0a000002))};
	struct nj_session *session;

	make(4, 20000, 20001);
	for (uint16_t client = 1; client <= 4; client++) {
		struct nj_session_request request = nj_test_session_request(0, client, 1);

		request.sources = sources;
		assert_int_equal(
			nj_session_open(rig.table, &request, START, &session), NJ_DROP_NONE);
	}
}

static void
ports_that_are_reserved_are_no_sessions(void **state)
{
	make(4, 20000, 20999);
	assert_int_equal(nj_session_ports(rig.table), 1000);
	nj_session_table_reserve(rig.table, 20000);
	nj_session_table_reserve(rig.table, 20999);
	nj_session_table_reserve(rig.table, 7777);
	assert_int_equal(nj_session_ports(rig.table), 998);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sessions_of_one_endpoint_have_ports_of_their_own),
		TEST(a_full_range_is_refused_and_other_endpoints_still_go),
		TEST(every_port_of_any_range_is_found),
		TEST(more_source_addresses_are_more_ports),
		TEST(ports_that_are_reserved_are_no_sessions),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("port_range", tests, NULL, NULL);
}
