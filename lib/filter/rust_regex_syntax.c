/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One pass over the expression. Most of it means the same to both and is
 * copied; only what they read differently is written anew or refused. PCRE2
 * itself refuses what is no expression to either.
 */
#include "rust_regex_syntax.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

struct scan {
	const char *begin, *at;
	FILE *out;
	bool unicode;
	char *why;
	size_t size;
};

static bool
refuse(struct scan *scan, const char *what)
{
	snprintf(scan->why, scan->size, "%s, at character %zu", what,
		(size_t)(scan->at - scan->begin) + 1);
	return false;
}

static bool
copy(struct scan *scan, size_t n)
{
	fwrite(scan->at, 1, n, scan->out);
	scan->at += n;
	return true;
}

/* Escapes ------------------------------------------------------------------------------------ */

/* What \w is to Rust: PCRE2's has no marks and no joiners. */
#define WORD "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200c}\\x{200d}"

/* \x41, \u0041, \U00000041, or any of them with braces: \x{41}. */
static bool
escape_code(struct scan *scan)
{
	char kind = scan->at[1];
	size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
	const char *from = scan->at + 2;
	bool braces = *from == '{';
	size_t n = strspn(from + braces, "0123456789abcdefABCDEF");

	if (!braces)
		n = RTE_MIN(n, digits);
	if (n == 0 || (braces ? from[1 + n] != '}' : n != digits))
		return refuse(scan, "an escaped character without its hexadecimal digits");
	/* With two digits it may be a byte; anything else is always a character. */
	if (!scan->unicode && (kind != 'x' || braces) && strtoul(from + braces, NULL, 16) > 0x7f)
		return refuse(scan,
			"a character beyond ASCII as an escape, with (?-u): write it as it is");
	fprintf(scan->out, "\\x{%.*s}", (int)n, from + braces);
	scan->at = from + n + 2 * (size_t)braces;
	return true;
}

static bool
escape_property(struct scan *scan)
{
	size_t n = 3;

	if (!scan->unicode)
		return refuse(scan, "\\p needs Unicode, and (?-u) turns it off");
	if (scan->at[2] == '{')
		n += strcspn(scan->at + 3, "}") + 1;
	if (strlen(scan->at) < n)
		return refuse(scan, "\\p without a property");
	return copy(scan, n);
}

/* \d \s \w and their opposites. */
static bool
escape_class(struct scan *scan, bool in_class)
{
	char kind = scan->at[1];

	if (!scan->unicode || kind == 'd' || kind == 'D' || (kind == 'W' && in_class))
		return copy(scan, 2);
	scan->at += 2;
	switch (kind) {
	case 's':
		fputs("\\p{White_Space}", scan->out);
		break;
	case 'S':
		fputs("\\P{White_Space}", scan->out);
		break;
	case 'w':
		fputs(in_class ? WORD : "[" WORD "]", scan->out);
		break;
	case 'W':
		fputs("[^" WORD "]", scan->out);
		break;
	}
	return true;
}

static bool
escape(struct scan *scan, bool in_class)
{
	char kind = scan->at[1];

	if (kind == '\0')
		return refuse(scan, "a backslash at the end");
	if (isdigit((unsigned char)kind))
		return refuse(scan, "backreferences and octal escapes are not supported");
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
		return refuse(scan, "\\b{…} is not supported");
	if (strchr("afnrt", kind) != NULL || (!in_class && strchr("AbBz", kind) != NULL) ||
		(ispunct((unsigned char)kind) && strchr("<>", kind) == NULL))
		return copy(scan, 2);
	return refuse(scan, "an unknown escape");
}

/* Classes ------------------------------------------------------------------------------------ */

/* [:alpha:] inside of a class: ASCII alone to Rust. */
static bool
class_posix(struct scan *scan)
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
	return refuse(scan, "a class inside of a class is not supported");
}

static bool
class_item(struct scan *scan)
{
	const char *at = scan->at;

	if (*at == '[')
		return class_posix(scan);
	if (*at == '\\')
		return escape(scan, true);
	if (at[0] == at[1] && strchr("&-~", at[0]) != NULL)
		return refuse(scan, "set operations (&&, --, ~~) are not supported");
	if (!scan->unicode && (*at & 0x80) != 0)
		return refuse(scan, "a class of bytes (?-u) holds ASCII and \\x escapes alone");
	return copy(scan, 1);
}

