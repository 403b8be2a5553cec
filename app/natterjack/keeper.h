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

/* Asks for our addresses (nj_link_restart); those that the state file remembers are ours at once.
 * The main lcore, once; workers run, or answers would be missed. */
void keeper_start_link(const struct dataplane *dataplane, struct nj_state_time now);

/*
 * Opens the sessions again that the file has, and makes a new file for those to come. Meanwhile
 * workers may run, and manager_listen() is called with the time of `clock_ms`. They serve from a
 * manager_step() after it on.
 * Returns 0, or -errno after logging; 0 without a state file, too. The main lcore, once.
 */
int keeper_load(struct keeper *keeper, struct dataplane *dataplane, struct nj_state_time now,
	nj_ms_t (*clock_ms)(void));

/* One pass: sessions, and the addresses that are valid. As nj_state_save(); the thread, or the main
 * lcore while there is none. */
int keeper_save(const struct keeper *keeper, struct nj_state_time now, bool last);

/* Starts the thread. Returns 0, or -errno after logging. */
int keeper_start(struct keeper *keeper);

/* Ends it, and writes what there is to write yet. Workers have stopped. */
void keeper_stop(struct keeper *keeper);

#endif
