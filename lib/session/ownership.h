/* SPDX-License-Identifier: BSD-3-Clause */
/* How an upstream port is tried: hash the reply's tuple once, then port by port. */
#ifndef OWNERSHIP_H
#define OWNERSHIP_H

#include "nj_session.h"

/* The hash of a tuple as if its destination port were 0. */
uint32_t ownership_hash_without_port(
	const struct nj_ownership *ownership, const struct nj_flow *flow);

/* nj_flow_owner() of that tuple with destination port `port` (host byte order). */
unsigned int ownership_of_port(
	const struct nj_ownership *ownership, bool ipv6, uint32_t hash_without_port, uint16_t port);

#endif
