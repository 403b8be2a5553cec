/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The groups that we are in, told to switches, so that they let neighbor solicitations through
 * (MLD, RFC 3810 and RFC 2710). Manager only.
 */
#ifndef NJ_LINK_MLD_H
#define NJ_LINK_MLD_H

#include "nj_link.h"

#define NJ_MLD_QUERY 130

/* What a port owes to whoever asked last. */
struct nj_mld_debt {
	bool due;
	uint8_t version;
	nj_ms_t at;
};

struct nj_mld {
	struct nj_mld_debt port[NJ_PORTS_MAX];
};

/* Takes a query; others say nothing to us. Leaves the mbuf to its caller. */
void nj_mld_input(struct nj_link *link, const struct nj_interface *interface,
	const struct rte_mbuf *m, nj_ms_t now);

/* Tells the groups of a port without having been asked. */
void nj_mld_announce(struct nj_link *link, const struct nj_interface *interface);

/* Answers what is due. */
void nj_mld_tick(struct nj_link *link, nj_ms_t now);

#endif
