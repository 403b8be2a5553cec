/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "manager.h"
#include "worker.h"

NJ_LOG_TYPE(dataplane);

#define MBUF_CACHE    256
#define LARGE_MBUFS   256  /* of one worker */
#define MBUFS_IN_HAND 4096 /* waiting for neighbors, in rings, and gathered by lcores */

/*
 * What a buffer has beyond a frame: headroom, which is the filters', and what the longer header of
 * IPv6 takes. A tag's room is in a frame's length.
 */
#define SPARE_ROOM (RTE_PKTMBUF_HEADROOM + NJ_UDP6_OFFSET - NJ_UDP4_OFFSET)

/* A worker's memory lies on the NUMA socket of its lcore, where it has one. */
static int
worker_socket(unsigned int index)
{
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0);

	for (unsigned int i = 0; i < index && lcore < RTE_MAX_LCORE; i++)
		lcore = rte_get_next_lcore(lcore, 1, 0);
	return lcore < RTE_MAX_LCORE ? (int)rte_lcore_to_socket_id(lcore) : SOCKET_ID_ANY;
}

/* Packets are where the first worker is, near the NICs; the manager may be elsewhere. Where there
 * is no memory, anywhere. */
static struct rte_mempool *
create_pool_of(const char *name, unsigned int n, unsigned int cache, uint16_t room)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
		name, n, cache, NJ_PACKET_PRIV_SIZE, room, worker_socket(0));

	if (pool != NULL)
		return pool;
	return rte_pktmbuf_pool_create(name, n, cache, NJ_PACKET_PRIV_SIZE, room, SOCKET_ID_ANY);
}

/*
 * Every descriptor can hold a buffer at once, as can every lcore's cache; less
 * would let one busy queue starve the others.
 */
static struct rte_mempool *
create_pool(const struct nj_appliance *appliance, unsigned int n_workers)
{
	unsigned int n =
		MBUFS_IN_HAND + (n_workers + 1) * 2 * MBUF_CACHE + n_workers * REASSEMBLY_FRAGMENTS;
	uint16_t mtu = 0;
	struct rte_mempool *pool;

	for (unsigned int i = 0; i < appliance->n_ports; i++) {
		const struct nj_port_config *port = &appliance->ports[i];

		n += n_workers * (port->rx_descriptors + port->tx_descriptors);
		mtu = RTE_MAX(mtu, port->mtu);
	}
	pool = create_pool_of("nj_packets", n, MBUF_CACHE,
		(uint16_t)RTE_MAX(SPARE_ROOM + mtu + RTE_ETHER_MAX_VLAN_FRAME_LEN - RTE_ETHER_MTU,
			RTE_MBUF_DEFAULT_BUF_SIZE));
	if (pool == NULL)
		nj_err(rte_errno, "a pool of %u packet buffers for an MTU of %u", n, mtu);
	return pool;
}

/* As large as any filter takes; a few, as most datagrams fit into the buffer of their first
 * fragment. */
static struct rte_mempool *
create_large_pool(unsigned int n_workers)
{
	const unsigned int n = LARGE_MBUFS * n_workers;
	struct rte_mempool *pool = create_pool_of(
		"nj_large", n, 0, RTE_PKTMBUF_HEADROOM + NJ_PAYLOAD6_OFFSET + NJ_PAYLOAD_MAX);

	if (pool == NULL)
		nj_err(rte_errno, "a pool of %u large packet buffers", n);
	return pool;
}

/* The appliance's word counts; a Quilkin user's file may have ports, too. */
static int
create_listeners(struct dataplane *dataplane)
{
	const struct nj_appliance *appliance = dataplane->appliance;

	dataplane->qcmp_port = rte_cpu_to_be_16(
		appliance->qcmp_port != 0 ? appliance->qcmp_port : dataplane->policy->qcmp_port);
	return listeners_init(&dataplane->listeners, appliance, dataplane->policy->port);
}

