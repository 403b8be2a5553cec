/* SPDX-License-Identifier: BSD-3-Clause */
/* The EAL for tests: without root, hugepages, devices, or anything shared with another process. */
#ifndef NJ_TEST_EAL_H
#define NJ_TEST_EAL_H

#include <stdbool.h>

#include <rte_mempool.h>

/*
 * Starts the EAL once; more calls do nothing. `workers` lcores beside the main one, which may float
 * over all CPUs that the test is allowed. Fails the test (or exits) where the EAL does not start.
 */
void nj_test_eal(unsigned int workers);

/* The same where the tests' usual memory is not enough: so many megabytes in the system's usual
 * pages, or (0) hugepages, of which the system has some free, as they are needed. */
void nj_test_eal_memory(unsigned int workers, unsigned int megabytes);

/* Whether so many are there; with pages of 4 KiB a large table misses the TLB, too. */
bool nj_test_hugepages_free(unsigned int megabytes);

/* A pool of mbufs, made at the first call (after nj_test_eal()), with room for nj_packet(). */
struct rte_mempool *nj_test_pool(void);

/* How many mbufs of the pool are somewhere: 0 when nothing has leaked. */
unsigned int nj_test_pool_in_use(void);

#endif
