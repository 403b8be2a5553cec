/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What it costs to open a session and to let one expire: calls of lib/session
 * in a table that is half full of others, in random order, without packets.
 */
#ifndef SESSIONS_H
#define SESSIONS_H

#include <stdint.h>

#include "quiet.h"

/* How the table looks in which sessions are opened. */
struct sessions_case {
	unsigned int workers;   /* the table is the first of so many's */
	unsigned int endpoints; /* the sessions are dealt out to, in turn; 200 at most */
	uint32_t n;             /* sessions open all the while */
};

/* So many sessions towards each endpoint use this share of what a worker has of the port range. */
uint32_t sessions_for(double ports_used, unsigned int workers);

/* Cycles to open one: a sample a burst, which takes the place of as many that were closed. */
void sessions_open(const struct sessions_case *given, struct samples *samples);

/* Cycles a session, to look whether it is idle, and to close one that is. The endpoints have no
 * ports for more. */
#define SESSIONS_EXPIRE_MAX 8000000
void sessions_expire(uint32_t n, struct samples *sweep, struct samples *expire);

#endif
