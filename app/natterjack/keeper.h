/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keeps the sessions in the state file, where the appliance has one. A thread of its own writes, as
 * a write may wait for the disk: neither a worker nor the manager ever waits for it.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <pthread.h>
#include <semaphore.h>

#include "dataplane.h"

struct keeper {
	struct dataplane *dataplane;
	struct nj_session_table *tables[NJ_WORKERS_MAX];
	bool running;
	pthread_t thread;
	sem_t stop;
};

/*
 * Opens the sessions again that the file has, makes a new file for those to come, and has workers
 * serve. Meanwhile they may run, and manager_listen() is called with the time of `clock_ms`.
 * Returns 0, or -errno after logging; 0 without a state file, too. The main lcore, once.
 */
int keeper_load(struct keeper *keeper, struct dataplane *dataplane, struct nj_state_time now,
	nj_ms_t (*clock_ms)(void));

/* Starts the thread. Returns 0, or -errno after logging. */
int keeper_start(struct keeper *keeper);

/* Ends it, and writes what there is to write yet. Workers have stopped. */
void keeper_stop(struct keeper *keeper);

#endif
