/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets that were dropped, by reason. */
#ifndef DROPS_H
#define DROPS_H

#include <jansson.h>

/* A new list of those reasons of /natterjack/stats that there were packets for: "reason" and
 * "packets". */
json_t *drops_list(const json_t *stats);

#endif
