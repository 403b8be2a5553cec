/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether our addresses are ours alone: asked at the start (duplicate address detection, RFC 4862,
 * section 5.4, and RFC 5227), watched and defended for ever after. Manager only.
 */
#ifndef NJ_LINK_DAD_H
#define NJ_LINK_DAD_H

#include "nj_link.h"

/* Makes all our addresses tentative. */
void nj_dad_start(struct nj_link *link, nj_ms_t now);

/* Asks for the tentative ones of a port; they stay so for NJ_DAD_MS from now on. */
void nj_dad_probe(struct nj_link *link, const struct nj_interface *interface, nj_ms_t now);

/* Takes an address without waiting. Returns false where it is none of ours. */
bool nj_dad_keep(struct nj_link *link, const struct nj_ip *ip, nj_ms_t now);

/* Takes those that nobody objected to, and asks again for those that are duplicate. Returns whether
 * any became valid. */
bool nj_dad_tick(struct nj_link *link, nj_ms_t now);

/* Somebody says that he has an address, or asks whether he may have it. */
void nj_dad_claimed(struct nj_link *link, const struct nj_interface *interface,
	const struct nj_ip *ip, const struct rte_ether_addr *mac, nj_ms_t now);
void nj_dad_probed(struct nj_link *link, const struct nj_interface *interface,
	const struct nj_ip *ip, const struct rte_ether_addr *mac, nj_ms_t now);

/* Tells a port's network that an address is here. */
void nj_dad_announce(
	struct nj_link *link, const struct nj_interface *interface, const struct nj_ip *ip);

#endif
