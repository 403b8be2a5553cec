/* SPDX-License-Identifier: BSD-3-Clause */
/* When natterjack is ready: from the moment at which a datagram that is sent to it is answered. */
#ifndef READINESS_H
#define READINESS_H

#include "dataplane.h"

/* All zero: nothing was said yet. */
struct readiness {
	bool said, denied;
};

/*
 * Says it once, to standard error, the log and systemd: workers serve, no address of ours is still
 * being asked for, and one at least is valid. While another host has each of them it is not, which
 * the log says once. Main lcore, after each manager_step().
 */
void readiness_step(struct readiness *readiness, const struct dataplane *dataplane);

#endif
