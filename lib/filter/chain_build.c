/* SPDX-License-Identifier: BSD-3-Clause */
/* From a file's list of filters to a chain. */
#include "chain.h"

#include <bsd/string.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry.h"

#define NESTED_MAX 16 /* a filter in a filter in a filter …: nobody writes that by hand */

struct nj_filter_build {
	struct nj_chain *chain;
	struct nj_document *document;
	enum nj_era era;
	const yaml_node_t *here; /* the filter's config, or its name where it has none */
	unsigned int depth;
	const char *path; /* of what is being built */
};

#define NAME                                                                                       \
	{                                                                                          \
		"name", nj_read_text, .offset = offsetof(struct nj_nested, name), .min = 1,        \
				      .required = true                                             \
	}
#define CONFIG                                                                                     \
	{                                                                                          \
		"config", nj_read_any, .offset = offsetof(struct nj_nested, config),               \
				       .nullable = true                                            \
	}
#define LABEL                                                                                      \
	{                                                                                          \
		"label", nj_read_text, .offset = offsetof(struct nj_nested, label),                \
				       .nullable = true                                            \
	}

static const struct nj_field first_era_fields[] = {NAME, CONFIG};
static const struct nj_field second_era_fields[] = {NAME, LABEL, CONFIG};
static const struct nj_table first_era_table = {NJ_TABLE(first_era_fields)};
static const struct nj_table second_era_table = {NJ_TABLE(second_era_fields)};

const struct nj_field nj_chain_items[2] = {
	[NJ_ERA_1] = {"filters", nj_read_map, .table = &first_era_table, .each = true},
	[NJ_ERA_2] = {"filters", nj_read_map, .table = &second_era_table, .each = true},
};

/* Settings as text --------------------------------------------------------------------------- */

static void
print_node(struct nj_document *document, const yaml_node_t *node, FILE *out)
{
	if (node == NULL) {
		fputs("~", out);
	} else if (node->type == YAML_SCALAR_NODE) {
		/* With its length, as it may hold anything; and "5" is not 5. */
		fprintf(out, "%c%zu:%s", nj_node_is_string(node) ? 's' : 'p',
			strlen(nj_node_text(node)), nj_node_text(node));
	} else if (node->type == YAML_SEQUENCE_NODE) {
		fputs("[", out);
		for (unsigned int i = 0; i < nj_document_length(node); i++)
			print_node(document, nj_document_item(document, node, i), out);
		fputs("]", out);
	} else if (node->type == YAML_MAPPING_NODE) {
		fputs("{", out);
		for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
			pair < node->data.mapping.pairs.top; pair++) {
			print_node(
				document, yaml_document_get_node(&document->yaml, pair->key), out);
			print_node(document, yaml_document_get_node(&document->yaml, pair->value),
				out);
		}
		fputs("}", out);
	}
}

static char *
settings_text(struct nj_document *document, const struct nj_nested *entry)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	print_node(document, entry->name, out);
	print_node(document, entry->label, out);
	print_node(document, entry->config, out);
	fclose(out);
	return text;
}

/* Nodes -------------------------------------------------------------------------------------- */

/* A new node at the end, or -1. */
static int
append_node(struct nj_chain *chain)
{
	unsigned int n = chain->n_nodes;
	struct chain_node *nodes = reallocarray(chain->nodes, n + 1, sizeof(*nodes));

	if (nodes == NULL)
		return -1;
	chain->nodes = nodes;
	chain->n_nodes++;
	nodes[n] = (struct chain_node){0};
	return (int)n;
}

static const struct nj_filter_type *
find_type(struct nj_document *document, const struct nj_nested *entry, enum nj_era era)
{
	const char *name = nj_node_text(entry->name);
	const struct nj_filter_type *type = nj_filter_find(name, era);
	enum nj_era other = era == NJ_ERA_1 ? NJ_ERA_2 : NJ_ERA_1;

	if (type != NULL)
		return type;
	if (registry_find(name, other, other) != NULL || registry_find(name, other, era) != NULL)
		nj_document_error(document, entry->name,
			"filter '%s' belongs to files of Quilkin %s, and this is not one", name,
			other == NJ_ERA_1 ? "0.1 and 0.2" : "0.3 and later");
	else
		nj_document_error(document, entry->name, "unknown filter '%s'", name);
	return NULL;
}

static bool
read_config(struct nj_filter_build *build, const struct nj_filter_type *type,
	const struct nj_nested *entry, void *config)
{
	struct nj_document *document = build->document;
	bool failed_before = document->failed;
	bool good;

	if (type->defaults != NULL)
		type->defaults(config);
	if (entry->config == NULL && type->config_required) {
		nj_document_error(
			document, entry->name, "filter '%s' needs a 'config'", type->name);
		return false;
	}
	if (entry->config != NULL && type->table == NULL) {
		nj_document_error(
			document, entry->config, "filter '%s' takes no 'config'", type->name);
		return false;
	}
	/* Only what is wrong here shall keep it from being built further. */
	document->failed = false;
	if (entry->config != NULL)
		nj_map_read(document, type->table, entry->config, config);
	good = !document->failed;
	document->failed |= failed_before;
	return good;
}

