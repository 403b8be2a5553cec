/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_TOKENS_H
#define NJ_TOKENS_H

#include "nj_cluster.h"

/* Frees an endpoint's tokens; it has none after that. */
void nj_tokens_clear(struct nj_endpoint *endpoint);

#endif
