/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reloads under traffic: a thread loads one file after the other, and between
 * any two steps of it datagrams go through. None may be lost or come to an
 * endpoint that neither the old nor the new file names.
 */
#include <errno.h>
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

#include "nj_packet.h"
#include "reload.h"
#include "rig.h"

#define RELOADS   200
#define N_CLIENTS 8

static const char bad_file[] = "version: v1alpha1\nclusters: [{endpoints: [{adress: 1}]}]\n";

struct fixture {
	struct rig *rig;
	struct reloader reloader;
	char path[32];
	int result; /* of the reload that ran last */
	struct nj_report report;
	bool stopped;
};

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* One endpoint; and a filter whose label changes, so that chains come and go, too. */
static void
write_policy(const char *path, unsigned int server, unsigned int label)
{
	char text[512];

	snprintf(text, sizeof(text),
		"version: v1alpha1\n"
		"filters: [{name: quilkin.filters.pass.v1alpha1.Pass, label: 'n%u'}]\n"
		"clusters: [{endpoints: [{address: '198.51.100.%u:26000'}]}]\n",
		label, 100 + server);
	write_file(path, text);
}

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct nj_report report = {0};
	struct rig_options options = {0};
	int fd;

	strcpy(fixture->path, "/tmp/nj-reload-XXXXXX");
	fd = mkstemp(fixture->path);
	assert_true(fd >= 0);
	close(fd);
	write_policy(fixture->path, 0, 0);
	options.policy = nj_policy_load(fixture->path, &report);
	assert_non_null(options.policy);
	fixture->rig = rig_create(&options);
	rig_introduce(fixture->rig, CLIENTS, CLIENT_IP);
	rig_introduce(fixture->rig, SERVERS, SERVER_IP(0));
	rig_introduce(fixture->rig, SERVERS, SERVER_IP(1));
	assert_int_equal(
		reloader_start(&fixture->reloader, fixture->rig->dataplane, fixture->path), 0);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	if (!fixture->stopped)
		reloader_stop(&fixture->reloader);
	rig_destroy(fixture->rig);
	unlink(fixture->path);
	free(fixture);
	return 0;
}

static unsigned int
server_of(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, NJ_L3_OFFSET);

	return rte_be_to_cpu_32(ip->dst_addr) - SERVER_IP(0);
}

/* A datagram of each client; counts which server got how many. */
static void
send_round(struct fixture *fixture, unsigned int got[2])
{
	struct rig *rig = fixture->rig;

	got[0] = got[1] = 0;
	for (uint16_t client = 0; client < N_CLIENTS; client++) {
		struct nj_test_frame frame = rig_client_frame((uint16_t)(5000 + client), "game");

		rig_send(rig, CLIENTS, &frame);
	}
	rig_run(rig);
	for (struct rte_mbuf *m; (m = rig_take(rig, SERVERS)) != NULL; rte_pktmbuf_free(m)) {
		assert_in_range(server_of(m), 0, 1);
		got[server_of(m)]++;
	}
	assert_int_equal(got[0] + got[1], N_CLIENTS);
}

static void *
reload(void *argument)
{
	struct fixture *fixture = argument;

	fixture->result = reloader_reload(&fixture->reloader, &fixture->report);
	return NULL;
}

static void
reload_under_traffic(struct fixture *fixture, unsigned int got[2])
{
	pthread_t thread;

	nj_report_clear(&fixture->report);
	assert_int_equal(pthread_create(&thread, NULL, reload, fixture), 0);
	while (pthread_tryjoin_np(thread, NULL) != 0)
		send_round(fixture, got);
}

static void
nothing_is_lost_or_misled(void **state)
{
	struct fixture *fixture = *state;
	unsigned int in_force = 0, good = 0, got[2];

	for (unsigned int i = 1; i <= RELOADS; i++) {
		bool bad = i % 4 == 0;

		if (bad)
			write_file(fixture->path, bad_file);
		else
			write_policy(fixture->path, in_force = !in_force, i);
		reload_under_traffic(fixture, got);
		assert_int_equal(fixture->result, bad ? -EINVAL : 0);
		assert_int_equal(fixture->report.n_errors > 0, bad);
		good += !bad;
		send_round(fixture, got);
		assert_int_equal(got[in_force], N_CLIENTS);
	}
	assert_int_equal(reloader_generation(&fixture->reloader), 1 + good);
	nj_report_clear(&fixture->report);
	/* One session for each client and endpoint, whatever was loaded how often. */
	assert_int_equal(rig_counters(fixture->rig).sessions_total, 2 * N_CLIENTS);
}

static void
sessions_with_a_removed_endpoint_live_on(void **state)
{
	struct fixture *fixture = *state;
	uint16_t port = rig_establish(fixture->rig, 5000);
	struct nj_test_frame frame;
	unsigned int got[2];

	write_policy(fixture->path, 1, 1);
	reload_under_traffic(fixture, got);
	assert_int_equal(fixture->result, 0);
	frame = rig_server_frame(0, port, "still here");
	rig_send(fixture->rig, SERVERS, &frame);
	rig_run(fixture->rig);
	rig_expect(fixture->rig, CLIENTS, OUR_CLIENT_IP, LISTENER, CLIENT_IP, 5000, "still here");
}

