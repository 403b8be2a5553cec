/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one worker spends on a packet, a new session, and an old one, in cycles;
 * docs/performance.md says what each row means. Every round measures all rows in
 * turn, so that the machine's moods touch them alike. A figure is the median of
 * the bursts of all rounds that had the core for themselves (quiet.h).
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chains.h"
#include "eal.h"
#include "floor.h"
#include "neighbor.h"
#include "peers.h"
#include "report.h"
#include "sessions.h"
#include "traffic.h"

#define ROUNDS          12
#define ROUNDS_QUICK    3
#define ROUNDS_MAX      31
#define FILLS           256     /* rings full of packets for a figure, in each round */
#define LARGE           1000000 /* sessions; with more, opening them takes the time … */
#define LARGE_ROUNDS    6       /* … so only one in so many rounds has them, and that longer */
#define SOURCE_SESSIONS 40000   /* of 64,511 ports that a source address has */
#define SOURCES_MAX     250
#define SESSIONS_MAX    (SOURCES_MAX * SOURCE_SESSIONS)
#define SIZES_MAX       8
#define SCENARIOS_MAX   24
#define MEGABYTES_BASE  512 /* beyond sessions: buffers, neighbors, filters */
#define SESSION_BYTES   700 /* ours and the floor's, hash tables included */

/* Sessions on one rig: a row for each direction. */
struct scenario {
	const struct chain *chain;
	bool ipv6;
	uint32_t sessions;
	struct row *rows[TRAFFIC_DIRECTIONS];
};

struct opening {
	struct sessions_case table;
	struct row *row;
};

struct expiry {
	uint32_t n;
	struct row *sweep, *expire;
};

struct bench {
	struct report report;
	unsigned int rounds, round;
	unsigned int n_sizes;
	uint32_t sizes[SIZES_MAX];
	const char *json;
	unsigned int n_scenarios;
	struct scenario scenarios[SCENARIOS_MAX];
	struct opening openings[4];
	unsigned int n_expiries;
	struct expiry expiries[SIZES_MAX];
};

/* What there is to measure ------------------------------------------------------------------- */

static const char *const direction_names[] = {
	[TRAFFIC_DOWNSTREAM] = "downstream",
	[TRAFFIC_UPSTREAM] = "upstream",
	[TRAFFIC_MIXED] = "mixed",
};

static struct scenario *
add_scenario(struct bench *bench, unsigned int chain, bool ipv6, uint32_t sessions)
{
	struct scenario *scenario = &bench->scenarios[bench->n_scenarios++];
	struct row row = {
		.kind = ROW_PACKET,
		.ipv6 = ipv6,
		.chain = chains[chain].name,
		.sessions = sessions,
		.frame_bytes = frames_bytes(ipv6),
		.target = ipv6 ? TARGET_NONE : TARGET_FLOOR,
		.more = 60,
	};

	*scenario = (struct scenario){&chains[chain], ipv6, sessions, {NULL}};
	for (unsigned int direction = 0; direction < TRAFFIC_DIRECTIONS; direction++) {
		row.direction = direction_names[direction];
		scenario->rows[direction] = report_add(&bench->report, &row);
	}
	return scenario;
}

static void
add_chains(struct bench *bench, const struct scenario *base)
{
	for (unsigned int chain = CHAIN_NONE + 1; chain < CHAINS; chain++) {
		struct scenario *scenario = add_scenario(bench, chain, false, base->sessions);

		for (unsigned int direction = 0; direction < TRAFFIC_DIRECTIONS; direction++) {
			scenario->rows[direction]->target = TARGET_BASE;
			scenario->rows[direction]->more = chains[chain].more;
			scenario->rows[direction]->base = base->rows[direction];
		}
	}
}

/* Hardly a port in use, or nearly all; for a worker alone and for one of four. */
static void
add_openings(struct bench *bench)
{
	for (unsigned int i = 0; i < RTE_DIM(bench->openings); i++) {
		struct opening *opening = &bench->openings[i];
		const unsigned int workers = i < 2 ? 1 : 4;
		const bool full = i % 2 == 1;
		const uint32_t each = sessions_for(0.95, workers);
		const unsigned int endpoints = full ? RTE_MAX(65536 / each, 1u) : 200;
		const uint32_t n = full ? endpoints * each : 65536;
		const struct row row = {
			.kind = ROW_SESSION,
			.event = "open",
			.workers = workers,
			.ports_used = (double)n / endpoints / sessions_for(1, workers),
			.sessions = n,
			.target = TARGET_ABSOLUTE,
			.more = full ? 5000 : 1200,
		};

		opening->table = (struct sessions_case){workers, endpoints, n};
		opening->row = report_add(&bench->report, &row);
	}
}

