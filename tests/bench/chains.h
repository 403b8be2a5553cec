/* SPDX-License-Identifier: BSD-3-Clause */
/* The filter chains that are measured, as proxy files. */
#ifndef CHAINS_H
#define CHAINS_H

#include <stdio.h>

#include "nj_policy.h"

#define CHAINS_ENDPOINTS 100 /* of those with a load balancer */

struct chain {
	const char *name;
	void (*write)(FILE *file, bool ipv6);
	unsigned int n_endpoints;
	double more; /* cycles a packet that it may cost beyond no filter */
};

enum {
	CHAIN_NONE, /* the only one for IPv6, too */
	CHAIN_TOKEN,
	CHAIN_HASH,
	CHAIN_FIREWALL,
	CHAIN_ALL,
	CHAINS,
};

extern const struct chain chains[CHAINS];

/* Its policy; ends the program where the file is not good. */
struct nj_policy *chain_load(const struct chain *chain, bool ipv6);

#endif
