/* SPDX-License-Identifier: BSD-3-Clause */
#include "port.h"

#include <bsd/string.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

NJ_LOG_TYPE(port);

/* A PCI address is the only name with a colon before the arguments. */
bool
port_device_is_virtual(const char *device)
{
	return device[strcspn(device, ":,")] != ':';
}

/* The device's name without its arguments. */
static void
device_name(const char *device, char name[RTE_DEV_NAME_MAX_LEN])
{
	strlcpy(name, device, RTE_DEV_NAME_MAX_LEN);
	name[strcspn(name, ",")] = '\0';
}

/*
 * Drivers answer with numbers that say little (-1, which reads as "not
 * permitted"), so the usual mistake is looked for by name.
 */
static int
probe_failed(const struct port *port, int err)
{
	const char *argument = strstr(port->device, ",iface=");
	char interface[IF_NAMESIZE] = "";

	if (argument != NULL) {
		strlcpy(interface, argument + strlen(",iface="), sizeof(interface));
		interface[strcspn(interface, ",")] = '\0';
	}
	if (argument != NULL && if_nametoindex(interface) == 0)
		return nj_err(ENODEV, "port %s: there is no network interface '%s'", port->device,
			interface);
	if (err == EPERM || err == EFAULT)
		return nj_err(ENODEV,
			"port %s: no driver of DPDK makes this virtual device (its own messages may say "
			"more)",
			port->device);
	return nj_err(err, "port %s: make the virtual device", port->device);
}

/* A device may be there already (on the bus, or by an EAL option); a virtual one is made else. */
static int
find(struct port *port)
{
	char name[RTE_DEV_NAME_MAX_LEN];
	int ret;

	device_name(port->device, name);
	if (rte_eth_dev_get_port_by_name(name, &port->id) == 0)
		return 0;
	if (!port_device_is_virtual(port->device))
		return nj_err(ENODEV,
			"port %s: find (is it bound to a driver that DPDK uses, such as vfio-pci?)",
			port->device);
	ret = rte_dev_probe(port->device);
	if (ret < 0)
		return probe_failed(port, -ret);
	if (rte_eth_dev_get_port_by_name(name, &port->id) < 0)
		return nj_err(ENODEV, "port %s: find after it was made", port->device);
	return 0;
}

/*
 * One queue for each worker, as far as there are so many. A packet socket's
 * queues all take part in the kernel's fan-out whether they are polled or not,
 * so all of them are.
 */
static void
choose_queues(struct port *port, const struct rte_eth_dev_info *info, unsigned int n_workers)
{
	bool fans_out = strcmp(info->driver_name, "net_af_packet") == 0;

	port->n_rx = (uint16_t)RTE_MIN(n_workers, info->max_rx_queues);
	port->n_tx = (uint16_t)RTE_MIN(n_workers + 1, info->max_tx_queues);
	if (fans_out) {
		port->n_rx = info->max_rx_queues;
		port->n_tx = info->max_tx_queues;
	}
}

#define RSS_WANTED                                                                                 \
	(RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_IPV6 |                      \
		RTE_ETH_RSS_NONFRAG_IPV6_UDP)
#define RSS_UDP (RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP)

/*
 * Has the device spread flows over its queues as ownership does, so that a
 * packet comes to its owner and need not be handed on. What a device cannot hash, or hashes by
 * another key, is no fault: workers look who the owner is.
 */
static void
spread(struct port *port, const struct rte_eth_dev_info *info, const struct nj_ownership *ownership,
	struct rte_eth_conf *conf)
{
	struct rte_eth_rss_conf *rss = &conf->rx_adv_conf.rss_conf;

