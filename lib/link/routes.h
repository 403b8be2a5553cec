/* SPDX-License-Identifier: BSD-3-Clause */
/* Longest prefix match over a few routes; written before workers start, read by any lcore. */
#ifndef NJ_LINK_ROUTES_H
#define NJ_LINK_ROUTES_H

#include <rte_rib.h>

#include "nj_link.h"

#define NJ_ROUTES_MAX 4096

/* Returns 0 or -ENOMEM. `name` is unique. */
int nj_routes_create(struct nj_link *link, const char *name);

/*
 * Adds the routes to an interface's networks. Where a network is known already, the first interface
 * in it keeps it. Returns 0, -ENOSPC or -ENOMEM; on an error nothing was added.
 */
int nj_routes_connect(struct nj_link *link, const struct nj_interface *interface);

#endif
