/* SPDX-License-Identifier: BSD-3-Clause */
/* The chain, filter by filter, and what each counts besides. */
#include <stdio.h>

#include "show.h"

static const struct column columns[] = {
	{"FILTER", "path", CELL_TEXT, 0},
	{"NAME", "name", CELL_TEXT, 0},
	{"LABEL", "label", CELL_TEXT, 3},
	{"READ", "read_packets", CELL_NUMBER, 1},
	{"DROPPED", "read_dropped", CELL_NUMBER, 2},
	{"WRITE", "write_packets", CELL_NUMBER, 2},
	{"DROPPED", "write_dropped", CELL_NUMBER, 2},
};

/* As a list of their own, as each filter has others; of what there was. */
static void
add_counters(json_t *list, const json_t *filter)
{
	json_t *value;
	const char *name;

	json_object_foreach (json_object_get(filter, "counters"), name, value) {
		if (json_integer_value(value) == 0)
			continue;
		json_array_append_new(list,
			json_pack("{s:O, s:O, s:s, s:O}", "path", json_object_get(filter, "path"),
				"name", json_object_get(filter, "name"), "counter", name, "value",
				value));
	}
}

static void
print_counters(const json_t *filters)
{
	static const struct column counter_columns[] = {
		{"FILTER", "path", CELL_TEXT, 1},
		{"NAME", "name", CELL_TEXT, 2},
		{"COUNTER", "counter", CELL_TEXT, 0},
		{"VALUE", "value", CELL_NUMBER, 0},
	};
	json_t *list = json_array(), *filter;
	size_t i;

	json_array_foreach (filters, i, filter)
		add_counters(list, filter);
	if (json_array_size(list) > 0) {
		putchar('\n');
		table_print(counter_columns, sizeof(counter_columns) / sizeof(counter_columns[0]),
			list);
	}
	json_decref(list);
}

enum status
run_filters(struct context *context)
{
	json_t *filters;
	enum status status =
		page_all(&context->socket, "/natterjack/filters", "path", NULL, NULL, &filters);

	if (status != STATUS_OK)
		return status;
	if (context->json) {
		show_json(filters);
	} else {
		table_print(columns, sizeof(columns) / sizeof(columns[0]), filters);
		print_counters(filters);
	}
	json_decref(filters);
	return STATUS_OK;
}
