/* SPDX-License-Identifier: BSD-3-Clause */
/* What a person sees of one value. */
#ifndef CELL_H
#define CELL_H

#include <jansson.h>

#define CELL_MAX 256 /* bytes of a cell's text, with the NUL */

enum cell_kind {
	CELL_TEXT,
	CELL_NUMBER,
	CELL_SUM,      /* of an object's numbers */
	CELL_LIST,     /* an object's texts */
	CELL_DURATION, /* seconds */
	CELL_TIME,     /* seconds since 1970, in UTC */
	CELL_STATE,    /* a text that has a colour */
};

/* The member at a path such as "downstream.packets", borrowed; NULL where there is none. */
json_t *cell_find(const json_t *object, const char *path);

/* All an object's numbers; 0 for what is no object. */
json_int_t cell_sum(json_t *object);

/* Its text; "-" for what is missing or empty. What would disturb a terminal is a '?'. */
void cell_format(json_t *value, enum cell_kind kind, char text[CELL_MAX]);

/* How many columns a text takes: its letters, of which each may be several bytes. */
unsigned int cell_width(const char *text);

/* Its colour for terminal_put(). */
const char *cell_colour(enum cell_kind kind, const char *text);

#endif
