/* SPDX-License-Identifier: BSD-3-Clause */
#include "complain.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char *kept;

enum status
complain(enum status status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (kept != NULL) {
		vsnprintf(kept, COMPLAINT_MAX, format, arguments);
	} else {
		fflush(stdout);
		fputs("njctl: ", stderr);
		vfprintf(stderr, format, arguments);
		fputc('\n', stderr);
	}
	va_end(arguments);
	return status;
}

void
complain_into(char message[COMPLAINT_MAX])
{
	kept = message;
}
