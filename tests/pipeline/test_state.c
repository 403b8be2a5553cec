/* SPDX-License-Identifier: BSD-3-Clause */
/* A dataplane ends and another one begins: sessions go on with the upstream port that they had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"
#include "worker.h"

#define WALL   INT64_C(1700000000000)
#define TTL_MS 60000
#define MANY   60

struct fixture {
	char folder[32], path[64];
	struct rig_options options;
	struct rig *rig;
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	strcpy(fixture->folder, "/tmp/nj-state-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->path, sizeof(fixture->path), "%s/sessions", fixture->folder);
	fixture->options = (struct rig_options){
		.n_endpoints = 1, .state_file = fixture->path, .wall_ms = WALL};
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const suffixes[] = {"", ".lock", ".new"};
	struct fixture *fixture = *state;
	char path[80];

	rig_destroy(fixture->rig);
	for (unsigned int i = 0; i < RTE_DIM(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", fixture->path, suffixes[i]);
		unlink(path);
	}
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static struct rig *
start(struct fixture *fixture)
{
	fixture->rig = rig_create(&fixture->options);
	rig_introduce(fixture->rig, CLIENTS, CLIENT_IP);
	for (unsigned int i = 0; i < 2; i++)
		rig_introduce(fixture->rig, SERVERS, SERVER_IP(i));
	return fixture->rig;
}

/* The calendar goes on by `away` after a stop, or a kill right after what was written last. */
static struct rig *
start_again(struct fixture *fixture, int64_t away)
{
	fixture->options.wall_ms = rig_time(fixture->rig).wall_ms + away;
	rig_destroy(fixture->rig);
	return start(fixture);
}

static struct rig *
stop_and_start(struct fixture *fixture, int64_t away)
{
	rig_save(fixture->rig, true);
	return start_again(fixture, away);
}

/* A datagram from the server comes to the client, through a session that there is already. */
static void
expect_reply(struct rig *rig, unsigned int server, uint16_t upstream_port, uint16_t client_port)
{
	struct nj_test_frame frame = rig_server_frame(server, upstream_port, "reply");

	rig_send(rig, SERVERS, &frame);
	rig_run(rig);
	rig_expect(rig, CLIENTS, OUR_CLIENT_IP, LISTENER, CLIENT_IP, client_port, "reply");
}

static uint64_t
restored(const struct rig *rig)
{
	return rig_counters(rig).sessions_restored;
}

static void
a_session_goes_on(void **state)
{
	struct fixture *fixture = *state;
	struct rig *rig = start(fixture);
	uint16_t first = rig_establish(rig, 5000), second = rig_establish(rig, 5001);

	rig = stop_and_start(fixture, 100);
	assert_int_equal(restored(rig), 2);
	expect_reply(rig, 0, second, 5001); /* before the client says anything */
	assert_int_equal(rig_establish(rig, 5000), first);
	assert_int_equal(rig_establish(rig, 5001), second);
	assert_int_equal(rig_counters(rig).sessions_total, 0);
	assert_int_not_equal(rig_establish(rig, 5002), first);
	assert_int_equal(rig_sessions(rig), 3);
	rig = stop_and_start(fixture, 100);
	assert_int_equal(rig_establish(rig, 5000), first);
	assert_int_equal(restored(rig), 3);
}

/* What was not written yet is missing, and nothing else. */
static void
after_a_kill_too(void **state)
{
	struct fixture *fixture = *state;
	struct rig *rig = start(fixture);
	uint16_t first = rig_establish(rig, 5000);

	rig_save(rig, false);
	rig_establish(rig, 5001);
	rig = start_again(fixture, 100);
	assert_int_equal(restored(rig), 1);
	assert_int_equal(rig_establish(rig, 5000), first);
	rig_establish(rig, 5001);
	assert_int_equal(rig_counters(rig).sessions_total, 1);
}

