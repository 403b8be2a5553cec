/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_workers [--quick]: what two workers do beside what one does, and what a
 * session takes of memory. Each figure is a row of JSON, a line on standard output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>

#include "eal.h"
#include "lanes.h"
#include "median.h"
#include "neighbor.h"
#include "peers.h"
#include "session_rig.h"

#define ROUNDS       28
#define ROUNDS_QUICK 6
#define FIGURE_MS    250
#define MEGABYTES    512
#define CAPACITY     1000000 /* the default of sessions.capacity */

static const uint32_t sizes[] = {1000, 65536};

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
create_rig(unsigned int n_workers, const struct frames *frames)
{
	static struct nj_ip sources[2];
	struct rig_options options = {
		.n_workers = n_workers,
		.n_endpoints = 1,
		.capacity = 2 * frames->n, /* as flows are not dealt out quite evenly */
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
 * Packets a second. The rig lives as long as this, and has an RSS key of its own. One key in a
 * thousand gives all of 1,000 clients to one worker, as their tuples differ in ten bits: such a rig
 * is not measured.
 */
static double
measure(unsigned int n_workers, uint32_t sessions, uint32_t seed)
{
	struct frames *frames = frames_create(sessions, false);
	struct rig *rig = create_rig(n_workers, frames);
	struct lanes *lanes;
	double rate;

	while ((lanes = lanes_create(rig, frames, n_workers)) == NULL) {
		rig_destroy(rig);
		rig = create_rig(n_workers, frames);
	}
	rate = lanes_measure(lanes, FIGURE_MS, seed);
	lanes_destroy(lanes);
	rig_destroy(rig);
	frames_destroy(frames);
	return rate;
}

/*
 * The ratio is the median of the rounds' ratios: what else goes on on this machine changes from one
 * second to the next, and one worker and two that were measured far apart cannot be compared.
 */
static void
print_scaling(uint32_t sessions, unsigned int rounds)
{
	double alone[ROUNDS], together[ROUNDS], ratios[ROUNDS];

	for (unsigned int i = 0; i < rounds; i++) {
		alone[i] = measure(1, sessions, i);
		together[i] = measure(2, sessions, i);
		ratios[i] = together[i] / alone[i];
	}
	printf("{\"bench\": \"pipeline\", \"event\": \"scaling\", \"direction\": \"mixed\", "
	       "\"workers\": 2, \"sessions\": %u, \"rounds\": %u, ",
		sessions, rounds);
	printf("\"pps\": %.0f, ", median(together, rounds));
	printf("\"lowest_pps\": %.0f, \"highest_pps\": %.0f, ", together[0], together[rounds - 1]);
	printf("\"reference\": \"one worker\", \"reference_pps\": %.0f, \"ratio\": %.3f, "
	       "\"target_ratio\": 1.9}\n",
		median(alone, rounds), median(ratios, rounds));
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
