/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routers that advertise themselves (RFC 4861, section 6.3): the best is the way to everywhere
 * where no gateway is configured. Prefixes that they advertise are not taken, as addresses are
 * configured.
 *
 * Anybody on the link can advertise any number of them. So each is asked whether it is there, once
 * it is heard and ever after, used or not; one that answers comes before one that does not, and
 * loses its place to nobody. One that does not answer loses it to the next that is heard.
 *
 * The manager is the only writer. Workers read the best one from a ring of published routes: the
 * manager writes the next place, and then its number. A place is written again only after so many
 * more were published, which a reader sees by the number; so it never waits and never reads halves.
 */
#ifndef NJ_LINK_ROUTERS_H
#define NJ_LINK_ROUTERS_H

#include "nj_link.h"

#define NJ_ROUTERS_MAX       8
#define NJ_ROUTERS_PUBLISHED 8 /* places */
#define NJ_ROUTER_WORDS      5

/* A route as words, each of which is loaded and stored whole. */
union nj_published_route {
	struct {
		uint8_t next_hop[16], source[16];
		uint16_t port;
		uint16_t exists;
	};
	uint64_t words[NJ_ROUTER_WORDS];
};

/* Whether its neighbor answers, the best last. */
enum nj_router_state {
	NJ_ROUTER_FAILED,  /* it did not */
	NJ_ROUTER_NEW,     /* it was heard, and has been asked */
	NJ_ROUTER_ANSWERS, /* it did, and not failed to since */
};

struct nj_router {
	bool exists;
	int8_t preference; /* RFC 4191: 1 high, 0 medium, -1 low */
	uint8_t state;     /* enum nj_router_state */
	uint16_t port;
	uint8_t ip[16];
	nj_ms_t heard;
	uint32_t lifetime_ms;
	nj_ms_t failed; /* when it last did */
};

/* Whether routers on a port are still to be asked for. */
struct nj_router_question {
	uint8_t left;
	nj_ms_t asked;
};

struct nj_routers {
	struct nj_router all[NJ_ROUTERS_MAX];
	bool refused; /* one was heard for which there was no place */
	struct nj_router_question questions[NJ_PORTS_MAX];
	uint32_t published; /* how many were; the last is the one that counts */
	union nj_published_route places[NJ_ROUTERS_PUBLISHED];
};

/* Takes a router advertisement, its hop limit and checksum checked. Leaves the mbuf to its caller.
 */
enum nj_drop nj_routers_input(struct nj_link *link, const struct nj_interface *interface,
	const struct rte_mbuf *m, nj_ms_t now);

/* It is no router any more. */
void nj_routers_forget(struct nj_link *link, uint16_t port, const uint8_t ip[16]);

/* Asks a port's routers to advertise themselves, where one is of use. */
void nj_routers_ask(struct nj_link *link, const struct nj_interface *interface, nj_ms_t now);

/* Asks again, forgets who is too old, and publishes the best. After nj_nud_tick(). */
void nj_routers_tick(struct nj_link *link, nj_ms_t now);

/* The way over the best router. Returns 0 or -ENETUNREACH. Any lcore. */
int nj_routers_route(const struct nj_routers *routers, struct nj_route *route);

#endif
