/* SPDX-License-Identifier: BSD-3-Clause */
/* Names that were met before, and where: for everything that may be there only once. */
#ifndef NJ_SEEN_H
#define NJ_SEEN_H

#include "nj_policy.h"

struct nj_seen {
	void *tree;
};

/* Where this name was met first, or NULL where that is here and now. */
const struct nj_place *nj_seen_before(
	struct nj_seen *seen, const char *name, struct nj_place place);
void nj_seen_clear(struct nj_seen *seen);

#endif
