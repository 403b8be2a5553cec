/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that wait for a link-layer address: queues, one a neighbor, whose
 * links come from one fixed array, so that a flood finds a bound.
 */
#ifndef NJ_LINK_WAITING_H
#define NJ_LINK_WAITING_H

#include <rte_mbuf.h>

#include "nj_link.h"

#define NJ_WAITING_NONE UINT16_MAX /* no link */

/* First in, first out. All zero is an empty queue: first and last count only where n > 0. */
struct nj_waiting_queue {
	uint16_t first, last, n;
};

struct nj_waiting {
	uint16_t n;    /* in all queues */
	uint16_t free; /* the first unused link */
	struct {
		struct rte_mbuf *m;
		uint16_t next;
	} links[NJ_NEIGHBOR_WAITING_MAX];
};

void nj_waiting_init(struct nj_waiting *waiting);
/* Returns false where either bound is reached. */
bool nj_waiting_put(struct nj_waiting *waiting, struct nj_waiting_queue *queue, struct rte_mbuf *m);
/* Returns NULL where the queue is empty. */
struct rte_mbuf *nj_waiting_get(struct nj_waiting *waiting, struct nj_waiting_queue *queue);

#endif
