/* SPDX-License-Identifier: BSD-3-Clause */
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#define WIDTH_MAX 10000

unsigned int
terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (columns != NULL) {
		const char *error;
		long long width = strtonum(columns, 1, WIDTH_MAX, &error);

		if (error == NULL)
			return (unsigned int)width;
	}
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		return size.ws_col;
	return 0;
}

bool
terminal_colours(void)
{
	const char *refused = getenv("NO_COLOR"), *type = getenv("TERM");

	if (refused != NULL && refused[0] != '\0')
		return false;
	return isatty(STDOUT_FILENO) == 1 && type != NULL && strcmp(type, "dumb") != 0;
}

void
terminal_put(const char *colour, const char *text)
{
	if (colour[0] != '\0' && terminal_colours())
		printf("\033[%sm%s\033[0m", colour, text);
	else
		fputs(text, stdout);
}
