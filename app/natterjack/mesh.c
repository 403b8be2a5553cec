/* SPDX-License-Identifier: BSD-3-Clause */
#include "mesh.h"

#include <stdio.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_ring.h>

struct mesh {
	unsigned int n;
	struct rte_ring *ring[]; /* from * n + to; none from an lcore to itself */
};

static struct rte_ring **
ring_between(struct mesh *mesh, unsigned int from, unsigned int to)
{
	return &mesh->ring[from * mesh->n + to];
}

struct mesh *
mesh_create(unsigned int n)
{
	struct mesh *mesh =
		rte_zmalloc("nj_mesh", sizeof(*mesh) + n * n * sizeof(mesh->ring[0]), 0);
	char name[RTE_RING_NAMESIZE];

	if (mesh == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	mesh->n = n;
	for (unsigned int i = 0; i < n * n; i++) {
		if (i / n == i % n)
			continue;
		snprintf(name, sizeof(name), "nj_mesh_%u", i);
		mesh->ring[i] = rte_ring_create(
			name, MESH_RING_PACKETS, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (mesh->ring[i] == NULL) {
			mesh_destroy(mesh);
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
	for (unsigned int i = 0; i < mesh->n * mesh->n; i++)
		rte_ring_free(mesh->ring[i]);
	rte_free(mesh);
}

bool
mesh_send(struct mesh *mesh, unsigned int from, unsigned int to, struct rte_mbuf *m, enum mail mail)
{
	nj_packet(m)->mail = (uint8_t)mail;
	return rte_ring_sp_enqueue(*ring_between(mesh, from, to), m) == 0;
}

bool
mesh_send_spare(
	struct mesh *mesh, unsigned int from, unsigned int to, struct rte_mbuf *m, enum mail mail)
{
	return rte_ring_free_count(*ring_between(mesh, from, to)) > MESH_RING_PACKETS / 2 &&
	       mesh_send(mesh, from, to, m, mail);
}

unsigned int
mesh_receive(struct mesh *mesh, unsigned int from, unsigned int to, struct rte_mbuf **pkts,
	unsigned int max)
{
	return rte_ring_sc_dequeue_burst(*ring_between(mesh, from, to), (void **)pkts, max, NULL);
}
