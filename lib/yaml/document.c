/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_yaml.h"

#include <stdio.h>
#include <string.h>

#include "load.h"
#include "report.h"

static yaml_node_t *
node_of(struct nj_document *document, int number)
{
	return yaml_document_get_node(&document->yaml, number);
}

/*
 * A node is numbered before what is in it, so only an alias leads from a node
 * to one of a smaller number. Where that one has not ended yet, the alias leads
 * back into itself.
 */
static void
check_edge(struct nj_document *document, const yaml_node_t *from, const yaml_node_t *to)
{
	if (to > from || from->start_mark.index >= to->end_mark.index ||
		to->type == YAML_SCALAR_NODE)
		return;
	nj_document_error(document, to, "an alias of this is inside of it");
	document->cyclic = true;
}

static void
check_scalar(struct nj_document *document, const yaml_node_t *node)
{
	if (memchr(node->data.scalar.value, '\0', node->data.scalar.length) != NULL)
		nj_document_error(document, node, "a NUL byte is not allowed");
}

static void
check_list(struct nj_document *document, const yaml_node_t *list)
{
	for (const yaml_node_item_t *item = list->data.sequence.items.start;
		item < list->data.sequence.items.top; item++)
		check_edge(document, list, node_of(document, *item));
}

static void
check_map(struct nj_document *document, const yaml_node_t *map)
{
	struct nj_seen keys = {0};
	char text[NJ_NODE_STRLEN];

	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
		pair < map->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = node_of(document, pair->key);
		const struct nj_place *first;

		check_edge(document, map, key);
		check_edge(document, map, node_of(document, pair->value));
		if (key->type != YAML_SCALAR_NODE) {
			nj_document_error(document, key, "a key must be a string");
			continue;
		}
		first = nj_seen_before(&keys, nj_node_text(key), nj_node_place(key));
		if (first != NULL)
			nj_document_error(document, key, "duplicate key %s, first on line %u",
				nj_node_describe(key, text), first->line);
	}
	nj_seen_clear(&keys);
}

/* Goes along the array of nodes and not along the tree, so depth and cycles do not matter. */
static void
check_nodes(struct nj_document *document)
{
	for (const yaml_node_t *node = document->yaml.nodes.start; node < document->yaml.nodes.top;
		node++) {
		switch (node->type) {
		case YAML_NO_NODE:
			break;
		case YAML_SCALAR_NODE:
			check_scalar(document, node);
			break;
		case YAML_SEQUENCE_NODE:
			check_list(document, node);
			break;
		case YAML_MAPPING_NODE:
			check_map(document, node);
			break;
		}
	}
}

bool
nj_document_open(struct nj_document *document, const char *path, struct nj_report *report)
{
	*document = (struct nj_document){.file = path, .report = report};
	if (!nj_load(document))
		return false;
	check_nodes(document);
	if (document->cyclic)
		nj_document_close(document);
	return !document->cyclic;
}

void
nj_document_close(struct nj_document *document)
{
	yaml_document_delete(&document->yaml);
}

yaml_node_t *
nj_document_root(struct nj_document *document)
{
	return yaml_document_get_root_node(&document->yaml);
}

yaml_node_t *
nj_document_find(struct nj_document *document, const yaml_node_t *map, const char *key)
{
	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
		pair < map->data.mapping.pairs.top; pair++)
		if (strcmp(nj_node_text(node_of(document, pair->key)), key) == 0)
			return node_of(document, pair->value);
	return NULL;
}

unsigned int
nj_document_length(const yaml_node_t *list)
{
	if (list == NULL || list->type != YAML_SEQUENCE_NODE)
		return 0;
	return (unsigned int)(list->data.sequence.items.top - list->data.sequence.items.start);
}

yaml_node_t *
nj_document_item(struct nj_document *document, const yaml_node_t *list, unsigned int i)
{
	if (i >= nj_document_length(list))
		return NULL;
	return node_of(document, list->data.sequence.items.start[i]);
}

struct nj_place
nj_node_place(const yaml_node_t *node)
{
	return (struct nj_place){
		(unsigned int)node->start_mark.line + 1, (unsigned int)node->start_mark.column + 1};
}

const char *
nj_node_text(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

const char *
nj_node_describe(const yaml_node_t *node, char buffer[NJ_NODE_STRLEN])
{
	const char *text = nj_node_text(node);

	if (node->type != YAML_SCALAR_NODE)
		snprintf(buffer, NJ_NODE_STRLEN, "a %s",
			node->type == YAML_SEQUENCE_NODE ? "list" : "map");
	else if (text[0] == '\0' && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		snprintf(buffer, NJ_NODE_STRLEN, "nothing");
	else
		snprintf(buffer, NJ_NODE_STRLEN, "'%.60s'%s", text, strlen(text) > 60 ? "..." : "");
	for (char *c = buffer; *c != '\0'; c++) /* a message is one line, and drives no terminal */
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return buffer;
}

void
nj_document_error(struct nj_document *document, const yaml_node_t *node, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	nj_report_error(document->report, document->file, nj_node_place(node), format, args);
	va_end(args);
	document->failed = true;
}

void
nj_document_note(struct nj_document *document, const yaml_node_t *node, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	nj_report_note(document->report, document->file, nj_node_place(node), format, args);
	va_end(args);
}
