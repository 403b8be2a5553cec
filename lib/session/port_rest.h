/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When upstream ports were last left, so that a late reply to one client does not reach the next
 * one that has the port: it rests in between.
 *
 * What is noted is noted by the hash of the replies' flow (endpoint, upstream address, port), in as
 * many places as there are sessions or, where those are few, as one address has ports. Two that
 * share a place rest as long as the later one has to: too long, never too short. It belongs to one
 * worker.
 */
#ifndef PORT_REST_H
#define PORT_REST_H

#include <stdint.h>

#include "nj_base.h"
#include "nj_packet.h"

/*
 * How long a port is given to nobody: endpoints that answer at all do it sooner. Where there is a
 * choice it is `unreplied_ttl`, after which nobody waits for an answer any more.
 */
#define PORT_REST_MS 1000

struct port_rest {
	uint32_t n;
	nj_ms_t *left_ms; /* by place; 0: never, or too long ago to matter */
	uint32_t cursor;  /* the next place to be looked at by port_rest_forget() */
};

/* For so many sessions, in the memory of a NUMA socket. Returns 0 or -ENOMEM. */
int port_rest_init(struct port_rest *rest, uint32_t n_sessions, int socket);
void port_rest_fini(struct port_rest *rest);

/* The port that these replies come to was left at this time, or rests as if it had been. */
void port_rest_begin(
	struct port_rest *rest, const struct nj_flow *reply, nj_ms_t since, nj_ms_t now);

/* For how long it has been resting, in ms; UINT32_MAX: it never was used. */
uint32_t port_rest_age(const struct port_rest *rest, const struct nj_flow *reply, nj_ms_t now);

/*
 * Looks at one more place, and forgets when its port was left where that is `enough_ms` ago. After
 * 49 days a time would look recent again; at one place a millisecond, as many places as there can
 * be have their turn in three.
 */
void port_rest_forget(struct port_rest *rest, uint32_t enough_ms, nj_ms_t now);

/* Fetches what port_rest_age() will look at. */
void port_rest_prefetch(const struct port_rest *rest, const struct nj_flow *reply);

#endif
