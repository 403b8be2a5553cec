/* SPDX-License-Identifier: BSD-3-Clause */
/* What peers say among neighbors, of both families: ARP and NDP. */
#ifndef NEIGHBOR_H
#define NEIGHBOR_H

#include "rig.h"

/* The peer asks who we are, so that we know it; takes our answer. */
void neighbor_meet(struct rig *rig, unsigned int side, const struct nj_ip *ip);

/* It tells everybody of its MAC address: gratuitous ARP, or an unsolicited advertisement. */
void neighbor_announce(struct rig *rig, unsigned int side, const struct nj_ip *ip,
	const struct rte_ether_addr *mac);

/* Whether a frame that left is for neighbors alone; if it is a question it is answered. The frame
 * stays the caller's. */
bool neighbor_took(struct rig *rig, unsigned int side, struct rte_mbuf *m);

#endif
