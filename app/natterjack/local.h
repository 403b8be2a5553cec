/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker lets through to the local stack: so much a second of each kind, or a flood would
 * fill the ring to the manager, and nobody's address would be found any more.
 */
#ifndef LOCAL_H
#define LOCAL_H

#include <rte_mbuf.h>

#include "nj_bucket.h"
#include "nj_link.h"

/* Each second, from each worker. */
#define LOCAL_NEIGHBORS_PER_SECOND 10000 /* ARP and NDP of neighbors that are known */
#define LOCAL_STRANGERS_PER_SECOND 2000  /* ARP, NDP and MLD of everybody else */
#define LOCAL_PINGS_PER_SECOND     1000  /* other ICMP and ICMPv6 */

struct local_limits {
	struct nj_bucket neighbors, strangers, pings;
};

/* Why a frame for the local stack goes no further; NJ_DROP_NONE: it does. Owner of the limits. */
enum nj_drop local_check(
	struct local_limits *limits, const struct nj_link *link, struct rte_mbuf *m, nj_ms_t now);

#endif
