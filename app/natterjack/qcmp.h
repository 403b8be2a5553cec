/* SPDX-License-Identifier: BSD-3-Clause */
/* The stage that answers QCMP pings, on the worker that gets them: a detour would be measured, too.
 */
#ifndef QCMP_H
#define QCMP_H

#include <rte_mbuf.h>

#include "nj_base.h"

#define QCMP_PER_SECOND 100 /* answers to one source address, of each worker */

struct worker;

struct qcmp_limiter; /* one for each worker */

struct qcmp_limiter *qcmp_limiter_create(int socket);    /* NULL: no memory */
void qcmp_limiter_destroy(struct qcmp_limiter *limiter); /* takes NULL */

/* Takes a datagram to the QCMP port: answers it, or drops it. */
void qcmp(struct worker *worker, struct rte_mbuf *m);

#endif
