/* SPDX-License-Identifier: BSD-3-Clause */
/* Concatenate: puts the same bytes before or behind every payload. */
#include "nj_filter.h"

#include <stdlib.h>

enum strategy { APPEND, PREPEND, DO_NOTHING };

static const char *const strategies[] = {
	[APPEND] = "APPEND", [PREPEND] = "PREPEND", [DO_NOTHING] = "DO_NOTHING", NULL};

struct config {
	unsigned int strategy[2]; /* enum strategy, by direction */
	struct nj_bytes bytes;
};

#define ON_READ                                                                                    \
	{                                                                                          \
		"on_read", nj_read_choice, offsetof(struct config, strategy[NJ_DOWNSTREAM]),       \
			.choices = strategies                                                      \
	}
#define ON_WRITE                                                                                   \
	{                                                                                          \
		"on_write", nj_read_choice, offsetof(struct config, strategy[NJ_UPSTREAM]),        \
			.choices = strategies                                                      \
	}
#define BYTES(reader)                                                                              \
	{                                                                                          \
		"bytes", reader, offsetof(struct config, bytes), .max = UINT16_MAX,                \
								 .required = true                  \
	}

static const struct nj_field first_era_fields[] = {
	ON_READ, ON_WRITE, BYTES(nj_read_base64_first_era_setting)};
static const struct nj_field second_era_fields[] = {
	ON_READ, ON_WRITE, BYTES(nj_read_base64_setting)};
static const struct nj_table first_era_table = {NJ_TABLE(first_era_fields)};
static const struct nj_table second_era_table = {NJ_TABLE(second_era_fields)};

static void
defaults(void *base)
{
	struct config *config = base;

	config->strategy[NJ_DOWNSTREAM] = DO_NOTHING;
	config->strategy[NJ_UPSTREAM] = DO_NOTHING;
}

static void
destroy(void *base)
{
	struct config *config = base;

	free(config->bytes.bytes);
}

static bool
concatenate_one(struct nj_datagram *datagram, enum strategy strategy, const struct nj_bytes *bytes)
{
	switch (strategy) {
	case APPEND:
		return nj_payload_append(datagram, bytes->bytes, bytes->length);
	case PREPEND:
		return nj_payload_prepend(datagram, bytes->bytes, bytes->length);
	case DO_NOTHING:
		return true;
	}
	return false;
}

static void
concatenate(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct config *config = filter->config;
	enum strategy strategy = config->strategy[batch->direction];

	for (unsigned int i = 0; i < batch->n; i++)
		if (!concatenate_one(batch->datagrams[i], strategy, &config->bytes))
			nj_batch_drop(batch, batch->datagrams[i], NJ_DROP_TOO_BIG);
	nj_batch_compact(batch);
}

static struct nj_filter_type first_era = {
	.name = "concatenate_bytes.v1alpha1.ConcatenateBytes",
	.eras = NJ_IN_ERA_1,
	.table = &first_era_table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.defaults = defaults,
	.destroy = destroy,
	.read = concatenate,
	.write = concatenate,
};

static struct nj_filter_type second_era = {
	.name = "concatenate.v1alpha1.Concatenate",
	.eras = NJ_IN_ERA_2,
	.table = &second_era_table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.defaults = defaults,
	.destroy = destroy,
	.read = concatenate,
	.write = concatenate,
};

NJ_FILTER_REGISTER(first_era)
NJ_FILTER_REGISTER(second_era)
