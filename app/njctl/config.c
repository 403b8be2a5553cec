/* SPDX-License-Identifier: BSD-3-Clause */
/* The two files, and reading the proxy file again. */
#include <stdio.h>
#include <string.h>

#include "show.h"

#define RELOAD_PATIENCE_S 60 /* names of endpoints may have to be resolved */

enum status
run_config(struct context *context)
{
	static const struct column columns[] = {
		{"appliance", "appliance", CELL_TEXT, 0},
		{"proxy", "proxy", CELL_TEXT, 0},
		{"generation", "generation", CELL_NUMBER, 0},
		{"loaded", "loaded", CELL_TIME, 0},
		{"last error", "error", CELL_TEXT, 0},
	};
	static const struct view view = {"/natterjack/config", NULL, VIEW_COLUMNS(columns)};

	return show_object(context, &view);
}

/* Every mistake is a line of its own: FILE:LINE:COLUMN: message. */
static enum status
refused(const json_t *answer)
{
	const json_t *errors = json_object_get(answer, "errors"), *error;
	size_t i;

	json_array_foreach (errors, i, error)
		fprintf(stderr, "%s\n", json_string_value(error));
	return complain(STATUS_ERROR, "refused: the policy from before stays in force");
}

enum status
run_reload(struct context *context)
{
	json_t *answer;
	enum status status;
	const char *result;

	if (context->socket.patience_s == 0)
		context->socket.patience_s = RELOAD_PATIENCE_S;
	status = socket_ask(&context->socket, "/natterjack/reload", &answer);
	if (status != STATUS_OK)
		return status;
	result = json_string_value(json_object_get(answer, "result"));
	if (context->json)
		show_json(answer);
	if (result == NULL || strcmp(result, "ok") != 0)
		status = refused(answer);
	else if (!context->json)
		printf("ok, generation %" JSON_INTEGER_FORMAT "\n",
			json_integer_value(json_object_get(answer, "generation")));
	json_decref(answer);
	return status;
}
