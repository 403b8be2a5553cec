/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_yaml.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "duration.h"

#define EXPECTED_STRLEN 120

static void *
place_of(const struct nj_field *field, void *base)
{
	return (char *)base + field->offset;
}

void
nj_value_error(struct nj_document *document, const struct nj_field *field, const yaml_node_t *node,
	const char *expected)
{
	char there[NJ_NODE_STRLEN];

	nj_document_error(document, node, "%s'%s' must be %s, not %s",
		field->each ? "each of " : "", field->name, expected,
		nj_node_describe(node, there));
}

/* A value that does not fit in memory is an error like another. */
static void
report_memory(struct nj_document *document, const yaml_node_t *node)
{
	nj_document_error(document, node, "out of memory");
}

void
nj_read_any(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	*(yaml_node_t **)place_of(field, base) = node;
}

void
nj_read_text(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	size_t length = strlen(nj_node_text(node));

	if (!nj_node_is_text(node))
		nj_value_error(document, field, node, "a string");
	else if (length < field->min)
		nj_document_error(document, node, "%s'%s' must not be empty",
			field->each ? "each of " : "", field->name);
	else
		nj_read_any(document, field, node, base);
}

void
nj_read_string(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	struct nj_field text = *field;
	yaml_node_t *string = NULL;
	char *copy;

	text.offset = 0;
	nj_read_text(document, &text, node, &string);
	if (string == NULL)
		return;
	copy = strdup(nj_node_text(string));
	if (copy == NULL)
		report_memory(document, node);
	*(char **)place_of(field, base) = copy;
}

void
nj_read_bool(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	bool value;

	if (nj_node_bool(node, &value))
		*(bool *)place_of(field, base) = value;
	else
		nj_value_error(document, field, node, "true or false");
}

static bool
read_number(struct nj_document *document, const struct nj_field *field, const yaml_node_t *node,
	uint64_t *number)
{
	char expected[EXPECTED_STRLEN];

	if (nj_node_integer(node, number) && *number >= field->min && *number <= field->max)
		return true;
	snprintf(expected, sizeof(expected), "a whole number from %" PRIu64 " to %" PRIu64,
		field->min, field->max);
	nj_value_error(document, field, node, expected);
	return false;
}

void
nj_read_u16(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	uint64_t number;

	if (read_number(document, field, node, &number))
		*(uint16_t *)place_of(field, base) = (uint16_t)number;
}

void
nj_read_u32(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	uint64_t number;

	if (read_number(document, field, node, &number))
		*(uint32_t *)place_of(field, base) = (uint32_t)number;
}

void
nj_read_duration(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	char expected[EXPECTED_STRLEN], min[NJ_DURATION_STRLEN], max[NJ_DURATION_STRLEN];
	uint64_t ms;

	if (nj_duration_parse(nj_node_text(node), &ms) == 0 && ms >= field->min &&
		ms <= field->max) {
		*(uint32_t *)place_of(field, base) = (uint32_t)ms;
		return;
	}
	snprintf(expected, sizeof(expected),
		"a duration with its unit (500ms, 60s, 5m, 1h), from %s to %s",
		nj_duration_format(field->min, min), nj_duration_format(field->max, max));
	nj_value_error(document, field, node, expected);
}

void
nj_read_ip(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	if (nj_ip_parse(nj_node_text(node), place_of(field, base)) < 0)
		nj_value_error(document, field, node, "an IP address");
}

void
nj_read_prefix(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	if (nj_prefix_parse(nj_node_text(node), place_of(field, base)) < 0)
		nj_value_error(document, field, node,
			"an IP address and a prefix length, like 192.0.2.10/24");
}

void
nj_read_address(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	if (nj_address_parse(nj_node_text(node), place_of(field, base)) < 0)
		nj_value_error(
			document, field, node, "an IP address and a port, like 192.0.2.1:26000");
}

