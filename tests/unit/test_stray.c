/* SPDX-License-Identifier: BSD-3-Clause */
/* Upstream ports that endpoints send to though no session has them; and the replies of sessions
 * that another worker holds. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "datagram.h"
#include "eal.h"
#include "session_rig.h"
#include "table.h"

#define START 100000
#define FIRST 20000
#define PORTS 64

static void
use_few_ports(struct nj_test_sessions *rig)
{
	rig->config.port_min = FIRST;
	rig->config.port_max = FIRST + PORTS - 1;
	nj_test_sessions_again(rig);
}

/* A reply of the first endpoint to an upstream port. */
static struct nj_flow
reply_to(struct nj_test_sessions *rig, uint16_t port)
{
	const struct nj_session_request request = nj_test_session_request(0, 1, 1);
	const struct nj_address us = {request.sources[0], rte_cpu_to_be_16(port)};

	return nj_flow_between(&request.endpoint, &us);
}

static uint32_t
age_of(struct nj_test_sessions *rig, uint16_t port, nj_ms_t now)
{
	const struct nj_flow reply = reply_to(rig, port);

	return port_rest_age(&rig->table->port_rest, &reply, now);
}

static unsigned int
resting(struct nj_test_sessions *rig, nj_ms_t now)
{
	unsigned int n = 0;

	for (uint16_t port = FIRST; port < FIRST + PORTS; port++)
		n += age_of(rig, port, now) < PORT_REST_MS;
	return n;
}

/* Nobody gets the port while the endpoint sends to it, nor for as long afterwards as there are
 * others. */
static void
a_stray_reply_puts_its_port_to_rest(void **state)
{
	struct nj_test_sessions *rig = *state;
	const uint16_t stray = FIRST + 17;
	const struct nj_flow reply = reply_to(rig, stray);

	use_few_ports(rig);
	nj_session_stray(rig->table, &reply, START);
	for (uint16_t client = 1; client < PORTS; client++) {
		struct nj_session *session = nj_test_session_open(rig, 0, client, 1, START);

		nj_test_session_establish(rig->table, session, START);
		assert_int_not_equal(rte_be_to_cpu_16(session->upstream_port), stray);
	}
	assert_int_equal(age_of(rig, stray, START + 5), 5);
}

static void
what_is_no_port_of_ours_is_left_alone(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_flow reply = reply_to(rig, FIRST + PORTS);

	use_few_ports(rig);
	nj_session_stray(rig->table, &reply, START);
	assert_int_equal(port_rest_age(&rig->table->port_rest, &reply, START), UINT32_MAX);
	reply.dst_port = RTE_BE16(FIRST);
	reply.dst_ip ^= RTE_BE32(1);
	nj_session_stray(rig->table, &reply, START);
	assert_int_equal(port_rest_age(&rig->table->port_rest, &reply, START), UINT32_MAX);
}

/* Who forges an endpoint's address, as fast as he likes, leaves half of the ports. */
static void
strays_take_half_of_the_ports_at_most(void **state)
{
	struct nj_test_sessions *rig = *state;
	uint32_t seed = 7;

	use_few_ports(rig);
	for (nj_ms_t now = START; now < START + 20000; now++) {
		for (unsigned int i = 0; i < 50; i++) {
			uint16_t random;
			struct nj_flow reply;

			nj_test_random_bytes(&seed, &random, sizeof(random));
			reply = reply_to(rig, FIRST + random % PORTS);
			nj_session_stray(rig->table, &reply, now);
		}
		/* The burst, and what has come back meanwhile. */
		assert_true(resting(rig, now) <= (now < START + 2000 ? PORTS : PORTS / 2 + 1));
	}
}

/* Redirects ---------------------------------------------------------------------------------- */

struct two_workers {
	struct nj_session_table *table[2];
	struct nj_session_image image; /* of a session whose client's flow is worker 0's */
	struct nj_flow reply;          /* which is worker 1's */
};

