/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMPv6 messages of our own making (RFC 4443). Manager only. */
#ifndef NJ_LINK_MESSAGE_H
#define NJ_LINK_MESSAGE_H

#include "nj_link.h"

#define NJ_MESSAGE_HOP_LIMIT 255 /* of all that concerns one link: nobody farther away has it */

/* The first bytes of each. */
struct nj_icmp6 {
	uint8_t type, code;
	rte_be16_t checksum;
};

struct nj_message {
	uint8_t source[16], destination[16];
	const struct rte_ether_addr *to; /* NULL: the group that `destination` is */
	uint8_t hop_limit;
	bool router_alert; /* behind a header that has routers look at it (RFC 2711) */
	const void *body;  /* from struct nj_icmp6 on; its checksum is filled in */
	uint16_t length;
};

/* Sends it on the interface. Without a free mbuf, or where it does not fit, nothing is sent. */
void nj_message_send(struct nj_link *link, const struct nj_interface *interface,
	const struct nj_message *message);

/* The sum over an ICMPv6 message and its pseudo-header, to the end of the frame: 0xffff where the
 * checksum in it is right. */
uint16_t nj_message_sum(const struct rte_mbuf *m);

#endif
