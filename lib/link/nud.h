/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether neighbors are still there: neighbor unreachability detection (RFC 4861, section 7.3), for
 * ARP as for NDP. Manager only.
 */
#ifndef NJ_LINK_NUD_H
#define NJ_LINK_NUD_H

#include "neighbors.h"
#include "nj_link.h"

/* Whether anybody sent to it, or wanted to, since its state began. */
bool nj_nud_is_used(const struct nj_link *link, const struct nj_neighbor *neighbor, nj_ms_t now);

/* `mac`: whom to ask; NULL: everybody. Returns false where it is not its turn yet: the question is
 * due, and the next tick asks. */
bool nj_nud_ask(struct nj_link *link, struct nj_neighbor *neighbor,
	const struct rte_ether_addr *mac, nj_ms_t now);

/* Asks one that is believed to be at `mac`, and uses it meanwhile. */
void nj_nud_probe(struct nj_link *link, struct nj_neighbor *neighbor,
	const struct rte_ether_addr *mac, nj_ms_t now);

/* Asks again, gives up, forgets: whatever is due. */
void nj_nud_tick(struct nj_link *link, nj_ms_t now);

/* The neighbors of a port may be others by now: they are asked again once they are used. */
void nj_nud_doubt(struct nj_link *link, uint16_t port, nj_ms_t now);

#endif
