/* SPDX-License-Identifier: BSD-3-Clause */
#include "edge_ends.h"

#include "manager.h"
#include "worker.h"

static void
add(struct edge_ends *sum, const struct nj_port_counters *port)
{
	sum->received += port->rx_packets + port->copied;
	sum->forwarded += port->tx_packets;
	sum->local += port->local;
	for (unsigned int i = 0; i < NJ_DROP_COUNT; i++)
		sum->dropped[i] += port->dropped[i];
}

struct edge_ends
edge_ends(const struct rig *rig)
{
	const struct dataplane *dataplane = rig->dataplane;
	struct edge_ends sum = {.received = 0};

	for (unsigned int i = 0; i < dataplane->n_ports; i++) {
		const uint16_t id = dataplane->ports[i].id;

		for (unsigned int j = 0; j < dataplane->n_workers; j++)
			add(&sum, &dataplane->workers[j]->counters.port[id]);
		add(&sum, &dataplane->manager->counters.port[id]);
	}
	sum.received -= rig->questions;
	sum.local -= rig->questions;
	return sum;
}

uint64_t
edge_ended(const struct edge_ends *before, const struct edge_ends *after, enum nj_drop *reason)
{
	uint64_t n = after->forwarded - before->forwarded + after->local - before->local;

	*reason = NJ_DROP_NONE;
	for (unsigned int i = 0; i < NJ_DROP_COUNT; i++) {
		n += after->dropped[i] - before->dropped[i];
		if (after->dropped[i] != before->dropped[i])
			*reason = (enum nj_drop)i;
	}
	return n;
}