static int
create_sources(struct dataplane *dataplane)
{
	const struct nj_appliance *appliance = dataplane->appliance;
	unsigned int n = appliance->sessions.n_source_addresses;

	for (unsigned int family = 0; family < RTE_DIM(dataplane->sources); family++) {
		dataplane->sources[family].ips = calloc(RTE_MAX(n, 1u), sizeof(struct nj_ip));
		if (dataplane->sources[family].ips == NULL)
			return nj_err(ENOMEM, "source addresses");
	}
	for (unsigned int i = 0; i < n; i++) {
		const struct nj_ip *ip = &appliance->sessions.source_addresses[i];
		struct sources *sources = &dataplane->sources[ip->family == AF_INET6];
		int ret = nj_link_add_address(dataplane->link, ip);

		if (ret < 0 && ret != -EEXIST)
			return nj_err(-ret, "source address %u", i);
		sources->ips[sources->n++] = *ip;
	}
	return 0;
}

/* Ownership follows the smallest of the ports' redirection tables, and then all ports follow it. */
static void
spread_flows(struct dataplane *dataplane)
{
	nj_ownership_deal(&dataplane->ownership,
		port_buckets(dataplane->ports, dataplane->n_ports, &dataplane->ownership));
	for (unsigned int i = 0; i < dataplane->n_ports; i++)
		port_spread(&dataplane->ports[i], &dataplane->ownership);
}

/* What may come in on a port, by its role. */
static void
take_from(struct dataplane *dataplane, uint16_t port, enum nj_port_role role)
{
	if (role != NJ_PORT_ENDPOINTS)
		dataplane->takes[NJ_DOWNSTREAM] |= UINT32_C(1) << port;
	if (role != NJ_PORT_CLIENTS)
		dataplane->takes[NJ_UPSTREAM] |= UINT32_C(1) << port;
}

static int
start_ports(struct dataplane *dataplane)
{
	const struct nj_appliance *appliance = dataplane->appliance;

	dataplane->ports = calloc(appliance->n_ports, sizeof(*dataplane->ports));
	if (dataplane->ports == NULL)
		return nj_err(ENOMEM, "ports");
	for (unsigned int i = 0; i < appliance->n_ports; i++) {
		int ret = port_start(&dataplane->ports[i], &appliance->ports[i],
			&dataplane->ownership, dataplane->pool);

		if (ret < 0)
			return ret;
		dataplane->n_ports++;
		dataplane->by_id[dataplane->ports[i].id] = &dataplane->ports[i];
		take_from(dataplane, dataplane->ports[i].id, appliance->ports[i].role);
	}
	spread_flows(dataplane);
	return 0;
}

static int
add_interface(struct nj_link *link, const struct port *port, const struct nj_port_config *config)
{
	struct nj_interface interface = {
		.port = port->id,
		.mtu = port->mtu,
		.vlan = port->vlan,
		.mac = port->mac,
		.n_addresses = config->n_addresses,
	};
	int ret;

	if (config->n_addresses > NJ_INTERFACE_ADDRESSES_MAX)
		return nj_err(ENOSPC, "port %s: at most %u addresses", config->device,
			NJ_INTERFACE_ADDRESSES_MAX);
	for (unsigned int i = 0; i < config->n_addresses; i++)
		interface.addresses[i] = config->addresses[i];
	ret = nj_link_add_interface(link, &interface);
	return ret < 0 ? nj_err(-ret, "port %s: its addresses", config->device) : 0;
}

static int
add_route(struct nj_link *link, const struct port *port, const struct nj_port_config *config,
	const struct nj_prefix *to, const struct nj_ip *via)
{
	char to_text[NJ_ADDRESS_STRLEN], via_text[NJ_ADDRESS_STRLEN];
	int ret = nj_link_add_route(link, to, via, port->id);

	if (ret < 0)
		return nj_err(-ret, "port %s: route to %s/%u via %s", config->device,
			nj_ip_format(&to->ip, to_text), to->length, nj_ip_format(via, via_text));
	return 0;
}

static int
add_routes(struct nj_link *link, const struct port *port, const struct nj_port_config *config)
{
	int ret = 0;

	for (unsigned int i = 0; i < config->n_gateways && ret == 0; i++) {
		struct nj_prefix everywhere = {.ip.family = config->gateways[i].family};

		ret = add_route(link, port, config, &everywhere, &config->gateways[i]);
	}
	for (unsigned int i = 0; i < config->n_routes && ret == 0; i++)
		ret = add_route(link, port, config, &config->routes[i].to, &config->routes[i].via);
	return ret;
}

