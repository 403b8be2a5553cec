/* SPDX-License-Identifier: BSD-3-Clause */
/* A device and its queues. */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mempool.h>

#include "nj_policy.h"

struct port {
	uint16_t id;         /* ethdev's number */
	const char *device;  /* as the appliance file names it */
	uint16_t n_rx, n_tx; /* queues */
	uint16_t mtu;
	uint16_t vlan;
	bool vlan_insert; /* the device puts the tag in */
	struct rte_ether_addr mac;
};

/* Whether a device of the appliance file is a virtual one and not on a bus. */
bool port_device_is_virtual(const char *device);

/*
 * Finds or makes the device of `config`, sets it up with a receive queue for
 * each of `n_workers` and a transmit queue for each of them and the manager,
 * as far as it has them, and starts it. Returns 0, or -errno after logging which device failed, at
 * what and why. Before workers start.
 */
int port_start(struct port *port, const struct nj_port_config *config, unsigned int n_workers,
	struct rte_mempool *pool);

/* Stops and closes it. After workers have stopped. */
void port_stop(struct port *port);

/* The lcore (as the mesh numbers them) that has the transmit queue which `lcore` is to use. */
static inline unsigned int
port_tx_lcore(const struct port *port, unsigned int lcore)
{
	return lcore % port->n_tx;
}

#endif
