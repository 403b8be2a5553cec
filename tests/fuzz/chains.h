/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains of proxy files, run without a data path, and what has to be true of them. */
#ifndef CHAINS_H
#define CHAINS_H

#include "fuzz.h"
#include "nj_policy.h"

/* NULL where the file is not good; then its mistakes are reported, and otherwise none is. Host
 * names are looked up by nobody: one that begins with x is not known, any other is 198.51.100.100.
 */
struct nj_policy *chains_load(const void *text, size_t length);

/*
 * Sends one datagram through a chain that is open, and checks that it comes out once, in the
 * parser's shape and with right checksums, or is dropped once. Returns what came out, to be freed,
 * or NULL. Without endpoints there is no way downstream, and the chain is not run.
 */
struct rte_mbuf *chains_run(const struct nj_policy *policy, enum nj_direction direction,
	uint16_t client_port, const void *payload, uint16_t length, nj_ms_t now);

#endif