static void
add_expiry(struct bench *bench, uint32_t sessions)
{
	struct expiry *expiry = &bench->expiries[bench->n_expiries++];
	struct row row = {
		.kind = ROW_SESSION, .workers = 1, .ports_used = -1, .sessions = sessions};

	expiry->n = sessions;
	row.event = "sweep";
	expiry->sweep = report_add(&bench->report, &row);
	row.event = "expire";
	expiry->expire = report_add(&bench->report, &row);
}

static void
plan(struct bench *bench)
{
	for (unsigned int i = 0; i < bench->n_sizes; i++)
		add_scenario(bench, CHAIN_NONE, false, bench->sizes[i]);
	add_chains(bench, &bench->scenarios[1]); /* 1,000 */
	add_scenario(bench, CHAIN_NONE, true, 1000);
	add_scenario(bench, CHAIN_NONE, true, 65536);
	add_openings(bench);
	for (unsigned int i = 0; i < bench->n_sizes; i++)
		if (bench->sizes[i] >= 65536 && bench->sizes[i] <= SESSIONS_EXPIRE_MAX)
			add_expiry(bench, bench->sizes[i]);
}

/* Measuring ---------------------------------------------------------------------------------- */

/* More addresses where an endpoint has too few ports for that many sessions with one. */
static void
choose_sources(struct rig_options *options, const struct scenario *scenario,
	struct nj_ip sources[SOURCES_MAX])
{
	options->n_sources = (scenario->sessions + SOURCE_SESSIONS - 1) / SOURCE_SESSIONS;
	options->sources = sources;
	for (unsigned int i = 0; i < options->n_sources; i++) {
		sources[i] = peer_us(SERVERS, scenario->ipv6 ? AF_INET6 : AF_INET, 0).ip;
		if (scenario->ipv6)
			sources[i].v6[14] = (uint8_t)i;
		else if (i > 0)
			sources[i].v4 = rte_cpu_to_be_32(NJ_TEST_IP(203, 0, 113, 0) + i);
	}
}

static struct rig *
create_rig(const struct scenario *scenario, const struct frames *frames)
{
	static struct nj_ip sources[SOURCES_MAX];
	struct rig_options options = {
		.policy = chain_load(scenario->chain, scenario->ipv6),
		.capacity = scenario->sessions,
		.port_min = 1024,
		.port_max = UINT16_MAX,
		.ipv6 = scenario->ipv6,
	};
	struct nj_ip ip;
	struct rig *rig;

	choose_sources(&options, scenario, sources);
	rig = rig_create(&options);
	for (unsigned int i = 0; i < frames_clients(frames); i++) {
		ip = frames_client(scenario->ipv6, i);
		neighbor_meet(rig, CLIENTS, &ip);
	}
	for (unsigned int i = 0; i < scenario->chain->n_endpoints; i++) {
		ip = peer_server(scenario->ipv6 ? AF_INET6 : AF_INET, i).ip;
		neighbor_meet(rig, SERVERS, &ip);
	}
	return rig;
}

/* Whether so many sessions have their turn in this round. */
static bool
is_due(const struct bench *bench, uint32_t sessions)
{
	return sessions <= LARGE || bench->round % LARGE_ROUNDS == 0;
}

static void
measure_packets(struct bench *bench, const struct scenario *scenario)
{
	const unsigned int fills = scenario->sessions <= LARGE ? FILLS : LARGE_ROUNDS * FILLS;
	struct frames *frames = frames_create(scenario->sessions, scenario->ipv6);
	struct rig *rig = create_rig(scenario, frames);
	struct traffic *traffic = traffic_create(rig, frames);
	struct floor *floor = floor_create(frames);
	uint32_t seed = bench->round + 1;

	for (unsigned int i = 0; i < TRAFFIC_DIRECTIONS; i++) {
		struct samples cycles = {0}, least = {0};

		traffic_measure(traffic, i, fills, &seed, &cycles);
		floor_measure(floor, i, fills, &seed, &least);
		row_round(scenario->rows[i], &cycles, &least);
	}
	floor_destroy(floor);
	traffic_destroy(traffic);
	rig_destroy(rig);
	frames_destroy(frames);
}

static void
progress(const struct bench *bench, const char *what, uint32_t sessions)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[Kround %u of %u: %s, %u sessions", bench->round + 1,
			bench->rounds, what, sessions);
	else if (strcmp(what, bench->scenarios[0].chain->name) == 0 && sessions == bench->sizes[0])
		fprintf(stderr, "round %u of %u\n", bench->round + 1, bench->rounds);
}

