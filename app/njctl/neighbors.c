/* SPDX-License-Identifier: BSD-3-Clause */
/* Next hops and their link-layer addresses. */
#include "show.h"

enum status
run_neighbors(struct context *context)
{
	static const struct column columns[] = {
		{"ADDRESS", "address", CELL_TEXT, 0},
		{"MAC", "mac", CELL_TEXT, 0},
		{"STATE", "state", CELL_STATE, 1},
		{"PORT", "port", CELL_NUMBER, 3},
		{"AGE", "age", CELL_DURATION, 2},
	};
	static const struct view view = {"/natterjack/neighbors", NULL, VIEW_COLUMNS(columns)};

	return show_list(context, &view, NULL, NULL);
}
