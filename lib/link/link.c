/* SPDX-License-Identifier: BSD-3-Clause */
#include "link_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>

#include "arp.h"
#include "icmp.h"
#include "resolve.h"

#define TICK_MS 100 /* between two looks at the neighbors */

struct nj_link *
nj_link_create(uint32_t neighbors, struct rte_mempool *pool, const struct nj_link_ops *ops)
{
	struct nj_link *link = calloc(1, sizeof(*link));
	char name[RTE_HASH_NAMESIZE];
	int ret;

	if (link == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	link->ops = *ops;
	link->pool = pool;
	nj_waiting_init(&link->waiting);
	snprintf(name, sizeof(name), "nj%p", (void *)link); /* two links may live at once */
	ret = nj_routes_create(link, name);
	if (ret < 0)
		goto free_link;
	ret = nj_neighbors_create(&link->neighbors, neighbors, name);
	if (ret < 0)
		goto free_rib;
	return link;

free_rib:
	rte_rib_free(link->rib);
free_link:
	free(link);
	rte_errno = -ret;
	return NULL;
}

void
nj_link_destroy(struct nj_link *link)
{
	if (link == NULL)
		return;
	nj_resolve_stop(link);
	nj_neighbors_destroy(&link->neighbors);
	rte_rib_free(link->rib);
	nj_interfaces_clear(&link->interfaces);
	free(link);
}

enum nj_drop
nj_link_input(struct nj_link *link, struct rte_mbuf *m, nj_ms_t now)
{
	const struct nj_interface *interface = nj_link_interface(link, m->port);
	const enum nj_kind kind = nj_packet(m)->kind;

	if (kind == NJ_KIND_ICMP)
		return nj_icmp_input(link, m, now);
	if (kind == NJ_KIND_ARP && interface != NULL)
		return nj_arp_input(link, interface, m, now);
	rte_pktmbuf_free(m);
	return NJ_DROP_NO_LISTENER;
}

void
nj_link_tick(struct nj_link *link, nj_ms_t now)
{
	if (nj_ms_since(now, link->ticked) < TICK_MS)
		return;
	link->ticked = now;
	nj_resolve_tick(link, now);
}

uint32_t
nj_link_waiting(const struct nj_link *link)
{
	return link->waiting.n;
}

void
nj_link_announce(struct nj_link *link, uint16_t port)
{
	const struct nj_interface *interface = nj_link_interface(link, port);
	const struct nj_interfaces *all = &link->interfaces;

	if (interface == NULL)
		return;
	for (unsigned int i = 0; i < all->n_own; i++) {
		if (nj_interfaces_answer(all, port, all->own[i].ip))
			nj_arp_announce(link, interface, all->own[i].ip);
	}
}
