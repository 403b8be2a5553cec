/* SPDX-License-Identifier: BSD-3-Clause */
/* What scripts/natterjack-start has to know of the appliance file. */
#ifndef PLAN_H
#define PLAN_H

#include "nj_policy.h"

/*
 * Prints to standard output, a line each: "device NAME" for each port, "eal OPTION" for each of the
 * file's options of the EAL, and "memory A B": A + B * workers is enough, in MiB.
 */
void plan_print(const struct nj_appliance *appliance);

#endif
