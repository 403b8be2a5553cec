/* SPDX-License-Identifier: BSD-3-Clause */
/* What of root's powers the devices still need once they are started. */
#ifndef CAPABILITIES_H
#define CAPABILITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane.h"

#define CAPABILITIES_ALL UINT64_MAX

/* A bit for each capability(7) that one of the started ports needs; CAPABILITIES_ALL where it is
 * not known. */
uint64_t capabilities_needed(const struct dataplane *dataplane);

/* Whether one of them needs bpf(2). */
bool capabilities_need_bpf(const struct dataplane *dataplane);

/* Takes all but these from every thread, and from all that they begin, and has no program that they
 * started get any back. Returns 0 or -errno. */
int capabilities_keep(uint64_t kept);

/* Their names, as "none" or "ipc_lock, net_admin". Returns `text`. */
const char *capabilities_format(uint64_t kept, char *text, size_t size);

#endif
