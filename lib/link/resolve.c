/* SPDX-License-Identifier: BSD-3-Clause */
#include "resolve.h"

#include "link_parts.h"
#include "nud.h"

#define TAKEOVER_LOG_MS 10000 /* between two lines about neighbors that change their MAC */

NJ_LOG_TYPE(link);

/* Packets ------------------------------------------------------------------------------------ */

static void
note_used(struct nj_neighbor *neighbor, nj_ms_t now)
{
	neighbor->used = now;
	neighbor->was_used = true;
}

static void
send_to(struct nj_link *link, struct nj_neighbor *neighbor, struct rte_mbuf *m,
	const struct rte_ether_addr *mac, nj_ms_t now)
{
	nj_ether_address(m, mac, &nj_link_interface(link, nj_neighbor_port(neighbor))->mac);
	note_used(neighbor, now);
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

void
nj_resolve_forget(struct nj_link *link, struct nj_neighbor *neighbor)
{
	drop_waiting(link, neighbor, NJ_DROP_NEIGHBOR_QUEUE_FULL);
	nj_neighbors_forget(&link->neighbors, neighbor);
}

static struct nj_neighbor *
oldest(const struct nj_link *link, enum nj_neighbor_state state)
{
	return TAILQ_FIRST(&link->neighbors.by_state[state]);
}

/* One that does not answer, or else the one that was asked for longest ago. */
static struct nj_neighbor *
oldest_unresolved(const struct nj_link *link)
{
	struct nj_neighbor *failed = oldest(link, NJ_NEIGHBOR_FAILED);

	return failed != NULL ? failed : oldest(link, NJ_NEIGHBOR_INCOMPLETE);
}

/* The oldest that nobody misses; NULL where all are in use. */
static struct nj_neighbor *
oldest_unused(const struct nj_link *link, nj_ms_t now)
{
	struct nj_neighbor *neighbor = oldest(link, NJ_NEIGHBOR_FAILED);

	if (neighbor != NULL)
		return neighbor;
	TAILQ_FOREACH (neighbor, &link->neighbors.by_state[NJ_NEIGHBOR_STALE], entry) {
		if (!nj_nud_is_used(link, neighbor, now))
			return neighbor;
	}
	return NULL;
}

/* Adds a neighbor; where the table is full, one that nobody misses gives way. */
static struct nj_neighbor *
add_neighbor(struct nj_link *link, uint16_t port, const struct nj_ip *ip, nj_ms_t now)
{
	struct nj_neighbor *neighbor = nj_neighbors_add(&link->neighbors, port, ip, now);
	struct nj_neighbor *old;

	if (neighbor != NULL)
		return neighbor;
	old = oldest_unused(link, now);
	if (old == NULL)
		return NULL;
	nj_resolve_forget(link, old);
	return nj_neighbors_add(&link->neighbors, port, ip, now);
}

void
nj_resolve_fail(struct nj_link *link, struct nj_neighbor *neighbor, nj_ms_t now)
{
	static const struct rte_ether_addr unknown;

	nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_FAILED, &unknown, now);
	drop_waiting(link, neighbor, NJ_DROP_NEIGHBOR_UNREACHABLE);
}

/* Its owner moved, or somebody wants what is sent to it. */
static void
log_takeover(struct nj_link *link, const struct nj_claim *claim, const struct rte_ether_addr *known,
	nj_ms_t now)
{
	char ip[NJ_ADDRESS_STRLEN], from[RTE_ETHER_ADDR_FMT_SIZE], to[RTE_ETHER_ADDR_FMT_SIZE];

	if (!nj_limit_passes(&link->takeover_log, TAKEOVER_LOG_MS, now))
		return;
	rte_ether_format_addr(from, sizeof(from), known);
	rte_ether_format_addr(to, sizeof(to), &claim->mac);
	NJ_EVENT(WARNING, "neighbor_claimed", "port=%u address=%s known=%s claimed_by=%s",
		claim->port, nj_ip_format(&claim->ip, ip), from, to);
}

static void
confirm(struct nj_link *link, struct nj_neighbor *neighbor, const struct rte_ether_addr *mac,
	nj_ms_t now)
{
	__atomic_store_n(&neighbor->confirmed, now, __ATOMIC_RELAXED);
	neighbor->known = true;
	nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_REACHABLE, mac, now);
}

