/* SPDX-License-Identifier: BSD-3-Clause */
#include "resolve.h"

#include "arp.h"
#include "link_parts.h"
#include "ndp.h"

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

/* Whether anybody sent to it, or wanted to, in the last `window` ms. The window ends at `now`, so
 * that an old time does not seem to lie ahead when the clock has wrapped. */
static bool
used_within(const struct nj_link *link, const struct nj_neighbor *neighbor, uint32_t window,
	nj_ms_t now)
{
	nj_ms_t used = 0;

	if (neighbor->was_used && nj_ms_since(now, neighbor->used) <= window)
		return true;
	if (link->ops.last_used != NULL)
		used = link->ops.last_used(
			link->ops.context, nj_neighbor_number(&link->neighbors, neighbor));
	return used != 0 && nj_ms_since(now, used) <= window;
}

static bool
used_since_change(const struct nj_link *link, const struct nj_neighbor *neighbor, nj_ms_t now)
{
	return used_within(link, neighbor, nj_ms_since(now, neighbor->changed), now);
}

static void
forget(struct nj_link *link, struct nj_neighbor *neighbor)
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
		if (!used_since_change(link, neighbor, now))
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
	forget(link, old);
	return nj_neighbors_add(&link->neighbors, port, ip, now);
}

static void
fail(struct nj_link *link, struct nj_neighbor *neighbor, nj_ms_t now)
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

/* Questions ---------------------------------------------------------------------------------- */

/* `mac`: whom to ask; NULL: everybody. Returns false where it is not its turn yet: the question is
 * due, and the next tick asks. */
static bool
ask(struct nj_link *link, struct nj_neighbor *neighbor, const struct rte_ether_addr *mac,
	nj_ms_t now)
{
	const struct nj_ip ip = nj_neighbor_ip(neighbor);
	const uint16_t port = nj_neighbor_port(neighbor);

	if (!nj_questions_take(&link->questions[port], neighbor->known, now)) {
		neighbor->asked = now - NJ_NEIGHBOR_RETRANS_MS;
		return false;
	}
	neighbor->asked = now;
	neighbor->questions++;
	if (ip.family == AF_INET6)
		nj_ndp_ask(link, port, ip.v6, mac);
	else
		nj_arp_ask(link, port, ip.v4, mac);
	return true;
}

/* Asks again where it is time to; gives up where nobody answered. Returns whether the question that
 * is due has to wait for its turn. */
static bool
ask_again(struct nj_link *link, struct nj_neighbor *neighbor, const struct rte_ether_addr *mac,
	nj_ms_t now)
{
	if (nj_ms_since(now, neighbor->asked) < NJ_NEIGHBOR_RETRANS_MS)
		return false;
	if (neighbor->questions >= NJ_NEIGHBOR_QUESTIONS) {
		fail(link, neighbor, now);
		return false;
	}
	if (neighbor->questions == NJ_NEIGHBOR_QUESTIONS - 1) /* it may have a new address */
		mac = NULL;
	return !ask(link, neighbor, mac, now);
}

/* One whose turn does not come is forgotten when it would have failed: those that come meanwhile
 * are likelier to be there, and packets are not kept for longer. */
static void
check_incomplete(struct nj_link *link, struct nj_neighbor *neighbor, nj_ms_t now)
{
	if (ask_again(link, neighbor, NULL, now) &&
		nj_ms_since(now, neighbor->changed) >=
			NJ_NEIGHBOR_QUESTIONS * NJ_NEIGHBOR_RETRANS_MS)
		forget(link, neighbor);
}

static void
probe(struct nj_link *link, struct nj_neighbor *neighbor, const struct rte_ether_addr *mac,
	nj_ms_t now)
{
	nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_PROBE, mac, now);
	ask(link, neighbor, mac, now);
}

static void
check_stale(struct nj_link *link, struct nj_neighbor *neighbor, const struct rte_ether_addr *mac,
	nj_ms_t now)
{
	if (used_since_change(link, neighbor, now)) {
		probe(link, neighbor, mac, now);
	} else if (nj_ms_since(now, neighbor->changed) >= NJ_NEIGHBOR_UNUSED_MS) {
		nj_neighbors_forget(&link->neighbors, neighbor);
	}
}

/* Whoever still sends to it may have it back at once: it is asked for as long as somebody does. */
static void
check_failed(struct nj_link *link, struct nj_neighbor *neighbor, nj_ms_t now)
{
	const uint32_t since_question = nj_ms_since(now, neighbor->asked);
	const uint32_t quiet = RTE_MIN(since_question, nj_ms_since(now, neighbor->changed));

	if (since_question >= NJ_NEIGHBOR_RETRANS_MS && used_within(link, neighbor, quiet, now))
		ask(link, neighbor, NULL, now);
	else if (quiet >= NJ_NEIGHBOR_FAILED_MS)
		nj_neighbors_forget(&link->neighbors, neighbor);
}

static void
check(struct nj_link *link, struct nj_neighbor *neighbor, nj_ms_t now)
{
	struct rte_ether_addr mac;

	switch (nj_neighbor_get(&link->neighbors, neighbor, &mac)) {
	case NJ_NEIGHBOR_FREE:
		break;
	case NJ_NEIGHBOR_INCOMPLETE:
		check_incomplete(link, neighbor, now);
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
		check_failed(link, neighbor, now);
		break;
	}
}

void
nj_resolve_tick(struct nj_link *link, nj_ms_t now)
{
	struct nj_neighbor *neighbor, *next;

	/* One that moves to another list may be looked at twice, which does no harm. */
	for (unsigned int state = 0; state < RTE_DIM(link->neighbors.by_state); state++) {
		for (neighbor = oldest(link, state); neighbor != NULL; neighbor = next) {
			next = TAILQ_NEXT(neighbor, entry);
			check(link, neighbor, now);
		}
	}
}

void
nj_resolve_doubt(struct nj_link *link, uint16_t port, nj_ms_t now)
{
	static const enum nj_neighbor_state believed[] = {NJ_NEIGHBOR_REACHABLE, NJ_NEIGHBOR_PROBE};
	struct nj_neighbor *neighbor, *next;
	struct rte_ether_addr mac;

	for (unsigned int i = 0; i < RTE_DIM(believed); i++) {
		for (neighbor = oldest(link, believed[i]); neighbor != NULL; neighbor = next) {
			next = TAILQ_NEXT(neighbor, entry);
			if (nj_neighbor_port(neighbor) != port)
				continue;
			nj_neighbor_get(&link->neighbors, neighbor, &mac);
			nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_STALE, &mac, now);
		}
	}
}

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
		forget(link, oldest_unresolved(link));
	neighbor = add_neighbor(link, port, ip, now);
	if (neighbor == NULL)
		return NULL;
	neighbor->known = leads_on;
	ask(link, neighbor, NULL, now);
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
		probe(link, neighbor, &mac, now);
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
