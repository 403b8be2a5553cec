/* SPDX-License-Identifier: BSD-3-Clause */
#include "filters.h"

#include "nj_yaml.h"

/* One entry of `filters`, as nodes of the file. */
struct filter {
	yaml_node_t *name;
	yaml_node_t *label;  /* or NULL */
	yaml_node_t *config; /* or NULL */
};

#define FILTER(member) .offset = offsetof(struct filter, member)
#define NAME                                                                                       \
	{                                                                                          \
		"name", nj_read_text, FILTER(name), .min = 1, .required = true                     \
	}
#define CONFIG                                                                                     \
	{                                                                                          \
		"config", nj_read_any, FILTER(config), .nullable = true                            \
	}

static const struct nj_field first_era_fields[] = {NAME, CONFIG};
static const struct nj_field second_era_fields[] = {
	NAME, {"label", nj_read_text, FILTER(label), .nullable = true}, CONFIG};
static const struct nj_table tables[] = {
	[NJ_ERA_1] = {NJ_TABLE(first_era_fields)},
	[NJ_ERA_2] = {NJ_TABLE(second_era_fields)},
};

const struct nj_field nj_filter_items[2] = {
	[NJ_ERA_1] = {"filters", nj_read_map, .table = &tables[NJ_ERA_1], .each = true},
	[NJ_ERA_2] = {"filters", nj_read_map, .table = &tables[NJ_ERA_2], .each = true},
};

/* Adds one filter to the policy's chain. No filter is known yet. */
static void
compile(struct nj_document *document, const struct filter *filter, struct nj_policy *policy)
{
	char text[NJ_NODE_STRLEN];

	nj_document_error(
		document, filter->name, "unknown filter %s", nj_node_describe(filter->name, text));
}

void
nj_filters_read(struct nj_document *document, const yaml_node_t *list, struct nj_policy *policy)
{
	const struct nj_field *item = &nj_filter_items[policy->era];

	for (unsigned int i = 0; i < nj_document_length(list); i++) {
		struct filter filter = {0};

		item->read(document, item, nj_document_item(document, list, i), &filter);
		if (filter.name != NULL)
			compile(document, &filter, policy);
	}
}
