/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_FILTERS_H
#define NJ_FILTERS_H

#include "nj_policy.h"

/* The keys of one entry of `filters`, by enum nj_era. */
extern const struct nj_field nj_filter_items[2];

/* Reads a list of filters into the policy's chain. */
void nj_filters_read(
	struct nj_document *document, const yaml_node_t *list, struct nj_policy *policy);

#endif
