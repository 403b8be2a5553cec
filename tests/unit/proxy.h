/* SPDX-License-Identifier: BSD-3-Clause */
/* For the tests of proxy.yaml: how its texts begin, and a resolver of their own. Include it in one
 * file of a program, after cmocka.h. */
#ifndef PROXY_H
#define PROXY_H

#include <netdb.h>
#include <netinet/in.h>

#include "loading.h"

/* A file of each era up to its first endpoint's address, and what may follow that. */
#define V            "version: v1alpha1\n"
#define E1           V "static:\n  endpoints:\n    - address: "
#define E2           V "clusters:\n  - endpoints:\n    - address: "
#define TOKENS(list) "\n      metadata: {quilkin.dev: {tokens: " list "}}\n"

/* The resolver --------------------------------------------------------------------------------- */

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **result);
void __wrap_freeaddrinfo(struct addrinfo *info);

/* Knows game-1.example.com, with two addresses, and six, with an IPv6 one. */
int
__wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **result)
{
	static struct sockaddr_in v4[2] = {{.sin_family = AF_INET}, {.sin_family = AF_INET}};
	static struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	static struct addrinfo info[3];

	v4[0].sin_addr.s_addr = htonl(0xc0000215); /* 192.0.2.21 */
	v4[1].sin_addr.s_addr = htonl(0xc0000216);
	v6.sin6_addr.s6_addr[0] = 0x20;
	for (size_t i = 0; i < 2; i++)
		info[i] = (struct addrinfo){.ai_family = AF_INET,
			.ai_addr = (struct sockaddr *)&v4[i],
			.ai_next = i == 0 ? &info[1] : NULL};
	info[2] = (struct addrinfo){.ai_family = AF_INET6, .ai_addr = (struct sockaddr *)&v6};
	if (strcmp(node, "game-1.example.com") == 0)
		*result = &info[0];
	else if (strcmp(node, "six") == 0)
		*result = &info[2];
	else
		return EAI_NONAME;
	return 0;
}

void
__wrap_freeaddrinfo(struct addrinfo *info)
{
}

#endif
