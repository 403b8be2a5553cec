/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YAML files, read by tables: documents whose nodes know their line and column,
 * maps with known keys, typed values; and a report of all that is wrong with a file.
 * Manager only (or before lcores start); plain heap memory, so it runs without the EAL.
 */
#ifndef NJ_YAML_H
#define NJ_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <yaml.h>

#include "nj_base.h"

/* Mistakes --------------------------------------------------------------------------------- */

/* What was wrong with a file, or worth saying of it: lines "FILE:LINE:COLUMN: message". */
struct nj_report {
	unsigned int n_errors;
	char **errors;
	unsigned int n_notes; /* accepted, but not used: "…: note: 'admin' is not used" */
	char **notes;
	struct nj_place *error_places, *note_places; /* where in the file each of them is */
};

/* Counted from 1. */
struct nj_place {
	unsigned int line, column;
};

#define NJ_REPORT_MAX 1000 /* of errors, and of notes: the last says that there are more */

/* Prints notes and errors, a line each, in the order of the file. */
void nj_report_print(const struct nj_report *report, FILE *out);
void nj_report_clear(struct nj_report *report);

/* Add a mistake, or a note, that is found once the file is read and its document closed. */
void nj_report_late_error(struct nj_report *report, const char *file, struct nj_place place,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
void nj_report_late_note(struct nj_report *report, const char *file, struct nj_place place,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A line of the report on `file`, without the folders in front of the file's name: for where room
 * is short. */
const char *nj_report_short(const char *file, const char *line);

/* Documents ------------------------------------------------------------------------------- */

/*
 * One YAML file as a tree of nodes that know their line and column, and where
 * its mistakes go. Duplicate keys, keys that are no strings, and NUL bytes are
 * reported when it is opened, and reading goes on to find what else is wrong.
 * In a document that opens, no alias is inside of what it stands for, so a walk
 * along the tree ends.
 */
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

/* Maps ------------------------------------------------------------------------------------ */

/*
 * YAML maps by table: which keys there may be, how each one's value is read,
 * and where it goes. Everything that is wrong is reported, and reading goes on; what could not be
 * read leaves its place as it was. Afterwards document->failed says whether the whole is good.
 */

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
	const char *const *choices;   /* words, and a NULL behind the last */
	const struct nj_table *named; /* maps from names that the user chooses to such maps */
};

#define NJ_TABLE(array) .fields = (array), .n_fields = sizeof(array) / sizeof((array)[0])

/* Reads the keys of a map by a table. */
void nj_map_read(
	struct nj_document *document, const struct nj_table *table, yaml_node_t *node, void *base);

/* The field of this name, or NULL. */
const struct nj_field *nj_table_find(const struct nj_table *table, const char *name);

/* Called with the path of a key, such as "sessions.ttl" or "ports[].device" ("*" stands for a name
 * that the user chooses), and what it takes. */
typedef void nj_key_visit_t(void *context, const char *path, const struct nj_field *field);

/* Calls `visit` for every key below a table. */
void nj_table_keys(const struct nj_table *table, nj_key_visit_t *visit, void *context);

/* Values ---------------------------------------------------------------------------------- */

/*
 * Typed readers of one YAML value, for tables of fields. Each reports at the
 * value's line and column what the key takes, and what it was given.
 */

bool nj_node_is_null(const yaml_node_t *node);
/* Whether a scalar can be read as text, as Quilkin does where it wants a string: `id: 5` is "5". */
bool nj_node_is_text(const yaml_node_t *node);
/* Whether a scalar is a string: quoted, or plain and not null, a bool or a number. */
bool nj_node_is_string(const yaml_node_t *node);
/* A plain whole number, not negative; a plain true or false. Return false for anything else. */
bool nj_node_integer(const yaml_node_t *node, uint64_t *number);
bool nj_node_bool(const yaml_node_t *node, bool *value);

/* Reports "'KEY' must be EXPECTED, not WHAT IS THERE". */
void nj_value_error(struct nj_document *document, const struct nj_field *field,
	const yaml_node_t *node, const char *expected);

nj_read_t nj_read_any;       /* yaml_node_t *: whatever it is */
nj_read_t nj_read_text;      /* yaml_node_t *: a string */
nj_read_t nj_read_string;    /* char *, a copy */
nj_read_t nj_read_bool;      /* bool */
nj_read_t nj_read_u16;       /* uint16_t */
nj_read_t nj_read_u32;       /* uint32_t */
nj_read_t nj_read_duration;  /* uint32_t, ms: 500ms, 60s, 5m, 1h */
nj_read_t nj_read_ip;        /* struct nj_ip */
nj_read_t nj_read_prefix;    /* struct nj_prefix */
nj_read_t nj_read_address;   /* struct nj_address */
nj_read_t nj_read_choice;    /* unsigned int: which of field->choices; case counts */
nj_read_t nj_read_map;       /* by field->table, whose offsets count from field->offset */
nj_read_t nj_read_list;      /* an array from calloc, and its number of items */
nj_read_t nj_read_list_node; /* yaml_node_t *: a list, whose items are read later */
nj_read_t nj_read_unused;    /* nothing: notes that the key is not used */

/*
 * Base64, as struct nj_bytes with its bytes from malloc. What a scalar without quotation marks
 * stands for is told by how Quilkin comes to read it. Its second era takes the text of a file as it
 * is, `null` and nothing at all, too; but its filters' settings have been written again before, any
 * null as "null" and True as "true". Its first era takes strings alone in a file, and any text but
 * null in filters' settings; there the padding may be left out, and Null and True are strings.
 */
nj_read_t nj_read_base64;
nj_read_t nj_read_base64_setting;
nj_read_t nj_read_base64_first_era;
nj_read_t nj_read_base64_first_era_setting;

/* Names met before ------------------------------------------------------------------------ */

/* Names that were met before, and where: for everything that may be there only once. */
struct nj_seen {
	void *tree;
};

/* Where this name was met first, or NULL where that is here and now. */
const struct nj_place *nj_seen_before(
	struct nj_seen *seen, const char *name, struct nj_place place);
void nj_seen_clear(struct nj_seen *seen);

#endif
