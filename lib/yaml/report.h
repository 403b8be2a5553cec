/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_REPORT_H
#define NJ_REPORT_H

#include <stdarg.h>

#include "nj_yaml.h"

/* Each adds a line "FILE:LINE:COLUMN: message", at its place in the order of the file. */
void nj_report_error(struct nj_report *report, const char *file, struct nj_place place,
	const char *format, va_list args) __attribute__((format(printf, 4, 0)));
void nj_report_note(struct nj_report *report, const char *file, struct nj_place place,
	const char *format, va_list args) __attribute__((format(printf, 4, 0)));

#endif
