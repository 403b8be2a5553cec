/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists, which natterjack answers page by page. */
#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>

#include "socket.h"

/* Whether an item is wanted; the argument is the asker's own. */
typedef bool (*page_wants)(const json_t *item, const void *argument);

/*
 * Asks for `path` until all of the list is there, and puts what is wanted (NULL: all) into *list,
 * a new reference. Where `key` names a member, no two items have the same: what comes or
 * goes between two pages moves the rest.
 */
enum status page_all(struct socket *sock, const char *path, const char *key, page_wants wants,
	const void *argument, json_t **list);

#endif
