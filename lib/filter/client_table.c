/* SPDX-License-Identifier: BSD-3-Clause */
#include "client_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PLACES ((size_t)NJ_CLIENT_BUCKETS * NJ_CLIENT_WAYS)

int
nj_client_table_open(struct nj_client_table *table)
{
	table->memory = calloc(1, PLACES * sizeof(*table->clients) + RTE_CACHE_LINE_SIZE);
	table->ip6 = calloc(PLACES, sizeof(*table->ip6));
	if (table->memory == NULL || table->ip6 == NULL) {
		nj_client_table_close(table);
		return -ENOMEM;
	}
	table->clients = RTE_PTR_ALIGN_CEIL(table->memory, RTE_CACHE_LINE_SIZE);
	arc4random_buf(&table->secret, sizeof(table->secret));
	return 0;
}

void
nj_client_table_close(struct nj_client_table *table)
{
	free(table->ip6);
	free(table->memory);
	*table = (struct nj_client_table){0};
}

/* What a client's place says of its address. */
static rte_be32_t
short_ip(const struct nj_flow *key)
{
	uint32_t words[4];

	if (!key->ipv6)
		return key->src_ip;
	memcpy(words, key->src_ip6, sizeof(words));
	return words[0] ^ words[1] ^ words[2] ^ words[3];
}

static bool
is_at(const struct nj_client_table *table, const struct nj_client *client,
	const struct nj_flow *key)
{
	return !key->ipv6 ||
	       memcmp(table->ip6[client - table->clients], key->src_ip6, sizeof(key->src_ip6)) == 0;
}

struct nj_client *
nj_client_table_get(const struct nj_client_table *table, struct nj_client *bucket,
	const struct nj_flow *key, nj_ms_t now, bool *is_new)
{
	const struct nj_client wanted = {.ip = short_ip(key),
		.port = key->src_port,
		.family = key->ipv6 ? AF_INET6 : AF_INET,
		.seen = now};
	struct nj_client *oldest = &bucket[0];

	*is_new = false;
	for (unsigned int i = 0; i < NJ_CLIENT_WAYS; i++) {
		struct nj_client *client = &bucket[i];

		if (client->ip == wanted.ip && client->port == wanted.port &&
			client->family == wanted.family && is_at(table, client, key))
			return client;
		/* A free place is older than any client. */
		if (oldest->family != 0 &&
			(client->family == 0 ||
				nj_ms_since(now, client->seen) > nj_ms_since(now, oldest->seen)))
			oldest = client;
	}
	*is_new = true;
	*oldest = wanted;
	if (key->ipv6)
		memcpy(table->ip6[oldest - table->clients], key->src_ip6, sizeof(key->src_ip6));
	return oldest;
}
