/* SPDX-License-Identifier: BSD-3-Clause */
#include "unicast.h"

#include <string.h>

static const uint8_t zeros[16];

static const char *
v4_flaw(uint32_t ip)
{
	if (ip == 0)
		return "the unspecified address";
	if (ip == UINT32_MAX)
		return "the broadcast address";
	return ip >> 28 == 0xe ? "a multicast address" : NULL;
}

const char *
nj_ip_flaw(const struct nj_ip *ip)
{
	if (ip->family == AF_INET)
		return v4_flaw(rte_be_to_cpu_32(ip->v4));
	if (memcmp(ip->v6, zeros, sizeof(zeros)) == 0)
		return "the unspecified address";
	return ip->v6[0] == 0xff ? "a multicast address" : NULL;
}

bool
nj_ip_is_loopback(const struct nj_ip *ip)
{
	if (ip->family == AF_INET)
		return rte_be_to_cpu_32(ip->v4) >> 24 == 127;
	return memcmp(ip->v6, zeros, 15) == 0 && ip->v6[15] == 1;
}

bool
nj_ip_is_link_only(const struct nj_ip *ip)
{
	return ip->family == AF_INET6 && ip->v6[0] == 0xfe && (ip->v6[1] & 0xc0) == 0x80;
}

bool
nj_ip_is_mapped(const struct nj_ip *ip)
{
	return ip->family == AF_INET6 && memcmp(ip->v6, zeros, 10) == 0 && ip->v6[10] == 0xff &&
	       ip->v6[11] == 0xff;
}

const char *
nj_own_ip_flaw(const struct nj_ip *ip)
{
	if (nj_ip_is_loopback(ip))
		return "a loopback address";
	return nj_ip_is_mapped(ip) ? "an IPv4-mapped address" : nj_ip_flaw(ip);
}

/* Whether all bits behind the prefix are `ones`, or none is. */
static bool
is_host_part(const struct nj_prefix *prefix, bool ones)
{
	bool v4 = prefix->ip.family == AF_INET;
	const uint8_t *bytes = v4 ? (const uint8_t *)&prefix->ip.v4 : prefix->ip.v6;

	for (unsigned int bit = prefix->length; bit < (v4 ? 32 : 128); bit++)
		if (((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) != ones)
			return false;
	return true;
}

const char *
nj_prefix_flaw(const struct nj_prefix *prefix)
{
	bool v4 = prefix->ip.family == AF_INET;
	const char *flaw = nj_own_ip_flaw(&prefix->ip);

	if (flaw != NULL)
		return flaw;
	if (prefix->length >= (v4 ? 31 : 127)) /* RFC 3021, RFC 6164: both are hosts */
		return NULL;
	if (is_host_part(prefix, false))
		return "its network's own address";
	return v4 && is_host_part(prefix, true) ? "its network's broadcast address" : NULL;
}
