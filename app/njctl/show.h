/* SPDX-License-Identifier: BSD-3-Clause */
/* What most commands do: ask one thing and print it, as a table or as it came. */
#ifndef SHOW_H
#define SHOW_H

#include "njctl.h"
#include "page.h"
#include "table.h"

struct view {
	const char *path;
	const char *key; /* for page_all() */
	const struct column *columns;
	unsigned int n;
};

#define VIEW_COLUMNS(array) .columns = (array), .n = sizeof(array) / sizeof((array)[0])

/* Prints JSON as it came. */
void show_json(const json_t *json);

/* A list, of which `wants` says what to show (NULL: all). */
enum status show_list(
	struct context *context, const struct view *view, page_wants wants, const void *argument);

/* An object. */
enum status show_object(struct context *context, const struct view *view);

#endif
