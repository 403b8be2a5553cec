/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker has, all of it taken from the memory of its own NUMA socket before it starts. */
#include "worker.h"

#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "qcmp.h"

NJ_LOG_TYPE(worker);

/* Receive queues are dealt out in turn, so that each worker has one where there are enough. */
static int
take_queues(struct worker *worker)
{
	const struct dataplane *dataplane = worker->dataplane;
	unsigned int n = 0;

	for (unsigned int i = 0; i < dataplane->n_ports; i++)
		n += dataplane->ports[i].n_rx;
	worker->queues = rte_zmalloc("nj_receive_queues", n * sizeof(*worker->queues), 0);
	if (worker->queues == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < dataplane->n_ports; i++) {
		const struct port *port = &dataplane->ports[i];

		for (unsigned int q = worker->index; q < port->n_rx; q += dataplane->n_workers)
			worker->queues[worker->n_queues++] =
				(struct receive_queue){port, (uint16_t)q};
	}
	return 0;
}

/* New sessions are dealt out evenly, so each worker has its share; why a source's are not is in
 * docs/configuration.md. */
static struct nj_session_limits
limits(const struct nj_appliance *appliance, unsigned int n_workers)
{
	const uint64_t per_second = appliance->limits.new_sessions_per_second;

	return (struct nj_session_limits){
		.per_second = (uint32_t)((per_second + n_workers - 1) / n_workers),
		.per_source = appliance->limits.sessions_per_source,
		.per_prefix = appliance->limits.sessions_per_prefix,
	};
}

static int
create_sessions(struct worker *worker, int socket)
{
	const struct dataplane *dataplane = worker->dataplane;
	const struct nj_appliance *appliance = dataplane->appliance;
	unsigned int n_workers = dataplane->n_workers;
	struct nj_session_config config = {
		.capacity = (appliance->sessions.capacity + n_workers - 1) / n_workers,
		.ttl_ms = appliance->sessions.ttl_ms,
		.unreplied_ttl_ms = appliance->sessions.unreplied_ttl_ms,
		.port_min = appliance->sessions.port_min,
		.port_max = appliance->sessions.port_max,
		.ownership = &dataplane->ownership,
		.link = dataplane->link,
		.limits = limits(appliance, n_workers),
		.worker = worker->index,
	};

	worker->sessions = nj_session_table_create(&config, &worker->counters, socket);
	if (worker->sessions == NULL)
		return -rte_errno;
	for (unsigned int i = 0; i < dataplane->listeners.n; i++)
		nj_session_table_reserve(
			worker->sessions, rte_be_to_cpu_16(dataplane->listeners.all[i].port));
	if (dataplane->qcmp_port != 0)
		nj_session_table_reserve(worker->sessions, rte_be_to_cpu_16(dataplane->qcmp_port));
	return 0;
}

static int
create_transmitter(struct worker *worker, int socket)
{
	const struct dataplane *dataplane = worker->dataplane;

	worker->transmitter = (struct transmitter){
		.lcore = worker->index,
		.mesh = dataplane->mesh,
		.counters = &worker->counters,
		.n_ports = dataplane->n_ports,
		.ports = dataplane->ports,
		.by_id = dataplane->by_id,
		.tap = {&dataplane->capture, (uint16_t)worker->index, &worker->now},
	};
	return transmitter_open(&worker->transmitter, socket);
}

static void
set_processing_bounds(struct worker *worker)
{
	const double cycles = (double)rte_get_tsc_hz() / NS_PER_S;

	for (unsigned int i = 0; i < NJ_HISTOGRAM_BOUNDS; i++)
		worker->processing_bounds[i] =
			(uint64_t)((double)nj_processing_bounds_ns[i] * cycles);
}

struct worker *
worker_create(struct dataplane *dataplane, unsigned int index, int socket)
{
	struct worker *worker =
		rte_zmalloc_socket("nj_worker", sizeof(*worker), RTE_CACHE_LINE_SIZE, socket);

	if (worker == NULL)
		goto no_memory;
	worker->dataplane = dataplane;
	worker->index = index;
	if (take_queues(worker) < 0 || create_transmitter(worker, socket) < 0)
		goto no_memory;
	worker->neighbor_used = rte_zmalloc_socket("nj_neighbor_used",
		NEIGHBORS_MAX * sizeof(*worker->neighbor_used), RTE_CACHE_LINE_SIZE, socket);
	worker->qcmp_limiter = qcmp_limiter_create(socket);
	worker->reassembly = reassembly_create(
		dataplane->large_pool, &worker->counters, &worker->transmitter.tap, socket);
	nj_ids_init_part(&worker->ids, &dataplane->ids, index, dataplane->n_workers);
	worker->review.generation = dataplane->policy->generation;
	worker->fits_all = UINT16_MAX;
	for (unsigned int i = 0; i < dataplane->n_ports; i++)
		worker_know_mtu(worker, dataplane->ports[i].mtu);
	if (worker->neighbor_used == NULL || worker->qcmp_limiter == NULL ||
		worker->reassembly == NULL)
		goto no_memory;
	if (create_sessions(worker, socket) < 0)
		goto fail;
	worker->transmitter.sessions = worker->sessions;
	set_processing_bounds(worker);
	runner_fill(worker);
	return worker;

no_memory:
	nj_err(ENOMEM, "worker %u: memory of NUMA node %d", index, socket);
fail:
	worker_destroy(worker);
	return NULL;
}

void
worker_destroy(struct worker *worker)
{
	if (worker == NULL)
		return;
	nj_session_table_destroy(worker->sessions);
	reassembly_destroy(worker->reassembly);
	qcmp_limiter_destroy(worker->qcmp_limiter);
	rte_free(worker->neighbor_used);
	transmitter_close(&worker->transmitter);
	rte_free(worker->queues);
	rte_free(worker);
}
