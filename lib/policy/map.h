/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YAML maps by table: which keys there may be, how each one's value is read,
 * and where it goes. Everything that is wrong is reported, and reading goes on; what could not be
 * read leaves its place as it was. Afterwards document->failed says whether the whole is good.
 */
#ifndef NJ_MAP_H
#define NJ_MAP_H

#include "document.h"

struct nj_field;

/* Reads a value into `base` + field->offset. */
typedef void nj_read_t(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base);

struct nj_table {
	const struct nj_field *fields;
	unsigned int n_fields;         /* at most 64 */
	bool open;                     /* other keys are the user's own, not mistakes */
	const struct nj_table *others; /* their keys are no mistakes here: reported elsewhere */
};

struct nj_field {
	const char *name;
	nj_read_t *read;
	size_t offset;
	/* Bounds: of numbers, of durations in ms, of strings' bytes, of lists' lengths (0: none).
	 */
	uint64_t min, max;
	bool required;
	bool nullable;                /* null is as good as absent */
	bool each;                    /* it is not the value of the key, but an item of its list */
	const struct nj_table *table; /* maps */
	const struct nj_field *item;  /* lists; its offset is 0 */
	size_t item_size, count; /* lists: size of an item; offset of their number, unsigned int */
	const struct nj_table *named; /* maps from names that the user chooses to such maps */
};

#define NJ_TABLE(array) .fields = (array), .n_fields = sizeof(array) / sizeof((array)[0])

/* Reads the keys of a map by a table. */
void nj_map_read(
	struct nj_document *document, const struct nj_table *table, yaml_node_t *node, void *base);

/* The field of this name, or NULL. */
const struct nj_field *nj_table_find(const struct nj_table *table, const char *name);

/* Calls `visit` for every key below a table. */
void nj_table_keys(const struct nj_table *table, nj_key_visit_t *visit, void *context);

#endif
