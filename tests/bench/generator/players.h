/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two ends of every session: clients that follow from the session's number,
 * one endpoint, and the upstream addresses that a proxy gave them, which are
 * learned from its datagrams.
 *
 * Whoever is between returns a datagram to where it came from, and what it has
 * to look like then is up to him.
 */
#ifndef PLAYERS_H
#define PLAYERS_H

#include "probe.h"

#define PLAYERS_MAX 10000000

/* Of IPv4, in host byte order; without u the shift would be into the sign. */
#define PLAYERS_US       RTE_IPV4(192u, 0, 2, 2) /* the router that everybody is behind */
#define PLAYERS_PROXY    RTE_IPV4(192u, 0, 2, 1)
#define PLAYERS_LISTENER 7777
#define PLAYERS_ENDPOINT RTE_IPV4(198u, 51, 100, 2)
#define PLAYERS_SERVER   26000                 /* the endpoint's port */
#define PLAYERS_CLIENTS  RTE_IPV4(10, 1, 0, 0) /* the first of 256 client addresses */

enum players_expect {
	EXPECT_NOTHING, /* no frame comes back */
	EXPECT_SAME,    /* as it was sent */
	EXPECT_SOURCE,  /* from another source */
	EXPECT_PROXY,   /* to the endpoint from an upstream address, and to the client */
};

struct player {
	rte_be32_t upstream_ip;
	rte_be16_t upstream_port;
	uint16_t open; /* it has been heard of, from both ends where there are two */
};

struct players {
	enum players_expect expect;
	uint32_t n, n_open; /* those with numbers below n_open are open, at least */
	struct player *all; /* PLAYERS_MAX, of memory that is used as far as needed */
};

/* Ends the program where there is no memory. */
void players_init(struct players *players, enum players_expect expect);

/* How a session's next datagram leaves here. */
struct probe_flow players_flow(
	const struct players *players, uint32_t session, enum probe_direction direction);

/* Whether a frame that came back looks as it has to; a proxy's upstream address is learned. */
bool players_learn(struct players *players, const struct probe *probe);

/* The same for a session that is open; nothing is learned. */
bool players_know(const struct players *players, const struct probe *probe);

#endif