static bool class(struct scan *scan)
{
	copy(scan, 1);
	if (*scan->at == '^')
		copy(scan, 1);
	if (*scan->at == ']') { /* right at the begin it is a member */
		fputc('\\', scan->out);
		copy(scan, 1);
	}
	while (*scan->at != ']') {
		if (*scan->at == '\0')
			return refuse(scan, "a class without its end");
		if (!class_item(scan))
			return false;
	}
	return copy(scan, 1);
}

/* Groups and quantifiers --------------------------------------------------------------------- */

static bool
check_flags(struct scan *scan, size_t n)
{
	for (const char *flag = scan->at; flag < scan->at + n; flag++) {
		if (*flag == 'u')
			return refuse(scan, "the flag u is supported in front of all alone");
		if (strchr("imsU-", *flag) == NULL)
			return refuse(scan, "only the flags i, m, s, U and u are supported");
	}
	return true;
}

static bool
group(struct scan *scan)
{
	const char *at = scan->at + 1;
	size_t n;

	if (*at == '*')
		return refuse(scan, "there is nothing to repeat");
	if (*at != '?')
		return copy(scan, 1);
	at++;
	if (*at == '=' || *at == '!' || (*at == '<' && (at[1] == '=' || at[1] == '!')))
		return refuse(scan, "look-around is not supported");
	if (strncmp(at, "P<", 2) == 0 || *at == '<')
		return copy(scan, 2 + strcspn(at, ">") + (strchr(at, '>') != NULL));
	n = strspn(at, "-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (at[n] != ':' && at[n] != ')')
		return refuse(scan, "an unknown kind of group");
	copy(scan, 2);
	return check_flags(scan, n) && copy(scan, n + 1);
}

/* How long the quantifier here is, 0 where there is none. */
static size_t
quantifier_length(const char *at)
{
	size_t n;

	if (*at == '*' || *at == '+' || *at == '?')
		return 1;
	if (*at != '{')
		return 0;
	n = 1 + strspn(at + 1, "0123456789");
	if (n > 1 && at[n] == ',')
		n += 1 + strspn(at + n + 1, "0123456789");
	return n > 1 && at[n] == '}' ? n + 1 : 0;
}

static bool
quantifier(struct scan *scan, size_t n)
{
	copy(scan, n);
	if (*scan->at == '?')
		copy(scan, 1);
	if (quantifier_length(scan->at) > 0)
		return refuse(scan, "a quantifier of a quantifier: put the first into (?:…)");
	return true;
}

/* The whole ---------------------------------------------------------------------------------- */

/* A character of several bytes is one thing to repeat, also where PCRE2 sees only bytes. */
static bool
literal(struct scan *scan)
{
	size_t n = 1;

	while ((scan->at[n] & 0xc0) == 0x80)
		n++;
	if (n == 1 || scan->unicode)
		return copy(scan, n);
	fputs("(?:", scan->out);
	copy(scan, n);
	fputc(')', scan->out);
	return true;
}

static bool
item(struct scan *scan)
{
	size_t n = quantifier_length(scan->at);

	if (n > 0)
		return quantifier(scan, n);
	switch (*scan->at) {
	case '\\':
		return escape(scan, false);
	case '[':
		return class(scan);
	case '(':
		return group(scan);
	case '{':
		return refuse(scan, "a '{' that is no quantifier: write \\{");
	default:
		return literal(scan);
	}
}

/* Takes u and -u out of the flags in front, as PCRE2 has that as an option. */
static void
front_flags(struct scan *scan)
{
	size_t n = strspn(scan->at, "(?") == 2 ? strspn(scan->at + 2, "imsUu-") : 0;
	bool on = true;

	if (n == 0 || scan->at[2 + n] != ')')
		return;
	fputs("(?", scan->out);
	for (const char *flag = scan->at + 2; flag < scan->at + 2 + n; flag++) {
		if (*flag == '-')
			on = false;
		if (*flag == 'u')
			scan->unicode = on;
		else
			fputc(*flag, scan->out);
	}
	fputc(')', scan->out);
	scan->at += 2 + n + 1;
	front_flags(scan);
}

bool
nj_regex_syntax(const char *pattern, struct nj_regex_syntax *out, char *why, size_t size)
{
	struct scan scan = {
		.begin = pattern, .at = pattern, .unicode = true, .why = why, .size = size};
	size_t length;
	bool good = true;

	out->text = NULL;
	scan.out = open_memstream(&out->text, &length);
	if (scan.out == NULL) {
		snprintf(why, size, "out of memory");
		return false;
	}
	front_flags(&scan);
	while (good && *scan.at != '\0')
		good = item(&scan);
	fclose(scan.out);
	out->unicode = scan.unicode;
	if (!good)
		free(out->text);
	return good;
}
