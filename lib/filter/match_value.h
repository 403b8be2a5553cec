/* SPDX-License-Identifier: BSD-3-Clause */
/* Values that a file gives, to compare with those of datagrams. */
#ifndef MATCH_VALUE_H
#define MATCH_VALUE_H

#include "nj_filter.h"

/*
 * Makes the value that a node stands for: true or false, a whole number, a string, or a list of
 * these. Reports anything else and returns false. match_value_clear() frees it in any case.
 */
bool match_value_read(
	struct nj_filter_build *build, const yaml_node_t *node, struct nj_value *value);
void match_value_clear(struct nj_value *value);

#endif
