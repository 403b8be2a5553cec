/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters: in total, and by worker. */
#include <stdio.h>

#include "drops.h"
#include "show.h"

static const struct column total_columns[] = {
	{"received", "rx_packets", CELL_NUMBER, 0},
	{"received bytes", "rx_bytes", CELL_NUMBER, 0},
	{"copied", "copied", CELL_NUMBER, 0},
	{"transmitted", "tx_packets", CELL_NUMBER, 0},
	{"transmitted bytes", "tx_bytes", CELL_NUMBER, 0},
	{"local", "local", CELL_NUMBER, 0},
	{"dropped", "dropped", CELL_SUM, 0},
	{"in flight", "in_flight", CELL_NUMBER, 0},
	{"originated", "originated", CELL_NUMBER, 0},
	{"originated, lost", "originated_lost", CELL_NUMBER, 0},
	{"downstream", "downstream.packets", CELL_NUMBER, 0},
	{"downstream bytes", "downstream.bytes", CELL_NUMBER, 0},
	{"upstream", "upstream.packets", CELL_NUMBER, 0},
	{"upstream bytes", "upstream.bytes", CELL_NUMBER, 0},
	{"sessions active", "sessions_active", CELL_NUMBER, 0},
	{"sessions, room for", "sessions_capacity", CELL_NUMBER, 0},
	{"sessions half-open", "sessions_half_open", CELL_NUMBER, 0},
	{"sessions opened", "sessions_total", CELL_NUMBER, 0},
	{"sessions restored", "sessions_restored", CELL_NUMBER, 0},
	{"sessions expired", "sessions_expired", CELL_NUMBER, 0},
	{"sessions evicted", "sessions_evicted", CELL_NUMBER, 0},
	{"sessions ended", "sessions_ended", CELL_NUMBER, 0},
	{"sessions rejected", "sessions_rejected", CELL_NUMBER, 0},
	{"hand-offs", "handoffs", CELL_NUMBER, 0},
	{"logs left out", "logs_left_out", CELL_NUMBER, 0},
	{"QCMP answered", "qcmp_answered", CELL_NUMBER, 0},
};

static void
print_drops(const json_t *stats)
{
	static const struct column columns[] = {
		{"DROPPED FOR", "reason", CELL_TEXT, 0},
		{"PACKETS", "packets", CELL_NUMBER, 0},
	};
	json_t *list = drops_list(stats);

	if (json_array_size(list) > 0) {
		putchar('\n');
		table_print(columns, sizeof(columns) / sizeof(columns[0]), list);
	}
	json_decref(list);
}

enum status
run_stats(struct context *context)
{
	json_t *stats;
	enum status status = socket_ask(&context->socket, "/natterjack/stats", &stats);

	if (status != STATUS_OK)
		return status;
	if (context->json) {
		show_json(stats);
	} else {
		table_print_object(
			total_columns, sizeof(total_columns) / sizeof(total_columns[0]), stats);
		print_drops(stats);
	}
	json_decref(stats);
	return STATUS_OK;
}

enum status
run_workers(struct context *context)
{
	static const struct column columns[] = {
		{"WORKER", "worker", CELL_NUMBER, 0},
		{"STATE", "state", CELL_STATE, 2},
		{"BUSY %", "busy_percent", CELL_NUMBER, 1},
		{"SESSIONS", "sessions_active", CELL_NUMBER, 3},
		{"HALF-OPEN", "sessions_half_open", CELL_NUMBER, 8},
		{"RECEIVED", "rx_packets", CELL_NUMBER, 4},
		{"TRANSMITTED", "tx_packets", CELL_NUMBER, 5},
		{"LOCAL", "local", CELL_NUMBER, 9},
		{"DROPPED", "dropped", CELL_SUM, 2},
		{"HAND-OFFS", "handoffs", CELL_NUMBER, 6},
		{"POLLS", "polls", CELL_NUMBER, 7},
	};
	static const struct view view = {"/natterjack/workers", "worker", VIEW_COLUMNS(columns)};

	return show_list(context, &view, NULL, NULL);
}
