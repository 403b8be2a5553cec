/* SPDX-License-Identifier: BSD-3-Clause */
#include "players.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define FIRST_PORT 1024 /* a client address's; neighbors in number differ in their address */

static const struct probe_flow downstream = {
	.src_ip = RTE_BE32(PLAYERS_CLIENTS),
	.dst_ip = RTE_BE32(PLAYERS_PROXY),
	.dst_port = RTE_BE16(PLAYERS_LISTENER),
};

void
players_init(struct players *players, enum players_expect expect)
{
	const size_t size = PLAYERS_MAX * sizeof(*players->all);

	*players = (struct players){.expect = expect};
	players->all = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (players->all == MAP_FAILED) {
		perror("memory for sessions");
		exit(EXIT_FAILURE);
	}
	madvise(players->all, size, MADV_HUGEPAGE); /* ours, not what is measured */
}

static struct probe_flow
from_client(uint32_t session)
{
	struct probe_flow flow = downstream;

	flow.src_ip |= rte_cpu_to_be_32(session % 256);
	flow.src_port = rte_cpu_to_be_16((uint16_t)(FIRST_PORT + session / 256));
	return flow;
}

struct probe_flow
players_flow(const struct players *players, uint32_t session, enum probe_direction direction)
{
	const struct player *player = &players->all[session];

	if (direction == PROBE_DOWNSTREAM)
		return from_client(session);
	return (struct probe_flow){RTE_BE32(PLAYERS_ENDPOINT), player->upstream_ip,
		RTE_BE16(PLAYERS_SERVER), player->upstream_port};
}

static bool
to_endpoint(const struct probe *probe)
{
	return probe->ip.dst_addr == RTE_BE32(PLAYERS_ENDPOINT) &&
	       probe->udp.dst_port == RTE_BE16(PLAYERS_SERVER);
}

/* A reply at its client, from the listener. */
static bool
to_client(const struct probe *probe, const struct probe_flow *client)
{
	return probe->ip.src_addr == client->dst_ip && probe->udp.src_port == client->dst_port &&
	       probe->ip.dst_addr == client->src_ip && probe->udp.dst_port == client->src_port;
}

static bool
is_expected(const struct players *players, const struct probe *probe)
{
	const struct probe_flow client = from_client(probe->payload.session);
	const bool from_same = probe->ip.src_addr == client.src_ip;
	const bool to_same =
		probe->ip.dst_addr == client.dst_ip && probe->udp.dst_port == client.dst_port;

	switch (players->expect) {
	case EXPECT_NOTHING:
		return false;
	case EXPECT_SAME:
		return to_same && from_same && probe->udp.src_port == client.src_port;
	case EXPECT_SOURCE:
		return to_same && !from_same;
	case EXPECT_PROXY:
		return probe->payload.direction == PROBE_DOWNSTREAM
			       ? to_endpoint(probe) && !from_same
			       : to_client(probe, &client);
	}
	return false;
}

bool
players_learn(struct players *players, const struct probe *probe)
{
	struct player *player;

	if (probe->payload.session >= players->n || !is_expected(players, probe) ||
		!probe_is_intact(probe))
		return false;
	player = &players->all[probe->payload.session];
	if (probe->payload.direction == PROBE_DOWNSTREAM) {
		player->upstream_ip = probe->ip.src_addr;
		player->upstream_port = probe->udp.src_port;
	}
	if (players->expect != EXPECT_PROXY || probe->payload.direction == PROBE_UPSTREAM)
		player->open = 1;
	return true;
}

bool
players_know(const struct players *players, const struct probe *probe)
{
	return probe->payload.session < players->n && is_expected(players, probe);
}
