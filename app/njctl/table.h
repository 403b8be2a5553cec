/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists and objects as tables for people, on standard output. */
#ifndef TABLE_H
#define TABLE_H

#include <jansson.h>

#include "cell.h"

struct column {
	const char *heading;
	const char *path; /* of the member, as for cell_find() */
	enum cell_kind kind;
	unsigned int spare; /* 0: always shown; else the highest are left out first */
};

#define TABLE_COLUMNS_MAX 16

/* A line for each object of the list, below a heading. What is too wide for the terminal loses
 * columns, and then the end of the widest that is text. */
void table_print(const struct column *columns, unsigned int n, const json_t *list);

/* One object: a line for each column, its heading in front. */
void table_print_object(const struct column *columns, unsigned int n, const json_t *object);

#endif
