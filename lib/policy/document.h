/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One YAML file as a tree of nodes that know their line and column, and where
 * its mistakes go. Duplicate keys, keys that are no strings, and NUL bytes are
 * reported when it is opened, and reading goes on to find what else is wrong.
 * In a document that opens, no alias is inside of what it stands for, so a walk
 * along the tree ends.
 */
#ifndef NJ_DOCUMENT_H
#define NJ_DOCUMENT_H

#include <yaml.h>

#include "nj_policy.h"

struct nj_document {
	const char *file; /* as messages name it */
	struct nj_report *report;
	bool failed;            /* an error was reported */
	bool cyclic;            /* an alias is inside of what it stands for */
	const yaml_node_t *key; /* the one whose value is being read */
	yaml_document_t yaml;
};

/* Reads and checks a file. Where it returns false, the errors are reported and nothing is open. */
bool nj_document_open(struct nj_document *document, const char *path, struct nj_report *report);
void nj_document_close(struct nj_document *document);

yaml_node_t *nj_document_root(struct nj_document *document);
/* What stands under a key, or NULL where `map` is no map or has no such key. */
yaml_node_t *nj_document_find(
	struct nj_document *document, const yaml_node_t *map, const char *key);
/* A list's length; 0 for anything else. */
unsigned int nj_document_length(const yaml_node_t *list);
/* An item of a list, from 0; NULL where `list` is none or too short. */
yaml_node_t *nj_document_item(
	struct nj_document *document, const yaml_node_t *list, unsigned int i);

struct nj_place nj_node_place(const yaml_node_t *node);
/* A scalar's text; anything else's is "". */
const char *nj_node_text(const yaml_node_t *node);

#define NJ_NODE_STRLEN 80
/* What is there, for messages: 'text', a list, a map, nothing. Returns `buffer`. */
const char *nj_node_describe(const yaml_node_t *node, char buffer[NJ_NODE_STRLEN]);

void nj_document_error(struct nj_document *document, const yaml_node_t *node, const char *format,
	...) __attribute__((format(printf, 3, 4)));
void nj_document_note(struct nj_document *document, const yaml_node_t *node, const char *format,
	...) __attribute__((format(printf, 3, 4)));

#endif
