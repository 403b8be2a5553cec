/* SPDX-License-Identifier: BSD-3-Clause */
/* Longest prefix match over a few routes; written before workers start, read by any lcore. */
#ifndef NJ_LINK_ROUTES_H
#define NJ_LINK_ROUTES_H

#include <rte_rib.h>
#include <rte_rib6.h>

#include "nj_link.h"

#define NJ_ROUTES_MAX 4096

struct nj_routes {
	struct rte_rib *rib;   /* of numbers in `all`, for IPv4 … */
	struct rte_rib6 *rib6; /* … and IPv6 */
	bool have_default6;
	unsigned int n;
	struct nj_route all[NJ_ROUTES_MAX]; /* a next hop of no family: the destination itself */
};

/* Returns 0 or -ENOMEM. `name` is unique. */
int nj_routes_create(struct nj_routes *routes, const char *name);
void nj_routes_destroy(struct nj_routes *routes);

/*
 * Adds the routes to an interface's networks. Where a network is known already, the first interface
 * in it keeps it. Returns 0, -ENOSPC or -ENOMEM; on an error nothing was added.
 */
int nj_routes_connect(struct nj_link *link, const struct nj_interface *interface);

/* Whether an IPv6 gateway is configured. */
static inline bool
nj_routes_have_default6(const struct nj_routes *routes)
{
	return routes->have_default6;
}

#endif