	if (port->n_rx < 2 || (info->flow_type_rss_offloads & RSS_WANTED) == 0)
		return;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	rss->rss_hf = info->flow_type_rss_offloads & RSS_WANTED;
	if (info->hash_key_size < NJ_RSS_KEY_BYTES || info->hash_key_size > PORT_RSS_KEY_MAX)
		return;
	conf->rxmode.offloads |= info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH;
	/* A longer key's rest is for longer tuples than ours. */
	memcpy(port->rss_key, ownership->rss_key, NJ_RSS_KEY_BYTES);
	rss->rss_key = port->rss_key;
	rss->rss_key_len = info->hash_key_size;
}

/* Whether the device hashes datagrams as ownership does: it may have taken the key and not use it.
 */
static bool
hashes_as(const struct port *port, const struct nj_ownership *ownership)
{
	uint8_t key[PORT_RSS_KEY_MAX] = {0};
	struct rte_eth_rss_conf rss = {.rss_key = key, .rss_key_len = sizeof(key)};

	return rte_eth_dev_rss_hash_conf_get(port->id, &rss) == 0 &&
	       (rss.rss_hf & RSS_UDP) == RSS_UDP &&
	       memcmp(key, ownership->rss_key, NJ_RSS_KEY_BYTES) == 0;
}

/* After the start: some drivers know neither before. */
static void
find_spreading(struct port *port, const struct nj_ownership *ownership)
{
	struct rte_eth_dev_info info;

	if (port->n_rx < 2 || rte_eth_dev_info_get(port->id, &info) < 0 || info.reta_size == 0)
		return;
	port->hashes = hashes_as(port, ownership);
	port->n_redirections = port->hashes ? info.reta_size : 0;
}

/* One with fewer entries than there are workers would leave some of them without flows. Drivers
 * whose table is as long as there are queues, where that is a power of two, need no bound: what is
 * dealt out in turn comes to the same queue then. */
static bool
sets_a_bound(const struct port *port, unsigned int n_workers)
{
	return port->n_redirections > n_workers && rte_is_power_of_2(port->n_redirections);
}

uint32_t
port_buckets(const struct port *ports, unsigned int n_ports, const struct nj_ownership *ownership)
{
	uint32_t least = ownership->n_buckets;

	for (unsigned int i = 0; i < n_ports; i++)
		if (sets_a_bound(&ports[i], ownership->n_workers))
			least = RTE_MIN(least, (uint32_t)ports[i].n_redirections);
	return least;
}

/*
 * Deals the device's entries out as ownership does its buckets; drivers do it in turn themselves,
 * which is the same only where the numbers divide each other. In a larger table than ownership's
 * several entries are of one bucket. Returns 0 or -errno.
 */
static int
redirect(const struct port *port, const struct nj_ownership *ownership)
{
	struct rte_eth_rss_reta_entry64 table[NJ_BUCKETS_MAX / RTE_ETH_RETA_GROUP_SIZE] = {0};

	if (port->n_redirections > NJ_BUCKETS_MAX)
		return -ENOTSUP;
	for (unsigned int i = 0; i < port->n_redirections; i++) {
		struct rte_eth_rss_reta_entry64 *group = &table[i / RTE_ETH_RETA_GROUP_SIZE];

		group->mask |= UINT64_C(1) << i % RTE_ETH_RETA_GROUP_SIZE;
		group->reta[i % RTE_ETH_RETA_GROUP_SIZE] = nj_hash_owner(ownership, i) % port->n_rx;
	}
	return rte_eth_dev_rss_reta_update(port->id, table, port->n_redirections);
}

void
port_spread(const struct port *port, const struct nj_ownership *ownership)
{
	if (port->n_redirections > 0 && redirect(port, ownership) < 0)
		NJ_LOG(NOTICE,
			"port %s: its redirection table stays as it is; workers hand over what comes to "
			"others",
			port->device);
}

