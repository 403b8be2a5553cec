/* SPDX-License-Identifier: BSD-3-Clause */
/* What the Debug filter shows, as a line of the log. */
#ifndef DATAGRAM_LOG_H
#define DATAGRAM_LOG_H

#include <rte_mbuf.h>

/* Logs a datagram that a worker handed over (MAIL_LOG). The mbuf stays the caller's. Manager. */
void datagram_log(struct rte_mbuf *m);

#endif
