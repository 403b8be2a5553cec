/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's environment, from the appliance file's options and the command line's. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "nj_policy.h"
#include "options.h"

/*
 * Starts the EAL: the file's options, then the command line's, which so prevail. What
 * they leave open is filled in: the file prefix, and which PCI devices may be touched, which are
 * those of the file alone. Returns 0, or -errno after logging.
 */
int environment_start(
	const char *program, const struct nj_appliance *appliance, const struct options *options);

#endif
