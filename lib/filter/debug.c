/* SPDX-License-Identifier: BSD-3-Clause */
/* Debug: has every datagram logged by the manager, and lets it through. */
#include "nj_filter.h"

#include <stdlib.h>

struct config {
	char *id; /* or NULL */
};

static const struct nj_field fields[] = {
	{"id", nj_read_string, offsetof(struct config, id), .nullable = true},
};
static const struct nj_table table = {NJ_TABLE(fields)};

static void
destroy(void *base)
{
	struct config *config = base;

	free(config->id);
}

static void
debug(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct config *config = filter->config;

	for (unsigned int i = 0; i < batch->n; i++)
		nj_batch_log(batch, batch->datagrams[i], config->id);
}

static struct nj_filter_type type = {
	.name = "debug.v1alpha1.Debug",
	.eras = NJ_IN_BOTH_ERAS,
	.table = &table,
	.config_size = sizeof(struct config),
	.destroy = destroy,
	.read = debug,
	.write = debug,
};

NJ_FILTER_REGISTER(type)
