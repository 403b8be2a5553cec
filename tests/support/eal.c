/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"

#include <bsd/string.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include "nj_packet.h"

#define POOL_MBUFS 8191
#define MEGABYTES  192

static struct rte_mempool *pool;

/* "(0-N)@(a,b,c)": lcores 0 to N on every CPU that we may use. */
static void
write_lcores(char *text, size_t size, unsigned int workers)
{
	cpu_set_t cpus;
	size_t length = (size_t)snprintf(text, size, "(0-%u)@(", workers);
	const char *comma = "";

	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		rte_exit(EXIT_FAILURE, "sched_getaffinity failed\n");
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && length < size; cpu++) {
		if (!CPU_ISSET(cpu, &cpus))
			continue;
		length += (size_t)snprintf(text + length, size - length, "%s%u", comma, cpu);
		comma = ",";
	}
	if (length + 1 >= size)
		rte_exit(EXIT_FAILURE, "too many CPUs for one option\n");
	snprintf(text + length, size - length, ")");
}

/* The EAL leaves its directory behind. */
static void
stop(void)
{
	char directory[PATH_MAX];

	strlcpy(directory, rte_eal_get_runtime_dir(), sizeof(directory));
	rte_mempool_free(pool);
	rte_eal_cleanup();
	rmdir(directory);
}

void
nj_test_eal_memory(unsigned int workers, unsigned int megabytes)
{
	static bool started;
	static char name[] = "test", no_huge[] = "--no-huge", memory[] = "-m", size[16],
		    in_memory[] = "--in-memory", no_pci[] = "--no-pci", no_shconf[] = "--no-shconf",
		    no_telemetry[] = "--no-telemetry", quiet[] = "--log-level=lib.eal:error",
		    lcores_option[] = "--lcores", lcores[4096], prefix[64];
	char *argv[] = {name, no_pci, no_shconf, no_telemetry, quiet, lcores_option, lcores, prefix,
		megabytes == 0 ? in_memory : no_huge, memory, size, NULL};

	if (started)
		return;
	write_lcores(lcores, sizeof(lcores), workers);
	snprintf(prefix, sizeof(prefix), "--file-prefix=nj-test-%d", (int)getpid());
	snprintf(size, sizeof(size), "%u", megabytes);
	if (megabytes == 0) /* then memory grows */
		argv[RTE_DIM(argv) - 3] = NULL;
	if (rte_eal_init((int)(RTE_DIM(argv) - (megabytes == 0 ? 3 : 1)), argv) < 0)
		rte_exit(EXIT_FAILURE, "the EAL does not start: %s\n", rte_strerror(rte_errno));
	started = true;
	atexit(stop);
}

bool
nj_test_hugepages_free(unsigned int megabytes)
{
	FILE *file = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");
	unsigned int pages = 0;
	bool enough = file != NULL && fscanf(file, "%u", &pages) == 1 && pages >= megabytes / 2;

	if (file != NULL)
		fclose(file);
	return enough;
}

void
nj_test_eal(unsigned int workers)
{
	nj_test_eal_memory(workers, MEGABYTES);
}

struct rte_mempool *
nj_test_pool(void)
{
	if (pool == NULL)
		pool = rte_pktmbuf_pool_create("nj_test", POOL_MBUFS, 0, NJ_PACKET_PRIV_SIZE,
			RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "no memory for mbufs: %s\n", rte_strerror(rte_errno));
	return pool;
}

unsigned int
nj_test_pool_in_use(void)
{
	return rte_mempool_in_use_count(nj_test_pool());
}
