/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_yaml.h"

#include <limits.h>
#include <string.h>

#include "nj_near.h"

const struct nj_field *
nj_table_find(const struct nj_table *table, const char *name)
{
	for (unsigned int i = 0; i < table->n_fields; i++)
		if (strcmp(table->fields[i].name, name) == 0)
			return &table->fields[i];
	return NULL;
}

static const struct nj_field *
nearest(const struct nj_table *table, const char *word)
{
	const struct nj_field *best = NULL;
	unsigned int best_distance = UINT_MAX;

	for (unsigned int i = 0; i < table->n_fields; i++) {
		unsigned int distance = nj_near(word, table->fields[i].name);

		if (distance < best_distance) {
			best = &table->fields[i];
			best_distance = distance;
		}
	}
	return best;
}

/* Returns the bit of the field that was probably meant, or 0. */
static uint64_t
report_unknown(struct nj_document *document, const struct nj_table *table, const yaml_node_t *key)
{
	const char *word = nj_node_text(key);
	const struct nj_field *meant = nearest(table, word), *other = NULL;
	char text[NJ_NODE_STRLEN];

	nj_node_describe(key, text);
	if (meant == NULL && table->others != NULL)
		other = nearest(table->others, word);
	if (meant == NULL && other == NULL)
		nj_document_error(document, key, "unknown key %s", text);
	else
		nj_document_error(document, key, "unknown key %s, did you mean '%s'?", text,
			meant != NULL ? meant->name : other->name);
	return meant == NULL ? 0 : UINT64_C(1) << (meant - table->fields);
}

static bool
is_mistake(const struct nj_table *table, const yaml_node_t *key)
{
	if (table->open || key->type != YAML_SCALAR_NODE) /* the latter is reported already */
		return false;
	return table->others == NULL || nj_table_find(table->others, nj_node_text(key)) == NULL;
}

static void
report_missing(struct nj_document *document, const struct nj_table *table, const yaml_node_t *node,
	uint64_t seen)
{
	for (unsigned int i = 0; i < table->n_fields; i++)
		if (table->fields[i].required && (seen & UINT64_C(1) << i) == 0)
			nj_document_error(
				document, node, "missing key '%s'", table->fields[i].name);
}

static void
read_value(struct nj_document *document, const struct nj_field *field, const yaml_node_t *key,
	yaml_node_t *value, void *base)
{
	if (field->nullable && nj_node_is_null(value))
		return;
	document->key = key;
	field->read(document, field, value, base);
}

void
nj_map_read(
	struct nj_document *document, const struct nj_table *table, yaml_node_t *node, void *base)
{
	uint64_t seen = 0;

	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(&document->yaml, pair->key);
		yaml_node_t *value = yaml_document_get_node(&document->yaml, pair->value);
		const struct nj_field *field = nj_table_find(table, nj_node_text(key));
		uint64_t bit = field == NULL ? 0 : UINT64_C(1) << (field - table->fields);

		if (field == NULL && is_mistake(table, key)) /* misspelled is not missing, too */
			bit = report_unknown(document, table, key);
		/* The second of two has been reported as a duplicate. */
		else if (field != NULL && (seen & bit) == 0)
			read_value(document, field, key, value, base);
		seen |= bit;
	}
	report_missing(document, table, node, seen);
}
