/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The manager: answers for the proxy on its networks and resolves neighbors. It is the only writer
 * of links and policy.
 */
#ifndef MANAGER_H
#define MANAGER_H

#include <semaphore.h>

#include "control.h"
#include "dataplane.h"
#include "link_watch.h"
#include "liveness.h"
#include "transmit.h"

struct manager {
	struct dataplane *dataplane;
	struct transmitter transmitter;
	nj_ms_t now;
	struct link_watch link_watch;
	struct liveness liveness;
	struct control control; /* what other threads want done */
	bool swapping; /* a policy gave way to another, and workers may still be using it */
	uint64_t swap_token;
	struct nj_policy *old_policy;
	sem_t retired; /* posted when they no longer are */
	struct nj_counters counters;
};

/* Returns NULL after logging why. */
struct manager *manager_create(struct dataplane *dataplane);
void manager_destroy(struct manager *manager); /* takes NULL */

/* The part of a round that answers for us and takes neighbors' answers; no session is touched.
 * Returns whether a worker had sent it anything. */
bool manager_listen(struct manager *manager, nj_ms_t now);

/* One round: mail, neighbors, what other threads want done; and workers serve from the first one on
 * in which the sessions of before are back and an address of ours is valid. Returns whether a
 * worker had sent it anything: call it every millisecond then, and every few while none has for
 * long. */
bool manager_step(struct manager *manager, nj_ms_t now);

/* Puts another policy into force. Posts ->retired once nobody uses the old one (->old_policy),
 * which is the caller's then. */
void manager_swap_policy(struct manager *manager, struct nj_policy *policy);

/* What the link is to do its sending with. */
struct nj_link_ops manager_link_ops(struct manager *manager);

#endif
