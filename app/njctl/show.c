/* SPDX-License-Identifier: BSD-3-Clause */
#include "show.h"

#include <stdio.h>

void
show_json(const json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
}

enum status
show_list(struct context *context, const struct view *view, page_wants wants, const void *argument)
{
	json_t *list;
	enum status status =
		page_all(&context->socket, view->path, view->key, wants, argument, &list);

	if (status != STATUS_OK)
		return status;
	if (context->json)
		show_json(list);
	else
		table_print(view->columns, view->n, list);
	json_decref(list);
	return STATUS_OK;
}

enum status
show_object(struct context *context, const struct view *view)
{
	json_t *object;
	enum status status = socket_ask(&context->socket, view->path, &object);

	if (status != STATUS_OK)
		return status;
	if (context->json)
		show_json(object);
	else
		table_print_object(view->columns, view->n, object);
	json_decref(object);
	return STATUS_OK;
}