static int
configure(struct port *port, const struct nj_port_config *config,
	const struct nj_ownership *ownership)
{
	const uint64_t rx_wanted = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM |
				   (config->vlan != 0 ? RTE_ETH_RX_OFFLOAD_VLAN_STRIP : 0);
	const uint64_t tx_wanted = config->vlan != 0 ? RTE_ETH_TX_OFFLOAD_VLAN_INSERT : 0;
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(port->id, &info);

	if (ret < 0)
		return nj_err(-ret, "port %s: ask what it can do", port->device);
	choose_queues(port, &info, ownership->n_workers);
	if (port->n_rx == 0 || port->n_tx == 0)
		return nj_err(ENOTSUP, "port %s: it has no queues", port->device);
	if (config->mtu < info.min_mtu || config->mtu > info.max_mtu)
		return nj_err(ERANGE, "port %s: mtu %u, the device takes %u to %u", port->device,
			config->mtu, info.min_mtu, info.max_mtu);
	conf.rxmode.mtu = config->mtu;
	conf.rxmode.offloads = info.rx_offload_capa & rx_wanted;
	conf.txmode.offloads = info.tx_offload_capa & tx_wanted;
	spread(port, &info, ownership, &conf);
	port->vlan_insert = (conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_VLAN_INSERT) != 0;
	ret = rte_eth_dev_configure(port->id, port->n_rx, port->n_tx, &conf);
	if (ret < 0)
		return nj_err(-ret, "port %s: configure %u receive and %u transmit queues",
			port->device, port->n_rx, port->n_tx);
	return 0;
}

static int
set_up_queues(struct port *port, const struct nj_port_config *config, struct rte_mempool *pool)
{
	uint16_t n_rx_desc = config->rx_descriptors, n_tx_desc = config->tx_descriptors;
	int socket = rte_eth_dev_socket_id(port->id);
	int ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &n_rx_desc, &n_tx_desc);

	if (ret < 0)
		return nj_err(-ret, "port %s: fit the numbers of descriptors", port->device);
	for (uint16_t q = 0; q < port->n_rx; q++) {
		ret = rte_eth_rx_queue_setup(
			port->id, q, n_rx_desc, (unsigned int)socket, NULL, pool);
		if (ret < 0)
			return nj_err(-ret, "port %s: set up receive queue %u", port->device, q);
	}
	for (uint16_t q = 0; q < port->n_tx; q++) {
		ret = rte_eth_tx_queue_setup(port->id, q, n_tx_desc, (unsigned int)socket, NULL);
		if (ret < 0)
			return nj_err(-ret, "port %s: set up transmit queue %u", port->device, q);
	}
	return 0;
}

int
port_start(struct port *port, const struct nj_port_config *config,
	const struct nj_ownership *ownership, struct rte_mempool *pool)
{
	int ret;

	*port = (struct port){.device = config->device, .mtu = config->mtu, .vlan = config->vlan};
	ret = find(port);
	if (ret < 0)
		return ret;
	ret = configure(port, config, ownership);
	if (ret == 0)
		ret = set_up_queues(port, config, pool);
	if (ret < 0)
		goto close;
	ret = rte_eth_macaddr_get(port->id, &port->mac);
	if (ret < 0) {
		nj_err(-ret, "port %s: read its MAC address", port->device);
		goto close;
	}
	if (rte_is_zero_ether_addr(&port->mac)) /* a device of memory alone has none */
		rte_eth_random_addr(port->mac.addr_bytes);
	/* Neighbors ask for IPv6 addresses by multicast (RFC 4861). */
	ret = rte_eth_allmulticast_enable(port->id);
	if (ret < 0 && ret != -ENOTSUP) {
		nj_err(-ret, "port %s: receive multicast", port->device);
		goto close;
	}
	ret = rte_eth_dev_start(port->id);
	if (ret < 0) {
		nj_err(-ret, "port %s: start", port->device);
		goto close;
	}
	find_spreading(port, ownership);
	return 0;

close:
	rte_eth_dev_close(port->id);
	return ret;
}

void
port_stop(struct port *port)
{
	int ret = rte_eth_dev_stop(port->id);

	if (ret < 0)
		nj_err(-ret, "port %s: stop", port->device);
	ret = rte_eth_dev_close(port->id);
	if (ret < 0)
		nj_err(-ret, "port %s: close", port->device);
}
