/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One pass over the expression. Most of it means the same to both and is
 * copied; only what they read differently is written anew or refused. PCRE2
 * itself refuses what is no expression to either. Where the flag u is off
 * somewhere, all of it is one of bytes, and where u is on characters are spelled.
 */
#include "rust_regex_syntax.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rust_regex_scan.h"

bool
nj_scan_refuse(struct nj_scan *scan, const char *what)
{
	snprintf(scan->why, scan->size, "%s, at character %zu", what,
		(size_t)(scan->at - scan->begin) + 1);
	return false;
}

bool
nj_scan_copy(struct nj_scan *scan, size_t n)
{
	fwrite(scan->at, 1, n, scan->out);
	scan->at += n;
	return true;
}

/* Groups and quantifiers --------------------------------------------------------------------- */

/* Takes the flags for the rest of the group here. PCRE2 need not see u: it is about the whole. */
static bool
set_flags(struct nj_scan *scan, size_t n)
{
	bool on = true;

	for (const char *end = scan->at + n; scan->at < end; scan->at++) {
		if (*scan->at == '-')
			on = false;
		else if (*scan->at == 'i')
			scan->flags.insensitive = on;
		else if (*scan->at == 's')
			scan->flags.dot_all = on;
		else if (*scan->at == 'u')
			scan->flags.unicode = on;
		else if (strchr("mU", *scan->at) == NULL)
			return nj_scan_refuse(
				scan, "only the flags i, m, s, U and u are supported");
		if (*scan->at != 'u')
			fputc(*scan->at, scan->out);
	}
	return true;
}

static bool
open_group(struct nj_scan *scan, size_t n)
{
	if (scan->depth == NJ_SCAN_NEST_MAX)
		return nj_scan_refuse(scan, "too many groups inside of each other");
	scan->outer[scan->depth++] = scan->flags;
	return nj_scan_copy(scan, n);
}

/* One that was never opened is for PCRE2 to refuse. */
static bool
close_group(struct nj_scan *scan)
{
	if (scan->depth > 0)
		scan->flags = scan->outer[--scan->depth];
	return nj_scan_copy(scan, 1);
}

