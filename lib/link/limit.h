/* SPDX-License-Identifier: BSD-3-Clause */
/* At most one line to the log in so much time. All zero is one that has not passed anything. */
#ifndef NJ_LINK_LIMIT_H
#define NJ_LINK_LIMIT_H

#include "nj_base.h"

struct nj_limit {
	nj_ms_t last;
	bool started;
};

static inline bool
nj_limit_passes(struct nj_limit *limit, uint32_t interval_ms, nj_ms_t now)
{
	if (limit->started && nj_ms_since(now, limit->last) < interval_ms)
		return false;
	*limit = (struct nj_limit){.last = now, .started = true};
	return true;
}

#endif
