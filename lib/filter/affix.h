/* SPDX-License-Identifier: BSD-3-Clause */
/* The first or the last bytes of a payload: what both eras' captures share. */
#ifndef AFFIX_H
#define AFFIX_H

#include "nj_filter.h"

struct nj_affix {
	uint32_t size;
	bool at_end;
	bool remove; /* cut them off */
};

/* What one capture takes of the burst's scratch. */
size_t nj_affix_scratch(const struct nj_affix *affix);

/*
 * Captures from a burst: each datagram gets a copy as its value in `slot`, which later changes of
 * the payload leave alone. Those whose payload is too short are dropped, and still in the batch.
 * A worker.
 */
void nj_affix_capture(const struct nj_affix *affix, struct nj_batch *batch, unsigned int slot);

#endif
