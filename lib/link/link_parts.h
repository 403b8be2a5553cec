/* SPDX-License-Identifier: BSD-3-Clause */
/* What struct nj_link is made of; private to lib/link. (A link.h would hide the C library's.) */
#ifndef NJ_LINK_LINK_PARTS_H
#define NJ_LINK_LINK_PARTS_H

#include "interfaces.h"
#include "neighbors.h"
#include "nj_link.h"
#include "routes.h"
#include "waiting.h"

struct nj_link {
	struct nj_link_ops ops;
	struct rte_mempool *pool;
	struct nj_interfaces interfaces;
	struct rte_rib *rib;
	unsigned int n_routes;
	struct nj_route routes[NJ_ROUTES_MAX];
	struct nj_neighbors neighbors;
	struct nj_waiting waiting;
	nj_ms_t ticked;
	nj_ms_t conflict_logged;
	bool had_conflict;
};

#endif
