/* SPDX-License-Identifier: BSD-3-Clause */
/* What has to be true of every frame that nj_parse() has let through, whatever it was: the promises
 * of nj_packet.h and nj_icmp.h. */
#ifndef LAWS_H
#define LAWS_H

#include "fuzz.h"

/* `mtu` and `choice` say what is done to the frame; it is left as it is. */
void laws_udp(struct rte_mbuf *m, uint16_t mtu, uint8_t choice, bool checked);
void laws_icmp_error(struct rte_mbuf *m, uint8_t choice);
void laws_fragment(struct rte_mbuf *m);

#endif
