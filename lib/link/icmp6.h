/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMPv6 (RFC 4443): echo is answered, NDP and MLD are served, all else is taken silently. Manager
 * only. */
#ifndef NJ_LINK_ICMP6_H
#define NJ_LINK_ICMP6_H

#include "nj_link.h"

/* As nj_link_input(), for a frame of kind ICMP6 that came in on `interface`. */
enum nj_drop nj_icmp6_input(struct nj_link *link, const struct nj_interface *interface,
	struct rte_mbuf *m, nj_ms_t now);

#endif
