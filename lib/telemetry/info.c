/* SPDX-License-Identifier: BSD-3-Clause */
/* What is running here. */
#include "answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_version.h>

static void
add_link(struct rte_tel_data *data, uint16_t port)
{
	struct rte_eth_link link = {0};

	if (rte_eth_link_get_nowait(port, &link) < 0)
		return;
	add_string(data, "link", link.link_status == RTE_ETH_LINK_UP ? "up" : "down");
	add_u64(data, "speed_mbps",
		link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed);
}

static void
add_port(struct rte_tel_data *data, const struct nj_telemetry_source *source, unsigned int i)
{
	const struct nj_port_config *config = &source->appliance->ports[i];
	const struct nj_interface *interface = nj_link_interface(source->link, source->port_ids[i]);
	struct rte_tel_data *addresses;

	add_string(data, "name", config->device);
	add_mac(data, "mac", &interface->mac);
	add_u64(data, "mtu", interface->mtu);
	add_u64(data, "vlan", interface->vlan);
	add_string(data, "role", nj_port_role_name((enum nj_port_role)config->role));
	add_link(data, source->port_ids[i]);
	addresses = add_dict(data, "addresses");
	for (unsigned int a = 0; addresses != NULL && a < config->n_addresses; a++) {
		char name[16], ip[NJ_ADDRESS_STRLEN], text[NJ_ADDRESS_STRLEN + 8];

		snprintf(name, sizeof(name), "%u", a);
		snprintf(text, sizeof(text), "%s/%u", nj_ip_format(&config->addresses[a].ip, ip),
			config->addresses[a].length);
		add_string(addresses, name, text);
	}
}

/* The one that advertises itself, where it is the way to everywhere. */
static void
add_router(struct rte_tel_data *data, const struct nj_link *link)
{
	struct nj_route route;
	struct rte_tel_data *router;

	if (nj_link_router(link, &route) < 0)
		return;
	router = add_dict(data, "router");
	if (router == NULL)
		return;
	add_ip(router, "address", &route.next_hop);
	add_u64(router, "port", route.port);
}

#define UNANSWERED_NAMED 16 /* in an answer that ports' addresses have to fit in, too */

/* Addresses of ours that another host has, or that are still asked for: how many, and which. */
static void
add_unanswered(struct rte_tel_data *data, const struct nj_link *link)
{
	const struct nj_own_counts counts = nj_link_own_counts(link);
	struct rte_tel_data *names;
	enum nj_own_state state;
	unsigned int n = 0;
	struct nj_ip ip;

	add_u64(data, "addresses_unanswered", counts.tentative + counts.duplicate);
	names = add_dict(data, "unanswered");
	for (unsigned int i = 0;
		names != NULL && n < UNANSWERED_NAMED && nj_link_address(link, i, &ip, &state);
		i++) {
		char name[16];

		if (state == NJ_OWN_VALID)
			continue;
		snprintf(name, sizeof(name), "%u", n++);
		add_ip(names, name, &ip);
	}
}

static unsigned int
count_stalled(const struct nj_telemetry_source *source)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < source->n_workers; i++)
		n += __atomic_load_n(&source->stalled[i], __ATOMIC_RELAXED) != 0;
	return n;
}

/* How long ago the manager began its last round; 0 before its first. */
static uint32_t
manager_idle_ms(const struct nj_telemetry_source *source)
{
	const nj_ms_t began = __atomic_load_n(source->manager_now, __ATOMIC_ACQUIRE);
	const int32_t idle = (int32_t)nj_ms_since(nj_clock_ms(), began);

	return began != 0 && idle > 0 ? (uint32_t)idle : 0;
}

static int
info(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	const int state_error = source->state_error(source->state);
	struct rte_tel_data *ports;

	rte_tel_data_start_dict(data);
	add_string(data, "id", source->appliance->id);
	add_string(data, "version", NJ_VERSION);
	add_string(data, "dpdk", rte_version());
	add_u64(data, "started", (uint64_t)source->started);
	add_u64(data, "uptime", (uint64_t)(time(NULL) - source->started));
	add_u64(data, "workers", source->n_workers);
	add_u64(data, "workers_stalled", count_stalled(source));
	add_u64(data, "manager_idle_ms", manager_idle_ms(source));
	add_u64(data, "address_conflicts", nj_link_conflicts(source->link));
	add_string(data, "state_file_error", state_error != 0 ? strerror(state_error) : "");
	add_unanswered(data, source->link);
	add_router(data, source->link);
	ports = add_dict(data, "ports");
	for (unsigned int i = 0; ports != NULL && i < source->n_ports; i++) {
		char name[16];
		struct rte_tel_data *port;

		snprintf(name, sizeof(name), "%u", source->port_ids[i]);
		port = add_dict(ports, name);
		if (port != NULL)
			add_port(port, source, i);
	}
	return 0;
}

const struct command info_commands[] = {
	{"/natterjack/info", info, "Identity, versions, uptime, ports. No parameters", false},
	{NULL, NULL, NULL, false},
};