/* Interfaces first, as a gateway has to lie in a network that is known. */
static int
create_link(struct dataplane *dataplane)
{
	struct nj_link_ops ops = manager_link_ops(dataplane->manager);
	int ret = 0;

	dataplane->link = nj_link_create(NEIGHBORS_MAX, dataplane->pool, &ops);
	if (dataplane->link == NULL)
		return nj_err(rte_errno, "a table of %u neighbors", NEIGHBORS_MAX);
	for (unsigned int i = 0; i < dataplane->n_ports && ret == 0; i++)
		ret = add_interface(
			dataplane->link, &dataplane->ports[i], &dataplane->appliance->ports[i]);
	for (unsigned int i = 0; i < dataplane->n_ports && ret == 0; i++)
		ret = add_routes(
			dataplane->link, &dataplane->ports[i], &dataplane->appliance->ports[i]);
	return ret;
}

static int
create_workers(struct dataplane *dataplane)
{
	dataplane->workers = calloc(dataplane->n_workers, sizeof(*dataplane->workers));
	if (dataplane->workers == NULL)
		return nj_err(ENOMEM, "workers");
	for (unsigned int i = 0; i < dataplane->n_workers; i++) {
		dataplane->workers[i] = worker_create(dataplane, i, worker_socket(i));
		if (dataplane->workers[i] == NULL)
			return -ENOMEM;
	}
	return 0;
}

/* Each worker is a reader of policy from the start; telemetry is one while it answers. */
static int
create_policy_readers(struct dataplane *dataplane)
{
	unsigned int n = dataplane->n_workers + 1;

	dataplane->numbers = nj_endpoint_numbers_create();
	dataplane->qsbr = rte_zmalloc("nj_qsbr", rte_rcu_qsbr_get_memsize(n), RTE_CACHE_LINE_SIZE);
	if (dataplane->numbers == NULL || dataplane->qsbr == NULL)
		return nj_err(ENOMEM, "readers of policy");
	rte_rcu_qsbr_init(dataplane->qsbr, n);
	for (unsigned int i = 0; i < n; i++)
		rte_rcu_qsbr_thread_register(dataplane->qsbr, i);
	for (unsigned int i = 0; i < dataplane->n_workers; i++)
		rte_rcu_qsbr_thread_online(dataplane->qsbr, i);
	return nj_endpoint_numbers_assign(
		dataplane->numbers, &dataplane->policy->clusters, NULL, NULL);
}

/* Upstream ports of sessions that come back were chosen by the key that there was. */
static int
create_ownership(struct dataplane *dataplane)
{
	const char *path = dataplane->appliance->sessions.state_file;
	const uint8_t *rss_key = NULL;

	if (path != NULL) {
		dataplane->state = nj_state_open(path);
		if (dataplane->state == NULL)
			return -rte_errno;
		rss_key = nj_state_rss_key(dataplane->state);
	}
	nj_ownership_init(&dataplane->ownership, dataplane->n_workers, rss_key);
	return 0;
}

static int
fill(struct dataplane *dataplane)
{
	int ret = create_ownership(dataplane);

	if (ret < 0)
		return ret;
	ret = create_policy_readers(dataplane);
	if (ret < 0)
		return ret;
	dataplane->draining = calloc(1, sizeof(*dataplane->draining));
	if (dataplane->draining == NULL)
		return nj_err(ENOMEM, "endpoints");
	ret = nj_chain_open(dataplane->policy->chain, NULL, dataplane->n_workers);
	if (ret < 0)
		return ret;
	dataplane->pool = create_pool(dataplane->appliance, dataplane->n_workers);
	if (dataplane->pool == NULL)
		return -rte_errno;
	dataplane->large_pool = create_large_pool(dataplane->n_workers);
	if (dataplane->large_pool == NULL)
		return -rte_errno;
	dataplane->mesh = mesh_create(dataplane->n_workers + 1);
	if (dataplane->mesh == NULL)
		return nj_err(rte_errno, "rings between %u lcores", dataplane->n_workers + 1);
	ret = start_ports(dataplane);
	if (ret < 0)
		return ret;
	dataplane->manager = manager_create(dataplane);
	if (dataplane->manager == NULL)
		return -ENOMEM;
	ret = create_link(dataplane);
	if (ret == 0)
		ret = create_sources(dataplane);
	if (ret == 0)
		ret = create_listeners(dataplane);
	if (ret == 0)
		ret = create_workers(dataplane);
	return ret;
}

