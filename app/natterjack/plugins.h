/* SPDX-License-Identifier: BSD-3-Clause */
/* Third parties' filters: shared objects that the EAL's -d names. */
#ifndef PLUGINS_H
#define PLUGINS_H

#include "nj_policy.h"
#include "options.h"

/*
 * Loads the objects that the appliance file (NULL: it could not be read) and
 * the command line name with -d, by the EAL's own rules, before the EAL does: the
 * filters in them have to be known when proxy.yaml is read, and that is before
 * any device is touched, or with --check instead. The EAL then finds them loaded.
 * Returns 0, or -EINVAL where one cannot be loaded, after logging why. Before lcores start.
 */
int plugins_load(const struct nj_appliance *appliance, const struct options *options);

#endif
