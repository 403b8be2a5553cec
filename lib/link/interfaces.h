/* SPDX-License-Identifier: BSD-3-Clause */
/* Our ports; written before workers start, read by any lcore. */
#ifndef NJ_LINK_INTERFACES_H
#define NJ_LINK_INTERFACES_H

#include "nj_link.h"

struct nj_interfaces {
	struct nj_interface *port[NJ_PORTS_MAX]; /* by the ethdev's number; NULL: not ours */
};

void nj_interfaces_clear(struct nj_interfaces *interfaces);

/* Whether a frame's sender is one of our ports: two of them may lie in one network. */
bool nj_interfaces_have_mac(
	const struct nj_interfaces *interfaces, const struct rte_ether_addr *mac);

/*
 * The address of the interface in the longest of its networks that holds `ip`; for a link-local one
 * its link-local address. Returns false where none does.
 */
bool nj_interface_source(
	const struct nj_interface *interface, const struct nj_ip *ip, struct nj_ip *source);

/* Its address for far destinations of a family: the first, a link-local one only where there is no
 * other. Returns false where it has none. */
bool nj_interface_any_source(
	const struct nj_interface *interface, uint8_t family, struct nj_ip *source);

/*
 * The address to ask a neighbor from: one that is ours at this moment, as who hears the question
 * takes it to be here. As nj_interface_source() where that one is, else any other of the family, a
 * link-local one last. Returns false where none is. Manager only.
 */
bool nj_interface_asker(struct nj_link *link, const struct nj_interface *interface,
	const struct nj_ip *target, struct nj_ip *source);

static inline bool
nj_interface_has_ipv6(const struct nj_interface *interface)
{
	return interface->link_local.family == AF_INET6;
}

#endif
