/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether our addresses are ours alone: asked at the start (duplicate address detection, RFC 4862,
 * section 5.4, and RFC 5227), watched for ever after. Manager only.
 */
#ifndef NJ_LINK_DAD_H
#define NJ_LINK_DAD_H

#include "nj_link.h"

struct nj_dad {
	bool running;
	nj_ms_t started;
	uint64_t conflicts; /* the manager writes, others read relaxed */
};

static inline bool
nj_dad_is_running(const struct nj_dad *dad)
{
	return dad->running;
}

/* Makes all our addresses tentative. */
void nj_dad_start(struct nj_link *link, nj_ms_t now);

/* Asks for the tentative ones of a port. */
void nj_dad_probe(struct nj_link *link, const struct nj_interface *interface);

/* Returns whether the addresses that nobody else has are ours as of now, for the first time. */
bool nj_dad_tick(struct nj_link *link, nj_ms_t now);

/* Somebody says that he has an address, or asks whether he may have it. */
void nj_dad_claimed(struct nj_link *link, const struct nj_interface *interface,
	const struct nj_ip *ip, const struct rte_ether_addr *mac, nj_ms_t now);
void nj_dad_probed(struct nj_link *link, const struct nj_interface *interface,
	const struct nj_ip *ip, const struct rte_ether_addr *mac, nj_ms_t now);

#endif
