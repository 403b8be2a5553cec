/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where an expression is one of bytes in some places and of characters in others
 * (the flag u changes), PCRE2 is given one of bytes: what matches a character is
 * spelled in the bytes of its UTF-8.
 */
#ifndef RUST_REGEX_SPELL_H
#define RUST_REGEX_SPELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct nj_spelled;

/* What one expression has spelled; zeroed at first. */
struct nj_spelling {
	struct nj_spelled *first;
	uint8_t *characters; /* all there are, in UTF-8 */
	size_t length;
};

#define NJ_SPELL_WHY_STRLEN 200

/*
 * Writes what `text`, which matches one character to PCRE2 in UTF mode, is in
 * bytes; short at the cost of time where it is repeated `often`, as PCRE2 copies
 * what it repeats. False where it is no expression, and why in `why`. Manager.
 */
bool nj_spell(struct nj_spelling *spelling, const char *text, bool often, FILE *out,
	char why[NJ_SPELL_WHY_STRLEN]);
/* The same for \b, or for \B; `word` matches a character of a word. Manager. */
bool nj_spell_boundary(struct nj_spelling *spelling, bool within, const char *word, FILE *out,
	char why[NJ_SPELL_WHY_STRLEN]);
/* Writes what the spelled refer to, behind all else, and frees them. Manager. */
void nj_spell_end(struct nj_spelling *spelling, FILE *out);

#endif