/* Returns the node's number, or -1 after reporting why there is none. */
static int
add_node(struct nj_filter_build *outer, const struct nj_filter_type *type,
	const struct nj_nested *entry, const char *path)
{
	struct nj_filter_build build = *outer;
	struct nj_chain *chain = outer->chain;
	int n = append_node(chain);
	void *config;

	if (n < 0)
		goto no_memory;
	build.here = entry->config != NULL ? entry->config : entry->name;
	build.depth++;
	build.path = path;
	config = calloc(1, RTE_MAX(type->config_size, (size_t)1));
	chain->nodes[n].filter = (struct nj_filter){type, config, NULL};
	chain->nodes[n].path = strdup(path);
	chain->nodes[n].settings = settings_text(build.document, entry);
	if (config == NULL || chain->nodes[n].path == NULL || chain->nodes[n].settings == NULL)
		goto no_memory;
	if (entry->label != NULL) {
		chain->nodes[n].filter.label = strdup(nj_node_text(entry->label));
		if (chain->nodes[n].filter.label == NULL)
			goto no_memory;
	}
	if (!read_config(&build, type, entry, config))
		return -1;
	/* Nested filters may move the nodes, not what they point to. */
	if (type->build != NULL && !type->build(&build, config))
		return -1;
	return n;

no_memory:
	nj_document_error(build.document, entry->name, "out of memory");
	return -1;
}

/* The file's list ---------------------------------------------------------------------------- */

static void
add_entry(struct nj_filter_build *build, yaml_node_t *node)
{
	const struct nj_field *item = &nj_chain_items[build->era];
	struct nj_nested entry = {0};
	const struct nj_filter_type *type;
	char path[16];
	int n;

	item->read(build->document, item, node, &entry);
	if (entry.name == NULL)
		return;
	type = find_type(build->document, &entry, build->era);
	snprintf(path, sizeof(path), "%u", build->chain->n_top);
	n = type == NULL ? -1 : add_node(build, type, &entry, path);
	if (n < 0)
		return;
	build->chain->top[build->chain->n_top++] = (unsigned int)n;
	build->chain->busy[NJ_DOWNSTREAM] |= type->read != NULL;
	build->chain->busy[NJ_UPSTREAM] |= type->write != NULL;
}

struct nj_chain *
nj_chain_build(struct nj_document *document, yaml_node_t *list, enum nj_era era,
	const struct nj_clusters *clusters)
{
	unsigned int n = list == NULL ? 0 : nj_document_length(list);
	bool failed_before = document->failed;
	struct nj_filter_build build = {.document = document, .era = era};

	build.chain = calloc(1, sizeof(*build.chain));
	if (build.chain == NULL)
		return NULL;
	build.chain->clusters = clusters;
	build.chain->top = calloc(n + 1, sizeof(*build.chain->top));
	document->failed = build.chain->top == NULL;
	for (unsigned int i = 0; i < n && build.chain->top != NULL; i++)
		add_entry(&build, nj_document_item(document, list, i));
	if (document->failed) {
		nj_chain_free(build.chain);
		return NULL;
	}
	document->failed = failed_before;
	return build.chain;
}

/* What a filter's build() may ask ------------------------------------------------------------ */

unsigned int
nj_filter_slot(struct nj_filter_build *build, const char *name)
{
	struct nj_chain *chain = build->chain;
	char **names;

	for (unsigned int i = 0; i < chain->n_slots; i++)
		if (strcmp(chain->slot_names[i], name) == 0)
			return i;
	names = reallocarray(chain->slot_names, chain->n_slots + 1, sizeof(*names));
	if (names != NULL) {
		chain->slot_names = names;
		names[chain->n_slots] = strdup(name);
	}
	if (names == NULL || names[chain->n_slots] == NULL) {
		nj_document_error(build->document, build->here, "out of memory");
		return 0;
	}
	return chain->n_slots++;
}

const struct nj_clusters *
nj_filter_clusters(const struct nj_filter_build *build)
{
	return build->chain->clusters;
}

enum nj_era
nj_filter_era(const struct nj_filter_build *build)
{
	return build->era;
}

struct nj_document *
nj_filter_document(struct nj_filter_build *build)
{
	return build->document;
}

void
nj_filter_error(struct nj_filter_build *build, const yaml_node_t *node, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	nj_document_error(build->document, node != NULL ? node : build->here, "%s", text);
}

static int
add_nested(struct nj_filter_build *build, const struct nj_filter_type *type,
	const struct nj_nested *entry, const char *place)
{
	char *path;
	int n;

	if (build->depth >= NESTED_MAX) {
		nj_document_error(build->document, entry->name,
			"filters are nested more than %u times here", NESTED_MAX);
		return -1;
	}
	if (asprintf(&path, "%s/%s", build->path, place) < 0) {
		nj_document_error(build->document, entry->name, "out of memory");
		return -1;
	}
	n = add_node(build, type, entry, path);
	free(path);
	return n;
}

int
nj_filter_nested(struct nj_filter_build *build, const struct nj_nested *nested, const char *place)
{
	struct nj_nested entry = *nested;
	const struct nj_filter_type *type = find_type(build->document, &entry, build->era);

	if (entry.config != NULL && nj_node_is_null(entry.config))
		entry.config = NULL;
	return type == NULL ? -1 : add_nested(build, type, &entry, place);
}

int
nj_filter_nested_named(struct nj_filter_build *build, const char *name, const char *place)
{
	struct nj_nested entry = {.name = NULL};
	yaml_node_t here = *build->here;
	const struct nj_filter_type *type = nj_filter_find(name, build->era);

	entry.name = &here; /* a place for messages; the settings are the outer filter's */
	return type == NULL ? -1 : add_nested(build, type, &entry, place);
}
