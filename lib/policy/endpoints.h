/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_ENDPOINTS_H
#define NJ_ENDPOINTS_H

#include "nj_policy.h"

/* The keys of one endpoint, in both eras. */
extern const struct nj_field nj_endpoint_item;

/* What the readers of endpoints share while they go through a file. */
struct nj_endpoints_reader {
	struct nj_document *document;
	struct nj_policy *policy;
	struct nj_seen addresses; /* "SCOPE ADDRESS" */
	const char *scope;        /* within which an address is there only once */
	bool full; /* more than NJ_ENDPOINTS_MAX: reported, and the rest is not read */
};

/* Reads a list of endpoints into the policy's newest cluster. */
void nj_endpoints_read(struct nj_endpoints_reader *reader, const yaml_node_t *list);

#endif
