/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbor discovery for IPv6 (RFC 4861). Manager only. */
#ifndef NJ_LINK_NDP_H
#define NJ_LINK_NDP_H

#include "nj_link.h"

/* Types of ICMPv6 messages that it is made of. */
#define NJ_NDP_ROUTER_SOLICITATION    133
#define NJ_NDP_ROUTER_ADVERTISEMENT   134
#define NJ_NDP_NEIGHBOR_SOLICITATION  135
#define NJ_NDP_NEIGHBOR_ADVERTISEMENT 136
#define NJ_NDP_REDIRECT               137

#define NJ_NDP_SOURCE_MAC 1 /* options */
#define NJ_NDP_TARGET_MAC 2

struct nj_ndp_option_mac {
	uint8_t type, length; /* in units of 8 bytes */
	struct rte_ether_addr mac;
};

/* As nj_link_input(), for a message of one of these types with a right checksum. Leaves the mbuf
 * to its caller. */
enum nj_drop nj_ndp_input(struct nj_link *link, const struct nj_interface *interface,
	struct rte_mbuf *m, nj_ms_t now);

/*
 * Finds the MAC in an option of a type among `length` bytes of options; zero where there is none.
 * Returns false where the options are malformed.
 */
bool nj_ndp_find_mac(
	const uint8_t *options, uint16_t length, uint8_t type, struct rte_ether_addr *mac);

/* Asks for the address of `ip`: the owner of `mac`, or its solicited-node group where it is NULL.
 * Nothing is asked while the port has no IPv6 address that is ours: `::` is for probes (RFC 4861,
 * section 7.2.2). */
void nj_ndp_ask(struct nj_link *link, uint16_t port, const uint8_t ip[16],
	const struct rte_ether_addr *mac);

/* Asks whether anybody has an address that shall be ours (RFC 4862, section 5.4.2). */
void nj_ndp_probe(struct nj_link *link, const struct nj_interface *interface, const uint8_t ip[16]);

/* Tells everybody that `ip` is here (RFC 4861, section 7.2.6). */
void nj_ndp_announce(
	struct nj_link *link, const struct nj_interface *interface, const uint8_t ip[16]);

#endif
