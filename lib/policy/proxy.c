/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proxy.yaml: Quilkin's static configuration. The tables read a file into its
 * nodes; the policy is built from those.
 */
#include "nj_policy.h"

#include <stdlib.h>
#include <string.h>

#include "endpoints.h"
#include "localities.h"
#include "nj_yaml.h"

/* What the file says at its top, in either era. */
struct proxy_file {
	char *id;
	uint16_t port, qcmp_port;
	yaml_node_t *filters;
	yaml_node_t *endpoints; /* first era */
	yaml_node_t *clusters;  /* second era */
};

static nj_read_t read_version;
static nj_read_t refuse_control_plane;

#define FILE_AT(member) .offset = offsetof(struct proxy_file, member)

static const struct nj_table second_era;

/* Quilkin 0.1 and 0.2 ------------------------------------------------------------------------ */

static const struct nj_field proxy_fields[] = {
	{"id", nj_read_string, FILE_AT(id), .nullable = true},
	{"port", nj_read_u16, FILE_AT(port), .min = 1, .max = UINT16_MAX},
};
static const struct nj_table proxy_table = {NJ_TABLE(proxy_fields)};

static const struct nj_field static_fields[] = {
	{"filters", nj_read_list_node, FILE_AT(filters), .item = &nj_chain_items[NJ_ERA_1]},
	{"endpoints", nj_read_list_node, FILE_AT(endpoints), .item = &nj_endpoint_item, .min = 1,
		.required = true},
};
static const struct nj_table static_table = {NJ_TABLE(static_fields)};

static const struct nj_field first_era_fields[] = {
	{"version", read_version, .required = true},
	{"proxy", nj_read_map, .table = &proxy_table},
	{"admin", nj_read_unused},
	{"static", nj_read_map, .table = &static_table},
	{"dynamic", refuse_control_plane},
};
static const struct nj_table first_era = {NJ_TABLE(first_era_fields), .others = &second_era};

/* Quilkin 0.3 and later; null is as good as absent where Quilkin takes it so ------------------- */

static const struct nj_field second_era_fields[] = {
	{"version", read_version, .required = true},
	{"id", nj_read_string, FILE_AT(id), .nullable = true},
	{"port", nj_read_u16, FILE_AT(port), .min = 1, .max = UINT16_MAX, .nullable = true},
	{"icao_code", nj_read_unused, .nullable = true},
	{"qcmp_port", nj_read_u16, FILE_AT(qcmp_port), .min = 1, .max = UINT16_MAX,
		.nullable = true},
	{"maxmind_db", nj_read_unused, .nullable = true},
	{"filters", nj_read_list_node, FILE_AT(filters), .item = &nj_chain_items[NJ_ERA_2],
		.nullable = true},
	{"clusters", nj_read_any, FILE_AT(clusters), .item = &nj_locality_item,
		.named = &nj_cluster_table, .nullable = true},
	/* 0.4 and 0.5 have these, too. */
	{"admin", nj_read_unused, .nullable = true},
	{"management_servers", refuse_control_plane, .nullable = true},
};
static const struct nj_table second_era = {NJ_TABLE(second_era_fields), .others = &first_era};

static const struct nj_field roots[] = {
	[NJ_ERA_1] = {"proxy.yaml", nj_read_map, .table = &first_era},
	[NJ_ERA_2] = {"proxy.yaml", nj_read_map, .table = &second_era},
};

static void
read_version(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	if (strcmp(nj_node_text(node), "v1alpha1") != 0)
		nj_value_error(document, field, node, "v1alpha1");
}

static void
refuse_control_plane(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	if (node->type == YAML_SEQUENCE_NODE && nj_document_length(node) == 0)
		return; /* names no server */
	nj_document_error(document, document->key,
		"'%s' (a control plane) is not supported: list the endpoints in this file%s, and "
		"reload it with SIGHUP when they change",
		field->name, strcmp(field->name, "dynamic") == 0 ? ", under 'static:'" : "");
}

