/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP for IPv4 (RFC 792): echo is answered, all else is taken silently. Manager only. */
#ifndef NJ_LINK_ICMP_H
#define NJ_LINK_ICMP_H

#include "nj_link.h"

/* As nj_link_input(), for a frame of kind ICMP. */
enum nj_drop nj_icmp_input(struct nj_link *link, struct rte_mbuf *m, nj_ms_t now);

#endif
