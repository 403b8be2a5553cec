/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much CPU time the state file takes: bench_state [SESSIONS], on a file in the present folder,
 * which must not be there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "eal.h"
#include "frame.h"
#include "nj_state.h"
#include "session_rig.h"

#define PATH      "bench-state-file"
#define ENDPOINTS 200
#define START_MS  100000

struct bench {
	struct nj_test_sessions rig;
	struct nj_session_table *table[1];
	struct nj_state_tables tables;
	uint32_t n;
};

/* The time that we had a CPU: others may want it, too. */
static double
seconds(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

/* Prints how long it took since *began, which begins anew. */
static void
lap(const char *what, double *began)
{
	printf("%-32s %8.3f s\n", what, seconds() - *began);
	*began = seconds();
}

static void
die(const char *what)
{
	fprintf(stderr, "bench_state: %s\n", what);
	exit(EXIT_FAILURE);
}

static struct nj_session_request
request(uint32_t i)
{
	struct nj_session_request made =
		nj_test_session_request(0, (uint16_t)(1024 + i % 60000), 1 + i % ENDPOINTS);

	made.flow.src_ip = rte_cpu_to_be_32(NJ_TEST_IP(10, 0, 0, 1) + i / 60000);
	return made;
}

static void
touch_all(struct bench *bench, nj_ms_t now)
{
	for (uint32_t i = 0; i < bench->n; i++) {
		const struct nj_session_request made = request(i);

		nj_test_session_establish(
			bench->rig.table, nj_session_find(bench->rig.table, &made.flow), now);
	}
}

static void
open_all(struct bench *bench)
{
	for (uint32_t i = 0; i < bench->n; i++) {
		const struct nj_session_request made = request(i);
		struct nj_session *session;

		if (nj_session_open(bench->rig.table, &made, START_MS, &session) != NJ_DROP_NONE)
			die("a session does not open");
	}
	touch_all(bench, START_MS);
}

static bool
is_wanted(void *context, unsigned int worker, struct nj_session_image *image)
{
	image->flow.endpoint =
		rte_be_to_cpu_32(image->endpoint.ip.v4) - NJ_TEST_IP(198, 51, 100, 2);
	return true;
}

static struct nj_state *
open_file(void)
{
	struct nj_state *state = nj_state_open(PATH);

	if (state == NULL)
		die("no state file");
	return state;
}

static void
save(struct bench *bench)
{
	struct nj_state *state = open_file();
	double began = seconds();

	if (nj_state_begin(state, &bench->tables, nj_state_time_now()) < 0 ||
		nj_state_save(state, nj_state_time_now(), false) < 0)
		die("it is not written");
	lap("first pass", &began);
	nj_state_save(state, nj_state_time_now(), false);
	lap("pass where nothing changed", &began);
	touch_all(bench, START_MS + 1);
	began = seconds();
	nj_state_save(state, nj_state_time_now(), false);
	lap("pass where every session changed", &began);
	nj_state_close(state);
}

static void
load(struct bench *bench)
{
	struct nj_state_time now = nj_state_time_now();
	struct nj_state *state;
	double began;

	nj_test_sessions_again(&bench->rig);
	bench->table[0] = bench->rig.table;
	state = open_file();
	began = seconds();
	if (nj_state_load(state, &bench->tables, is_wanted, NULL, now).restored != bench->n)
		die("not all are back");
	lap("load", &began);
	nj_state_close(state);
}

int
main(int argc, char **argv)
{
	static struct bench bench;

	bench.n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	if (access(PATH, F_OK) == 0)
		die(PATH " is there already");
	nj_test_eal_memory(0, 128 + bench.n / 1200);
	nj_test_sessions_start(&bench.rig, bench.n, 1, 0);
	bench.rig.config.ttl_ms = bench.rig.config.unreplied_ttl_ms = 24 * 3600 * 1000;
	nj_test_sessions_again(&bench.rig);
	bench.table[0] = bench.rig.table;
	bench.tables = (struct nj_state_tables){&bench.rig.ownership, bench.table};
	open_all(&bench);
	printf("%u sessions\n", bench.n);
	save(&bench);
	load(&bench);
	nj_test_sessions_stop(&bench.rig);
	unlink(PATH);
	unlink(PATH ".lock");
	return 0;
}
