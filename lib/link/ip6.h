/* SPDX-License-Identifier: BSD-3-Clause */
/* Kinds of IPv6 addresses (RFC 4291), and how they are made. Pure; any lcore. */
#ifndef NJ_LINK_IP6_H
#define NJ_LINK_IP6_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_ether.h>

#include "nj_base.h"

static const uint8_t nj_ip6_none[16];
static const uint8_t nj_ip6_all_nodes[16] = {0xff, 0x02, [15] = 1};
static const uint8_t nj_ip6_all_routers[16] = {0xff, 0x02, [15] = 2};

static inline bool
nj_ip6_same(const uint8_t a[16], const uint8_t b[16])
{
	return memcmp(a, b, 16) == 0;
}

static inline bool
nj_ip6_is_none(const uint8_t ip[16])
{
	return nj_ip6_same(ip, nj_ip6_none);
}

static inline bool
nj_ip6_is_multicast(const uint8_t ip[16])
{
	return ip[0] == 0xff;
}

static inline bool
nj_ip6_is_link_local(const uint8_t ip[16])
{
	return ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80;
}

static inline bool
nj_ip_is_link_local(const struct nj_ip *ip)
{
	return ip->family == AF_INET6 && nj_ip6_is_link_local(ip->v6);
}

/* The group that whoever has this address listens to (section 2.7.1). */
static inline void
nj_ip6_solicited(const uint8_t ip[16], uint8_t group[16])
{
	static const uint8_t prefix[13] = {0xff, 0x02, [11] = 1, [12] = 0xff};

	memcpy(group, prefix, sizeof(prefix));
	memcpy(group + sizeof(prefix), ip + sizeof(prefix), 16 - sizeof(prefix));
}

/* Where frames to a group go (RFC 2464, section 7). */
static inline struct rte_ether_addr
nj_ip6_group_mac(const uint8_t group[16])
{
	return (struct rte_ether_addr){{0x33, 0x33, group[12], group[13], group[14], group[15]}};
}

/* The link-local address that a MAC makes (RFC 4291, appendix A). */
static inline struct nj_ip
nj_ip6_from_mac(const struct rte_ether_addr *mac)
{
	const uint8_t *b = mac->addr_bytes;

	return (struct nj_ip){
		.family = AF_INET6,
		.v6 = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, b[0] ^ RTE_ETHER_LOCAL_ADMIN_ADDR, b[1], b[2],
			0xff, 0xfe, b[3], b[4], b[5]},
	};
}

#endif
