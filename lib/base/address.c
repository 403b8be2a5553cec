/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_base.h"

#include <arpa/inet.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int
nj_ip_parse(const char *text, struct nj_ip *out)
{
	struct nj_ip ip = {0};

	if (inet_pton(AF_INET, text, &ip.v4) == 1)
		ip.family = AF_INET;
	else if (inet_pton(AF_INET6, text, ip.v6) == 1)
		ip.family = AF_INET6;
	else
		return -EINVAL;
	*out = ip;
	return 0;
}

/* Digits only: strtonum would also take a sign or leading spaces. */
static int
parse_number(const char *text, long long min, long long max, long long *out)
{
	const char *error;

	if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
		return -EINVAL;
	*out = strtonum(text, min, max, &error);
	return error == NULL ? 0 : -EINVAL;
}

int
nj_address_parse(const char *text, struct nj_address *out)
{
	char host[NJ_ADDRESS_STRLEN];
	const char *colon = strrchr(text, ':');
	struct nj_address address = {0};
	size_t length;
	long long port;

	if (colon == NULL || parse_number(colon + 1, 0, UINT16_MAX, &port) < 0)
		return -EINVAL;
	length = (size_t)(colon - text);
	if (length == 0 || length >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, length);
	host[length] = '\0';
	if (host[0] == '[') { /* RFC 3986: an IPv6 address stands in brackets before a port */
		if (host[length - 1] != ']')
			return -EINVAL;
		host[length - 1] = '\0';
		if (nj_ip_parse(host + 1, &address.ip) < 0 || address.ip.family != AF_INET6)
			return -EINVAL;
	} else if (nj_ip_parse(host, &address.ip) < 0 || address.ip.family != AF_INET) {
		return -EINVAL;
	}
	address.port = rte_cpu_to_be_16((uint16_t)port);
	*out = address;
	return 0;
}

int
nj_prefix_parse(const char *text, struct nj_prefix *out)
{
	char host[NJ_ADDRESS_STRLEN];
	const char *slash = strchr(text, '/');
	struct nj_prefix prefix = {0};
	long long length;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	if (nj_ip_parse(host, &prefix.ip) < 0)
		return -EINVAL;
	if (parse_number(slash + 1, 0, prefix.ip.family == AF_INET ? 32 : 128, &length) < 0)
		return -EINVAL;
	prefix.length = (uint8_t)length;
	*out = prefix;
	return 0;
}

const char *
nj_ip_format(const struct nj_ip *ip, char buffer[NJ_ADDRESS_STRLEN])
{
	if (ip->family == AF_INET)
		return inet_ntop(AF_INET, &ip->v4, buffer, NJ_ADDRESS_STRLEN);
	if (ip->family == AF_INET6)
		return inet_ntop(AF_INET6, ip->v6, buffer, NJ_ADDRESS_STRLEN);
	strlcpy(buffer, "-", NJ_ADDRESS_STRLEN);
	return buffer;
}

const char *
nj_address_format(const struct nj_address *address, char buffer[NJ_ADDRESS_STRLEN])
{
	char ip[NJ_ADDRESS_STRLEN];
	bool v6 = address->ip.family == AF_INET6;

	nj_ip_format(&address->ip, ip);
	snprintf(buffer, NJ_ADDRESS_STRLEN, "%s%.45s%s:%u", v6 ? "[" : "", ip, v6 ? "]" : "",
		rte_be_to_cpu_16(address->port));
	return buffer;
}

bool
nj_ip_equal(const struct nj_ip *a, const struct nj_ip *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == AF_INET6)
		return memcmp(a->v6, b->v6, sizeof(a->v6)) == 0;
	return a->family != AF_INET || a->v4 == b->v4;
}

bool
nj_address_equal(const struct nj_address *a, const struct nj_address *b)
{
	return a->port == b->port && nj_ip_equal(&a->ip, &b->ip);
}

bool
nj_prefix_contains(const struct nj_prefix *prefix, const struct nj_ip *ip)
{
	const uint8_t *a =
		prefix->ip.family == AF_INET ? (const uint8_t *)&prefix->ip.v4 : prefix->ip.v6;
	const uint8_t *b = ip->family == AF_INET ? (const uint8_t *)&ip->v4 : ip->v6;
	size_t whole = prefix->length / 8;
	unsigned int rest = prefix->length % 8;

	if (prefix->ip.family != ip->family || ip->family == AF_UNSPEC)
		return false;
	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}
