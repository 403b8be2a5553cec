/* SPDX-License-Identifier: BSD-3-Clause */
#include "routers.h"

#include <assert.h>
#include <errno.h>

#include "ip6.h"
#include "link_parts.h"
#include "message.h"
#include "ndp.h"
#include "resolve.h"

#define QUESTIONS   3     /* RFC 4861, section 10: MAX_RTR_SOLICITATIONS */
#define QUESTION_MS 4000  /* RTR_SOLICITATION_INTERVAL */
#define FAILED_MS   60000 /* from when one did not answer until it is asked again */

#define PREFERENCE_SHIFT 3
#define PREFERENCE_MASK  3

struct advertisement {
	struct nj_icmp6 icmp;
	uint8_t hop_limit, flags;
	rte_be16_t lifetime_s;
	rte_be32_t reachable, retransmit;
} __rte_packed __rte_aligned(2);

struct solicitation {
	struct nj_icmp6 icmp;
	rte_be32_t reserved;
	struct nj_ndp_option_mac option;
} __rte_packed __rte_aligned(2);

static_assert(sizeof(union nj_published_route) == NJ_ROUTER_WORDS * 8, "words hold it all");

/* Published ---------------------------------------------------------------------------------- */

static void
publish(struct nj_routers *routers, const union nj_published_route *route)
{
	const uint32_t n = routers->published + 1;
	union nj_published_route *place = &routers->places[n % NJ_ROUTERS_PUBLISHED];

	for (unsigned int i = 0; i < NJ_ROUTER_WORDS; i++)
		__atomic_store_n(&place->words[i], route->words[i], __ATOMIC_RELAXED);
	__atomic_store_n(&routers->published, n, __ATOMIC_RELEASE);
	/* Whoever sees what is written next sees this number, or a later one. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

int
nj_routers_route(const struct nj_routers *routers, struct nj_route *route)
{
	union nj_published_route copy;
	uint32_t n, again;

	do {
		n = __atomic_load_n(&routers->published, __ATOMIC_ACQUIRE);
		for (unsigned int i = 0; i < NJ_ROUTER_WORDS; i++)
			copy.words[i] =
				__atomic_load_n(&routers->places[n % NJ_ROUTERS_PUBLISHED].words[i],
					__ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		again = __atomic_load_n(&routers->published, __ATOMIC_RELAXED);
	} while (again - n >= NJ_ROUTERS_PUBLISHED - 1);
	if (copy.exists == 0)
		return -ENETUNREACH;
	route->port = copy.port;
	route->next_hop = nj_ip_v6(copy.next_hop);
	route->source = nj_ip_v6(copy.source);
	return 0;
}

int
nj_link_router(const struct nj_link *link, struct nj_route *route)
{
	return nj_routers_route(&link->routers, route);
}

/* Which ------------------------------------------------------------------------------------- */

/* One that answers is better than one that does not, whatever they prefer (RFC 4191, 3.2). */
static bool
is_better(const struct nj_router *a, const struct nj_router *b)
{
	if (a->state != b->state)
		return a->state > b->state;
	return a->preference > b->preference;
}

static struct nj_router *
find(struct nj_routers *routers, uint16_t port, const uint8_t ip[16])
{
	for (unsigned int i = 0; i < NJ_ROUTERS_MAX; i++) {
		struct nj_router *router = &routers->all[i];

		if (router->exists && router->port == port && nj_ip6_same(router->ip, ip))
			return router;
	}
	return NULL;
}

/* The current one, unless another is better. */
static const struct nj_router *
best_of(struct nj_routers *routers, const union nj_published_route *current)
{
	const struct nj_router *best =
		current->exists ? find(routers, current->port, current->next_hop) : NULL;

	for (unsigned int i = 0; i < NJ_ROUTERS_MAX; i++) {
		const struct nj_router *router = &routers->all[i];

		if (router->exists && (best == NULL || is_better(router, best)))
			best = router;
	}
	return best;
}

/* Publishes the best where it is another one than before, and has whoever sends over that one look
 * for a way again. */
static void
choose(struct nj_link *link)
{
	struct nj_routers *routers = &link->routers;
	const union nj_published_route old =
		routers->places[routers->published % NJ_ROUTERS_PUBLISHED];
	const struct nj_router *best = best_of(routers, &old);
	const struct nj_ip old_next_hop = nj_ip_v6(old.next_hop);
	union nj_published_route route = {.words = {0}};
	struct nj_ip source;

	if (best != NULL &&
		nj_interface_any_source(link->interfaces.port[best->port], AF_INET6, &source)) {
		memcpy(route.next_hop, best->ip, sizeof(route.next_hop));
		memcpy(route.source, source.v6, sizeof(route.source));
		route.port = best->port;
		route.exists = 1;
	}
	if (memcmp(&route, &old, sizeof(route)) == 0)
		return;
	publish(routers, &route);
	if (old.exists)
		nj_resolve_renew(link, old.port, &old_next_hop);
}

/*
 * A free place, or that of the worst one where that did not answer, or did not yet and prefers
 * itself less; else NULL. A new one has not answered yet.
 */
static struct nj_router *
make_place(struct nj_routers *routers, int8_t preference)
{
	const struct nj_router heard = {.state = NJ_ROUTER_NEW, .preference = preference};
	struct nj_router *worst = &routers->all[0];

	for (unsigned int i = 0; i < NJ_ROUTERS_MAX; i++) {
		struct nj_router *router = &routers->all[i];

		if (!router->exists)
			return router;
		if (is_better(worst, router))
			worst = router;
	}
	return is_better(&heard, worst) ? worst : NULL;
}

void
nj_routers_forget(struct nj_link *link, uint16_t port, const uint8_t ip[16])
{
	struct nj_router *router = find(&link->routers, port, ip);

	if (router == NULL)
		return;
	router->exists = false;
	choose(link);
}

/* In ----------------------------------------------------------------------------------------- */

static int8_t
preference_of(uint8_t flags)
{
	switch (flags >> PREFERENCE_SHIFT & PREFERENCE_MASK) {
	case 1:
		return 1;
	case 3:
		return -1;
	default: /* 2 is reserved, and read as medium */
		return 0;
	}
}

/* Returns whether it is one of ours now. */
static bool
take(struct nj_link *link, const struct nj_interface *interface, const uint8_t ip[16],
	const struct advertisement *advertisement, nj_ms_t now)
{
	const int8_t preference = preference_of(advertisement->flags);
	const uint32_t lifetime_s = rte_be_to_cpu_16(advertisement->lifetime_s);
	struct nj_router *router = find(&link->routers, interface->port, ip);

	if (lifetime_s == 0) {
		nj_routers_forget(link, interface->port, ip);
		return false;
	}
	if (router == NULL) {
		router = make_place(&link->routers, preference);
		if (router == NULL) {
			link->routers.refused = true;
			return false;
		}
		*router = (struct nj_router){
			.exists = true, .state = NJ_ROUTER_NEW, .port = interface->port};
		memcpy(router->ip, ip, sizeof(router->ip));
	}
	router->preference = preference;
	router->heard = now;
	router->lifetime_ms = lifetime_s * 1000;
	choose(link);
	return true;
}

enum nj_drop
nj_routers_input(struct nj_link *link, const struct nj_interface *interface,
	const struct rte_mbuf *m, nj_ms_t now)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	const struct advertisement *advertisement = (const struct advertisement *)(ip + 1);
	const size_t length = rte_pktmbuf_data_len(m) - NJ_UDP6_OFFSET;
	struct nj_claim claim = {
		.port = interface->port,
		.ip = nj_ip_v6(ip->src_addr),
		.how = NJ_HEARD_ANNOUNCE,
		.override = true,
	};

	if (!nj_ip6_is_link_local(ip->src_addr) || length < sizeof(*advertisement) ||
		!nj_ndp_find_mac((const uint8_t *)(advertisement + 1),
			(uint16_t)(length - sizeof(*advertisement)), NJ_NDP_SOURCE_MAC, &claim.mac))
		return NJ_DROP_NDP_MALFORMED;
	if (!nj_interface_has_ipv6(interface) || nj_own_find(&link->own, &claim.ip) != NULL)
		return NJ_DROP_NONE;
	link->routers.questions[interface->port].left = 0;
	if (!nj_routes_have_default6(&link->routes) &&
		take(link, interface, ip->src_addr, advertisement, now))
		claim.how = NJ_HEARD_QUESTION; /* worth a neighbor (RFC 4861, section 6.3.4) */
	nj_resolve_learn(link, &claim, now);
	return NJ_DROP_NONE;
}

