/* SPDX-License-Identifier: BSD-3-Clause */
#include "link_watch.h"

#include <rte_ethdev.h>

NJ_LOG_TYPE(links);

/* Asked for, as not every device has an interrupt for it, and the manager comes round anyway. */
#define LOOK_MS 200

static void
look(struct link_watch *watch, const struct dataplane *dataplane, const struct port *port,
	nj_ms_t now)
{
	struct rte_eth_link link = {0};
	bool down;

	if (rte_eth_link_get_nowait(port->id, &link) < 0)
		return;
	down = link.link_status == RTE_ETH_LINK_DOWN;
	if (down == watch->down[port->id])
		return;
	watch->down[port->id] = down;
	NJ_EVENT(NOTICE, "link", "port=%s state=%s", port->device, down ? "down" : "up");
	nj_link_set(dataplane->link, port->id, !down, now);
}

void
link_watch_step(struct link_watch *watch, const struct dataplane *dataplane, nj_ms_t now)
{
	if (nj_ms_since(now, watch->looked_ms) < LOOK_MS)
		return;
	watch->looked_ms = now;
	for (unsigned int i = 0; i < dataplane->n_ports; i++)
		look(watch, dataplane, &dataplane->ports[i], now);
}
