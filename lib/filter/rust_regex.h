/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Regular expressions over bytes, with the syntax and the meaning of Rust's
 * regex::bytes, which is Quilkin's. PCRE2 does the work; what it takes and Rust
 * does not (look-around, backreferences, …) is refused.
 */
#ifndef RUST_REGEX_H
#define RUST_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nj_regex;

/* What one worker needs to run any of them; zeroed before it is opened. */
struct nj_regex_worker {
	void *match;   /* pcre2_match_data */
	void *context; /* pcre2_match_context */
	void *stack;   /* pcre2_jit_stack */
};

/* A walk over all matches in some bytes: set bytes and length, zero the rest. */
struct nj_regex_search {
	const uint8_t *bytes;
	size_t length;
	size_t begin, end; /* the match that nj_regex_next() found */
	bool started;
};

#define NJ_REGEX_WHY_STRLEN 300

/* Returns NULL where it cannot be compiled, and why in `why`. Manager. */
struct nj_regex *nj_regex_compile(const char *pattern, char why[NJ_REGEX_WHY_STRLEN]);
/* Takes NULL. */
void nj_regex_free(struct nj_regex *regex);

/* 0 or -ENOMEM. Manager. */
int nj_regex_worker_open(struct nj_regex_worker *worker);
void nj_regex_worker_close(struct nj_regex_worker *worker);

/*
 * Finds the next match that does not overlap the one before. One without bytes
 * counts, unless it stands right behind the one before. A search that takes too
 * many steps ends. A worker.
 */
bool nj_regex_next(const struct nj_regex *regex, struct nj_regex_worker *worker,
	struct nj_regex_search *search);

#endif