/* The era ------------------------------------------------------------------------------------ */

/* The first of the map's keys that one era has and the other does not, or NULL. */
static const yaml_node_t *
find_own_key(struct nj_document *document, const struct nj_table *era)
{
	const yaml_node_t *root = nj_document_root(document);

	for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
		pair < root->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(&document->yaml, pair->key);

		if (nj_table_find(era, nj_node_text(key)) != NULL &&
			nj_table_find(era->others, nj_node_text(key)) == NULL)
			return key;
	}
	return NULL;
}

static enum nj_era
find_era(struct nj_document *document)
{
	const yaml_node_t *root = nj_document_root(document), *first, *second;

	if (root->type != YAML_MAPPING_NODE)
		return NJ_ERA_2;
	first = find_own_key(document, &first_era);
	second = find_own_key(document, &second_era);
	if (first != NULL && second != NULL)
		nj_document_error(document, second,
			"'%s' is a key of Quilkin 0.3 and later, '%s' on line %u of 0.1 and 0.2: a "
			"file is one or the other",
			nj_node_text(second), nj_node_text(first), nj_node_place(first).line);
	if (first != NULL)
		return NJ_ERA_1;
	return second == NULL && nj_document_find(document, root, "admin") != NULL ? NJ_ERA_1
										   : NJ_ERA_2;
}

/* The policy --------------------------------------------------------------------------------- */

static void
check_static(struct nj_document *document)
{
	const yaml_node_t *root = nj_document_root(document);

	if (root->type == YAML_MAPPING_NODE && nj_document_find(document, root, "static") == NULL &&
		nj_document_find(document, root, "dynamic") == NULL)
		nj_document_error(document, root, "missing key 'static'");
}

static void
build_endpoints(
	struct nj_document *document, const struct proxy_file *file, struct nj_policy *policy)
{
	struct nj_endpoints_reader reader = {.document = document, .policy = policy, .scope = ""};

	if (file->clusters != NULL)
		nj_localities_read(&reader, file->clusters);
	if (file->endpoints != NULL && nj_clusters_add(&policy->clusters, NULL) == 0)
		nj_endpoints_read(&reader, file->endpoints);
	nj_seen_clear(&reader.addresses);
}

static void
build(struct nj_document *document, struct nj_policy *policy)
{
	struct proxy_file file = {0};

	policy->era = find_era(document);
	roots[policy->era].read(document, &roots[policy->era], nj_document_root(document), &file);
	if (policy->era == NJ_ERA_1)
		check_static(document);
	policy->id = file.id;
	policy->port = file.port != 0 ? file.port : policy->era == NJ_ERA_1 ? 7000 : 7777;
	policy->qcmp_port = file.qcmp_port;
	build_endpoints(document, &file, policy);
	if (nj_clusters_index(&policy->clusters) < 0)
		nj_document_error(document, nj_document_root(document), "out of memory");
	policy->chain = nj_chain_build(document, file.filters, policy->era, &policy->clusters);
}

struct nj_policy *
nj_policy_load(const char *path, struct nj_report *report)
{
	struct nj_policy *policy = calloc(1, sizeof(*policy));
	struct nj_document document;

	if (policy == NULL || !nj_document_open(&document, path, report)) {
		nj_policy_free(policy);
		return NULL;
	}
	build(&document, policy);
	nj_document_close(&document);
	if (!document.failed)
		return policy;
	nj_policy_free(policy);
	return NULL;
}

void
nj_policy_free(struct nj_policy *policy)
{
	if (policy == NULL)
		return;
	nj_chain_free(policy->chain);
	nj_clusters_clear(&policy->clusters);
	free(policy->id);
	free(policy);
}

void
nj_policy_keys(enum nj_era era, nj_key_visit_t *visit, void *context)
{
	nj_table_keys(roots[era].table, visit, context);
}
