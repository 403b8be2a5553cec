/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capture, of the second era: the first or last bytes of a payload, or what a
 * regular expression finds in it, become metadata. KEY/is_present says that
 * there is a value; nothing behind this filter sees it false, as a miss is a drop.
 */
#include "affix.h"

#include <stdlib.h>
#include <string.h>

#include "rust_regex.h"

#define DEFAULT_KEY "quilkin.dev/capture"
#define MATCHES_MAX 256 /* of one datagram; those behind them are not captured */

struct config {
	char *key;             /* NULL: the default */
	struct nj_affix affix; /* prefix and suffix alike: there is only one */
	char *pattern;
	struct nj_regex *regex; /* NULL: the affix it is */
	unsigned int slot, present_slot;
	const struct nj_field *strategy; /* while reading: which it is … */
	const yaml_node_t *node;         /* … and what the file has of it */
};

/* Strategies --------------------------------------------------------------------------------- */

static const struct nj_field affix_fields[] = {
	{"size", nj_read_u32, offsetof(struct config, affix.size), .max = UINT32_MAX,
		.required = true},
	{"remove", nj_read_bool, offsetof(struct config, affix.remove)},
};
static const struct nj_table affix_table = {NJ_TABLE(affix_fields)};
static const struct nj_field regex_fields[] = {
	{"pattern", nj_read_string, offsetof(struct config, pattern), .required = true},
};
static const struct nj_table regex_table = {NJ_TABLE(regex_fields)};

static nj_read_t read_strategy;

enum { KEY, PREFIX, SUFFIX, REGEX };

static const struct nj_field fields[] = {
	[KEY] = {"metadataKey", nj_read_string, offsetof(struct config, key)},
	[PREFIX] = {"prefix", read_strategy, .table = &affix_table},
	[SUFFIX] = {"suffix", read_strategy, .table = &affix_table},
	[REGEX] = {"regex", read_strategy, .table = &regex_table},
};
static const struct nj_table table = {NJ_TABLE(fields)};

/* Exactly one; of two both are named, and both are checked. */
static void
read_strategy(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	struct config *config = base;

	if (config->strategy != NULL)
		nj_document_error(document, document->key,
			"'%s' and '%s' are two strategies, and a Capture has one",
			config->strategy->name, field->name);
	config->strategy = field;
	config->node = node;
	nj_read_map(document, field, node, config);
}

/* Building ----------------------------------------------------------------------------------- */

static bool
find_slots(struct nj_filter_build *build, struct config *config)
{
	const char *key = config->key != NULL ? config->key : DEFAULT_KEY;
	char *present;

	if (asprintf(&present, "%s/is_present", key) < 0) {
		nj_filter_error(build, NULL, "out of memory");
		return false;
	}
	config->slot = nj_filter_slot(build, key);
	config->present_slot = nj_filter_slot(build, present);
	free(present);
	return true;
}

static bool
build_regex(struct nj_filter_build *build, struct config *config)
{
	const yaml_node_t *node =
		nj_document_find(nj_filter_document(build), config->node, "pattern");
	char why[NJ_REGEX_WHY_STRLEN];

	config->regex = nj_regex_compile(config->pattern, why);
	if (config->regex == NULL)
		nj_filter_error(build, node, "'pattern': %s", why);
	return config->regex != NULL;
}

static bool
build(struct nj_filter_build *build, void *base)
{
	struct config *config = base;

	if (config->strategy == NULL) {
		nj_filter_error(build, NULL, "one of 'prefix', 'suffix' and 'regex' is missing");
		return false;
	}
	if (!find_slots(build, config))
		return false;
	config->affix.at_end = config->strategy == &fields[SUFFIX];
	return config->strategy != &fields[REGEX] || build_regex(build, config);
}

static void
destroy(void *base)
{
	struct config *config = base;

	nj_regex_free(config->regex);
	free(config->pattern);
	free(config->key);
}

static size_t
state_size(const void *base)
{
	return sizeof(struct nj_regex_worker); /* all zero for the other strategies */
}

static int
state_open(const void *base, void *state, unsigned int worker, unsigned int n_workers)
{
	const struct config *config = base;

	return config->regex != NULL ? nj_regex_worker_open(state) : 0;
}

static void
state_close(void *state)
{
	nj_regex_worker_close(state);
}

static size_t
scratch(const void *base, const struct nj_clusters *clusters)
{
	const struct config *config = base;

	if (config->regex == NULL)
		return nj_affix_scratch(&config->affix);
	return NJ_PAYLOAD_MAX + sizeof(uint64_t) + MATCHES_MAX * sizeof(struct nj_value);
}

/* Capturing ---------------------------------------------------------------------------------- */

static enum nj_drop
capture_regex(const struct config *config, struct nj_regex_worker *worker, struct nj_batch *batch,
	struct nj_datagram *datagram)
{
	struct nj_value matches[MATCHES_MAX], *value = &datagram->values[config->slot], *list;
	struct nj_regex_search search = {.length = nj_payload_length(datagram)};
	uint8_t *copy;
	uint16_t n = 0;

	if (search.length > NJ_PAYLOAD_MAX)
		return NJ_DROP_TOO_BIG;
	copy = nj_batch_scratch(batch, search.length);
	if (copy == NULL)
		return NJ_DROP_FILTER_MEMORY;
	memcpy(copy, nj_payload(datagram), search.length);
	search.bytes = copy;
	while (n < MATCHES_MAX && nj_regex_next(config->regex, worker, &search))
		matches[n++] = (struct nj_value){.type = NJ_VALUE_BYTES,
			.length = (uint16_t)(search.end - search.begin),
			.bytes = copy + search.begin};
	if (n == 0)
		return NJ_DROP_CAPTURE_MISS;
	if (n == 1) {
		*value = matches[0];
		return NJ_DROP_NONE;
	}
	list = nj_batch_scratch(batch, n * sizeof(*list));
	if (list == NULL)
		return NJ_DROP_FILTER_MEMORY;
	memcpy(list, matches, n * sizeof(*list));
	*value = (struct nj_value){.type = NJ_VALUE_LIST, .length = n, .list = list};
	return NJ_DROP_NONE;
}

static void
capture_matches(const struct config *config, void *state, struct nj_batch *batch)
{
	for (unsigned int i = 0; i < batch->n; i++) {
		enum nj_drop drop = capture_regex(config, state, batch, batch->datagrams[i]);

		if (drop != NJ_DROP_NONE)
			nj_batch_drop(batch, batch->datagrams[i], drop);
	}
}

static void
capture(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct config *config = filter->config;

	if (config->regex != NULL)
		capture_matches(config, state, batch);
	else
		nj_affix_capture(&config->affix, batch, config->slot);
	nj_batch_compact(batch);
	for (unsigned int i = 0; i < batch->n; i++)
		batch->datagrams[i]->values[config->present_slot] =
			(struct nj_value){.type = NJ_VALUE_BOOL, .yes = true};
}

static struct nj_filter_type type = {
	.name = "capture.v1alpha1.Capture",
	.eras = NJ_IN_ERA_2,
	.table = &table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.build = build,
	.destroy = destroy,
	.state_size = state_size,
	.state_open = state_open,
	.state_close = state_close,
	.scratch = scratch,
	.read = capture,
};

NJ_FILTER_REGISTER(type)
