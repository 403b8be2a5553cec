/* SPDX-License-Identifier: BSD-3-Clause */
/* How the makers of edge_frames.h begin and end a frame. */
#ifndef EDGE_VISIT_H
#define EDGE_VISIT_H

#include "edge_frames.h"

struct edge_visit {
	const struct edge_world *world;
	edge_visit_t *call;
	void *context;
};

/* The Ethernet header of an IP packet, with the port's tag, to us or to a group's MAC. */
static inline void
edge_link(const struct edge_world *world, struct edge_frame *frame, const struct nj_ip *from,
	const struct rte_ether_addr *group)
{
	const struct rte_ether_addr ours = rig_mac(
					    world->rig, rig_port_of(world->rig, frame->side)),
				    theirs = peer_mac(from);
	const uint16_t tag[] = {RTE_ETHER_TYPE_VLAN, world->vlan};

	edge_add_ether(frame, group != NULL ? group : &ours, &theirs,
		from->family == AF_INET6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4,
		world->vlan != 0, tag);
}

/* Its lengths and checksums are put right. */
static inline void
edge_end(const struct edge_visit *visit, struct edge_frame *frame)
{
	const uint16_t length = (uint16_t)(frame->bits / 8);

	edge_mend_lengths(frame, frame->bytes, length);
	edge_mend_checksums(frame, frame->bytes, length);
	visit->call(visit->context, frame);
}

#endif
