/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_RESOLVE_H
#define NJ_RESOLVE_H

#include "nj_base.h"

/*
 * Reads HOST:PORT where the host is a name for the system's resolver, which may
 * take its time. The first address counts. Returns 0, or -EINVAL where the text is not of that
 * form, or -ENOENT where the name does not resolve; *why is the resolver's word for it then.
 */
int nj_resolve(const char *text, struct nj_address *out, const char **why);

#endif
