/* SPDX-License-Identifier: BSD-3-Clause */
#include "nud.h"

#include "arp.h"
#include "link_parts.h"
#include "ndp.h"
#include "resolve.h"

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

bool
nj_nud_is_used(const struct nj_link *link, const struct nj_neighbor *neighbor, nj_ms_t now)
{
	return used_within(link, neighbor, nj_ms_since(now, neighbor->changed), now);
}

static struct nj_neighbor *
oldest(const struct nj_link *link, enum nj_neighbor_state state)
{
	return TAILQ_FIRST(&link->neighbors.by_state[state]);
}

/* Questions ---------------------------------------------------------------------------------- */

bool
nj_nud_ask(struct nj_link *link, struct nj_neighbor *neighbor, const struct rte_ether_addr *mac,
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
		nj_resolve_fail(link, neighbor, now);
		return false;
	}
	if (neighbor->questions == NJ_NEIGHBOR_QUESTIONS - 1) /* it may have a new address */
		mac = NULL;
	return !nj_nud_ask(link, neighbor, mac, now);
}

/* One whose turn does not come is forgotten when it would have failed: those that come meanwhile
 * are likelier to be there, and packets are not kept for longer. */
static void
check_incomplete(struct nj_link *link, struct nj_neighbor *neighbor, nj_ms_t now)
{
	if (ask_again(link, neighbor, NULL, now) &&
		nj_ms_since(now, neighbor->changed) >=
			NJ_NEIGHBOR_QUESTIONS * NJ_NEIGHBOR_RETRANS_MS)
		nj_resolve_forget(link, neighbor);
}

void
nj_nud_probe(struct nj_link *link, struct nj_neighbor *neighbor, const struct rte_ether_addr *mac,
	nj_ms_t now)
{
	nj_neighbor_set(&link->neighbors, neighbor, NJ_NEIGHBOR_PROBE, mac, now);
	nj_nud_ask(link, neighbor, mac, now);
}

static void
check_stale(struct nj_link *link, struct nj_neighbor *neighbor, const struct rte_ether_addr *mac,
	nj_ms_t now)
{
	if (nj_nud_is_used(link, neighbor, now)) {
		nj_nud_probe(link, neighbor, mac, now);
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
		nj_nud_ask(link, neighbor, NULL, now);
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
nj_nud_tick(struct nj_link *link, nj_ms_t now)
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
nj_nud_doubt(struct nj_link *link, uint16_t port, nj_ms_t now)
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
