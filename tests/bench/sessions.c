/* SPDX-License-Identifier: BSD-3-Clause */
#include "sessions.h"

#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "frame.h"
#include "session_rig.h"
#include "table.h"

#define BURST     64
#define BURSTS    1024
#define SLICE     1024 /* slots that one sweep looks at */
#define PORT_MIN  16384
#define PORTS     (UINT16_MAX - PORT_MIN + 1)
#define ENDPOINTS 200 /* that the rig has addresses for */
#define START_MS  100000

struct bench {
	struct nj_test_sessions rig;
	uint32_t n;
	struct nj_session **sessions; /* those that are open */
	uint32_t clients;             /* so many tuples were used: each comes up once */
	uint32_t seed;
};

uint32_t
sessions_for(double ports_used, unsigned int workers)
{
	return (uint32_t)(ports_used * PORTS / workers);
}

/* Nobody has sent from here before. */
static struct nj_session_request
next_client(struct bench *bench, uint32_t endpoint)
{
	const uint32_t client = bench->clients++;
	struct nj_session_request request =
		nj_test_session_request(0, (uint16_t)(1024 + client % 60000), endpoint);

	request.flow.src_ip = rte_cpu_to_be_32(NJ_TEST_IP(10, 0, 0, 1) + client / 60000);
	return request;
}

static struct nj_session *
open_one(struct bench *bench, const struct nj_session_request *request)
{
	struct nj_session *session = NULL;

	if (nj_session_open(bench->rig.table, request, START_MS, &session) != NJ_DROP_NONE) {
		fprintf(stderr, "a session does not open\n");
		exit(EXIT_FAILURE);
	}
	return session;
}

/* Established, so that it makes room for none that is opened later. */
static struct nj_session *
open_and_establish(struct bench *bench, const struct nj_session_request *request)
{
	struct nj_session *session = open_one(bench, request);

	nj_test_session_establish(bench->rig.table, session, START_MS);
	return session;
}

/* A table that is half full of sessions, which endpoints share evenly. */
static void
start(struct bench *bench, const struct sessions_case *given)
{
	*bench = (struct bench){.n = given->n, .seed = 1};
	nj_test_sessions_start(&bench->rig, 2 * given->n, given->workers, 0);
	bench->sessions = calloc(given->n, sizeof(struct nj_session *));
	for (uint32_t i = 0; i < given->n; i++) {
		const struct nj_session_request request =
			next_client(bench, 1 + i % given->endpoints);

		bench->sessions[i] = open_and_establish(bench, &request);
	}
}

static void
stop(struct bench *bench)
{
	nj_test_sessions_stop(&bench->rig);
	free(bench->sessions);
}

static void
shuffle(struct bench *bench)
{
	for (uint32_t i = bench->n - 1; i > 0; i--) {
		const uint32_t j = nj_test_random(&bench->seed) % (i + 1);
		struct nj_session *session = bench->sessions[i];

		bench->sessions[i] = bench->sessions[j];
		bench->sessions[j] = session;
	}
}

/* Opening ------------------------------------------------------------------------------------ */

/* Sessions of the shuffled array, in turn, are closed and others opened towards the same endpoints;
 * returns the cycles of the latter. */
static uint64_t
replace(struct bench *bench, uint32_t first)
{
	struct nj_session_request requests[BURST];
	struct nj_session *opened[BURST];
	uint64_t begin, end;

	for (uint32_t i = 0; i < BURST; i++) {
		struct nj_session *session = bench->sessions[(first + i) % bench->n];

		requests[i] = next_client(bench, session->endpoint);
		nj_session_close(bench->rig.table, session);
	}
	begin = rte_rdtsc();
	for (uint32_t i = 0; i < BURST; i++)
		opened[i] = open_and_establish(bench, &requests[i]);
	end = rte_rdtsc();
	for (uint32_t i = 0; i < BURST; i++)
		bench->sessions[(first + i) % bench->n] = opened[i];
	return end - begin;
}

void
sessions_open(const struct sessions_case *given, struct samples *samples)
{
	struct bench bench;

	start(&bench, given);
	shuffle(&bench);
	for (uint32_t i = 0; i < BURSTS / 4; i++) /* warms up */
		replace(&bench, i * BURST);
	for (uint32_t i = 0; i < BURSTS; i++) {
		const bool before = quiet_now();
		const double cycles = (double)replace(&bench, i * BURST) / BURST;

		samples_add(samples, cycles, quiet_now() && before);
	}
	stop(&bench);
}

/* Expiry ------------------------------------------------------------------------------------- */

/* Every slot's turn has come. */
static void
make_due(struct bench *bench)
{
	bench->rig.table->sweep.due = (uint64_t)bench->n * NJ_SESSION_SWEEP_MS;
}

/* Nobody is idle yet, so every slot is looked at. */
static void
sweep_all(struct bench *bench, struct samples *samples)
{
	make_due(bench);
	for (uint32_t at = 0; at < bench->n; at += SLICE) {
		const uint32_t slots = RTE_MIN(SLICE, bench->n - at);
		const bool before = quiet_now();
		const uint64_t begin = rte_rdtsc();
		double cycles;

		if (nj_session_sweep(bench->rig.table, slots, START_MS) != 0) {
			fprintf(stderr, "a session is idle that is not\n");
			exit(EXIT_FAILURE);
		}
		cycles = (double)(rte_rdtsc() - begin) / slots;
		samples_add(samples, cycles, quiet_now() && before);
	}
}

/* They time out in the order in which a sweep finds them: that of their numbers. */
static void
expire_all(struct bench *bench, struct samples *samples)
{
	const nj_ms_t later = START_MS + NJ_TEST_TTL_MS;

	nj_session_sweep(bench->rig.table, 0, later);
	make_due(bench);
	while (nj_session_active(bench->rig.table) > 0) {
		const bool before = quiet_now();
		const uint64_t begin = rte_rdtsc();
		const uint32_t closed = nj_session_sweep(bench->rig.table, BURST, later);
		double cycles;

		if (closed == 0) {
			fprintf(stderr, "a session has not expired\n");
			exit(EXIT_FAILURE);
		}
		cycles = (double)(rte_rdtsc() - begin) / closed;
		samples_add(samples, cycles, quiet_now() && before);
	}
}

void
sessions_expire(uint32_t n, struct samples *sweep, struct samples *expire)
{
	const struct sessions_case given = {.workers = 1, .endpoints = ENDPOINTS, .n = n};
	struct bench bench;

	start(&bench, &given);
	sweep_all(&bench, sweep);
	expire_all(&bench, expire);
	stop(&bench);
}
