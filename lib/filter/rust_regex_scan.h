/* SPDX-License-Identifier: BSD-3-Clause */
/* An expression while it is translated; of the rust_regex_ files alone. Manager. */
#ifndef RUST_REGEX_SCAN_H
#define RUST_REGEX_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "rust_regex_spell.h"

#define NJ_SCAN_NEST_MAX 250 /* groups inside of each other, as Rust has it */

/* Those that say what matches a character; PCRE2 itself keeps the others. */
struct nj_scan_flags {
	bool unicode, insensitive, dot_all;
};

struct nj_scan {
	const char *begin, *at;
	FILE *out;
	bool bytes; /* PCRE2 sees no characters: they are spelled */
	struct nj_scan_flags flags, outer[NJ_SCAN_NEST_MAX];
	unsigned int depth;
	struct nj_spelling spelling;
	char *why;
	size_t size;
};

/* What Rust takes for a character of a word, as members of a class: PCRE2 has no marks, no joiners.
 */
#define NJ_SCAN_WORD "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200c}\\x{200d}"

/* Says `what` and where in `why`; false. */
bool nj_scan_refuse(struct nj_scan *scan, const char *what);
/* Writes the next n bytes as they are; true. */
bool nj_scan_copy(struct nj_scan *scan, size_t n);

/* Whether an escape is here that is a character, never a byte: \u0041, \x{41}. */
bool nj_scan_at_code(const struct nj_scan *scan);
/* Each translates what is here; false where it is refused. */
bool nj_scan_escape(struct nj_scan *scan);
bool nj_scan_class(struct nj_scan *scan);

#endif
