/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_workers [--quick]: what two workers do beside what one does, and what a
 * session takes of memory. Each figure is a row of JSON, a line on standard output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "eal.h"
#include "lanes.h"
#include "neighbor.h"
#include "peers.h"
#include "session_rig.h"

#define ROUNDS       28
#define ROUNDS_QUICK 6
#define FIGURE_MS    250
#define MEGABYTES    512
#define CAPACITY     1000000 /* the default of sessions.capacity */

static const uint32_t sizes[] = {1000, 65536};

/* So many workers at so many sessions. */
struct scale {
	uint32_t sessions;
	unsigned int workers;
	struct samples lanes[LANES_MAX];
	double lowest, highest; /* round, in packets a second */
};

static void
meet_all(struct rig *rig, const struct frames *frames)
{
	const struct nj_ip server = peer_server(AF_INET, 0).ip;

	for (unsigned int i = 0; i < frames_clients(frames); i++) {
		const struct nj_ip client = frames_client(false, i);

		neighbor_meet(rig, CLIENTS, &client);
	}
	neighbor_meet(rig, SERVERS, &server);
}

static struct rig *
create_rig(const struct scale *scale, const struct frames *frames)
{
	static struct nj_ip sources[2];
	struct rig_options options = {
		.n_workers = scale->workers,
		.n_endpoints = 1,
		.capacity = 2 * scale->sessions, /* as flows are not dealt out quite evenly */
		.port_min = 1024,
		.port_max = UINT16_MAX,
		.n_sources = RTE_DIM(sources),
		.sources = sources,
	};
	struct rig *rig;

	sources[0] = peer_us(SERVERS, AF_INET, 0).ip;
	sources[1].family = AF_INET;
	sources[1].v4 = rte_cpu_to_be_32(NJ_TEST_IP(203, 0, 113, 1));
	rig = rig_create(&options);
	meet_all(rig, frames);
	return rig;
}

/*
 * The rig lives as long as a round, and has an RSS key of its own. One key in a thousand gives all
 * of 1,000 clients to one worker, as their tuples differ in ten bits: such a rig is not measured.
 */
static void
run_lanes(const struct scale *scale, uint32_t seed, struct samples samples[LANES_MAX])
{
	struct frames *frames = frames_create(scale->sessions, false);
	struct rig *rig = create_rig(scale, frames);
	struct lanes *lanes;

	while ((lanes = lanes_create(rig, frames, scale->workers)) == NULL) {
		rig_destroy(rig);
		rig = create_rig(scale, frames);
	}
	lanes_measure(lanes, FIGURE_MS, seed, samples);
	lanes_destroy(lanes);
	rig_destroy(rig);
	frames_destroy(frames);
}

/* Packets a second of all lanes together. */
static double
rate_of(const struct samples lanes[LANES_MAX], unsigned int n)
{
	double rate = 0;

	for (unsigned int i = 0; i < n; i++)
		rate += (double)rte_get_tsc_hz() / samples_median(&lanes[i]);
	return rate;
}

static void
measure(struct scale *scale, uint32_t seed)
{
	struct samples round[LANES_MAX] = {0};
	double rate;

	run_lanes(scale, seed, round);
	rate = rate_of(round, scale->workers);
	if (scale->lowest == 0 || rate < scale->lowest)
		scale->lowest = rate;
	if (rate > scale->highest)
		scale->highest = rate;
	for (unsigned int i = 0; i < scale->workers; i++)
		samples_move(&scale->lanes[i], &round[i]);
}

static void
print_scaling(uint32_t sessions, unsigned int rounds)
{
	struct scale one = {.sessions = sessions, .workers = 1};
	struct scale two = {.sessions = sessions, .workers = 2};
	double alone, together;

	for (unsigned int i = 0; i < rounds; i++) {
		measure(&one, i);
		measure(&two, i);
	}
	alone = rate_of(one.lanes, 1);
	together = rate_of(two.lanes, 2);
	printf("{\"bench\": \"pipeline\", \"event\": \"scaling\", \"direction\": \"mixed\", "
	       "\"workers\": 2, \"sessions\": %u, \"rounds\": %u, ",
		sessions, rounds);
	printf("\"pps\": %.0f, \"lowest_pps\": %.0f, \"highest_pps\": %.0f, ", together, two.lowest,
		two.highest);
	printf("\"reference\": \"one worker\", \"reference_pps\": %.0f, \"ratio\": %.3f, "
	       "\"target_ratio\": 1.9}\n",
		alone, together / alone);
	fflush(stdout);
}

/* Of the EAL's, on all sockets. */
static size_t
bytes_in_use(void)
{
	struct rte_malloc_socket_stats stats;
	size_t bytes = 0;

	for (int socket = 0; socket < RTE_MAX_NUMA_NODES; socket++)
		if (rte_malloc_get_socket_stats(socket, &stats) == 0)
			bytes += stats.heap_allocsz_bytes;
	return bytes;
}

static void
print_memory(void)
{
	struct nj_test_sessions rig;
	size_t before;

	nj_test_sessions_start(&rig, 1024, 1, 0);
	nj_session_table_destroy(rig.table);
	rig.config.capacity = CAPACITY;
	before = bytes_in_use();
	rig.table = nj_session_table_create(&rig.config, &rig.counters, SOCKET_ID_ANY);
	if (rig.table == NULL) {
		fprintf(stderr, "no memory for a table of sessions\n");
		exit(EXIT_FAILURE);
	}
	printf("{\"bench\": \"pipeline\", \"event\": \"memory\", \"sessions\": %u, "
	       "\"bytes_per_session\": %.1f, \"target_bytes_per_session\": 200}\n",
		CAPACITY, (double)(bytes_in_use() - before) / CAPACITY);
	nj_test_sessions_stop(&rig);
}

int
main(int argc, char **argv)
{
	const bool quick = argc == 2 && strcmp(argv[1], "--quick") == 0;

	if (argc > 1 && !quick) {
		fprintf(stderr, "usage: bench_workers [--quick]\n");
		return 2;
	}
	nj_test_eal_memory(LANES_MAX - 1, nj_test_hugepages_free(MEGABYTES) ? 0 : MEGABYTES);
	for (unsigned int i = 0; i < RTE_DIM(sizes); i++)
		print_scaling(sizes[i], quick ? ROUNDS_QUICK : ROUNDS);
	print_memory();
	return EXIT_SUCCESS;
}