/* Out ---------------------------------------------------------------------------------------- */

static void
ask(struct nj_link *link, const struct nj_interface *interface, nj_ms_t now)
{
	struct nj_router_question *question = &link->routers.questions[interface->port];
	const struct solicitation body = {
		.icmp.type = NJ_NDP_ROUTER_SOLICITATION,
		.option = {NJ_NDP_SOURCE_MAC, 1, interface->mac},
	};
	struct nj_message message = {
		.hop_limit = NJ_MESSAGE_HOP_LIMIT,
		.body = &body,
		.length = sizeof(body),
	};

	question->left--;
	question->asked = now;
	memcpy(message.destination, nj_ip6_all_routers, sizeof(message.destination));
	if (nj_own_answers(&link->own, interface->port, &interface->link_local))
		memcpy(message.source, interface->link_local.v6, sizeof(message.source));
	else
		message.length = offsetof(struct solicitation, option); /* nobody has no MAC */
	nj_message_send(link, interface, &message);
}

void
nj_routers_ask(struct nj_link *link, const struct nj_interface *interface, nj_ms_t now)
{
	if (!nj_interface_has_ipv6(interface) || nj_routes_have_default6(&link->routes))
		return;
	link->routers.questions[interface->port].left = QUESTIONS;
	ask(link, interface, now);
}

