/* SPDX-License-Identifier: BSD-3-Clause */
#include "resolve.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 253 /* RFC 1035, section 2.3.4, as text */
#define DIGITS         "0123456789"
#define LETTERS        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static int
parse_port(const char *text, uint16_t *port)
{
	const char *error;

	if (text[0] == '\0' || strspn(text, DIGITS) != strlen(text))
		return -EINVAL;
	*port = (uint16_t)strtonum(text, 0, UINT16_MAX, &error);
	return error == NULL ? 0 : -EINVAL;
}

/* A name that ends in a number is a bad IPv4 address (WHATWG URL), which the resolver might take.
 */
static bool
is_name(const char *name)
{
	const char *last = strrchr(name, '.');

	last = last == NULL ? name : last + 1;
	return name[0] != '\0' && name[0] != '.' && name[0] != '-' &&
	       strspn(name, LETTERS DIGITS "-_.") == strlen(name) &&
	       (*last == '\0' || strspn(last, DIGITS) != strlen(last));
}

static void
take_address(const struct addrinfo *info, struct nj_ip *ip)
{
	*ip = (struct nj_ip){.family = (uint8_t)info->ai_family};
	if (info->ai_family == AF_INET)
		ip->v4 = ((const struct sockaddr_in *)(const void *)info->ai_addr)->sin_addr.s_addr;
	else
		memcpy(ip->v6,
			&((const struct sockaddr_in6 *)(const void *)info->ai_addr)->sin6_addr,
			sizeof(ip->v6));
}

int
nj_resolve(const char *text, struct nj_address *out, const char **why)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
	const char *colon = strrchr(text, ':');
	char name[NAME_MAX_BYTES + 1];
	struct addrinfo *info;
	uint16_t port;
	int ret;

	if (colon == NULL || (size_t)(colon - text) >= sizeof(name) ||
		parse_port(colon + 1, &port) < 0)
		return -EINVAL;
	memcpy(name, text, (size_t)(colon - text));
	name[colon - text] = '\0';
	if (!is_name(name))
		return -EINVAL;
	ret = getaddrinfo(name, NULL, &hints, &info);
	if (ret != 0) {
		*why = gai_strerror(ret);
		return -ENOENT;
	}
	take_address(info, &out->ip);
	out->port = rte_cpu_to_be_16(port);
	freeaddrinfo(info);
	return 0;
}
