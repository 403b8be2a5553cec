/* SPDX-License-Identifier: BSD-3-Clause */
/* Our ports and our addresses; written before workers start, read by any lcore. */
#ifndef NJ_LINK_INTERFACES_H
#define NJ_LINK_INTERFACES_H

#include "nj_link.h"

#define NJ_OWN_ADDRESSES_MAX 4096
#define NJ_PORT_ANY          UINT16_MAX

/* An address of ours, and the port on which ARP or NDP answers for it (NJ_PORT_ANY: on each). */
struct nj_own_address {
	rte_be32_t ip;
	uint16_t port;
};

struct nj_own_address6 {
	uint8_t ip[16];
	uint16_t port;
};

struct nj_interfaces {
	struct nj_interface *port[NJ_PORTS_MAX]; /* by the ethdev's number; NULL: not ours */
	unsigned int n_own;
	struct nj_own_address own[NJ_OWN_ADDRESSES_MAX]; /* in the order of ip */
	unsigned int n_own6;
	struct nj_own_address6 own6[NJ_OWN_ADDRESSES_MAX]; /* in the order of ip */
};

void nj_interfaces_clear(struct nj_interfaces *interfaces);

/* Whether ARP answers for the address on this port. */
bool nj_interfaces_answer(const struct nj_interfaces *interfaces, uint16_t port, rte_be32_t ip);

/* The address of the interface in the longest of its networks that holds `ip`; 0 where none does.
 */
rte_be32_t nj_interface_source(const struct nj_interface *interface, rte_be32_t ip);

#endif
