/* SPDX-License-Identifier: BSD-3-Clause */
/* What matches one character or byte: escapes and classes. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "rust_regex_scan.h"

/* Escapes ------------------------------------------------------------------------------------ */

/* With two digits it may be a byte; anything else is always a character. */
bool
nj_scan_at_code(const struct nj_scan *scan)
{
	const char *at = scan->at;

	return at[0] == '\\' && (at[1] == 'u' || at[1] == 'U' || (at[1] == 'x' && at[2] == '{'));
}

static unsigned long
escaped_code(const char *at)
{
	return strtoul(at + 2 + (at[2] == '{'), NULL, 16);
}

/* \x41, \u0041, \U00000041, or any of them with braces: \x{41}. */
static bool
escape_code(struct nj_scan *scan)
{
	char kind = scan->at[1];
	size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
	const char *from = scan->at + 2;
	bool braces = *from == '{';
	size_t n = strspn(from + braces, "0123456789abcdefABCDEF");

	if (!braces)
		n = RTE_MIN(n, digits);
	if (n == 0 || (braces ? from[1 + n] != '}' : n != digits))
		return nj_scan_refuse(scan, "an escaped character without its hexadecimal digits");
	fprintf(scan->out, "\\x{%.*s}", (int)n, from + braces);
	scan->at = from + n + 2 * (size_t)braces;
	return true;
}

static bool
escape_property(struct nj_scan *scan)
{
	size_t n = 3;

	if (!scan->flags.unicode)
		return nj_scan_refuse(scan, "\\p needs Unicode, and (?-u) turns it off");
	if (scan->at[2] == '{')
		n += strcspn(scan->at + 3, "}") + 1;
	if (strlen(scan->at) < n)
		return nj_scan_refuse(scan, "\\p without a property");
	return nj_scan_copy(scan, n);
}

/* \d \s \w and their opposites. */
static bool
escape_class(struct nj_scan *scan, bool in_class)
{
	char kind = scan->at[1];

	if (!scan->flags.unicode || kind == 'd' || kind == 'D' || (kind == 'W' && in_class))
		return nj_scan_copy(scan, 2);
	scan->at += 2;
	switch (kind) {
	case 's':
		fputs("\\p{White_Space}", scan->out);
		break;
	case 'S':
		fputs("\\P{White_Space}", scan->out);
		break;
	case 'w':
		fputs(in_class ? NJ_SCAN_WORD : "[" NJ_SCAN_WORD "]", scan->out);
		break;
	case 'W':
		fputs("[^" NJ_SCAN_WORD "]", scan->out);
		break;
	}
	return true;
}

static bool
escape(struct nj_scan *scan, bool in_class)
{
	char kind = scan->at[1];

	if (kind == '\0')
		return nj_scan_refuse(scan, "a backslash at the end");
	if (isdigit((unsigned char)kind))
		return nj_scan_refuse(scan, "backreferences and octal escapes are not supported");
	if (strchr("xuU", kind) != NULL)
		return escape_code(scan);
	if (strchr("pP", kind) != NULL)
		return escape_property(scan);
	if (strchr("dDsSwW", kind) != NULL)
		return escape_class(scan, in_class);
	if (kind == 'v') { /* one character to Rust, a class to PCRE2 */
		fputs("\\x0b", scan->out);
		scan->at += 2;
		return true;
	}
	if (kind == 'b' && scan->at[2] == '{')
		return nj_scan_refuse(scan, "\\b{…} is not supported");
	if (strchr("afnrt", kind) != NULL || (!in_class && strchr("AbBz", kind) != NULL) ||
		(ispunct((unsigned char)kind) && strchr("<>", kind) == NULL))
		return nj_scan_copy(scan, 2);
	return nj_scan_refuse(scan, "an unknown escape");
}

bool
nj_scan_escape(struct nj_scan *scan)
{
	return escape(scan, false);
}

/* Classes ------------------------------------------------------------------------------------ */

/* [:alpha:] inside of a class: ASCII alone to Rust. */
static bool
class_posix(struct nj_scan *scan)
{
	static const struct {
		const char *name, *members;
	} classes[] = {
		{"[:alnum:]", "0-9A-Za-z"},
		{"[:alpha:]", "A-Za-z"},
		{"[:ascii:]", "\\x00-\\x7f"},
		{"[:blank:]", "\\t "},
		{"[:cntrl:]", "\\x00-\\x1f\\x7f"},
		{"[:digit:]", "0-9"},
		{"[:graph:]", "!-~"},
		{"[:lower:]", "a-z"},
		{"[:print:]", " -~"},
		{"[:punct:]", "!-\\/:-@\\[-`{-~"},
		{"[:space:]", "\\t\\n\\x0b\\f\\r "},
		{"[:upper:]", "A-Z"},
		{"[:word:]", "0-9A-Za-z_"},
		{"[:xdigit:]", "0-9A-Fa-f"},
	};

	for (size_t i = 0; i < RTE_DIM(classes); i++) {
		size_t length = strlen(classes[i].name);

		if (strncmp(scan->at, classes[i].name, length) == 0) {
			fputs(classes[i].members, scan->out);
			scan->at += length;
			return true;
		}
	}
	return nj_scan_refuse(scan, "a class inside of a class is not supported");
}

#define BYTES_ALONE "a class of bytes (?-u) holds ASCII and \\x escapes of two digits alone"

static bool
class_item(struct nj_scan *scan)
{
	const char *at = scan->at;

	if (*at == '[')
		return class_posix(scan);
	if (!scan->flags.unicode && nj_scan_at_code(scan) && escaped_code(at) > 0x7f)
		return nj_scan_refuse(scan, BYTES_ALONE);
	if (*at == '\\')
		return escape(scan, true);
	if (at[0] == at[1] && strchr("&-~", at[0]) != NULL)
		return nj_scan_refuse(scan, "set operations (&&, --, ~~) are not supported");
	if (!scan->flags.unicode && (*at & 0x80) != 0)
		return nj_scan_refuse(scan, BYTES_ALONE);
	return nj_scan_copy(scan, 1);
}

bool
nj_scan_class(struct nj_scan *scan)
{
	nj_scan_copy(scan, 1);
	if (*scan->at == '^')
		nj_scan_copy(scan, 1);
	if (*scan->at == ']') { /* right at the begin it is a member */
		fputc('\\', scan->out);
		nj_scan_copy(scan, 1);
	}
	while (*scan->at != ']') {
		if (*scan->at == '\0')
			return nj_scan_refuse(scan, "a class without its end");
		if (!class_item(scan))
			return false;
	}
	return nj_scan_copy(scan, 1);
}