static void
a_half_open_session_goes_on(void **state)
{
	struct fixture *fixture = *state;
	struct rig *rig = start(fixture);
	struct nj_test_frame frame = rig_client_frame(5000, "hello");
	uint16_t port;

	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	port = rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "hello");
	rig = stop_and_start(fixture, 100);
	assert_int_equal(nj_session_half_open(rig->dataplane->workers[0]->sessions), 1);
	expect_reply(rig, 0, port, 5000);
	rig = stop_and_start(fixture, 100); /* answered by now */
	assert_int_equal(nj_session_half_open(rig->dataplane->workers[0]->sessions), 1);
	assert_int_equal(rig_establish(rig, 5000), port);
	assert_int_equal(nj_session_half_open(rig->dataplane->workers[0]->sessions), 0);
}

/* The rest of a time to live, after the time that nobody ran. */
static void
it_expires_when_it_would_have(void **state)
{
	struct fixture *fixture = *state;
	struct rig *rig = start(fixture);

	rig_establish(rig, 5000);
	rig = stop_and_start(fixture, TTL_MS - 5000);
	assert_int_equal(rig_sessions(rig), 1);
	rig_wait(rig, 4000, 100);
	assert_int_equal(rig_sessions(rig), 1);
	rig_wait(rig, 2000, 100);
	assert_int_equal(rig_sessions(rig), 0);
	rig_establish(rig, 5001);
	rig = stop_and_start(fixture, TTL_MS);
	assert_int_equal(rig_sessions(rig), 0);
}

/* As after a reload: the session goes on, and what is sent anew goes where the policy says. */
static void
an_endpoint_may_be_gone(void **state)
{
	struct fixture *fixture = *state;
	struct nj_test_frame frame = rig_client_frame(5000, "hello");
	struct rig *rig;
	uint16_t ports[2];

	fixture->options.n_endpoints = 2;
	rig = start(fixture);
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	for (unsigned int i = 0; i < 2; i++)
		ports[i] = rig_expect(
			rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(i), SERVER_PORT, "hello");
	for (unsigned int i = 0; i < 2; i++)
		expect_reply(rig, i, ports[i], 5000);
	fixture->options.n_endpoints = 1;
	rig = stop_and_start(fixture, 100);
	assert_int_equal(restored(rig), 2);
	expect_reply(rig, 1, ports[1], 5000);
	assert_int_equal(rig_establish(rig, 5000), ports[0]);
	rig_expect_nothing(rig);
	/* And back it has its sessions still. */
	fixture->options.n_endpoints = 2;
	rig = stop_and_start(fixture, 100);
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(i),
					 SERVER_PORT, "hello"),
			ports[i]);
}

/* Its session would be one between two endpoints. */
static void
a_client_may_not_have_become_an_endpoint(void **state)
{
	struct fixture *fixture = *state;
	struct rig *rig = start(fixture);
	const struct nj_address client = {
		nj_ip_v4(rte_cpu_to_be_32(CLIENT_IP)), rte_cpu_to_be_16(5000)};

	rig_establish(rig, 5000);
	rig_establish(rig, 5001);
	rig_save(rig, true);
	fixture->options.policy = rig_policy(1);
	assert_non_null(nj_clusters_add_endpoint(&fixture->options.policy->clusters, &client));
	assert_int_equal(nj_clusters_index(&fixture->options.policy->clusters), 0);
	rig = start_again(fixture, 100);
	assert_int_equal(restored(rig), 1);
	assert_int_equal(rig_sessions(rig), 1);
}

static void
a_listener_may_not_be_gone(void **state)
{
	static struct nj_listener_config another = {.port = LISTENER + 1};
	struct fixture *fixture = *state;
	struct rig *rig = start(fixture);

	rig_establish(rig, 5000);
	fixture->options.n_listeners = 1;
	fixture->options.listeners = &another;
	rig = stop_and_start(fixture, 100);
	assert_int_equal(rig_sessions(rig), 0);
}

