/* SPDX-License-Identifier: BSD-3-Clause */
#include "plan.h"

#include <stdio.h>

#include <rte_common.h>

#define MIB (1u << 20)

/*
 * Measured, and rounded up: a session with its place in the free list; its four keys in two hash
 * tables, which grow by powers of 2; what is there without sessions; a worker. The packet buffers
 * come on top: those that are there in any case, and those of a worker beside its descriptors'.
 */
#define SESSION_BYTES  132
#define KEYS_BYTES     320
#define SOURCE_BYTES   84 /* of a session, for each limit by its source */
#define FIXED_MIB      64
#define WORKER_MIB     48
#define BUFFERS        5120
#define WORKER_BUFFERS 2560
#define BUFFER_BYTES   1024 /* of a packet buffer, beside the packet */

static uint64_t
to_mib(uint64_t bytes)
{
	return (bytes + MIB - 1) / MIB;
}

/* All ports share buffers that hold the largest MTU of theirs. */
static uint64_t
buffer_bytes(const struct nj_appliance *appliance)
{
	uint16_t mtu = 2048;

	for (unsigned int i = 0; i < appliance->n_ports; i++)
		mtu = RTE_MAX(mtu, appliance->ports[i].mtu);
	return BUFFER_BYTES + mtu;
}

static uint64_t
worker_buffers(const struct nj_appliance *appliance)
{
	uint64_t n = WORKER_BUFFERS;

	for (unsigned int i = 0; i < appliance->n_ports; i++)
		n += appliance->ports[i].rx_descriptors + appliance->ports[i].tx_descriptors;
	return n;
}

static uint64_t
session_bytes(const struct nj_appliance *appliance)
{
	const uint64_t capacity = appliance->sessions.capacity;
	const unsigned int counts = (appliance->limits.sessions_per_source != 0) +
				    (appliance->limits.sessions_per_prefix != 0);

	return capacity * SESSION_BYTES +
	       rte_align64pow2(capacity) * (KEYS_BYTES + counts * SOURCE_BYTES);
}

void
plan_print(const struct nj_appliance *appliance)
{
	const uint64_t buffer = buffer_bytes(appliance);

	for (unsigned int i = 0; i < appliance->n_ports; i++)
		printf("device %s\n", appliance->ports[i].device);
	for (unsigned int i = 0; i < appliance->n_eal; i++)
		printf("eal %s\n", appliance->eal[i]);
	printf("memory %lu %lu\n",
		(unsigned long)(FIXED_MIB + to_mib(session_bytes(appliance) + BUFFERS * buffer)),
		(unsigned long)(WORKER_MIB + to_mib(worker_buffers(appliance) * buffer)));
}
