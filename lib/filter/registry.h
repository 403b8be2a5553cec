/* SPDX-License-Identifier: BSD-3-Clause */
/* A filter's name may have the prefix of one era and be known in the other; for messages. */
#ifndef REGISTRY_H
#define REGISTRY_H

#include "nj_filter.h"

/* The type of this name in files of `era`, where Quilkin's own names have the prefix of another. */
const struct nj_filter_type *registry_find(
	const char *name, enum nj_era era, enum nj_era prefix_era);

#endif
