/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Typed readers of one YAML value, for tables of fields (map.h). Each reports at
 * the value's line and column what the key takes, and what it was given.
 */
#ifndef NJ_VALUE_H
#define NJ_VALUE_H

#include "map.h"

bool nj_node_is_null(const yaml_node_t *node);
/* Whether a scalar is a string: quoted, or plain and not null, a bool or a number. */
bool nj_node_is_string(const yaml_node_t *node);
/* A plain whole number, not negative; a plain true or false. Return false for anything else. */
bool nj_node_integer(const yaml_node_t *node, uint64_t *number);
bool nj_node_bool(const yaml_node_t *node, bool *value);

/* Reports "'KEY' must be EXPECTED, not WHAT IS THERE". */
void nj_value_error(struct nj_document *document, const struct nj_field *field,
	const yaml_node_t *node, const char *expected);

nj_read_t nj_read_any;             /* yaml_node_t *: whatever it is */
nj_read_t nj_read_text;            /* yaml_node_t *: a string */
nj_read_t nj_read_string;          /* char *, a copy */
nj_read_t nj_read_bool;            /* bool */
nj_read_t nj_read_u16;             /* uint16_t */
nj_read_t nj_read_u32;             /* uint32_t */
nj_read_t nj_read_duration;        /* uint32_t, ms: 500ms, 60s, 5m, 1h */
nj_read_t nj_read_ip;              /* struct nj_ip */
nj_read_t nj_read_prefix;          /* struct nj_prefix */
nj_read_t nj_read_address;         /* struct nj_address */
nj_read_t nj_read_base64;          /* struct nj_token, its bytes from malloc */
nj_read_t nj_read_base64_unpadded; /* the same where the padding may be left out */
nj_read_t nj_read_map;             /* by field->table, whose offsets count from field->offset */
nj_read_t nj_read_list;            /* an array from calloc, and its number of items */
nj_read_t nj_read_list_node;       /* yaml_node_t *: a list, whose items are read later */
nj_read_t nj_read_unused;          /* nothing: notes that the key is not used */

#endif
