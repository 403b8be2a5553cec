/* SPDX-License-Identifier: BSD-3-Clause */
#include "localities.h"

#include <stdlib.h>
#include <string.h>

#include "nj_yaml.h"

/* A run of endpoints and where they are, as nodes of the file. */
struct group {
	char *locality; /* or NULL */
	yaml_node_t *endpoints;
};

/* One named cluster of the map form. */
struct named {
	yaml_node_t *localities, *endpoints; /* either, or both, or none */
};

static nj_read_t read_locality;

static const struct nj_field place_fields[] = {
	{"region", nj_read_text, 0 * sizeof(yaml_node_t *)},
	{"zone", nj_read_text, 1 * sizeof(yaml_node_t *)},
	{"sub_zone", nj_read_text, 2 * sizeof(yaml_node_t *)},
};
static const struct nj_table place_table = {NJ_TABLE(place_fields)};

static const struct nj_field group_fields[] = {
	{"locality", read_locality, offsetof(struct group, locality), .nullable = true,
		.table = &place_table},
	{"endpoints", nj_read_list_node, offsetof(struct group, endpoints), .required = true,
		.item = &nj_endpoint_item},
};
static const struct nj_table group_table = {NJ_TABLE(group_fields)};
const struct nj_field nj_locality_item = {
	"clusters", nj_read_map, .table = &group_table, .each = true};

static const struct nj_field in_map_item = {
	"localities", nj_read_map, .table = &group_table, .each = true};
static const struct nj_field named_fields[] = {
	{"localities", nj_read_list_node, offsetof(struct named, localities), .item = &in_map_item},
	{"endpoints", nj_read_list_node, offsetof(struct named, endpoints),
		.item = &nj_endpoint_item},
};
const struct nj_table nj_cluster_table = {NJ_TABLE(named_fields)};

/* REGION:ZONE:SUB_ZONE, as Quilkin 0.7 writes what was a map before; the rest is left out. */
static char *
join(const yaml_node_t *const parts[3])
{
	const char *text[3];
	char *joined;
	int ret;

	for (size_t i = 0; i < 3; i++)
		text[i] = parts[i] == NULL ? "" : nj_node_text(parts[i]);
	ret = asprintf(&joined, "%s%s%s%s%s", text[0], text[1][0] != '\0' ? ":" : "", text[1],
		text[1][0] != '\0' && text[2][0] != '\0' ? ":" : "",
		text[1][0] != '\0' ? text[2] : "");
	return ret < 0 ? NULL : joined;
}

/* A string in the list form, a map before Quilkin 0.7; both are taken everywhere. */
static void
read_locality(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	yaml_node_t *parts[3] = {0};
	struct group *group = base;

	if (node->type == YAML_MAPPING_NODE) {
		nj_map_read(document, field->table, node, parts);
		group->locality = join((const yaml_node_t *const *)parts);
		return;
	}
	if (!nj_node_is_string(node) || nj_node_text(node)[0] == '\0')
		nj_value_error(document, field, node, "a string, like region:zone:sub_zone");
	else
		group->locality = strdup(nj_node_text(node));
}

/* Within one locality of one cluster an address is there only once. */
static void
read_group(struct nj_endpoints_reader *reader, const struct group *group, const char *cluster)
{
	char *scope;

	if (nj_clusters_add(&reader->policy->clusters, group->locality) < 0 ||
		asprintf(&scope, "%s %s", cluster, group->locality == NULL ? "" : group->locality) <
			0) {
		nj_document_error(
			reader->document, nj_document_root(reader->document), "out of memory");
		return;
	}
	reader->scope = scope;
	nj_endpoints_read(reader, group->endpoints);
	reader->scope = "";
	free(scope);
}

/* The list form: Quilkin means to refuse a second entry of a locality, and so do we. */
static void
check_first(struct nj_endpoints_reader *reader, struct nj_seen *seen, const yaml_node_t *node,
	const struct group *group)
{
	const char *name = group->locality == NULL ? "" : group->locality;
	const struct nj_place *first = nj_seen_before(seen, name, nj_node_place(node));

	if (first == NULL)
		return;
	if (group->locality == NULL)
		nj_document_error(reader->document, node,
			"a second cluster without a locality, first on line %u", first->line);
	else
		nj_document_error(reader->document, node,
			"locality '%s' is there twice, first on line %u", name, first->line);
}

/* `cluster` is its name in the map form; NULL in the list form. */
static void
read_groups(struct nj_endpoints_reader *reader, const yaml_node_t *list,
	const struct nj_field *item, const char *cluster)
{
	struct nj_seen seen = {0};

	for (unsigned int i = 0; i < nj_document_length(list) && !reader->full; i++) {
		yaml_node_t *node = nj_document_item(reader->document, list, i);
		struct group group = {0};

		item->read(reader->document, item, node, &group);
		if (cluster == NULL && node->type == YAML_MAPPING_NODE)
			check_first(reader, &seen, node, &group);
		read_group(reader, &group, cluster == NULL ? "" : cluster);
		free(group.locality);
	}
	nj_seen_clear(&seen);
}

static void
read_named(struct nj_endpoints_reader *reader, const yaml_node_t *name, yaml_node_t *node)
{
	const struct nj_field field = {nj_node_text(name), nj_read_map, .table = &nj_cluster_table};
	struct named named = {0};
	struct group group = {0};

	field.read(reader->document, &field, node, &named);
	read_groups(reader, named.localities, &in_map_item, field.name);
	if (named.endpoints == NULL || reader->full)
		return;
	group.endpoints = named.endpoints;
	read_group(reader, &group, field.name);
}

void
nj_localities_read(struct nj_endpoints_reader *reader, yaml_node_t *clusters)
{
	static const struct nj_field field = {"clusters", NULL};
	yaml_document_t *yaml = &reader->document->yaml;

	switch (clusters->type) {
	case YAML_SEQUENCE_NODE:
		read_groups(reader, clusters, &nj_locality_item, NULL);
		break;
	case YAML_MAPPING_NODE:
		for (const yaml_node_pair_t *pair = clusters->data.mapping.pairs.start;
			pair < clusters->data.mapping.pairs.top && !reader->full; pair++)
			read_named(reader, yaml_document_get_node(yaml, pair->key),
				yaml_document_get_node(yaml, pair->value));
		break;
	case YAML_SCALAR_NODE:
	case YAML_NO_NODE:
		nj_value_error(reader->document, &field, clusters, "a list of clusters");
		break;
	}
}
