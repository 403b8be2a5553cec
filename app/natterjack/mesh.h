/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What crosses between lcores: one ring of packets for each ordered pair of
 * them, so that each ring has a single producer and a single consumer, and none
 * needs a lock or an atomic read-modify-write. Lcores are numbered: workers from 0, then the
 * manager.
 */
#ifndef MESH_H
#define MESH_H

#include <stdbool.h>

#include <rte_mbuf.h>

#include "nj_packet.h"

/* What the receiver of a packet shall do with it; nj_packet(m)->mail. */
enum mail {
	MAIL_FLOW,     /* to a worker: a parsed datagram of a flow that it owns */
	MAIL_TRANSMIT, /* to a worker: a finished frame, from an lcore without a queue on that port
			*/
	MAIL_DROPPED,  /* to a worker: a datagram of a session of its own, to be counted as such */
	MAIL_LOCAL,    /* to the manager: a frame for the local stack */
	MAIL_LOG,      /* to the manager: a copy of a datagram, to be logged */
	MAIL_RESOLVE,  /* to the manager: a finished packet but for its next hop's address */
};

struct mesh;

/* Rings between `n` lcores in the memory of any socket; NULL with rte_errno. */
struct mesh *mesh_create(unsigned int n);
/* Frees the rings, which must be empty. Takes NULL. */
void mesh_destroy(struct mesh *mesh);

/* Hands a packet over. Returns false where the ring is full; the packet is the caller's still. Only
 * `from` calls it. */
bool mesh_send(
	struct mesh *mesh, unsigned int from, unsigned int to, struct rte_mbuf *m, enum mail mail);

/* The same for what must leave room for others: it is refused where the ring is half full. */
bool mesh_send_spare(
	struct mesh *mesh, unsigned int from, unsigned int to, struct rte_mbuf *m, enum mail mail);

/* As many packets as a ring holds: who takes that many at a time lets nobody hold him. */
#define MESH_RING_PACKETS 2048

/* Takes at most `max` packets that `from` sent to `to`. Only `to` calls it. */
unsigned int mesh_receive(struct mesh *mesh, unsigned int from, unsigned int to,
	struct rte_mbuf **pkts, unsigned int max);

#endif
