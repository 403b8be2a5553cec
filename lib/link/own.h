/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses of ours. Which there are is settled before workers start, and any lcore may look them
 * up; their state is the manager's.
 */
#ifndef NJ_LINK_OWN_H
#define NJ_LINK_OWN_H

#include "nj_link.h"

#define NJ_OWN_ADDRESSES_MAX 4096
#define NJ_PORT_ANY          UINT16_MAX

/* Where ARP or NDP answers for an address (NJ_PORT_ANY: on each port), and whether. */
struct nj_own {
	uint16_t port;
	uint8_t state; /* enum nj_own_state; other threads read it relaxed */
	bool conflict_logged, defended;
	nj_ms_t changed;     /* when it became tentative or duplicate */
	nj_ms_t defended_at; /* where it was, within the last NJ_DEFEND_MS */
};

struct nj_own_address {
	rte_be32_t ip;
	struct nj_own own;
};

struct nj_own_address6 {
	uint8_t ip[16];
	struct nj_own own;
};

/* Each in the order of ip. */
struct nj_own_addresses {
	unsigned int n, n6;
	struct nj_own_address all[NJ_OWN_ADDRESSES_MAX];
	struct nj_own_address6 all6[NJ_OWN_ADDRESSES_MAX];
};

/* Returns 0, -EEXIST or -ENOSPC. Before workers start, as the next. */
int nj_own_add(struct nj_own_addresses *own, const struct nj_ip *ip, uint16_t port);
void nj_own_remove_port(struct nj_own_addresses *own, uint16_t port);

/* NULL where the address is not ours. */
struct nj_own *nj_own_find(struct nj_own_addresses *own, const struct nj_ip *ip);

/* The address of a number below n + n6, which is written to *ip. */
struct nj_own *nj_own_at(struct nj_own_addresses *own, unsigned int number, struct nj_ip *ip);

static inline bool
nj_own_is_on(const struct nj_own *own, uint16_t port)
{
	return own->port == port || own->port == NJ_PORT_ANY;
}

/* Whether it is an address of ours that nobody else has. */
bool nj_own_is_valid(struct nj_own_addresses *own, const struct nj_ip *ip);

/* Whether we answer for the address on this port. */
bool nj_own_answers(struct nj_own_addresses *own, uint16_t port, const struct nj_ip *ip);

/* Whether a group is the solicited-node group of an address of ours on this port. */
bool nj_own_in_group(const struct nj_own_addresses *own, uint16_t port, const uint8_t group[16]);

#endif
