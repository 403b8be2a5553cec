/* SPDX-License-Identifier: BSD-3-Clause */
/* A device and its queues. */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mempool.h>

#include "nj_policy.h"
#include "nj_session.h"

#define PORT_RSS_KEY_MAX 64 /* bytes; a driver that takes more has a key of its own */

struct port {
	uint16_t id;         /* ethdev's number */
	const char *device;  /* as the appliance file names it */
	uint16_t n_rx, n_tx; /* queues */
	uint16_t mtu;
	uint16_t vlan;
	bool vlan_insert;        /* the device puts the tag in */
	bool hashes;             /* the hash that it leaves in a mbuf is ownership's */
	uint16_t n_redirections; /* entries of its redirection table, where it hashes so; else 0 */
	struct rte_ether_addr mac;
	uint8_t rss_key[PORT_RSS_KEY_MAX]; /* the driver reads it again when the port starts */
};

/* Whether a device of the appliance file is a virtual one and not on a bus. */
bool port_device_is_virtual(const char *device);

/*
 * Finds or makes the device of `config`, sets it up with a receive queue for
 * each worker of `ownership` and a transmit queue for each of them and the
 * manager, as far as it has them, and starts it. A device that can hash flows
 * does it by the key of `ownership`. `port` has to stay where it is until it is stopped. Returns 0,
 * or -errno after logging which device failed, at what and why. Before workers start.
 */
int port_start(struct port *port, const struct nj_port_config *config,
	const struct nj_ownership *ownership, struct rte_mempool *pool);

/* How many buckets `ownership` may have for all of these started ports to spread flows over their
 * queues as it does: as many as it has, or as the smallest redirection table has entries. */
uint32_t port_buckets(
	const struct port *ports, unsigned int n_ports, const struct nj_ownership *ownership);

/* Has a started port whose hash is ownership's spread flows over its queues as `ownership` says.
 * Before workers start. */
void port_spread(const struct port *port, const struct nj_ownership *ownership);

/* Stops and closes it. After workers have stopped. */
void port_stop(struct port *port);

/* The lcore (as the mesh numbers them) that has the transmit queue which `lcore` is to use. */
static inline unsigned int
port_tx_lcore(const struct port *port, unsigned int lcore)
{
	return lcore % port->n_tx;
}

#endif