static void
a_bad_file_changes_nothing_and_says_why(void **state)
{
	struct fixture *fixture = *state;
	char error[RELOAD_ERROR_STRLEN];
	unsigned int got[2];

	write_file(fixture->path, bad_file);
	reload_under_traffic(fixture, got);
	assert_int_equal(fixture->result, -EINVAL);
	reloader_last_error(&fixture->reloader, error);
	assert_non_null(strstr(error, ":2:26: unknown key 'adress', did you mean 'address'?"));
	nj_report_clear(&fixture->report);
	send_round(fixture, got);
	assert_int_equal(got[0], N_CLIENTS);
	write_policy(fixture->path, 0, 0);
	reload_under_traffic(fixture, got);
	reloader_last_error(&fixture->reloader, error);
	assert_string_equal(error, "");
}

static void
write_endpoint(const char *path, const char *address)
{
	char text[256];

	snprintf(text, sizeof(text),
		"version: v1alpha1\nclusters: [{endpoints: [{address: '%s'}]}]\n", address);
	write_file(path, text);
}

static void
an_endpoint_that_is_our_listener_is_refused(void **state)
{
	struct fixture *fixture = *state;
	unsigned int got[2];

	write_endpoint(fixture->path, "198.51.100.10:7777");
	reload_under_traffic(fixture, got);
	assert_int_equal(fixture->result, -EINVAL);
	assert_int_equal(fixture->report.n_errors, 1);
	assert_non_null(strstr(fixture->report.errors[0],
		":2:35: endpoint 198.51.100.10:7777 is a listener of ours"));
	nj_report_clear(&fixture->report);
	send_round(fixture, got);
	assert_int_equal(got[0], N_CLIENTS);
}

static void
nothing_is_sent_to_our_own_addresses(void **state)
{
	struct fixture *fixture = *state;
	struct nj_test_frame frame = rig_client_frame(5000, "to whom?");
	pthread_t thread;

	write_endpoint(fixture->path, "192.0.2.10:9");
	assert_int_equal(pthread_create(&thread, NULL, reload, fixture), 0);
	while (pthread_tryjoin_np(thread, NULL) != 0)
		rig_run(fixture->rig);
	assert_int_equal(fixture->result, 0);
	assert_int_equal(fixture->report.n_notes, 1);
	nj_report_clear(&fixture->report);
	rig_send(fixture->rig, CLIENTS, &frame);
	rig_run(fixture->rig);
	rig_expect_nothing(fixture->rig);
	assert_int_equal(rig_dropped(fixture->rig, NJ_DROP_LOOP), 1);
	assert_int_equal(rig_sessions(fixture->rig), 0);
}

struct drain {
	struct fixture *fixture;
	bool on;
	int result;
};

static void *
drain(void *argument)
{
	struct drain *request = argument;
	struct nj_address address = {
		nj_ip_v4(rte_cpu_to_be_32(SERVER_IP(0))), RTE_BE16(SERVER_PORT)};

	request->result = reloader_drain(&request->fixture->reloader, &address, request->on);
	return NULL;
}

static void
set_draining(struct fixture *fixture, bool on)
{
	struct drain request = {fixture, on, -1};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, drain, &request), 0);
	while (pthread_tryjoin_np(thread, NULL) != 0)
		rig_run(fixture->rig);
	assert_int_equal(request.result, 0);
}

static void
a_draining_endpoint_keeps_its_sessions_and_gets_no_new_ones(void **state)
{
	struct fixture *fixture = *state;
	struct nj_test_frame frame = rig_client_frame(6000, "new");

	rig_establish(fixture->rig, 5000);
	set_draining(fixture, true);
	rig_establish(fixture->rig, 5000);
	rig_send(fixture->rig, CLIENTS, &frame);
	rig_run(fixture->rig);
	rig_expect_nothing(fixture->rig);
	assert_int_equal(rig_dropped(fixture->rig, NJ_DROP_ENDPOINT_DRAINING), 1);
	set_draining(fixture, false);
	rig_establish(fixture->rig, 6000);
}

static void *
reload_with_signals(void *argument)
{
	struct fixture *fixture = argument;

	for (unsigned int i = 0; i < 10; i++) {
		reloader_request(&fixture->reloader);
		reload(fixture);
		assert_int_equal(fixture->result, 0);
	}
	return NULL;
}

/* Who waits gets an answer of his own, whatever signals come meanwhile. */
static void
signals_and_who_waits_do_not_meddle(void **state)
{
	struct fixture *fixture = *state;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, reload_with_signals, fixture), 0);
	while (pthread_tryjoin_np(thread, NULL) != 0)
		rig_run(fixture->rig);
	assert_in_range(reloader_generation(&fixture->reloader), 1 + 10, 1 + 2 * 10);
}

/* Telemetry's threads may ask until nj_telemetry_stop(): no manager answers by then. */
static void
who_asks_at_the_end_is_refused(void **state)
{
	struct fixture *fixture = *state;

	reloader_stop(&fixture->reloader);
	fixture->stopped = true;
	reload(fixture);
	assert_int_equal(fixture->result, -ESHUTDOWN);
	assert_int_equal(reloader_generation(&fixture->reloader), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_lost_or_misled),
		TEST(sessions_with_a_removed_endpoint_live_on),
		TEST(a_bad_file_changes_nothing_and_says_why),
		TEST(an_endpoint_that_is_our_listener_is_refused),
		TEST(nothing_is_sent_to_our_own_addresses),
		TEST(signals_and_who_waits_do_not_meddle),
		TEST(who_asks_at_the_end_is_refused),
		TEST(a_draining_endpoint_keeps_its_sessions_and_gets_no_new_ones),
	};

	return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
