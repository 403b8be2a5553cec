/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_UNICAST_H
#define NJ_UNICAST_H

#include "nj_base.h"

/*
 * What keeps an address from being one host's: "the unspecified address",
 * "a multicast address", "the broadcast address"; NULL where nothing does.
 */
const char *nj_ip_flaw(const struct nj_ip *ip);

/* The same for an address of ours on a network: nor a loopback one, nor an IPv4-mapped one. */
const char *nj_own_ip_flaw(const struct nj_ip *ip);

bool nj_ip_is_loopback(const struct nj_ip *ip);  /* 127.0.0.0/8, ::1 */
bool nj_ip_is_link_only(const struct nj_ip *ip); /* fe80::/10, which IPv4 does not have here */
bool nj_ip_is_mapped(const struct nj_ip *ip);    /* ::ffff:0:0/96, an IPv4 address in IPv6 */

/*
 * The same for an address within its network: nor the network's own address
 * (in IPv6 every router's, RFC 4291 section 2.6.1) or its broadcast address.
 */
const char *nj_prefix_flaw(const struct nj_prefix *prefix);

#endif
