/* SPDX-License-Identifier: BSD-3-Clause */
#include "page.h"

#include <stdio.h>

#define ITEMS_ASKED 1000 /* natterjack gives as many of them as fit into an answer */
#define COMMAND_MAX 64

/* Notes an item's key in `seen`. Returns false where it was there. */
static bool
is_new(json_t *seen, const json_t *item, const char *key)
{
	const json_t *value = key != NULL ? json_object_get(item, key) : NULL;
	char number[24];
	const char *text = json_string_value(value);

	if (value == NULL)
		return true;
	if (text == NULL) {
		snprintf(
			number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		text = number;
	}
	if (json_object_get(seen, text) != NULL)
		return false;
	json_object_set_new(seen, text, json_true());
	return true;
}

enum status
page_all(struct socket *sock, const char *path, const char *key, page_wants wants,
	const void *argument, json_t **list)
{
	json_t *seen = json_object(), *page = NULL, *item;
	enum status status;
	size_t offset = 0, i;

	*list = json_array();
	do {
		char command[COMMAND_MAX];

		json_decref(page);
		snprintf(command, sizeof(command), "%s,%zu,%u", path, offset, ITEMS_ASKED);
		status = socket_ask(sock, command, &page);
		json_array_foreach (page, i, item)
			if (is_new(seen, item, key) && (wants == NULL || wants(item, argument)))
				json_array_append(*list, item);
		offset += json_array_size(page);
	} while (status == STATUS_OK && json_array_size(page) > 0);
	json_decref(page);
	json_decref(seen);
	if (status != STATUS_OK) {
		json_decref(*list);
		*list = NULL;
	}
	return status;
}
