/* SPDX-License-Identifier: BSD-3-Clause */
/* What struct nj_link is made of; private to lib/link. (A link.h would hide the C library's.) */
#ifndef NJ_LINK_LINK_PARTS_H
#define NJ_LINK_LINK_PARTS_H

#include "dad.h"
#include "interfaces.h"
#include "limit.h"
#include "mld.h"
#include "neighbors.h"
#include "nj_link.h"
#include "own.h"
#include "questions.h"
#include "routers.h"
#include "routes.h"
#include "waiting.h"

struct nj_link {
	struct nj_link_ops ops;
	struct rte_mempool *pool;
	struct nj_interfaces interfaces;
	struct nj_own_addresses own;
	struct nj_routes routes;
	struct nj_routers routers;
	struct nj_neighbors neighbors;
	struct nj_waiting waiting;
	struct nj_questions questions[NJ_PORTS_MAX];
	struct nj_mld mld;
	nj_ms_t ticked;
	uint64_t conflicts; /* about our addresses; other threads read it relaxed */
	struct nj_limit conflict_log, takeover_log;
};

#endif
