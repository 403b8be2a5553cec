/* SPDX-License-Identifier: BSD-3-Clause */
/* What standard output is written on. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>

/* Columns of $COLUMNS, else of the terminal; 0: no limit. */
unsigned int terminal_width(void);

/* Whether it takes colours: a terminal, and neither $NO_COLOR nor TERM=dumb. */
bool terminal_colours(void);

/* Writes a text in a colour of ANSI's ("1;32"; "" = none), where the terminal takes colours. */
void terminal_put(const char *colour, const char *text);

#endif