/* What a claim says of a neighbor whose MAC is known (RFC 4861, section 7.2.5). */
static void
update(struct nj_link *link, struct nj_neighbor *neighbor, const struct nj_claim *claim,
	const struct rte_ether_addr *known, nj_ms_t now)
{
	const bool same =
		rte_is_zero_ether_addr(&claim->mac) || rte_is_same_ether_addr(&claim->mac, known);
	const bool reachable =
		nj_neighbor_get(&link->neighbors, neighbor, NULL) == NJ_NEIGHBOR_REACHABLE;

	if (!same && reachable)
		log_takeover(link, claim, known, now);
	if (!same && !claim->override) {
		if (reachable) /* one of the two is wrong: it is asked again */
			nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_STALE, known, now);
	} else if (claim->how == NJ_HEARD_ANSWER) {
		confirm(link, neighbor, same ? known : &claim->mac, now);
	} else if (!same) { /* it is heard, but nothing says that it hears us (7.2.3) */
		nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_STALE, &claim->mac, now);
	}
}

void
nj_resolve_learn(struct nj_link *link, const struct nj_claim *claim, nj_ms_t now)
{
	struct nj_neighbor *neighbor = nj_neighbors_get(&link->neighbors, claim->port, &claim->ip);
	struct rte_ether_addr known;

	if (neighbor == NULL && claim->how == NJ_HEARD_QUESTION &&
		!rte_is_zero_ether_addr(&claim->mac))
		neighbor = add_neighbor(link, claim->port, &claim->ip, now);
	if (neighbor == NULL)
		return;
	nj_neighbor_get(&link->neighbors, neighbor, &known); /* zero: not known, or no longer */
	if (!rte_is_zero_ether_addr(&known)) {
		update(link, neighbor, claim, &known, now);
		return;
	}
	if (rte_is_zero_ether_addr(&claim->mac))
		return;
	if (claim->how == NJ_HEARD_ANSWER)
		confirm(link, neighbor, &claim->mac, now);
	else
		nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_STALE, &claim->mac, now);
	send_waiting(link, neighbor, &claim->mac, now);
}

/* Ways out ----------------------------------------------------------------------------------- */

/* A new one has to fit between those that never answered. `leads_on`: it is a gateway or a router.
 */
static struct nj_neighbor *
find_or_ask(struct nj_link *link, uint16_t port, const struct nj_ip *ip, bool leads_on, nj_ms_t now)
{
	struct nj_neighbor *neighbor = nj_neighbors_get(&link->neighbors, port, ip);

	if (neighbor != NULL) {
		neighbor->known |= leads_on;
		return neighbor;
	}
	if (link->neighbors.n_unresolved >= nj_neighbors_unresolved_max(&link->neighbors))
		nj_resolve_forget(link, oldest_unresolved(link));
	neighbor = add_neighbor(link, port, ip, now);
	if (neighbor == NULL)
		return NULL;
	neighbor->known = leads_on;
	nj_nud_ask(link, neighbor, NULL, now);
	return neighbor;
}

enum nj_neighbor_state
nj_resolve_verify(struct nj_link *link, uint16_t port, const struct nj_ip *ip, nj_ms_t now)
{
	struct nj_neighbor *neighbor = find_or_ask(link, port, ip, true, now);
	enum nj_neighbor_state state = NJ_NEIGHBOR_FREE;
	struct rte_ether_addr mac;

	if (neighbor != NULL)
		state = nj_neighbor_get(&link->neighbors, neighbor, &mac);
	if (state == NJ_NEIGHBOR_STALE)
		nj_nud_probe(link, neighbor, &mac, now);
	return state;
}

void
nj_resolve_renew(struct nj_link *link, uint16_t port, const struct nj_ip *ip)
{
	struct nj_neighbor *neighbor = nj_neighbors_get(&link->neighbors, port, ip);

	if (neighbor != NULL)
		nj_neighbor_renew(&link->neighbors, neighbor);
}

static struct nj_ip
destination_of(const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return nj_ip_v6(((const struct rte_ipv6_hdr *)(ether + 1))->dst_addr);
	return nj_ip_v4(((const struct rte_ipv4_hdr *)(ether + 1))->dst_addr);
}

void
nj_link_output(struct nj_link *link, struct rte_mbuf *m, nj_ms_t now)
{
	const struct nj_ip destination = destination_of(m);
	struct nj_neighbor *neighbor;
	struct rte_ether_addr mac;
	struct nj_route route;

	if (nj_link_route(link, &destination, nj_packet(m)->out_port, &route) < 0) {
		link->ops.drop(link->ops.context, m, NJ_DROP_NO_ROUTE);
		return;
	}
	nj_packet(m)->out_port = route.port;
	neighbor = find_or_ask(link, route.port, &route.next_hop,
		!nj_ip_equal(&route.next_hop, &destination), now);
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
		note_used(neighbor, now);
		link->ops.drop(link->ops.context, m, NJ_DROP_NEIGHBOR_UNREACHABLE);
		break;
	}
}

void
nj_resolve_stop(struct nj_link *link)
{
	struct nj_neighbor *neighbor;

	TAILQ_FOREACH (neighbor, &link->neighbors.by_state[NJ_NEIGHBOR_INCOMPLETE], entry)
		drop_waiting(link, neighbor, NJ_DROP_STOPPING);
}
