/* SPDX-License-Identifier: BSD-3-Clause */
/* From an IPv4 address to a link-layer address: who was heard, and who is asked. Manager only. */
#ifndef NJ_LINK_RESOLVE_H
#define NJ_LINK_RESOLVE_H

#include "nj_link.h"

/* How a neighbor made itself heard. */
enum nj_heard {
	NJ_HEARD_ANSWER,   /* it answered us: it can be reached */
	NJ_HEARD_QUESTION, /* it asked for us: it is there, and will want an answer */
	NJ_HEARD_ANNOUNCE, /* it told everybody (gratuitous ARP): never a reason to know it */
};

/* Learns a neighbor's address, and sends what waited for it. */
void nj_resolve_learn(struct nj_link *link, uint16_t port, rte_be32_t ip,
	const struct rte_ether_addr *mac, enum nj_heard how, nj_ms_t now);

/* Asks again, gives up, forgets: whatever is due. */
void nj_resolve_tick(struct nj_link *link, nj_ms_t now);

/* Drops all that waits. */
void nj_resolve_stop(struct nj_link *link);

#endif
