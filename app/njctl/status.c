/* SPDX-License-Identifier: BSD-3-Clause */
/* All that matters at a glance. */
#include <stdio.h>

#include "show.h"

static const struct column summary[] = {
	{"id", "info.id", CELL_TEXT, 0},
	{"version", "info.version", CELL_TEXT, 0},
	{"dpdk", "info.dpdk", CELL_TEXT, 0},
	{"up for", "info.uptime", CELL_DURATION, 0},
	{"workers", "info.workers", CELL_NUMBER, 0},
	{"  stalled", "info.workers_stalled", CELL_NUMBER, 0},
	{"unanswered", "info.unanswered", CELL_LIST, 0},
	{"generation", "config.generation", CELL_NUMBER, 0},
	{"loaded", "config.loaded", CELL_TIME, 0},
	{"last error", "config.error", CELL_TEXT, 0},
	{"state file", "info.state_file_error", CELL_TEXT, 0},
	{"sessions", "stats.sessions_active", CELL_NUMBER, 0},
	{"downstream", "stats.downstream.packets", CELL_NUMBER, 0},
	{"upstream", "stats.upstream.packets", CELL_NUMBER, 0},
	{"dropped", "stats.dropped", CELL_SUM, 0},
};

static const struct column port_columns[] = {
	{"PORT", "port", CELL_TEXT, 0},
	{"DEVICE", "name", CELL_TEXT, 2},
	{"ROLE", "role", CELL_TEXT, 4},
	{"MAC", "mac", CELL_TEXT, 3},
	{"LINK", "link", CELL_STATE, 0},
	{"MBIT/S", "speed_mbps", CELL_NUMBER, 4},
	{"MTU", "mtu", CELL_NUMBER, 4},
	{"ADDRESSES", "addresses", CELL_LIST, 0},
};

static enum status
gather(struct socket *sock, json_t *all)
{
	static const struct {
		const char *name, *path;
	} parts[] = {
		{"info", "/natterjack/info"},
		{"config", "/natterjack/config"},
		{"stats", "/natterjack/stats"},
	};
	enum status status = STATUS_OK;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && status == STATUS_OK; i++) {
		json_t *answer;

		status = socket_ask(sock, parts[i].path, &answer);
		if (status == STATUS_OK)
			json_object_set_new(all, parts[i].name, answer);
	}
	return status;
}

/* They come as an object, by number. */
static void
print_ports(const json_t *all)
{
	json_t *list = json_array(), *port;
	const char *number;

	json_object_foreach (cell_find(all, "info.ports"), number, port) {
		json_object_set_new(port, "port", json_string(number));
		json_array_append(list, port);
	}
	putchar('\n');
	table_print(port_columns, sizeof(port_columns) / sizeof(port_columns[0]), list);
	json_decref(list);
}

enum status
run_status(struct context *context)
{
	json_t *all = json_object();
	enum status status = gather(&context->socket, all);

	if (status == STATUS_OK && context->json) {
		show_json(all);
	} else if (status == STATUS_OK) {
		table_print_object(summary, sizeof(summary) / sizeof(summary[0]), all);
		print_ports(all);
	}
	json_decref(all);
	return status;
}
