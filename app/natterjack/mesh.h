/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What crosses between lcores: one ring of packets for each ordered pair of
 * them, so that each ring has a single producer and a single consumer, and none
 * needs a lock or an atomic read-modify-write. Lcores are numbered: workers from 0, then the
 * manager.
 *
 * A receiver does not look at all of its rings in every round, which is two cache lines each. Who
 * has sent says so afterwards in a count, and the counts for one receiver lie next to each other.
 */
#ifndef MESH_H
#define MESH_H

#include <stdbool.h>

#include <rte_mbuf.h>

#include "nj_packet.h"
#include "nj_session.h"

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

#define MESH_LCORES_MAX (NJ_WORKERS_MAX + 1)

/* As many packets as a ring to the manager holds: who takes that many at a time lets nobody hold
 * him. */
#define MESH_RING_PACKETS 2048

struct mesh_lcore {
	/* Constant: the rings that lead here, by sender. */
	char *rings;
	size_t ring_bytes; /* of one */
	/* Packets that were sent here, by sender, who alone writes it. They wrap around. */
	uint32_t posted[MESH_LCORES_MAX] __rte_cache_aligned;
	/* This lcore's own: how many it took, by sender; how many it sent, and said so, by
	 * receiver; and whether it has to say so yet. */
	uint32_t taken[MESH_LCORES_MAX] __rte_cache_aligned;
	uint32_t sent[MESH_LCORES_MAX], told[MESH_LCORES_MAX];
	bool untold;
} __rte_cache_aligned;

struct mesh {
	unsigned int n;
	struct mesh_lcore lcores[];
};

/*
 * Rings between `n` lcores, 2 to MESH_LCORES_MAX, in the memory of any socket; NULL with rte_errno.
 * Those to the manager hold MESH_RING_PACKETS, those to a worker as many where there are few, and
 * fewer where there are many.
 */
struct mesh *mesh_create(unsigned int n);
/* Frees the rings, which must be empty. Takes NULL. */
void mesh_destroy(struct mesh *mesh);

/* Hands a packet over, which the receiver finds after mesh_post(). Returns false where the ring is
 * full; the packet is the caller's still. Only `from` calls it. */
bool mesh_send(
	struct mesh *mesh, unsigned int from, unsigned int to, struct rte_mbuf *m, enum mail mail);

/* The same for what must leave room for others: it is refused where the ring is half full. */
bool mesh_send_spare(
	struct mesh *mesh, unsigned int from, unsigned int to, struct rte_mbuf *m, enum mail mail);

/* Tells the receivers of what `from` has sent. Only `from` calls it, at the end of a burst. */
void mesh_tell(struct mesh *mesh, unsigned int from);

static inline void
mesh_post(struct mesh *mesh, unsigned int from)
{
	if (mesh->lcores[from].untold)
		mesh_tell(mesh, from);
}

/* Whether there may be something that `from` sent to `to`. Only `to` calls it. */
static inline bool
mesh_has_mail(const struct mesh *mesh, unsigned int from, unsigned int to)
{
	const struct mesh_lcore *lcore = &mesh->lcores[to];

	return __atomic_load_n(&lcore->posted[from], __ATOMIC_ACQUIRE) != lcore->taken[from];
}

/* Takes at most `max` packets that `from` sent to `to`. Only `to` calls it. */
unsigned int mesh_receive(struct mesh *mesh, unsigned int from, unsigned int to,
	struct rte_mbuf **pkts, unsigned int max);

#endif
