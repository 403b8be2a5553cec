/* SPDX-License-Identifier: BSD-3-Clause */
/* For a build without PCRE2: no expression compiles. */
#include "rust_regex.h"

#include <errno.h>
#include <stdio.h>

struct nj_regex *
nj_regex_compile(const char *pattern, char why[NJ_REGEX_WHY_STRLEN])
{
	snprintf(why, NJ_REGEX_WHY_STRLEN,
		"this natterjack was built without regular expressions (libpcre2-8)");
	return NULL;
}

void
nj_regex_free(struct nj_regex *regex)
{
}

int
nj_regex_worker_open(struct nj_regex_worker *worker)
{
	return -ENOTSUP;
}

void
nj_regex_worker_close(struct nj_regex_worker *worker)
{
}

bool
nj_regex_next(const struct nj_regex *regex, struct nj_regex_worker *worker,
	struct nj_regex_search *search)
{
	return false;
}
