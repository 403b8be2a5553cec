/* SPDX-License-Identifier: BSD-3-Clause */
#include "resolve.h"

#include "arp.h"
#include "link_parts.h"

/* Packets ------------------------------------------------------------------------------------ */

static void
send_to(struct nj_link *link, struct nj_neighbor *neighbor, struct rte_mbuf *m,
	const struct rte_ether_addr *mac, nj_ms_t now)
{
	nj_ether_address(m, mac, &nj_link_interface(link, neighbor->port)->mac);
	neighbor->used = now;
	neighbor->was_used = true;
	link->ops.send(link->ops.context, m);
}

static void
drop_waiting(struct nj_link *link, struct nj_neighbor *neighbor, enum nj_drop reason)
{
	struct rte_mbuf *m;

	while ((m = nj_waiting_get(&link->waiting, &neighbor->queue)) != NULL)
		link->ops.drop(link->ops.context, m, reason);
}

static void
send_waiting(struct nj_link *link, struct nj_neighbor *neighbor, const struct rte_ether_addr *mac,
	nj_ms_t now)
{
	struct rte_mbuf *m;

	while ((m = nj_waiting_get(&link->waiting, &neighbor->queue)) != NULL)
		send_to(link, neighbor, m, mac, now);
}

/* Neighbors come and go ---------------------------------------------------------------------- */

/* Whether anybody sent to it since its state began. The window ends at `now`, so that an old time
 * does not seem to lie ahead when the clock has wrapped. */
static bool
used_since_change(const struct nj_link *link, const struct nj_neighbor *neighbor, nj_ms_t now)
{
	const uint32_t window = nj_ms_since(now, neighbor->changed);
	nj_ms_t used = 0;

	if (neighbor->was_used && nj_ms_since(now, neighbor->used) <= window)
		return true;
	if (link->ops.last_used != NULL)
		used = link->ops.last_used(
			link->ops.context, nj_neighbor_number(&link->neighbors, neighbor));
	return used != 0 && nj_ms_since(now, used) <= window;
}

static bool
can_give_way(const struct nj_link *link, const struct nj_neighbor *neighbor, nj_ms_t now)
{
	const enum nj_neighbor_state state = nj_neighbor_get(&link->neighbors, neighbor, NULL);

	return state == NJ_NEIGHBOR_FAILED ||
	       (state == NJ_NEIGHBOR_STALE && !used_since_change(link, neighbor, now));
}

/* Adds a neighbor; where the table is full, the oldest that nobody misses gives way. */
static struct nj_neighbor *
add_neighbor(struct nj_link *link, uint16_t port, rte_be32_t ip, nj_ms_t now)
{
	struct nj_neighbor *neighbor = nj_neighbors_add(&link->neighbors, port, ip, now);
	struct nj_neighbor *old;

	if (neighbor != NULL)
		return neighbor;
	TAILQ_FOREACH (old, &link->neighbors.known, entry) {
		if (can_give_way(link, old, now)) {
			nj_neighbors_forget(&link->neighbors, old);
			return nj_neighbors_add(&link->neighbors, port, ip, now);
		}
	}
	return NULL;
}

static void
fail(struct nj_link *link, struct nj_neighbor *neighbor, nj_ms_t now)
{
	static const struct rte_ether_addr unknown;

	nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_FAILED, &unknown, now);
	drop_waiting(link, neighbor, NJ_DROP_NEIGHBOR_UNREACHABLE);
}

void
nj_resolve_learn(struct nj_link *link, uint16_t port, rte_be32_t ip,
	const struct rte_ether_addr *mac, enum nj_heard how, nj_ms_t now)
{
	struct nj_neighbor *neighbor = nj_neighbors_get(&link->neighbors, port, ip);
	struct rte_ether_addr known;

	if (neighbor == NULL && how == NJ_HEARD_QUESTION)
		neighbor = add_neighbor(link, port, ip, now);
	if (neighbor == NULL)
		return;
	nj_neighbor_get(&link->neighbors, neighbor, &known); /* zero: not known, or no longer */
	if (how == NJ_HEARD_ANSWER) {
		__atomic_store_n(&neighbor->confirmed, now, __ATOMIC_RELAXED);
		nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_REACHABLE, mac, now);
	} else if (!rte_is_same_ether_addr(&known, mac)) {
		/* It is heard, but nothing says that it hears us (RFC 4861, 7.2.3). */
		nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_STALE, mac, now);
	}
	send_waiting(link, neighbor, mac, now);
}

/* Questions ---------------------------------------------------------------------------------- */

/* `mac`: whom to ask; NULL: everybody. */
static void
ask(struct nj_link *link, struct nj_neighbor *neighbor, const struct rte_ether_addr *mac,
	nj_ms_t now)
{
	neighbor->asked = now;
	neighbor->questions++;
	nj_arp_ask(link, neighbor->port, neighbor->ip, mac);
}

