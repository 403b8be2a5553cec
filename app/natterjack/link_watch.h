/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether each port's link is up; a change is logged once, and the local stack told. */
#ifndef LINK_WATCH_H
#define LINK_WATCH_H

#include "dataplane.h"

struct link_watch {
	nj_ms_t looked_ms;
	bool down[NJ_PORTS_MAX]; /* by ethdev's number */
};

/* Looks at the links from time to time. Manager. */
void link_watch_step(struct link_watch *watch, const struct dataplane *dataplane, nj_ms_t now);

#endif
