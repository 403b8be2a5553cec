/* SPDX-License-Identifier: BSD-3-Clause */
#include "link_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>

#include "arp.h"
#include "icmp.h"
#include "icmp6.h"
#include "nud.h"
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
	ret = nj_routes_create(&link->routes, name);
	if (ret < 0)
		goto free_link;
	ret = nj_neighbors_create(&link->neighbors, neighbors, name);
	if (ret < 0)
		goto destroy_routes;
	return link;

destroy_routes:
	nj_routes_destroy(&link->routes);
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
	nj_routes_destroy(&link->routes);
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
	if (kind == NJ_KIND_ICMP6 && interface != NULL)
		return nj_icmp6_input(link, interface, m, now);
	rte_pktmbuf_free(m);
	return NJ_DROP_NO_LISTENER;
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
	const unsigned int n = link->own.n + link->own.n6;

	if (interface == NULL)
		return;
	if (nj_interface_has_ipv6(interface))
		nj_mld_announce(link, interface);
	for (unsigned int i = 0; i < n; i++) {
		struct nj_ip ip;
		const struct nj_own *own = nj_own_at(&link->own, i, &ip);

		if (own->state == NJ_OWN_VALID && nj_own_is_on(own, port))
			nj_dad_announce(link, interface, &ip);
	}
}

/* Everybody hears of our addresses, once they are known to be ours. */
static void
settle(struct nj_link *link, nj_ms_t now)
{
	for (uint16_t port = 0; port < NJ_PORTS_MAX; port++) {
		if (link->interfaces.port[port] == NULL)
			continue;
		nj_link_announce(link, port);
		nj_routers_ask(link, link->interfaces.port[port], now);
	}
}

void
nj_link_restart(struct nj_link *link, const struct nj_ip *kept, unsigned int n_kept, nj_ms_t now)
{
	bool any = false;

	nj_dad_start(link, now);
	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++) {
		const struct nj_interface *interface = link->interfaces.port[port];

		if (interface == NULL)
			continue;
		if (nj_interface_has_ipv6(interface)) /* or we would not hear the answers */
			nj_mld_announce(link, interface);
		nj_dad_probe(link, interface, now);
	}
	for (unsigned int i = 0; i < n_kept; i++)
		any |= nj_dad_keep(link, &kept[i], now);
	if (any)
		settle(link, now);
}

void
nj_link_start(struct nj_link *link, nj_ms_t now)
{
	nj_link_restart(link, NULL, 0, now);
}

void
nj_link_set(struct nj_link *link, uint16_t port, bool up, nj_ms_t now)
{
	const struct nj_interface *interface = nj_link_interface(link, port);

	if (interface == NULL)
		return;
	if (!up) {
		nj_nud_doubt(link, port, now);
		return;
	}
	nj_dad_probe(link, interface, now); /* what was asked so far may have been lost */
	nj_link_announce(link, port);
	nj_routers_ask(link, interface, now);
}

void
nj_link_tick(struct nj_link *link, nj_ms_t now)
{
	if (nj_ms_since(now, link->ticked) < TICK_MS)
		return;
	link->ticked = now;
	if (nj_dad_tick(link, now))
		settle(link, now);
	nj_mld_tick(link, now);
	nj_nud_tick(link, now);
	nj_routers_tick(link, now); /* by what has just become of their neighbors */
}
