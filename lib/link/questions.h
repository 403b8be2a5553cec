/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many questions about neighbors, of ARP and NDP, leave on one port: whoever has us look for
 * made-up addresses would otherwise have us send as many broadcasts as he sends packets. All zero
 * is one that has not asked anything. Manager only.
 *
 * Those about strangers are so many that a LAN party's 2,000 hosts are found within seconds after a
 * restart, and 0.3 Mbit/s of broadcasts at the most. Neighbors that have answered before, gateways
 * and routers have a share that no stranger takes from: enough for a full table whose neighbors are
 * each asked again every NJ_NEIGHBOR_REACHABLE_MS.
 */
#ifndef NJ_LINK_QUESTIONS_H
#define NJ_LINK_QUESTIONS_H

#include "nj_bucket.h"

#define NJ_QUESTIONS_STRANGERS_PER_SECOND 500
#define NJ_QUESTIONS_STRANGERS_BURST      256
#define NJ_QUESTIONS_KNOWN_PER_SECOND     4000
#define NJ_QUESTIONS_KNOWN_BURST          1024

struct nj_questions {
	struct nj_bucket strangers, known;
};

/* Whether one may leave now. */
static inline bool
nj_questions_take(struct nj_questions *questions, bool known, nj_ms_t now)
{
	if (known)
		return nj_bucket_take(&questions->known, NJ_QUESTIONS_KNOWN_PER_SECOND,
			NJ_QUESTIONS_KNOWN_BURST, now);
	return nj_bucket_take(&questions->strangers, NJ_QUESTIONS_STRANGERS_PER_SECOND,
		NJ_QUESTIONS_STRANGERS_BURST, now);
}

#endif
