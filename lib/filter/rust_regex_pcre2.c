/* SPDX-License-Identifier: BSD-3-Clause */
#include "rust_regex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "rust_regex_syntax.h"

/*
 * What one search may take. PCRE2 goes back and tries again where Rust's engine
 * does not, so an expression like (a+)+$ could keep a worker for ever.
 */
#define MATCH_LIMIT 100000
#define DEPTH_LIMIT 1000
#define HEAP_KIB    1024
#define STACK_BYTES (256 * 1024)
#define LENGTH_MAX  65536 /* of a compiled expression, in code units */

struct nj_regex {
	pcre2_code *code;
	bool unicode;
};

/* Where it is can be said only of what was not translated. */
static void
explain(int error, const size_t *offset, char why[NJ_REGEX_WHY_STRLEN])
{
	char text[200];

	if (pcre2_get_error_message(error, (PCRE2_UCHAR *)text, sizeof(text)) < 0)
		snprintf(why, NJ_REGEX_WHY_STRLEN, "error %d", error);
	else if (offset == NULL)
		snprintf(why, NJ_REGEX_WHY_STRLEN, "%s", text);
	else
		snprintf(why, NJ_REGEX_WHY_STRLEN, "%s, at character %zu", text, *offset);
}

/*
 * Rust's rules: a line ends with \n alone, and one begins behind each, also at
 * the end; $ is the end of the text alone. What begins with .* may also match
 * behind what is no UTF-8, which PCRE2 would not try by itself.
 */
static pcre2_code *
compile(const char *pattern, const struct nj_regex_syntax *syntax, char why[NJ_REGEX_WHY_STRLEN])
{
	const uint32_t unicode = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_UCP;
	uint32_t options = PCRE2_ALT_CIRCUMFLEX | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
			   PCRE2_NO_DOTSTAR_ANCHOR;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_code *code = NULL;
	size_t offset = 0;
	int error = PCRE2_ERROR_NOMEMORY;

	if (syntax->unicode)
		options |= unicode;
	if (context != NULL) {
		pcre2_set_newline(context, PCRE2_NEWLINE_LF);
		pcre2_set_max_pattern_length(context, LENGTH_MAX);
		code = pcre2_compile((PCRE2_SPTR)syntax->text, PCRE2_ZERO_TERMINATED, options,
			&error, &offset, context);
	}
	pcre2_compile_context_free(context);
	if (code == NULL)
		explain(error, strcmp(syntax->text, pattern) == 0 ? &offset : NULL, why);
	return code;
}

struct nj_regex *
nj_regex_compile(const char *pattern, char why[NJ_REGEX_WHY_STRLEN])
{
	struct nj_regex *regex = calloc(1, sizeof(*regex));
	struct nj_regex_syntax syntax;

	if (regex == NULL) {
		snprintf(why, NJ_REGEX_WHY_STRLEN, "out of memory");
		return NULL;
	}
	if (!nj_regex_syntax(pattern, &syntax, why, NJ_REGEX_WHY_STRLEN))
		goto fail;
	regex->unicode = syntax.unicode;
	regex->code = compile(pattern, &syntax, why);
	free(syntax.text);
	if (regex->code == NULL)
		goto fail;
	/* Without a JIT for this machine it is interpreted. */
	pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
	return regex;

fail:
	free(regex);
	return NULL;
}

void
nj_regex_free(struct nj_regex *regex)
{
	if (regex == NULL)
		return;
	pcre2_code_free(regex->code);
	free(regex);
}

int
nj_regex_worker_open(struct nj_regex_worker *worker)
{
	worker->match = pcre2_match_data_create(1, NULL);
	worker->context = pcre2_match_context_create(NULL);
	/* All of it at once, so that it never grows on a worker. */
	worker->stack = pcre2_jit_stack_create(STACK_BYTES, STACK_BYTES, NULL);
	if (worker->match == NULL || worker->context == NULL) {
		nj_regex_worker_close(worker);
		return -ENOMEM;
	}
	pcre2_set_match_limit(worker->context, MATCH_LIMIT);
	pcre2_set_depth_limit(worker->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(worker->context, HEAP_KIB);
	if (worker->stack != NULL)
		pcre2_jit_stack_assign(worker->context, NULL, worker->stack);
	return 0;
}

void
nj_regex_worker_close(struct nj_regex_worker *worker)
{
	pcre2_match_data_free(worker->match);
	pcre2_match_context_free(worker->context);
	pcre2_jit_stack_free(worker->stack);
	*worker = (struct nj_regex_worker){0};
}

/* The leftmost match from `at` on. */
static bool
find(const struct nj_regex *regex, struct nj_regex_worker *worker, struct nj_regex_search *search,
	size_t at)
{
	const size_t *ovector = pcre2_get_ovector_pointer(worker->match);

	if (at > search->length)
		return false;
	/* 0 is a match too: with groups, for which there is no room. */
	if (pcre2_match(regex->code, search->bytes, search->length, at, 0, worker->match,
		    worker->context) < 0)
		return false;
	search->begin = ovector[0];
	search->end = ovector[1];
	return search->begin <= search->end;
}

bool
nj_regex_next(const struct nj_regex *regex, struct nj_regex_worker *worker,
	struct nj_regex_search *search)
{
	size_t last = search->end;
	bool first = !search->started;

	search->started = true;
	if (!find(regex, worker, search, last))
		return false;
	if (first || search->begin != search->end || search->end != last)
		return true;
	/* Empty and right behind the one before: it is a byte further on, or none. */
	return find(regex, worker, search, last + 1);
}
