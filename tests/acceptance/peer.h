/* SPDX-License-Identifier: BSD-3-Clause */
/* Who talks through the proxy: clients and endpoints, of either IP version. */
#ifndef PEER_H
#define PEER_H

#include "rig.h"

#define ENDPOINTS_EACH 100 /* endpoints of each IP version: 0 to 99, and 100 to 199 */

/* The address of an endpoint, 198.51.100.100:26000 or [2001:db8:1::1:0]:26000 and on. */
struct nj_address peer_endpoint(uint32_t number);
/* The number of this address, or UINT32_MAX. */
uint32_t peer_endpoint_number(const struct nj_address *address);

/* 02:00 and the last four bytes of the IP address. */
struct rte_ether_addr peer_mac(const struct nj_ip *ip);

/* The proxy's address of that version on a side. */
struct nj_ip peer_proxy_ip(const struct rig *rig, unsigned int side, uint8_t family);

/* The peer asks who the proxy is, by ARP or NDP, so that it is known too; takes the answer. */
void peer_introduce(struct rig *rig, unsigned int side, const struct nj_ip *ip);

/* Puts a datagram onto a side's receive queue, without polling. */
void peer_send(struct rig *rig, unsigned int side, const struct nj_address *from,
	const struct nj_address *to, const struct nj_bytes *payload);

#endif
