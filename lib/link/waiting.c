/* SPDX-License-Identifier: BSD-3-Clause */
#include "waiting.h"

#include <assert.h>

static_assert(NJ_NEIGHBOR_WAITING_MAX < NJ_WAITING_NONE, "a link's number has 16 bits");

void
nj_waiting_init(struct nj_waiting *waiting)
{
	waiting->n = 0;
	waiting->free = 0;
	for (uint16_t i = 0; i < NJ_NEIGHBOR_WAITING_MAX; i++)
		waiting->links[i].next = i + 1;
	waiting->links[NJ_NEIGHBOR_WAITING_MAX - 1].next = NJ_WAITING_NONE;
}

bool
nj_waiting_put(struct nj_waiting *waiting, struct nj_waiting_queue *queue, struct rte_mbuf *m)
{
	const uint16_t link = waiting->free;

	if (link == NJ_WAITING_NONE || queue->n == NJ_NEIGHBOR_WAITING_EACH_MAX)
		return false;
	waiting->free = waiting->links[link].next;
	waiting->n++;
	waiting->links[link].m = m;
	if (queue->n++ == 0)
		queue->first = link;
	else
		waiting->links[queue->last].next = link;
	queue->last = link;
	return true;
}

struct rte_mbuf *
nj_waiting_get(struct nj_waiting *waiting, struct nj_waiting_queue *queue)
{
	const uint16_t link = queue->first;

	if (queue->n == 0)
		return NULL;
	queue->n--;
	queue->first = waiting->links[link].next;
	waiting->links[link].next = waiting->free;
	waiting->free = link;
	waiting->n--;
	return waiting->links[link].m;
}