/* Decodes `text`, which a node stands for; NULL where it stands for none. */
static void
read_base64(struct nj_document *document, const struct nj_field *field, const yaml_node_t *node,
	const char *text, bool padded, void *base)
{
	struct nj_bytes *out = place_of(field, base);
	uint8_t *bytes = malloc(text == NULL ? 1 : strlen(text) + 1);
	ssize_t length = -1;

	if (bytes == NULL) {
		report_memory(document, node);
		return;
	}
	if (text != NULL)
		length = nj_base64_decode(text, padded, bytes);
	if (length >= 0 && (uint64_t)length <= field->max) {
		*out = (struct nj_bytes){(uint16_t)length, bytes};
		return;
	}
	free(bytes);
	if (length < 0)
		nj_value_error(document, field, node, "a base64 string");
	else
		nj_document_error(document, node,
			"%s'%s' must be at most %" PRIu64 " bytes long, not %zd",
			field->each ? "each of " : "", field->name, field->max, length);
}

/* What is null, true or false in YAML's core schema, but not in the first era's parser. */
static bool
is_first_era_string(const yaml_node_t *node)
{
	bool yes;

	if (nj_node_is_string(node))
		return true;
	return (nj_node_is_null(node) || nj_node_bool(node, &yes)) &&
	       isupper((unsigned char)nj_node_text(node)[0]);
}

/* Numbers that are written again, as Quilkin does, have lost their sign. */
static bool
is_written_alike(const yaml_node_t *node)
{
	return nj_node_is_string(node) || (nj_node_is_text(node) && nj_node_text(node)[0] != '+');
}

void
nj_read_base64(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	const char *text = node->type == YAML_SCALAR_NODE ? nj_node_text(node) : NULL;

	read_base64(document, field, node, text, true, base);
}

void
nj_read_base64_setting(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	const char *text = is_written_alike(node) ? nj_node_text(node) : NULL;
	bool yes;

	if (nj_node_is_null(node))
		text = "null";
	else if (nj_node_bool(node, &yes))
		text = yes ? "true" : "false";
	read_base64(document, field, node, text, true, base);
}

void
nj_read_base64_first_era(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	const char *text = is_first_era_string(node) ? nj_node_text(node) : NULL;

	read_base64(document, field, node, text, false, base);
}

void
nj_read_base64_first_era_setting(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	bool is_text = is_first_era_string(node) || is_written_alike(node);

	read_base64(document, field, node, is_text ? nj_node_text(node) : NULL, false, base);
}

void
nj_read_map(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	if (node->type == YAML_MAPPING_NODE)
		nj_map_read(document, field->table, node, place_of(field, base));
	else
		nj_value_error(document, field, node, "a map");
}

/* Whether it is a list of a length within the bounds. */
static bool
check_list(struct nj_document *document, const struct nj_field *field, const yaml_node_t *node)
{
	unsigned int n = nj_document_length(node);

	if (node->type != YAML_SEQUENCE_NODE)
		nj_value_error(document, field, node, "a list");
	else if (n < field->min)
		nj_document_error(document, node, "'%s' must not be empty", field->name);
	else if (field->max != 0 && n > field->max)
		nj_document_error(document, node,
			"'%s' must have at most %" PRIu64 " items, not %u", field->name, field->max,
			n);
	else
		return true;
	return false;
}

void
nj_read_list_node(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	if (check_list(document, field, node))
		nj_read_any(document, field, node, base);
}

void
nj_read_list(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	unsigned int n = nj_document_length(node);
	char *items;

	if (!check_list(document, field, node) || n == 0)
		return;
	items = calloc(n, field->item_size);
	if (items == NULL) {
		report_memory(document, node);
		return;
	}
	memcpy(place_of(field, base), &items, sizeof(items)); /* a pointer, to whatever type */
	*(unsigned int *)((char *)base + field->count) = n;
	for (unsigned int i = 0; i < n; i++)
		field->item->read(document, field->item, nj_document_item(document, node, i),
			items + i * field->item_size);
}

void
nj_read_unused(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	nj_document_note(document, document->key, "'%s' is not used", field->name);
}
