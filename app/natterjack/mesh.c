/* SPDX-License-Identifier: BSD-3-Clause */
#include "mesh.h"

#include <errno.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_ring.h>

/* All rings that lead to one worker hold so many together, half a megabyte of pointers; but each
 * holds some bursts. */
#define WORKER_PACKETS   65536
#define RING_PACKETS_MIN 512

static struct rte_ring *
ring_between(struct mesh *mesh, unsigned int from, unsigned int to)
{
	const struct mesh_lcore *lcore = &mesh->lcores[to];

	return (struct rte_ring *)(lcore->rings + from * lcore->ring_bytes);
}

/* Bursts for the local stack are dealt out by what the manager's rings hold (local.c). */
static unsigned int
ring_packets(unsigned int n, unsigned int to)
{
	const uint32_t share = rte_align32prevpow2(WORKER_PACKETS / n);

	if (to == n - 1)
		return MESH_RING_PACKETS;
	return RTE_MIN(RTE_MAX(share, (uint32_t)RING_PACKETS_MIN), (uint32_t)MESH_RING_PACKETS);
}

/* In memory of ours: DPDK's own rings have a memzone each, of which there are 2,560. */
static int
create_rings(struct mesh *mesh, unsigned int to)
{
	const unsigned int packets = ring_packets(mesh->n, to);
	struct mesh_lcore *lcore = &mesh->lcores[to];

	lcore->ring_bytes = RTE_CACHE_LINE_ROUNDUP((size_t)rte_ring_get_memsize(packets));
	lcore->rings =
		rte_zmalloc("nj_mesh_rings", mesh->n * lcore->ring_bytes, RTE_CACHE_LINE_SIZE);
	if (lcore->rings == NULL)
		return -ENOMEM;
	for (unsigned int from = 0; from < mesh->n; from++) {
		int ret = rte_ring_init(ring_between(mesh, from, to), "nj_mesh", packets,
			RING_F_SP_ENQ | RING_F_SC_DEQ);

		if (ret < 0)
			return ret;
	}
	return 0;
}

struct mesh *
mesh_create(unsigned int n)
{
	struct mesh *mesh = rte_zmalloc(
		"nj_mesh", sizeof(*mesh) + n * sizeof(mesh->lcores[0]), RTE_CACHE_LINE_SIZE);

	if (mesh == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	mesh->n = n;
	for (unsigned int to = 0; to < n; to++) {
		const int ret = create_rings(mesh, to);

		if (ret < 0) {
			mesh_destroy(mesh);
			rte_errno = -ret;
			return NULL;
		}
	}
	return mesh;
}

void
mesh_destroy(struct mesh *mesh)
{
	if (mesh == NULL)
		return;
	for (unsigned int to = 0; to < mesh->n; to++)
		rte_free(mesh->lcores[to].rings);
	rte_free(mesh);
}

bool
mesh_send(struct mesh *mesh, unsigned int from, unsigned int to, struct rte_mbuf *m, enum mail mail)
{
	struct mesh_lcore *lcore = &mesh->lcores[from];

	nj_packet(m)->mail = (uint8_t)mail;
	if (rte_ring_sp_enqueue(ring_between(mesh, from, to), m) != 0)
		return false;
	lcore->sent[to]++;
	lcore->untold = true;
	return true;
}

bool
mesh_send_spare(
	struct mesh *mesh, unsigned int from, unsigned int to, struct rte_mbuf *m, enum mail mail)
{
	const struct rte_ring *ring = ring_between(mesh, from, to);

	return rte_ring_free_count(ring) > rte_ring_get_size(ring) / 2 &&
	       mesh_send(mesh, from, to, m, mail);
}

void
mesh_tell(struct mesh *mesh, unsigned int from)
{
	struct mesh_lcore *lcore = &mesh->lcores[from];

	for (unsigned int to = 0; to < mesh->n; to++) {
		if (lcore->told[to] == lcore->sent[to])
			continue;
		lcore->told[to] = lcore->sent[to];
		__atomic_store_n(&mesh->lcores[to].posted[from], lcore->sent[to], __ATOMIC_RELEASE);
	}
	lcore->untold = false;
}

/* What is in the ring and was not said yet is taken as well; then the counts differ until it was.
 */
unsigned int
mesh_receive(struct mesh *mesh, unsigned int from, unsigned int to, struct rte_mbuf **pkts,
	unsigned int max)
{
	const unsigned int n =
		rte_ring_sc_dequeue_burst(ring_between(mesh, from, to), (void **)pkts, max, NULL);

	mesh->lcores[to].taken[from] += n;
	return n;
}
