/* SPDX-License-Identifier: BSD-3-Clause */
/* What natterjack logs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"

#define COMMAND_MAX 120

/* By name, as natterjack has them in no order that means anything. */
static void
print(const json_t *levels)
{
	static const struct column columns[] = {
		{"TYPE", "type", CELL_TEXT, 0},
		{"LEVEL", "level", CELL_TEXT, 0},
	};
	char *text = json_dumps(levels, JSON_SORT_KEYS);
	json_t *sorted = json_loads(text, 0, NULL), *list = json_array(), *level;
	const char *type;

	json_object_foreach (sorted, type, level)
		json_array_append_new(list, json_pack("{s:s,s:O}", "type", type, "level", level));
	table_print(columns, 2, list);
	json_decref(list);
	json_decref(sorted);
	free(text);
}

static enum status
set(struct context *context, const char *type, const char *level)
{
	char command[COMMAND_MAX];
	json_t *answer;
	const char *result;
	enum status status;

	if (snprintf(command, sizeof(command), "/natterjack/log,%s,%s", type, level) >=
			(int)sizeof(command) ||
		strchr(type, ',') != NULL)
		return complain(STATUS_USAGE, "no such type or level");
	status = socket_ask(&context->socket, command, &answer);
	if (status != STATUS_OK)
		return status;
	result = json_string_value(json_object_get(answer, "result"));
	if (context->json)
		show_json(answer);
	if (result == NULL || strcmp(result, "ok") != 0)
		status = complain(STATUS_ERROR, "log %s %s: %s", type, level,
			json_string_value(json_object_get(answer, "error")));
	else if (!context->json)
		puts("ok");
	json_decref(answer);
	return status;
}

enum status
run_log(struct context *context)
{
	enum status status;
	json_t *levels;

	if (context->argc == 3)
		return set(context, context->argv[1], context->argv[2]);
	if (context->argc != 1)
		return complain(STATUS_USAGE, "log takes a TYPE and a LEVEL, or nothing");
	status = socket_ask(&context->socket, "/natterjack/log", &levels);
	if (status != STATUS_OK)
		return status;
	if (context->json)
		show_json(levels);
	else
		print(levels);
	json_decref(levels);
	return STATUS_OK;
}