/* Its port is no longer one for sessions. */
static void
a_port_may_not_be_out_of_range(void **state)
{
	struct fixture *fixture = *state;
	struct rig *rig = start(fixture);
	uint16_t port = rig_establish(rig, 5000);

	fixture->options.port_min = fixture->options.port_max = port == 20000 ? 20001 : 20000;
	rig = stop_and_start(fixture, 100);
	assert_int_equal(rig_sessions(rig), 0);
	assert_int_equal(rig_establish(rig, 5000), fixture->options.port_min);
}

/* All come back, whatever the number of workers, and each datagram finds its session: where two
 * workers own a session's flows, one hands the replies over. */
static void
workers_have_their_own(void **state)
{
	static const unsigned int workers[] = {2, 2, 3, 1, 4};
	struct fixture *fixture = *state;
	uint16_t ports[MANY];
	struct rig *rig;

	fixture->options.n_workers = workers[0];
	rig = start(fixture);
	for (uint16_t i = 0; i < MANY; i++)
		ports[i] = rig_establish(rig, 5000 + i);
	for (unsigned int step = 1; step < RTE_DIM(workers); step++) {
		fixture->options.n_workers = workers[step];
		rig = stop_and_start(fixture, 100);
		assert_int_equal(restored(rig), MANY);
		for (uint16_t i = 0; i < MANY; i++)
			assert_int_equal(rig_establish(rig, 5000 + i), ports[i]);
		assert_int_equal(rig_counters(rig).sessions_total, 0);
	}
}

static unsigned int listened;

static nj_ms_t
count_listening(void)
{
	listened++;
	return 0;
}

/* Neighbors may answer meanwhile. */
static void
the_manager_listens_while_sessions_come_back(void **state)
{
	struct fixture *fixture = *state;

	fixture->options.clock_ms = count_listening;
	listened = 0;
	rig_establish(start(fixture), 5000);
	assert_int_equal(listened, 0);
	rig_establish(stop_and_start(fixture, 100), 5000);
	assert_int_equal(listened, 1);
}

static struct nj_test_frame
fragment_of(uint16_t client_port)
{
	struct nj_test_frame frame = rig_client_frame(client_port, "12345678");

	frame.fragment = 0x2000; /* there are more */
	return frame;
}

/* And other workers hand over what belongs to this one. */
static void
nobody_is_served_until_they_are(void **state)
{
	struct fixture *fixture = *state;
	struct nj_test_frame fragment = fragment_of(5000);
	struct rig *rig;
	uint16_t port;

	fixture->options.n_workers = 2;
	rig = start(fixture);
	port = rig_establish(rig, 5000);
	rig->dataplane->serving = false;
	nj_link_start(rig->dataplane->link, rig->now); /* addresses are tentative */
	for (uint16_t i = 0; i < MANY; i++) {
		struct nj_test_frame frame = rig_client_frame(5000 + i, "too early"),
				     reply = rig_server_frame(0, port, "too early");

		rig_send(rig, CLIENTS, &frame);
		rig_send(rig, SERVERS, &reply);
		rig_run(rig);
	}
	rig_send(rig, CLIENTS, &fragment);
	rig_run(rig);
	assert_int_equal(rig_discard(rig), 2); /* a probe on each side */
	assert_int_equal(rig_dropped(rig, NJ_DROP_STARTING), 2 * MANY + 1);
	rig_wait(rig, NJ_DAD_MS + 200, 100);
	rig_discard(rig); /* announcements, and questions to neighbors */
	assert_int_equal(rig_establish(rig, 5000), port);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_session_goes_on),
		TEST(after_a_kill_too),
		TEST(a_half_open_session_goes_on),
		TEST(it_expires_when_it_would_have),
		TEST(an_endpoint_may_be_gone),
		TEST(a_client_may_not_have_become_an_endpoint),
		TEST(a_listener_may_not_be_gone),
		TEST(a_port_may_not_be_out_of_range),
		TEST(workers_have_their_own),
		TEST(the_manager_listens_while_sessions_come_back),
		TEST(nobody_is_served_until_they_are),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