static void
measure_round(struct bench *bench)
{
	struct samples open = {0}, sweep = {0}, expire = {0};

	for (unsigned int i = 0; i < bench->n_scenarios; i++) {
		if (!is_due(bench, bench->scenarios[i].sessions))
			continue;
		progress(bench, bench->scenarios[i].chain->name, bench->scenarios[i].sessions);
		measure_packets(bench, &bench->scenarios[i]);
	}
	for (unsigned int i = 0; i < RTE_DIM(bench->openings); i++) {
		progress(bench, "opening", bench->openings[i].table.n);
		sessions_open(&bench->openings[i].table, &open);
		row_round(bench->openings[i].row, &open, NULL);
	}
	for (unsigned int i = 0; i < bench->n_expiries; i++) {
		if (!is_due(bench, bench->expiries[i].n))
			continue;
		progress(bench, "expiry", bench->expiries[i].n);
		sessions_expire(bench->expiries[i].n, &sweep, &expire);
		row_round(bench->expiries[i].sweep, &sweep, NULL);
		row_round(bench->expiries[i].expire, &expire, NULL);
	}
}

/* Starting ----------------------------------------------------------------------------------- */

static void
usage(FILE *file)
{
	fprintf(file,
		"usage: bench_pipeline [--quick] [--rounds N] [--sessions N]... [--json FILE]\n"
		"       bench_pipeline --megabytes [--sessions N]...\n");
}

static unsigned long
read_number(const char *text, unsigned long max)
{
	char *end;
	const unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || number == 0 || number > max) {
		fprintf(stderr, "bench_pipeline: '%s' is not a number from 1 to %lu\n", text, max);
		exit(2);
	}
	return number;
}

static void
add_size(struct bench *bench, uint32_t sessions)
{
	for (unsigned int i = 0; i < bench->n_sizes; i++)
		if (bench->sizes[i] == sessions)
			return;
	if (bench->n_sizes == SIZES_MAX) {
		fprintf(stderr, "bench_pipeline: at most %u sizes\n", SIZES_MAX);
		exit(2);
	}
	bench->sizes[bench->n_sizes++] = sessions;
}

/* Of the EAL's memory, for the largest table. */
static unsigned int
megabytes(const struct bench *bench)
{
	uint64_t most = 0;

	for (unsigned int i = 0; i < bench->n_sizes; i++)
		most = RTE_MAX(most, bench->sizes[i]);
	return MEGABYTES_BASE + (unsigned int)(most * SESSION_BYTES >> 20);
}

static void
read_options(struct bench *bench, int argc, char **argv)
{
	static const struct option options[] = {{"quick", no_argument, NULL, 'q'},
		{"rounds", required_argument, NULL, 'r'},
		{"sessions", required_argument, NULL, 's'}, {"json", required_argument, NULL, 'j'},
		{"megabytes", no_argument, NULL, 'm'}, {"help", no_argument, NULL, 'h'}, {0}};
	bool ask = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'q':
			bench->rounds = ROUNDS_QUICK;
			break;
		case 'r':
			bench->rounds = (unsigned int)read_number(optarg, ROUNDS_MAX);
			break;
		case 's':
			add_size(bench, (uint32_t)read_number(optarg, SESSIONS_MAX));
			break;
		case 'j':
			bench->json = optarg;
			break;
		case 'm':
			ask = true;
			break;
		default:
			usage(option == 'h' ? stdout : stderr);
			exit(option == 'h' ? EXIT_SUCCESS : 2);
		}
	}
	if (!ask)
		return;
	printf("%u\n", megabytes(bench));
	exit(EXIT_SUCCESS);
}

static int
write_json(const struct bench *bench)
{
	FILE *file = fopen(bench->json, "w");

	if (file != NULL) {
		report_json(&bench->report, file);
		if (fclose(file) == 0)
			return EXIT_SUCCESS;
	}
	perror(bench->json);
	return EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	static struct bench bench = {
		.rounds = ROUNDS, .n_sizes = 4, .sizes = {1, 1000, 65536, 1000000}};

	read_options(&bench, argc, argv);
	bench.report.hugepages = nj_test_hugepages_free(megabytes(&bench));
	nj_test_eal_memory(0, bench.report.hugepages ? 0 : megabytes(&bench));
	plan(&bench);
	getloadavg(&bench.report.load[0], 1);
	for (bench.round = 0; bench.round < bench.rounds; bench.round++)
		measure_round(&bench);
	getloadavg(&bench.report.load[1], 1);
	fprintf(stderr, isatty(STDERR_FILENO) ? "\r\033[K" : "");
	report_table(&bench.report, stdout);
	return bench.json == NULL ? EXIT_SUCCESS : write_json(&bench);
}
