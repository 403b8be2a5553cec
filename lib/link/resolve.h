/* SPDX-License-Identifier: BSD-3-Clause */
/* From an IP address to a link-layer address: who was heard, and who is asked. Manager only. */
#ifndef NJ_LINK_RESOLVE_H
#define NJ_LINK_RESOLVE_H

#include "neighbors.h"
#include "nj_link.h"

/* How a neighbor made itself heard. */
enum nj_heard {
	NJ_HEARD_ANSWER,   /* it answered us: it can be reached */
	NJ_HEARD_QUESTION, /* it asked for us: it is there, and will want an answer */
	NJ_HEARD_ANNOUNCE, /* it told everybody: never a reason to know it */
};

/* Somebody says that an address is at a MAC. */
struct nj_claim {
	uint16_t port;
	struct nj_ip ip;
	struct rte_ether_addr mac; /* zero: it did not say (RFC 4861 lets an answer leave it out) */
	enum nj_heard how;
	bool override; /* the MAC is to be believed over the one that is known; ARP's always */
};

/* Learns a neighbor's address, and sends what waited for it. */
void nj_resolve_learn(struct nj_link *link, const struct nj_claim *claim, nj_ms_t now);

/* Asks whether a router is there, used or not, where nothing is known of it or it was only heard.
 * Returns its state as it was, or as it is now that it has been added; FREE where the table is
 * full. */
enum nj_neighbor_state nj_resolve_verify(
	struct nj_link *link, uint16_t port, const struct nj_ip *ip, nj_ms_t now);

/* Whoever sends over this neighbor is to look for its way again (RFC 4861, section 6.3.5). */
void nj_resolve_renew(struct nj_link *link, uint16_t port, const struct nj_ip *ip);

/* Nobody answers for it; what waited for it is dropped. */
void nj_resolve_fail(struct nj_link *link, struct nj_neighbor *neighbor, nj_ms_t now);

/* Its place is free for another; what waited for it is dropped. */
void nj_resolve_forget(struct nj_link *link, struct nj_neighbor *neighbor);

/* Drops all that waits. */
void nj_resolve_stop(struct nj_link *link);

#endif
