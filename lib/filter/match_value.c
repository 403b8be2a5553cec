/* SPDX-License-Identifier: BSD-3-Clause */
#include "match_value.h"

#include <stdlib.h>
#include <string.h>

/* What is owned by a value of a file was allocated, though the type says const. */
union owned {
	const void *read;
	void *own;
};

static bool
report(struct nj_filter_build *build, const yaml_node_t *node)
{
	char there[NJ_NODE_STRLEN];

	nj_filter_error(build, node,
		"'value' must be a string, a whole number, true or false, or a list of these, not "
		"%s",
		nj_node_describe(node, there));
	return false;
}

static bool
read_string(struct nj_filter_build *build, const yaml_node_t *node, struct nj_value *value)
{
	const char *text = nj_node_text(node);
	size_t length = strlen(text);

	if (length > UINT16_MAX) {
		nj_filter_error(build, node, "'value' is longer than any payload");
		return false;
	}
	*value = (struct nj_value){.type = NJ_VALUE_STRING,
		.length = (uint16_t)length,
		.bytes = (const uint8_t *)strdup(text)};
	if (value->bytes == NULL)
		nj_filter_error(build, node, "out of memory");
	return value->bytes != NULL;
}

static bool
read_list(struct nj_filter_build *build, const yaml_node_t *node, struct nj_value *value)
{
	unsigned int n = nj_document_length(node);
	struct nj_value *items = calloc(n + 1, sizeof(*items));
	bool good = n <= UINT16_MAX;

	*value = (struct nj_value){.type = NJ_VALUE_LIST, .list = items};
	if (items == NULL || !good) {
		nj_filter_error(
			build, node, items == NULL ? "out of memory" : "'value' is too long");
		return false;
	}
	value->length = (uint16_t)n;
	for (unsigned int i = 0; i < n; i++)
		good &= match_value_read(
			build, nj_document_item(nj_filter_document(build), node, i), &items[i]);
	return good;
}

bool
match_value_read(struct nj_filter_build *build, const yaml_node_t *node, struct nj_value *value)
{
	uint64_t number;
	bool yes;

	if (node->type == YAML_SEQUENCE_NODE)
		return read_list(build, node, value);
	if (nj_node_is_string(node))
		return read_string(build, node, value);
	if (nj_node_bool(node, &yes))
		*value = (struct nj_value){.type = NJ_VALUE_BOOL, .yes = yes};
	else if (nj_node_integer(node, &number))
		*value = (struct nj_value){.type = NJ_VALUE_NUMBER, .number = (int64_t)number};
	else
		return report(build, node);
	return true;
}

void
match_value_clear(struct nj_value *value)
{
	union owned owned = {.read = NULL};

	if (value->type == NJ_VALUE_STRING)
		owned.read = value->bytes;
	if (value->type == NJ_VALUE_LIST) {
		owned.read = value->list;
		for (unsigned int i = 0; i < value->length; i++)
			match_value_clear((struct nj_value *)owned.own + i);
	}
	free(owned.own);
	*value = (struct nj_value){0};
}