struct dataplane *
dataplane_create(
	const struct nj_appliance *appliance, struct nj_policy *policy, unsigned int n_workers)
{
	struct dataplane *dataplane = calloc(1, sizeof(*dataplane));

	if (dataplane == NULL) {
		nj_err(ENOMEM, "dataplane");
		return NULL;
	}
	dataplane->appliance = appliance;
	dataplane->policy = policy;
	dataplane->n_workers = n_workers;
	nj_ids_init(&dataplane->ids);
	if (fill(dataplane) < 0) {
		dataplane_destroy(dataplane);
		return NULL;
	}
	return dataplane;
}

/* Whose it is to count: nobody runs any more, so that each may be stood in for. */
static struct transmitter *
counter_of(struct dataplane *dataplane, struct rte_mbuf *m)
{
	const struct nj_delivery *delivery = &nj_packet(m)->delivery;

	return delivery->counted ? &dataplane->workers[delivery->worker]->transmitter
				 : &dataplane->manager->transmitter;
}

static void
drain_ring(struct dataplane *dataplane, unsigned int from, unsigned int to)
{
	struct rte_mbuf *pkts[WORKER_BURST];
	unsigned int n;

	while ((n = mesh_receive(dataplane->mesh, from, to, pkts, WORKER_BURST)) > 0)
		for (unsigned int i = 0; i < n; i++) {
			if (nj_packet(pkts[i])->mail == MAIL_LOG) /* outside of the law */
				rte_pktmbuf_free(pkts[i]);
			else
				transmit_drop(
					counter_of(dataplane, pkts[i]), pkts[i], NJ_DROP_STOPPING);
		}
}

void
dataplane_drain(struct dataplane *dataplane)
{
	unsigned int n = dataplane->n_workers + 1;

	for (unsigned int i = 0; i < n * n; i++)
		if (i / n != i % n)
			drain_ring(dataplane, i / n, i % n);
	transmit_stop(&dataplane->manager->transmitter); /* of a start that failed */
	for (unsigned int i = 0; dataplane->workers != NULL && i < dataplane->n_workers; i++)
		if (dataplane->workers[i] != NULL)
			reassembly_stop(dataplane->workers[i]->reassembly);
}

/* Every packet is freed by then: what a pool misses has been lost, here or in a driver. */
static void
free_pool(struct rte_mempool *pool)
{
	unsigned int lost = pool == NULL ? 0 : rte_mempool_in_use_count(pool);

	if (lost > 0)
		NJ_EVENT(WARNING, "buffers_lost", "pool=%s n=%u", pool->name, lost);
	rte_mempool_free(pool);
}

void
dataplane_destroy(struct dataplane *dataplane)
{
	if (dataplane == NULL)
		return;
	nj_link_destroy(dataplane->link); /* what waits in it goes back to workers */
	if (dataplane->mesh != NULL && dataplane->manager != NULL)
		dataplane_drain(dataplane);
	for (unsigned int i = 0; dataplane->workers != NULL && i < dataplane->n_workers; i++)
		worker_destroy(dataplane->workers[i]);
	free(dataplane->workers);
	manager_destroy(dataplane->manager);
	for (unsigned int i = 0; i < dataplane->n_ports; i++)
		port_stop(&dataplane->ports[i]);
	free(dataplane->ports);
	listeners_fini(&dataplane->listeners);
	for (unsigned int family = 0; family < RTE_DIM(dataplane->sources); family++)
		free(dataplane->sources[family].ips);
	free(dataplane->draining);
	nj_endpoint_numbers_destroy(dataplane->numbers);
	nj_state_close(dataplane->state);
	rte_free(dataplane->qsbr);
	mesh_destroy(dataplane->mesh);
	free_pool(dataplane->large_pool);
	free_pool(dataplane->pool);
	free(dataplane);
}
