/* SPDX-License-Identifier: BSD-3-Clause */
/* What left the proxy, and how it differs from what should have. */
#ifndef OBSERVE_H
#define OBSERVE_H

#include "rig.h"

#define OBSERVED_MAX 128

struct observed {
	unsigned int side;
	struct nj_address from, to;
	struct nj_bytes payload;
	const char *wrong; /* what is not right with its headers, or NULL */
	char *text;        /* all of it, for messages */
};

struct observation {
	unsigned int n;
	struct observed datagrams[OBSERVED_MAX];
};

/* Takes all that left on both ports; ARP and ICMPv6 are left out. */
void observe(struct rig *rig, struct observation *observation);
void observe_end(struct observation *observation);

/* The same where no datagram should have left; fails the test where one did. */
void observe_nothing(struct rig *rig);

/* What differs, both as text and hex; free it. NULL: they are equal. */
char *observe_difference(const struct nj_bytes *wanted, const struct nj_bytes *got);

/* Over all ports. */
uint64_t observe_dropped(const struct nj_counters *counters, enum nj_drop reason);

#endif
