/* SPDX-License-Identifier: BSD-3-Clause */
#include "client_table.h"

#include <errno.h>
#include <stdlib.h>

int
nj_client_table_open(struct nj_client_table *table)
{
	size_t size = sizeof(struct nj_client) * NJ_CLIENT_BUCKETS * NJ_CLIENT_WAYS;

	table->memory = calloc(1, size + RTE_CACHE_LINE_SIZE);
	if (table->memory == NULL)
		return -ENOMEM;
	table->clients = RTE_PTR_ALIGN_CEIL(table->memory, RTE_CACHE_LINE_SIZE);
	arc4random_buf(&table->secret, sizeof(table->secret));
	return 0;
}

void
nj_client_table_close(struct nj_client_table *table)
{
	free(table->memory);
	*table = (struct nj_client_table){0};
}

struct nj_client *
nj_client_table_get(struct nj_client *bucket, const struct nj_flow *key, nj_ms_t now, bool *is_new)
{
	struct nj_client *oldest = &bucket[0];

	*is_new = false;
	for (unsigned int i = 0; i < NJ_CLIENT_WAYS; i++) {
		struct nj_client *client = &bucket[i];

		if (client->used && client->ip == key->src_ip && client->port == key->src_port)
			return client;
		/* A free place is older than any client. */
		if (oldest->used && (!client->used || nj_ms_since(now, client->seen) >
							      nj_ms_since(now, oldest->seen)))
			oldest = client;
	}
	*is_new = true;
	*oldest = (struct nj_client){
		.ip = key->src_ip, .port = key->src_port, .used = true, .seen = now};
	return oldest;
}