static void
ask_again(struct nj_link *link, struct nj_neighbor *neighbor, const struct rte_ether_addr *mac,
	nj_ms_t now)
{
	if (nj_ms_since(now, neighbor->asked) < NJ_NEIGHBOR_RETRANS_MS)
		return;
	if (neighbor->questions >= NJ_NEIGHBOR_QUESTIONS)
		fail(link, neighbor, now);
	else if (neighbor->questions == NJ_NEIGHBOR_QUESTIONS - 1) /* it may have a new address */
		ask(link, neighbor, NULL, now);
	else
		ask(link, neighbor, mac, now);
}

static void
check_stale(struct nj_link *link, struct nj_neighbor *neighbor, const struct rte_ether_addr *mac,
	nj_ms_t now)
{
	if (used_since_change(link, neighbor, now)) {
		nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_PROBE, mac, now);
		ask(link, neighbor, mac, now);
	} else if (nj_ms_since(now, neighbor->changed) >= NJ_NEIGHBOR_UNUSED_MS) {
		nj_neighbors_forget(&link->neighbors, neighbor);
	}
}

static void
check(struct nj_link *link, struct nj_neighbor *neighbor, nj_ms_t now)
{
	struct rte_ether_addr mac;

	switch (nj_neighbor_get(&link->neighbors, neighbor, &mac)) {
	case NJ_NEIGHBOR_FREE:
		break;
	case NJ_NEIGHBOR_INCOMPLETE:
		ask_again(link, neighbor, NULL, now);
		break;
	case NJ_NEIGHBOR_REACHABLE:
		if (nj_ms_since(now, neighbor->confirmed) >= NJ_NEIGHBOR_REACHABLE_MS)
			nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_STALE, &mac, now);
		break;
	case NJ_NEIGHBOR_STALE:
		check_stale(link, neighbor, &mac, now);
		break;
	case NJ_NEIGHBOR_PROBE:
		ask_again(link, neighbor, &mac, now);
		break;
	case NJ_NEIGHBOR_FAILED:
		if (nj_ms_since(now, neighbor->changed) >= NJ_NEIGHBOR_FAILED_MS)
			nj_neighbors_forget(&link->neighbors, neighbor);
		break;
	}
}

void
nj_resolve_tick(struct nj_link *link, nj_ms_t now)
{
	struct nj_neighbor *neighbor, *next;

	/* One that moves to the end is looked at twice, which does no harm. */
	for (neighbor = TAILQ_FIRST(&link->neighbors.known); neighbor != NULL; neighbor = next) {
		next = TAILQ_NEXT(neighbor, entry);
		check(link, neighbor, now);
	}
}

static struct nj_neighbor *
find_or_ask(struct nj_link *link, uint16_t port, rte_be32_t ip, nj_ms_t now)
{
	struct nj_neighbor *neighbor = nj_neighbors_get(&link->neighbors, port, ip);

	if (neighbor != NULL)
		return neighbor;
	neighbor = add_neighbor(link, port, ip, now);
	if (neighbor != NULL)
		ask(link, neighbor, NULL, now);
	return neighbor;
}

void
nj_link_output(struct nj_link *link, struct rte_mbuf *m, nj_ms_t now)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	const struct nj_ip destination = nj_ip_v4(ip->dst_addr);
	struct nj_neighbor *neighbor;
	struct rte_ether_addr mac;
	struct nj_route route;

	if (nj_link_route(link, &destination, nj_packet(m)->out_port, &route) < 0) {
		link->ops.drop(link->ops.context, m, NJ_DROP_NO_ROUTE);
		return;
	}
	nj_packet(m)->out_port = route.port;
	neighbor = find_or_ask(link, route.port, route.next_hop.v4, now);
	if (neighbor == NULL) {
		link->ops.drop(link->ops.context, m, NJ_DROP_NEIGHBOR_QUEUE_FULL);
		return;
	}
	switch (nj_neighbor_get(&link->neighbors, neighbor, &mac)) {
	case NJ_NEIGHBOR_REACHABLE:
	case NJ_NEIGHBOR_STALE:
	case NJ_NEIGHBOR_PROBE:
		send_to(link, neighbor, m, &mac, now);
		break;
	case NJ_NEIGHBOR_INCOMPLETE:
		if (!nj_waiting_put(&link->waiting, &neighbor->queue, m))
			link->ops.drop(link->ops.context, m, NJ_DROP_NEIGHBOR_QUEUE_FULL);
		break;
	case NJ_NEIGHBOR_FREE:
	case NJ_NEIGHBOR_FAILED:
		link->ops.drop(link->ops.context, m, NJ_DROP_NEIGHBOR_UNREACHABLE);
		break;
	}
}

void
nj_resolve_stop(struct nj_link *link)
{
	struct nj_neighbor *neighbor;

	TAILQ_FOREACH (neighbor, &link->neighbors.known, entry)
		drop_waiting(link, neighbor, NJ_DROP_STOPPING);
}