/* Time ---------------------------------------------------------------------------------------- */

static void
check_neighbor(struct nj_link *link, struct nj_router *router, nj_ms_t now)
{
	const struct nj_ip ip = nj_ip_v6(router->ip);
	const bool rests =
		router->state == NJ_ROUTER_FAILED && nj_ms_since(now, router->failed) < FAILED_MS;

	if (rests && nj_neighbors_get(&link->neighbors, router->port, &ip) == NULL)
		return;
	switch (nj_resolve_verify(link, router->port, &ip, now)) {
	case NJ_NEIGHBOR_FAILED:
		if (!rests)
			router->failed = now;
		router->state = NJ_ROUTER_FAILED;
		break;
	case NJ_NEIGHBOR_REACHABLE:
		router->state = NJ_ROUTER_ANSWERS;
		break;
	case NJ_NEIGHBOR_FREE:
	case NJ_NEIGHBOR_INCOMPLETE:
	case NJ_NEIGHBOR_STALE:
	case NJ_NEIGHBOR_PROBE:
		break;
	}
}

static void
check(struct nj_link *link, struct nj_router *router, nj_ms_t now)
{
	if (nj_ms_since(now, router->heard) >= router->lifetime_ms)
		router->exists = false;
	else
		check_neighbor(link, router, now);
}

/* Those that were heard when there was no place advertise themselves rarely: they are asked to do
 * so once there is one. */
static void
ask_refused(struct nj_link *link, nj_ms_t now)
{
	if (!link->routers.refused || make_place(&link->routers, -1) == NULL)
		return;
	link->routers.refused = false;
	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++) {
		if (link->interfaces.port[port] != NULL)
			nj_routers_ask(link, link->interfaces.port[port], now);
	}
}

void
nj_routers_tick(struct nj_link *link, nj_ms_t now)
{
	struct nj_routers *routers = &link->routers;

	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++) {
		const struct nj_router_question *question = &routers->questions[port];

		if (question->left > 0 && nj_ms_since(now, question->asked) >= QUESTION_MS)
			ask(link, link->interfaces.port[port], now);
	}
	for (unsigned int i = 0; i < NJ_ROUTERS_MAX; i++) {
		if (routers->all[i].exists)
			check(link, &routers->all[i], now);
	}
	choose(link);
	ask_refused(link, now);
}
