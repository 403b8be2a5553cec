/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole packet path between rings for targets: both families on both sides, two workers, QCMP,
 * and a chain with endpoints of both families. To make all of it for each input would take most of
 * the time, so it is left behind without sessions and waiting packets; what was learned of routers
 * goes with the rig, which is made anew now and then.
 */
#ifndef BURSTS_H
#define BURSTS_H

#include "chains.h"
#include "peers.h"

#define BURSTS_QCMP_PORT 7600
#define BURSTS_MARK      0xfefe /* in a frame: the upstream port of the last session */

struct bursts {
	struct rig *rig;
	uint16_t upstream_port; /* host byte order */
};

void bursts_open(struct bursts *bursts);
/* With the law, every mbuf where it belongs, and no session left. */
void bursts_close(struct bursts *bursts);

/* Puts a frame onto a side's port, its checksums and lengths put right as fuzz_mend() says. */
void bursts_put(struct bursts *bursts, unsigned int side, unsigned int queue, const void *frame,
	uint16_t length, unsigned int mend);
/* Polls, and looks at what has left: frames are whole, come from us, and have right checksums. */
void bursts_run(struct bursts *bursts);

#endif
