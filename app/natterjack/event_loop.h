/* SPDX-License-Identifier: BSD-3-Clause */
/* The main lcore's loop: a tick, and signals. */
#ifndef EVENT_LOOP_H
#define EVENT_LOOP_H

#include "reload.h"

/*
 * Blocks the signals that the loop will read. Before rte_eal_init, so that every thread
 * made later inherits it.
 */
void event_loop_block_signals(void);

/*
 * Runs the manager until SIGTERM or SIGINT, and says when natterjack is ready (readiness.h); SIGHUP
 * asks for a reload, and so does a change of the file where `watch` says so. Returns 0, or -errno
 * where the loop itself failed.
 */
int event_loop_run(struct dataplane *dataplane, struct reloader *reloader, bool watch);

#endif
