/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP for Ethernet and IPv4 (RFC 826, RFC 5227). Manager only. */
#ifndef NJ_LINK_ARP_H
#define NJ_LINK_ARP_H

#include "nj_link.h"

/* As nj_link_input(), for a frame of kind ARP that came in on `interface`. */
enum nj_drop nj_arp_input(struct nj_link *link, const struct nj_interface *interface,
	struct rte_mbuf *m, nj_ms_t now);

/* Asks for the address of `ip`: the owner of `mac`, or everybody where it is NULL. It asks from an
 * address that is ours now, or else from 0.0.0.0, as a probe does (RFC 5227, section 1.1). Without
 * a free mbuf nothing is asked; it will be asked again. */
void nj_arp_ask(
	struct nj_link *link, uint16_t port, rte_be32_t ip, const struct rte_ether_addr *mac);

/* Asks whether anybody has an address that shall be ours (RFC 5227, section 2.1). */
void nj_arp_probe(struct nj_link *link, const struct nj_interface *interface, rte_be32_t ip);

/* Tells everybody that `ip` is here (RFC 5227, section 3). */
void nj_arp_announce(struct nj_link *link, const struct nj_interface *interface, rte_be32_t ip);

#endif
