/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers to echo requests of either family, on their way out. Manager only. */
#ifndef NJ_LINK_ECHO_H
#define NJ_LINK_ECHO_H

#include "nj_link.h"

/*
 * Sends an echo reply, whole but for its link-layer addresses, over a route: in fragments where it
 * is larger than the port's MTU, as it is ours to cut (RFC 1122, section 3.3.3; RFC 8200, section
 * 4.5). Returns NJ_DROP_NONE, and the mbuf is taken; or the reason for which nothing is sent, and
 * it stays the caller's: NJ_DROP_TOO_BIG where it takes too many fragments, NJ_DROP_NO_MBUFS.
 */
enum nj_drop nj_echo_send(
	struct nj_link *link, struct rte_mbuf *m, const struct nj_route *route, nj_ms_t now);

#endif
