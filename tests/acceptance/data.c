/* SPDX-License-Identifier: BSD-3-Clause */
#include "data.h"

#include <stdlib.h>
#include <string.h>

#include "frame.h"

#define PAYLOAD_MAX   1800 /* what fits in one buffer, and is more than the MTU */
#define ENDPOINTS_MAX 200

/* Payloads ----------------------------------------------------------------------------------- */

struct payload_text {
	yaml_node_t *hex, *text;
	uint32_t times;
};

#define PAYLOAD_AT(member) .offset = offsetof(struct payload_text, member)

static const struct nj_field payload_fields[] = {
	{"hex", nj_read_any, PAYLOAD_AT(hex)},
	{"text", nj_read_any, PAYLOAD_AT(text)},
	{"times", nj_read_u32, PAYLOAD_AT(times), .min = 0, .max = PAYLOAD_MAX},
};
static const struct nj_table payload_table = {NJ_TABLE(payload_fields)};

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* Blanks may stand between bytes. Returns the length, or -1. */
static int
decode_hex(const char *text, uint8_t *bytes)
{
	int n = 0;

	while (*text != '\0') {
		if (*text == ' ') {
			text++;
			continue;
		}
		if (n == PAYLOAD_MAX || hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0)
			return -1;
		bytes[n++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		text += 2;
	}
	return n;
}

/* Returns the length, or -1. */
static int
repeat(const char *text, uint32_t times, uint8_t *bytes)
{
	size_t length = strlen(text);

	if (length * times > PAYLOAD_MAX)
		return -1;
	for (uint32_t i = 0; i < times; i++)
		memcpy(bytes + i * length, text, length);
	return (int)(length * times);
}

static void
read_payload(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	struct nj_bytes *payload = (struct nj_bytes *)((char *)base + field->offset);
	struct payload_text given = {.text = node, .times = 1};
	int length;

	if (node->type == YAML_MAPPING_NODE) {
		given.text = NULL;
		nj_map_read(document, &payload_table, node, &given);
	}
	payload->bytes = malloc(PAYLOAD_MAX);
	if (given.hex != NULL)
		length = decode_hex(nj_node_text(given.hex), payload->bytes);
	else
		length = given.text == NULL
				 ? -1
				 : repeat(nj_node_text(given.text), given.times, payload->bytes);
	if (length < 0)
		nj_value_error(document, field, node, "a string, {hex: …} or {text: …, times: N}");
	else
		payload->length = (uint16_t)length;
}

/* Rows --------------------------------------------------------------------------------------- */

static const struct nj_field number_item = {
	"to", nj_read_u32, .min = 0, .max = ENDPOINTS_MAX - 1, .each = true};
static const struct nj_field one_of_fields[] = {
	{"one_of", nj_read_list, .offset = offsetof(struct data_endpoints, numbers),
		.item = &number_item, .item_size = sizeof(uint32_t),
		.count = offsetof(struct data_endpoints, n), .min = 1, .required = true},
};
static const struct nj_table one_of_table = {NJ_TABLE(one_of_fields)};

static void
read_targets(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	struct data_row *row = base;

	if (node->type == YAML_MAPPING_NODE)
		nj_map_read(document, &one_of_table, node, &row->one_of);
	else
		nj_read_list(document, &one_of_fields[0], node, &row->to);
}

static void
read_drop(struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	struct data_row *row = base;

	for (unsigned int reason = NJ_DROP_NONE + 1; reason < NJ_DROP_COUNT; reason++)
		if (strcmp(nj_node_text(node), nj_drop_name(reason)) == 0)
			row->drop = reason;
	if (row->drop == NJ_DROP_NONE)
		nj_value_error(document, field, node, "the name of a reason for drops");
}

static void
read_direction(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	struct data_row *row = base;

	row->write = strcmp(nj_node_text(node), "write") == 0;
	if (!row->write && strcmp(nj_node_text(node), "read") != 0)
		nj_value_error(document, field, node, "read or write");
}

#define ROW_AT(member) .offset = offsetof(struct data_row, member)

static const struct nj_field row_fields[] = {
	{"wait", nj_read_duration, ROW_AT(wait_ms), .min = 1, .max = 3600 * 1000},
	{"direction", read_direction},
	{"endpoint", nj_read_u32, ROW_AT(endpoint), .min = 0, .max = ENDPOINTS_MAX - 1},
	{"from", nj_read_address, ROW_AT(from)},
	{"in", read_payload, ROW_AT(in)},
	{"out", read_payload, ROW_AT(out)},
	{"drop", read_drop},
	{"to", read_targets},
};
static const struct nj_table row_table = {NJ_TABLE(row_fields)};

static void
check_row(struct nj_document *document, const struct data_row *row, const yaml_node_t *node)
{
	bool targets = row->to.n > 0 || row->one_of.n > 0;

	if ((row->wait_ms != 0) == (row->in.bytes != NULL))
		nj_document_error(document, node, "a row has 'in' or 'wait'");
	if (row->drop != NJ_DROP_NONE && (row->out.bytes != NULL || targets))
		nj_document_error(document, node, "what is dropped has no 'out' and no 'to'");
	if (row->write && targets)
		nj_document_error(document, node, "a reply goes to its client, and has no 'to'");
}

static void
read_row(struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	struct data_row *row = base;

	row->place = nj_node_place(node);
	row->from = (struct nj_address){
		nj_ip_v4(rte_cpu_to_be_32(NJ_TEST_PEER_IP)), RTE_BE16(NJ_TEST_PEER_PORT)};
	nj_read_map(document, field, node, row);
	check_row(document, row, node);
}

/* Cases -------------------------------------------------------------------------------------- */

#define CASE_AT(member) .offset = offsetof(struct data_case, member)

static const struct nj_field row_item = {"rows", read_row, .table = &row_table, .each = true};
static const struct nj_field error_item = {"errors", nj_read_string, .each = true};
static const struct nj_field case_fields[] = {
	{"name", nj_read_string, CASE_AT(name), .min = 1, .required = true},
	{"file", nj_read_string, CASE_AT(file), .required = true},
	{"rows", nj_read_list, CASE_AT(rows), .item = &row_item,
		.item_size = sizeof(struct data_row), .count = offsetof(struct data_case, n_rows),
		.min = 1},
	{"errors", nj_read_list, CASE_AT(errors), .item = &error_item, .item_size = sizeof(char *),
		.count = offsetof(struct data_case, n_errors), .min = 1},
};
static const struct nj_table case_table = {NJ_TABLE(case_fields)};

static void
read_case(struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	struct data_case *test = base;

	test->place = nj_node_place(node);
	nj_read_map(document, field, node, test);
	if ((test->n_rows == 0) == (test->n_errors == 0))
		nj_document_error(document, node, "a case has 'rows' or 'errors'");
}

static const struct nj_field case_item = {
	"the file", read_case, .table = &case_table, .each = true};
static const struct nj_field root = {"the file", nj_read_list,
	.offset = offsetof(struct data, cases), .item = &case_item,
	.item_size = sizeof(struct data_case), .count = offsetof(struct data, n_cases), .min = 1};

bool
data_read(struct data *data, const char *path, struct nj_report *report)
{
	struct nj_document document;

	*data = (struct data){0};
	if (!nj_document_open(&document, path, report))
		return false;
	root.read(&document, &root, nj_document_root(&document), data);
	nj_document_close(&document);
	return !document.failed;
}

static void
free_case(struct data_case *test)
{
	for (unsigned int i = 0; i < test->n_rows; i++) {
		free(test->rows[i].in.bytes);
		free(test->rows[i].out.bytes);
		free(test->rows[i].to.numbers);
		free(test->rows[i].one_of.numbers);
	}
	free(test->rows);
	for (unsigned int i = 0; i < test->n_errors; i++)
		free(test->errors[i]);
	free(test->errors);
	free(test->name);
	free(test->file);
}

void
data_free(struct data *data)
{
	for (unsigned int i = 0; i < data->n_cases; i++)
		free_case(&data->cases[i]);
	free(data->cases);
}
