/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_LOCALITIES_H
#define NJ_LOCALITIES_H

#include "endpoints.h"

/* `clusters` of the second era: a list of localities with endpoints ... */
extern const struct nj_field nj_locality_item;
/* ... or, before Quilkin 0.7, a map of names to such tables. */
extern const struct nj_table nj_cluster_table;

/* Reads `clusters` in each of its three forms. */
void nj_localities_read(struct nj_endpoints_reader *reader, yaml_node_t *clusters);

#endif
