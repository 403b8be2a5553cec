/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 1024

void
nj_log_line(uint32_t level, uint32_t type, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	rte_log(level, type, "natterjack: %s\n", line);
}

int
nj_log_error(uint32_t type, int err, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	rte_log(RTE_LOG_ERR, type, "natterjack: %s: %s\n", line, strerror(err));
	return -err;
}
