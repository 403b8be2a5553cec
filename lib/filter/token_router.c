/* SPDX-License-Identifier: BSD-3-Clause */
/* TokenRouter: of the endpoints that are left, those that have the captured token. */
#include "nj_filter.h"

#include <rte_errno.h>

#include "selection.h"
#include "nj_token_index.h"

static_assert(NJ_TOKEN_BULK_MAX >= NJ_BATCH_MAX, "a burst is one look-up");

struct config {
	yaml_node_t *key; /* while it is read */
	unsigned int slot;
	const struct nj_token_index *index;
};

static const struct nj_field fields[] = {
	{"metadataKey", nj_read_text, offsetof(struct config, key)},
};
static const struct nj_table table = {NJ_TABLE(fields)};

static bool
build(struct nj_filter_build *b, void *base)
{
	struct config *config = base;
	const char *key =
		nj_filter_era(b) == NJ_ERA_1 ? "quilkin.dev/captured_bytes" : "quilkin.dev/capture";

	if (config->key != NULL)
		key = nj_node_text(config->key);
	config->slot = nj_filter_slot(b, key);
	config->index = nj_token_index_get(nj_filter_clusters(b));
	if (config->index == NULL)
		nj_filter_error(b, NULL, "the endpoints' tokens: %s", rte_strerror(rte_errno));
	return config->index != NULL;
}

static void
destroy(void *config)
{
	nj_token_index_put(((struct config *)config)->index);
}

/* Only what a router in front of this one has narrowed takes memory. */
static size_t
scratch(const void *config, const struct nj_clusters *clusters)
{
	return nj_token_index_widest(((const struct config *)config)->index) * sizeof(uint32_t);
}

/* Endpoints in common ------------------------------------------------------------------------ */

/* Puts into *a what is in both. Returns NJ_DROP_NONE or why it cannot. */
static enum nj_drop
intersect(struct nj_batch *batch, struct nj_selection *a, const struct nj_selection *b)
{
	const struct nj_selection *few = a->n <= b->n ? a : b, *many = few == a ? b : a;
	uint32_t *common, n = 0;

	/* A single place stays where it lies: as behind a load balancer. */
	if (few->n == 1) {
		if (!selection_contains(many, nj_selection_place(few, 0)))
			return NJ_DROP_TOKEN_UNKNOWN;
		*a = *few;
		return NJ_DROP_NONE;
	}
	common = nj_batch_scratch(batch, few->n * sizeof(*common));
	if (common == NULL)
		return NJ_DROP_FILTER_MEMORY;
	for (uint32_t i = 0; i < few->n; i++)
		if (selection_contains(many, nj_selection_place(few, i)))
			common[n++] = nj_selection_place(few, i);
	*a = (struct nj_selection){n, common};
	return n > 0 ? NJ_DROP_NONE : NJ_DROP_TOKEN_UNKNOWN;
}

/* Packets ------------------------------------------------------------------------------------ */

/* Drops what has no token; what has one is left in the batch, in the order of the queries. */
static void
collect(struct nj_batch *batch, unsigned int slot, struct nj_token_query *queries)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < batch->n; i++) {
		const struct nj_value *value = &batch->datagrams[i]->values[slot];

		if (value->type == NJ_VALUE_BYTES)
			queries[n++] = (struct nj_token_query){value->bytes, value->length};
		else
			nj_batch_drop(batch, batch->datagrams[i],
				value->type == NJ_VALUE_NONE ? NJ_DROP_TOKEN_MISSING
							     : NJ_DROP_TOKEN_TYPE);
	}
	nj_batch_compact(batch);
}

static enum nj_drop
narrow(struct nj_batch *batch, struct nj_selection *endpoints, const struct nj_token_query *query)
{
	const struct nj_selection of_token = {query->n, query->places};

	if (query->n == 0)
		return NJ_DROP_TOKEN_UNKNOWN;
	if (endpoints->places != NULL)
		return intersect(batch, endpoints, &of_token);
	*endpoints = of_token;
	return NJ_DROP_NONE;
}

static void
route(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct config *config = filter->config;
	struct nj_token_query queries[NJ_BATCH_MAX];

	collect(batch, config->slot, queries);
	nj_token_index_find(config->index, queries, batch->n);
	for (unsigned int i = 0; i < batch->n; i++) {
		struct nj_datagram *datagram = batch->datagrams[i];
		enum nj_drop reason = narrow(batch, &datagram->endpoints, &queries[i]);

		if (reason != NJ_DROP_NONE)
			nj_batch_drop(batch, datagram, reason);
	}
	nj_batch_compact(batch);
}

#define TOKEN_ROUTER(its_name, its_eras)                                                           \
	{                                                                                          \
		.name = (its_name), .eras = (its_eras), .table = &table,                           \
		.config_size = sizeof(struct config), .build = build, .destroy = destroy,          \
		.scratch = scratch, .read = route,                                                 \
	}

static struct nj_filter_type type =
	TOKEN_ROUTER("token_router.v1alpha1.TokenRouter", NJ_IN_BOTH_ERAS);
/* Quilkin's faster one, under its name between 0.8 and 0.9. */
static struct nj_filter_type hashed_type =
	TOKEN_ROUTER("token_router.v1alpha1.HashedTokenRouter", NJ_IN_ERA_2);

NJ_FILTER_REGISTER(type)
NJ_FILTER_REGISTER(hashed_type)
