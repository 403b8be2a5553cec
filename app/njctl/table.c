/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <stdbool.h>
#include <stdio.h>

#include "terminal.h"

#define GAP      2 /* between columns */
#define TEXT_MIN 8 /* columns that a text keeps, however narrow the terminal */
#define BOLD     "1"
#define ELLIPSIS "…"

struct layout {
	const struct column *columns;
	unsigned int n;
	unsigned int widths[TABLE_COLUMNS_MAX]; /* 0: left out */
	unsigned int last;                      /* of those that are not */
};

static unsigned int
larger(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

static void
format(const struct column *column, const json_t *object, char text[CELL_MAX])
{
	cell_format(cell_find(object, column->path), column->kind, text);
}

static bool
is_right(enum cell_kind kind)
{
	return kind == CELL_NUMBER || kind == CELL_SUM || kind == CELL_DURATION;
}

static void
measure(struct layout *layout, const json_t *list)
{
	char text[CELL_MAX];
	const json_t *item;
	size_t i;

	for (unsigned int c = 0; c < layout->n; c++) {
		layout->widths[c] = cell_width(layout->columns[c].heading);
		json_array_foreach (list, i, item) {
			format(&layout->columns[c], item, text);
			layout->widths[c] = larger(layout->widths[c], cell_width(text));
		}
	}
}

static unsigned int
total(const struct layout *layout)
{
	unsigned int sum = 0;

	for (unsigned int c = 0; c < layout->n; c++)
		if (layout->widths[c] > 0)
			sum += layout->widths[c] + (sum > 0 ? GAP : 0);
	return sum;
}

/* How readily what is still there may be left out, at the most. */
static unsigned int
most_spare(const struct layout *layout)
{
	unsigned int most = 0;

	for (unsigned int c = 0; c < layout->n; c++)
		if (layout->widths[c] > 0)
			most = larger(most, layout->columns[c].spare);
	return most;
}

static void
leave_out(struct layout *layout, unsigned int spare)
{
	for (unsigned int c = 0; c < layout->n; c++)
		if (layout->columns[c].spare == spare)
			layout->widths[c] = 0;
}

/* The widest column of text, or -1. A number with its end cut off would be another one. */
static int
widest_text(const struct layout *layout)
{
	int found = -1;

	for (unsigned int c = 0; c < layout->n; c++)
		if (!is_right(layout->columns[c].kind) && layout->widths[c] > TEXT_MIN &&
			(found < 0 || layout->widths[c] > layout->widths[found]))
			found = (int)c;
	return found;
}

static void
fit(struct layout *layout, unsigned int width)
{
	unsigned int spare;
	int column;

	while (total(layout) > width && (spare = most_spare(layout)) > 0)
		leave_out(layout, spare);
	while (total(layout) > width && (column = widest_text(layout)) >= 0)
		layout->widths[column]--;
}

static void
find_last(struct layout *layout)
{
	for (unsigned int c = 0; c < layout->n; c++)
		if (layout->widths[c] > 0)
			layout->last = c;
}

/* Cuts a text to a width of at least 1, with an ellipsis for its end. */
static void
shorten(char text[CELL_MAX], unsigned int width)
{
	unsigned int letters = 0;
	char *c = text;

	if (cell_width(text) <= width)
		return;
	for (; *c != '\0'; c++) {
		if (((unsigned char)*c & 0xc0) == 0x80)
			continue;
		if (++letters == width)
			break;
	}
	snprintf(c, (size_t)(text + CELL_MAX - c), ELLIPSIS);
}

static void
put(const struct layout *layout, unsigned int c, char text[CELL_MAX], const char *colour)
{
	bool right = is_right(layout->columns[c].kind);
	unsigned int pad;

	if (layout->widths[c] == 0)
		return;
	shorten(text, layout->widths[c]);
	pad = layout->widths[c] - cell_width(text);
	if (right)
		printf("%*s", (int)pad, "");
	terminal_put(colour, text);
	if (c < layout->last)
		printf("%*s", (int)(right ? GAP : pad + GAP), "");
}

void
table_print(const struct column *columns, unsigned int n, const json_t *list)
{
	struct layout layout = {columns, n, {0}, 0};
	char text[CELL_MAX];
	const json_t *item;
	size_t i;

	measure(&layout, list);
	if (terminal_width() > 0)
		fit(&layout, terminal_width());
	find_last(&layout);
	for (unsigned int c = 0; c < n; c++) {
		snprintf(text, sizeof(text), "%s", columns[c].heading);
		put(&layout, c, text, BOLD);
	}
	putchar('\n');
	json_array_foreach (list, i, item) {
		for (unsigned int c = 0; c < n; c++) {
			format(&columns[c], item, text);
			put(&layout, c, text, cell_colour(columns[c].kind, text));
		}
		putchar('\n');
	}
}

void
table_print_object(const struct column *columns, unsigned int n, const json_t *object)
{
	unsigned int width = 0, room = terminal_width();

	for (unsigned int c = 0; c < n; c++)
		width = larger(width, cell_width(columns[c].heading));
	for (unsigned int c = 0; c < n; c++) {
		char text[CELL_MAX];

		format(&columns[c], object, text);
		if (room > width + GAP)
			shorten(text, room - width - GAP);
		terminal_put(BOLD, columns[c].heading);
		printf("%*s", (int)(width - cell_width(columns[c].heading) + GAP), "");
		terminal_put(cell_colour(columns[c].kind, text), text);
		putchar('\n');
	}
}
