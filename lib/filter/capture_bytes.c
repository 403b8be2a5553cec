/* SPDX-License-Identifier: BSD-3-Clause */
/* CaptureBytes, of the first era: the first or last bytes of a payload become metadata. */
#include "affix.h"

#include <stdlib.h>

#define DEFAULT_KEY "quilkin.dev/captured_bytes"

enum strategy { PREFIX, SUFFIX };

static const char *const strategies[] = {[PREFIX] = "PREFIX", [SUFFIX] = "SUFFIX", NULL};

struct config {
	unsigned int strategy; /* enum strategy */
	char *key;             /* NULL: the default */
	struct nj_affix affix;
	unsigned int slot;
};

static const struct nj_field fields[] = {
	{"strategy", nj_read_choice, offsetof(struct config, strategy), .choices = strategies},
	{"size", nj_read_u32, offsetof(struct config, affix.size), .max = UINT32_MAX,
		.required = true},
	{"metadataKey", nj_read_string, offsetof(struct config, key)},
	{"remove", nj_read_bool, offsetof(struct config, affix.remove)},
};
static const struct nj_table table = {NJ_TABLE(fields)};

static void
defaults(void *base)
{
	struct config *config = base;

	config->strategy = SUFFIX;
}

static bool
build(struct nj_filter_build *build, void *base)
{
	struct config *config = base;

	config->affix.at_end = config->strategy == SUFFIX;
	config->slot = nj_filter_slot(build, config->key != NULL ? config->key : DEFAULT_KEY);
	return true;
}

static void
destroy(void *base)
{
	struct config *config = base;

	free(config->key);
}

static size_t
scratch(const void *base, const struct nj_clusters *clusters)
{
	const struct config *config = base;

	return nj_affix_scratch(&config->affix);
}

static void
capture(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct config *config = filter->config;

	nj_affix_capture(&config->affix, batch, config->slot);
	nj_batch_compact(batch);
}

static struct nj_filter_type type = {
	.name = "capture_bytes.v1alpha1.CaptureBytes",
	.eras = NJ_IN_ERA_1,
	.table = &table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.defaults = defaults,
	.build = build,
	.destroy = destroy,
	.scratch = scratch,
	.read = capture,
};

NJ_FILTER_REGISTER(type)
