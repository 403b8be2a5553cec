/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MEMORY_H
#define MEMORY_H

/* What the process has in memory, in KiB. */
long memory_resident(void);

#endif