/* Opened when there was one worker. */
static struct two_workers
make_two(struct nj_test_sessions *rig)
{
	struct two_workers two;
	uint16_t client = 0;

	do {
		struct nj_session *session = nj_test_session_open(rig, 0, ++client, 1, START);

		nj_test_session_establish(rig->table, session, START);
		two.image = nj_session_image(rig->table, session);
		nj_session_close(rig->table, session);
		nj_ownership_init(&rig->ownership, 2, rig->ownership.rss_key);
		two.reply = nj_session_image_flow(&two.image, NJ_UPSTREAM);
		if (nj_flow_owner(&rig->ownership, &two.image.flow) == 0 &&
			nj_flow_owner(&rig->ownership, &two.reply) == 1)
			break;
		nj_ownership_init(&rig->ownership, 1, rig->ownership.rss_key);
	} while (client < 200);
	for (unsigned int worker = 0; worker < 2; worker++) {
		struct nj_session_config config = rig->config;

		config.worker = worker;
		two.table[worker] = nj_session_table_create(&config, &rig->counters, SOCKET_ID_ANY);
		assert_non_null(two.table[worker]);
	}
	return two;
}

static void
free_two(struct two_workers *two)
{
	for (unsigned int worker = 0; worker < 2; worker++)
		nj_session_table_destroy(two->table[worker]);
}

static void
replies_are_redirected_until_the_session_ends(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct two_workers two = make_two(rig);
	struct nj_session_image image;
	struct nj_session *session, *redirect;

	assert_int_equal(nj_session_restore(two.table[0], two.table[1], &two.image, START), 0);
	session = nj_session_find(two.table[0], &two.image.flow);
	assert_ptr_equal(nj_session_find(two.table[0], &two.reply), session);
	redirect = nj_session_find(two.table[1], &two.reply);
	assert_non_null(redirect);
	assert_int_equal(redirect->state, NJ_SESSION_REDIRECT);
	assert_int_equal(nj_session_holder(two.table[1], redirect), 0);
	/* Nobody else sees a session there. */
	assert_int_equal(nj_session_active(two.table[1]), 0);
	assert_int_equal(nj_session_half_open(two.table[1]), 0);
	assert_false(nj_session_copy(two.table[1], 0, &image));
	assert_int_equal(nj_session_stamp(two.table[1], 0).generation, 0);
	/* It lives as long as the session, whoever of the two sides still sends. */
	nj_session_touch(two.table[0], session, NJ_DOWNSTREAM, 1, START + NJ_TEST_TTL_MS);
	assert_int_equal(nj_test_sessions_expire(two.table[1], START + NJ_TEST_TTL_MS), 0);
	assert_int_equal(nj_test_sessions_expire(two.table[0], START + 2 * NJ_TEST_TTL_MS), 1);
	assert_int_equal(nj_test_sessions_expire(two.table[1], START + 2 * NJ_TEST_TTL_MS), 1);
	assert_null(nj_session_find(two.table[1], &two.reply));
	assert_int_equal(
		port_rest_age(&two.table[1]->port_rest, &two.reply, START + 2 * NJ_TEST_TTL_MS + 3),
		3);
	free_two(&two);
}

/* Neither table is changed where one of them has no room, or the port is taken. */
static void
both_tables_need_room(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct two_workers two = make_two(rig);
	struct nj_session *taken[NJ_TEST_CAPACITY];

	for (unsigned int i = 0; i < NJ_TEST_CAPACITY; i++)
		taken[i] = session_take_free(two.table[1]);
	assert_int_equal(
		nj_session_restore(two.table[0], two.table[1], &two.image, START), -ENOSPC);
	assert_int_equal(nj_session_active(two.table[0]), 0);
	for (unsigned int i = 0; i < NJ_TEST_CAPACITY; i++)
		session_give_back(two.table[1], taken[i]);
	assert_int_equal(nj_session_restore(two.table[0], two.table[1], &two.image, START), 0);
	do /* another client of the same worker, with the same port of ours */
		two.image.flow.src_port += RTE_BE16(1);
	while (nj_flow_owner(&rig->ownership, &two.image.flow) != 0);
	assert_int_equal(
		nj_session_restore(two.table[0], two.table[1], &two.image, START), -EEXIST);
	free_two(&two);
}

#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, nj_test_sessions_setup, nj_test_sessions_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stray_reply_puts_its_port_to_rest),
		TEST(what_is_no_port_of_ours_is_left_alone),
		TEST(strays_take_half_of_the_ports_at_most),
		TEST(replies_are_redirected_until_the_session_ends),
		TEST(both_tables_need_room),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("stray", tests, NULL, NULL);
}
