/* SPDX-License-Identifier: BSD-3-Clause */
/* Least privilege: what natterjack does not need once it forwards it gives up. */
#ifndef CONFINE_H
#define CONFINE_H

#include "dataplane.h"

/*
 * Leaves the telemetry socket to root, and to a group where one is named (NULL: none). Returns 0,
 * or -errno after logging why. After rte_eal_init(), with root's powers still.
 */
int confine_telemetry(const char *group);

/*
 * Gives up every capability that the started ports do not need, new privileges, and system calls
 * that are for others; says in the log what is left. Returns 0, or -errno after logging why.
 * Threads that begin later have no more. The main lcore, once all is open that has to be opened by
 * root.
 */
int confine(const struct dataplane *dataplane);

#endif
