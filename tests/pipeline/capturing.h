/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture of what goes through the rig, without a socket: its copies are the test's to take. */
#ifndef CAPTURING_H
#define CAPTURING_H

#include "capture.h"
#include "rig.h"

/* A client, and an endpoint that every datagram goes to. */
struct rig *capturing_rig(void);

/* What the request says, which is right and ends with a comma; a path for the socket is added. */
struct capture *capturing_begin(struct rig *rig, const char *request);
void capturing_end(struct rig *rig, struct capture *capture);

/* The next copy that is one, of any lane, for the caller to free; NULL: there is none. */
struct rte_mbuf *capturing_next(struct capture *capture);

#endif
