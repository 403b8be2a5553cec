/* SPDX-License-Identifier: BSD-3-Clause */
/* Rust's syntax of regular expressions, in PCRE2's. */
#ifndef RUST_REGEX_SYNTAX_H
#define RUST_REGEX_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

struct nj_regex_syntax {
	char *text;   /* for PCRE2; the caller frees it */
	bool unicode; /* in UTF mode, not as bytes */
};

/*
 * Translates an expression of Rust's regex crate. What that refuses, or what
 * PCRE2 has no equal for, is refused: false, and the reason in `why`. Manager.
 */
bool nj_regex_syntax(const char *pattern, struct nj_regex_syntax *out, char *why, size_t size);

#endif
