/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics of packets and sessions: in total, by worker and by port. */
#include "metrics.h"

#define COUNTER "counter"
#define GAUGE   "gauge"

/* Of all three. */
static const struct figure packets[] = {
	{"rx_packets", "packets_total", "receive", COUNTER,
		"Frames received from a device, and those of them (or copies) handed to one."},
	{"tx_packets", "packets_total", "transmit"},
	{"rx_bytes", "bytes_total", "receive", COUNTER,
		"Bytes of packets_total: whole frames without their checksum."},
	{"tx_bytes", "bytes_total", "transmit"},
	{"copied", "copied_packets_total", NULL, COUNTER,
		"Copies made for endpoints beyond the first."},
	{"local", "local_packets_total", NULL, COUNTER,
		"Frames that natterjack itself consumed: ARP, NDP, ICMP, MLD, QCMP."},
	{"originated", "originated_packets_total", NULL, COUNTER,
		"Frames of natterjack's own making that left."},
	{"originated_lost", "originated_lost_packets_total", NULL, COUNTER,
		"Frames of natterjack's own making that could not leave."},
};

static const struct figure drops = {"dropped", "dropped_packets_total", NULL, COUNTER,
	"Packets dropped, by reason (docs/counters.md)."};

/* In total and by worker. */
static const struct figure sessions[] = {
	{"downstream.packets", "datagrams_total", "downstream", COUNTER,
		"Datagrams forwarded: downstream to endpoints, upstream to clients."},
	{"upstream.packets", "datagrams_total", "upstream"},
	{"downstream.bytes", "payload_bytes_total", "downstream", COUNTER,
		"Bytes of UDP payload forwarded: downstream to endpoints, upstream to clients."},
	{"upstream.bytes", "payload_bytes_total", "upstream"},
	{"sessions_active", "sessions_active", NULL, GAUGE, "Sessions open now."},
	{"sessions_capacity", "sessions_capacity", NULL, GAUGE, "Sessions that there is room for."},
	{"sessions_half_open", "sessions_half_open", NULL, GAUGE,
		"Sessions open now whose endpoint has not answered yet."},
	{"sessions_total", "sessions_total", NULL, COUNTER, "Sessions opened."},
	{"sessions_restored", "sessions_restored_total", NULL, COUNTER,
		"Sessions that an earlier process had left in the state file."},
	{"sessions_expired", "sessions_expired_total", NULL, COUNTER,
		"Sessions closed because their time to live was over."},
	{"sessions_evicted", "sessions_evicted_total", NULL, COUNTER,
		"Half-open sessions closed to make room for a new one."},
	{"sessions_ended", "sessions_ended_total", NULL, COUNTER,
		"Sessions closed because a reload made their client's address an endpoint's."},
	{"sessions_rejected", "sessions_rejected_total", NULL, COUNTER,
		"New sessions refused: the table or the range of ports was full."},
	{"handoffs", "handoffs_total", NULL, COUNTER,
		"Datagrams that came in at another worker than their flow's owner."},
	{"logs_left_out", "logs_left_out_total", NULL, COUNTER,
		"Datagrams that Debug had no line for."},
	{"qcmp_answered", "qcmp_answered_total", NULL, COUNTER, "QCMP pings that were answered."},
};

static const struct figure total_only[] = {
	{"in_flight", "packets_in_flight", NULL, GAUGE,
		"Packets received that have not ended in a counter yet."},
};

static const struct figure worker_only[] = {
	{"polls", "polls_total", NULL, COUNTER, "Rounds of a worker's loop."},
	{"polls_busy", "polls_busy_total", NULL, COUNTER,
		"Rounds of a worker's loop that met a packet."},
	{"downstream_interval_ns", "burst_interval_seconds", "downstream", GAUGE,
		"How far apart a worker's bursts of datagrams come, on the average of some 16.",
		.scale = 1e-9},
	{"upstream_interval_ns", "burst_interval_seconds", "upstream", .scale = 1e-9},
	{"state", "stalled", NULL, GAUGE, "1 where the worker has stopped polling, else 0.",
		.is = "stalled"},
};

/* By port: what the device itself counts. */
static const struct figure port_only[] = {
	{"nic.rx_packets", "nic_packets_total", "receive", COUNTER,
		"Frames received and transmitted, as the NIC counts them."},
	{"nic.tx_packets", "nic_packets_total", "transmit"},
	{"nic.rx_missed", "nic_missed_packets_total", NULL, COUNTER,
		"Frames that the NIC dropped as its receive queues were full."},
	{"nic.rx_errors", "nic_errors_total", "receive", COUNTER,
		"Frames that the NIC received with an error, or could not transmit."},
	{"nic.tx_errors", "nic_errors_total", "transmit"},
	{"nic.rx_no_mbufs", "nic_no_mbufs_total", NULL, COUNTER,
		"Times that there was no buffer for the NIC to receive into."},
};

static void
worker_labels(struct labels *labels, const json_t *worker)
{
	labels_add_number(labels, "worker", json_integer_value(json_object_get(worker, "worker")));
}

static void
port_labels(struct labels *labels, const json_t *port)
{
	labels_add_number(labels, "port", json_integer_value(json_object_get(port, "port")));
	labels_add(labels, "device", json_string_value(json_object_get(port, "device")));
}

static void
write_packets(FILE *out, const char *prefix, const json_t *list, figure_labels labels_of)
{
	figures_write(out, prefix, packets, METRICS_COUNT(packets), list, labels_of);
	figures_write_object(out, prefix, &drops, "reason", list, labels_of);
}

void
metrics_write_traffic(FILE *out, const struct answers *answers)
{
	static const char total[] = "natterjack_", worker[] = "natterjack_worker_",
			  port[] = "natterjack_port_";
	json_t *stats = json_pack("[O]", answers->stats);

	write_packets(out, total, stats, metrics_no_labels);
	figures_write(out, total, total_only, METRICS_COUNT(total_only), stats, metrics_no_labels);
	figures_write(out, total, sessions, METRICS_COUNT(sessions), stats, metrics_no_labels);
	write_packets(out, worker, answers->workers, worker_labels);
	figures_write(
		out, worker, sessions, METRICS_COUNT(sessions), answers->workers, worker_labels);
	figures_write(out, worker, worker_only, METRICS_COUNT(worker_only), answers->workers,
		worker_labels);
	write_packets(out, port, answers->ports, port_labels);
	figures_write(out, port, port_only, METRICS_COUNT(port_only), answers->ports, port_labels);
	json_decref(stats);
}