static bool
group(struct nj_scan *scan)
{
	const char *at = scan->at + 1;
	size_t n;

	if (*at == '*')
		return nj_scan_refuse(scan, "there is nothing to repeat");
	if (*at != '?')
		return open_group(scan, 1);
	at++;
	if (*at == '=' || *at == '!' || (*at == '<' && (at[1] == '=' || at[1] == '!')))
		return nj_scan_refuse(scan, "look-around is not supported");
	if (strncmp(at, "P<", 2) == 0 || *at == '<')
		return open_group(scan, 2 + strcspn(at, ">") + (strchr(at, '>') != NULL));
	n = strspn(at, "-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (at[n] != ':' && at[n] != ')')
		return nj_scan_refuse(scan, "an unknown kind of group");
	if (at[n] == ':' ? !open_group(scan, 2) : !nj_scan_copy(scan, 2))
		return false;
	return set_flags(scan, n) && nj_scan_copy(scan, 1);
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
quantifier(struct nj_scan *scan, size_t n)
{
	nj_scan_copy(scan, n);
	if (*scan->at == '?')
		nj_scan_copy(scan, 1);
	if (quantifier_length(scan->at) > 0)
		return nj_scan_refuse(
			scan, "a quantifier of a quantifier: put the first into (?:…)");
	return true;
}

/* The whole ---------------------------------------------------------------------------------- */

/* Whether what is here is one character of many, or may be more than one byte. */
static bool
is_spelled(const struct nj_scan *scan)
{
	const char *at = scan->at;

	if (!scan->bytes)
		return false;
	if (nj_scan_at_code(scan))
		return true;
	if (!scan->flags.unicode)
		return false;
	if (*at == '\\')
		return at[1] != '\0' && strchr("xpPdDsSwW", at[1]) != NULL;
	if (*at == '[' || *at == '.')
		return true;
	return scan->flags.insensitive && (isalpha((unsigned char)*at) || (*at & 0x80) != 0);
}

/* Writes what would be for PCRE2 in UTF mode, and that in bytes. */
static bool
spell(struct nj_scan *scan, bool (*write)(struct nj_scan *))
{
	char *text = NULL, why[NJ_SPELL_WHY_STRLEN];
	FILE *out = scan->out;
	size_t length;
	bool good;

	scan->out = open_memstream(&text, &length);
	if (scan->out == NULL) {
		scan->out = out;
		return nj_scan_refuse(scan, "out of memory");
	}
	if (scan->flags.unicode && scan->flags.insensitive)
		fputs("(?i)", scan->out);
	if (scan->flags.dot_all)
		fputs("(?s)", scan->out);
	good = write(scan);
	if (fclose(scan->out) != 0 && good)
		good = nj_scan_refuse(scan, "out of memory");
	scan->out = out;
	if (good && !nj_spell(&scan->spelling, text, *scan->at == '{', out, why))
		good = nj_scan_refuse(scan, why);
	free(text);
	return good;
}

/* A character of several bytes is one thing to repeat, also where PCRE2 sees only bytes. */
static bool
literal(struct nj_scan *scan)
{
	size_t n = 1;

	while ((scan->at[n] & 0xc0) == 0x80)
		n++;
	if (n == 1 || !scan->bytes || is_spelled(scan))
		return nj_scan_copy(scan, n);
	fputs("(?:", scan->out);
	nj_scan_copy(scan, n);
	fputc(')', scan->out);
	return true;
}

/* \b and \B. */
static bool
boundary(struct nj_scan *scan)
{
	char why[NJ_SPELL_WHY_STRLEN];

	if (!scan->bytes || !scan->flags.unicode || scan->at[2] == '{')
		return nj_scan_escape(scan);
	if (!nj_spell_boundary(
		    &scan->spelling, scan->at[1] == 'B', "[" NJ_SCAN_WORD "]", scan->out, why))
		return nj_scan_refuse(scan, why);
	scan->at += 2;
	return true;
}

static bool
item(struct nj_scan *scan)
{
	size_t n = quantifier_length(scan->at);
	bool (*write)(struct nj_scan *) = literal;

	if (n > 0)
		return quantifier(scan, n);
	switch (*scan->at) {
	case '(':
		return group(scan);
	case ')':
		return close_group(scan);
	case '{':
		return nj_scan_refuse(scan, "a '{' that is no quantifier: write \\{");
	case '\\':
		if (scan->at[1] == 'b' || scan->at[1] == 'B')
			return boundary(scan);
		write = nj_scan_escape;
		break;
	case '[':
		write = nj_scan_class;
		break;
	}
	return is_spelled(scan) ? spell(scan, write) : write(scan);
}

static bool
has_flag(const char *pattern, char flag)
{
	for (const char *at = strstr(pattern, "(?"); at != NULL; at = strstr(at + 2, "(?")) {
		if (memchr(at + 2, flag, strspn(at + 2, "imsUu-")) != NULL)
			return true;
	}
	return false;
}

/*
 * Whether PCRE2's UTF mode will not do: where u changes; and where it finds
 * other things than Rust in what is no UTF-8, as at boundaries of words, and in
 * [^k] without case, with which 10.42 goes on behind the end. Where it only
 * looks so, bytes do as well.
 */
static bool
needs_bytes(const char *pattern)
{
	return has_flag(pattern, 'u') || strstr(pattern, "\\b") != NULL ||
	       strstr(pattern, "\\B") != NULL ||
	       (has_flag(pattern, 'i') && strstr(pattern, "[^") != NULL);
}

bool
nj_regex_syntax(const char *pattern, struct nj_regex_syntax *out, char *why, size_t size)
{
	struct nj_scan scan = {.begin = pattern,
		.at = pattern,
		.bytes = needs_bytes(pattern),
		.flags.unicode = true,
		.why = why,
		.size = size};
	size_t length;
	bool good = true;

	out->text = NULL;
	scan.out = open_memstream(&out->text, &length);
	if (scan.out == NULL) {
		snprintf(why, size, "out of memory");
		return false;
	}
	while (good && *scan.at != '\0')
		good = item(&scan);
	nj_spell_end(&scan.spelling, scan.out);
	fclose(scan.out);
	out->unicode = !scan.bytes;
	if (!good)
		free(out->text);
	return good;
}
