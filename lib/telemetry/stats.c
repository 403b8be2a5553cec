/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters: in total, by worker, by port. */
#include "answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#define IN_ANSWER                                                                                  \
	6 /* objects of up to 2.5 KB, with every reason for a drop; an answer has 16 KiB */

static void
add_port_counters(struct rte_tel_data *data, const struct nj_port_counters *counters)
{
	struct rte_tel_data *dropped;

	add_u64(data, "rx_packets", counters->rx_packets);
	add_u64(data, "rx_bytes", counters->rx_bytes);
	add_u64(data, "tx_packets", counters->tx_packets);
	add_u64(data, "tx_bytes", counters->tx_bytes);
	add_u64(data, "copied", counters->copied);
	add_u64(data, "local", counters->local);
	add_u64(data, "originated", counters->originated);
	add_u64(data, "originated_lost", counters->originated_lost);
	dropped = add_dict(data, "dropped");
	if (dropped == NULL)
		return;
	for (unsigned int reason = NJ_DROP_NONE + 1; reason < NJ_DROP_COUNT; reason++)
		add_u64(dropped, nj_drop_name(reason), counters->dropped[reason]);
}

static void
add_direction(struct rte_tel_data *data, const char *name, uint64_t packets, uint64_t bytes)
{
	struct rte_tel_data *direction = add_dict(data, name);

	if (direction == NULL)
		return;
	add_u64(direction, "packets", packets);
	add_u64(direction, "bytes", bytes);
}

/* All ports of a sum as one. */
static struct nj_port_counters
all_ports(const struct nj_counters *counters)
{
	struct nj_counters total = {0};

	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++) {
		struct nj_counters one = {.port[0] = counters->port[port]};

		nj_counters_add(&total, &one);
	}
	return total.port[0];
}

static void
add_session_counters(struct rte_tel_data *data, const struct nj_telemetry_source *source,
	const struct nj_counters *counters, unsigned int first, unsigned int n)
{
	uint64_t active = 0, half_open = 0, capacity = 0;

	for (unsigned int i = first; i < first + n; i++) {
		active += nj_session_active(source->sessions[i]);
		half_open += nj_session_half_open(source->sessions[i]);
		capacity += nj_session_capacity(source->sessions[i]);
	}
	add_u64(data, "sessions_active", active);
	add_u64(data, "sessions_half_open", half_open);
	add_u64(data, "sessions_capacity", capacity);
	add_u64(data, "sessions_total", counters->sessions_total);
	add_u64(data, "sessions_restored", counters->sessions_restored);
	add_u64(data, "sessions_expired", counters->sessions_expired);
	add_u64(data, "sessions_evicted", counters->sessions_evicted);
	add_u64(data, "sessions_ended", counters->sessions_ended);
	add_u64(data, "sessions_rejected", counters->sessions_rejected);
	add_u64(data, "handoffs", counters->handoffs);
	add_u64(data, "logs_left_out", counters->logs_left_out);
	add_u64(data, "qcmp_answered", counters->qcmp_answered);
	add_direction(data, "downstream", counters->downstream_packets, counters->downstream_bytes);
	add_direction(data, "upstream", counters->upstream_packets, counters->upstream_bytes);
}

static struct nj_counters
sum(const struct nj_telemetry_source *source)
{
	struct nj_counters total = {0};

	for (unsigned int i = 0; i < source->n_workers; i++)
		nj_counters_add(&total, source->worker_counters[i]);
	nj_counters_add(&total, source->manager_counters);
	return total;
}

static int
stats(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	struct nj_counters total = sum(source);
	struct nj_port_counters ports = all_ports(&total);
	int64_t missing = nj_counters_missing(&ports);

	rte_tel_data_start_dict(data);
	add_port_counters(data, &ports);
	/* Read while packets move, so the difference is never taken for less than none. */
	add_u64(data, "in_flight", missing > 0 ? (uint64_t)missing : 0);
	add_session_counters(data, source, &total, 0, source->n_workers);
	return 0;
}

static void
add_pace(struct rte_tel_data *data, const char *name, const struct nj_pace *pace)
{
	const uint64_t cycles = __atomic_load_n(&pace->interval, __ATOMIC_RELAXED);

	add_u64(data, name, (uint64_t)((double)cycles / (double)rte_get_tsc_hz() * NS_PER_S));
}

static int
workers(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	struct page page;

	if (page_parse(&page, parameters, IN_ANSWER) < 0)
		return -EINVAL;
	rte_tel_data_start_array(data, RTE_TEL_CONTAINER);
	for (unsigned int i = 0; i < source->n_workers; i++) {
		const struct nj_counters *counters = source->worker_counters[i];
		struct nj_port_counters ports = all_ports(counters);
		struct rte_tel_data *worker;

		if (!page_takes(&page))
			continue;
		worker = append_dict(data);
		if (worker == NULL)
			return -ENOMEM;
		add_u64(worker, "worker", i);
		add_string(worker, "state",
			__atomic_load_n(&source->stalled[i], __ATOMIC_RELAXED) ? "stalled"
									       : "polling");
		add_port_counters(worker, &ports);
		add_session_counters(worker, source, counters, i, 1);
		add_u64(worker, "polls", counters->polls);
		add_u64(worker, "polls_busy", counters->polls_busy);
		add_u64(worker, "busy_percent",
			counters->polls == 0 ? 0 : counters->polls_busy * 100 / counters->polls);
		add_pace(worker, "downstream_interval_ns", &counters->bursts[NJ_DOWNSTREAM]);
		add_pace(worker, "upstream_interval_ns", &counters->bursts[NJ_UPSTREAM]);
	}
	return 0;
}

/* What the device itself counts: packets that never reached us, or never left. */
static void
add_nic_counters(struct rte_tel_data *data, uint16_t port)
{
	struct rte_eth_stats stats = {0};
	struct rte_tel_data *nic = add_dict(data, "nic");

	if (nic == NULL || rte_eth_stats_get(port, &stats) < 0)
		return;
	add_u64(nic, "rx_packets", stats.ipackets);
	add_u64(nic, "tx_packets", stats.opackets);
	add_u64(nic, "rx_missed", stats.imissed);
	add_u64(nic, "rx_errors", stats.ierrors);
	add_u64(nic, "rx_no_mbufs", stats.rx_nombuf);
	add_u64(nic, "tx_errors", stats.oerrors);
}

static int
ports(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	struct nj_counters total = sum(source);
	struct page page;

	if (page_parse(&page, parameters, IN_ANSWER) < 0)
		return -EINVAL;
	rte_tel_data_start_array(data, RTE_TEL_CONTAINER);
	for (unsigned int i = 0; i < source->n_ports; i++) {
		struct rte_tel_data *port;

		if (!page_takes(&page))
			continue;
		port = append_dict(data);
		if (port == NULL)
			return -ENOMEM;
		add_u64(port, "port", source->port_ids[i]);
		add_string(port, "device", source->appliance->ports[i].device);
		add_port_counters(port, &total.port[source->port_ids[i]]);
		add_nic_counters(port, source->port_ids[i]);
	}
	return 0;
}

const struct command stats_commands[] = {
	{"/natterjack/stats", stats, "Counters over all workers and ports. No parameters", false},
	{"/natterjack/workers", workers, "Counters and load by worker. Parameters: OFFSET,COUNT",
		false},
	{"/natterjack/ports", ports, "Counters by port of arrival. Parameters: OFFSET,COUNT",
		false},
	{NULL, NULL, NULL, false},
};
