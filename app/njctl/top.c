/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes through by the second, drawn anew each second. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "drops.h"
#include "rate.h"
#include "screen.h"
#include "show.h"

#define PERIOD_MS    1000
#define COUNT(array) (unsigned int)(sizeof(array) / sizeof((array)[0]))

struct picture {
	json_t *info, *stats, *drops, *workers, *clusters;
	double time_s;
};

static double
now_s(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static enum status
picture_take(struct picture *picture, struct socket *sock)
{
	enum status status;

	memset(picture, 0, sizeof(*picture));
	picture->time_s = now_s();
	status = socket_ask(sock, "/natterjack/info", &picture->info);
	if (status == STATUS_OK)
		status = socket_ask(sock, "/natterjack/stats", &picture->stats);
	picture->drops = drops_list(picture->stats);
	if (status == STATUS_OK)
		status = page_all(
			sock, "/natterjack/workers", "worker", NULL, NULL, &picture->workers);
	if (status == STATUS_OK)
		status = page_all(
			sock, "/natterjack/clusters", NULL, NULL, NULL, &picture->clusters);
	return status;
}

static void
picture_clear(struct picture *picture)
{
	json_decref(picture->info);
	json_decref(picture->stats);
	json_decref(picture->drops);
	json_decref(picture->workers);
	json_decref(picture->clusters);
	memset(picture, 0, sizeof(*picture));
}

static void
add_rates(struct picture *picture, const struct picture *before)
{
	static const struct rate total[] = {
		{"downstream.packets", "down_rate"},
		{"downstream.bytes", "down_byte_rate"},
		{"upstream.packets", "up_rate"},
		{"upstream.bytes", "up_byte_rate"},
		{"rx_packets", "rx_rate"},
		{"tx_packets", "tx_rate"},
		{"dropped", "drop_rate"},
		{"sessions_total", "session_rate"},
	};
	static const struct rate drop[] = {
		{"packets", "rate"},
	};
	static const struct rate worker[] = {
		{"rx_packets", "rx_rate"},
		{"tx_packets", "tx_rate"},
		{"dropped", "drop_rate"},
		{"handoffs", "handoff_rate"},
	};
	static const struct rate endpoint[] = {
		{"downstream_packets", "down_rate"},
		{"upstream_packets", "up_rate"},
	};
	double seconds = picture->time_s - before->time_s;

	rate_add(picture->stats, before->stats, seconds, total, COUNT(total));
	rate_add_list(picture->drops, before->drops, "reason", seconds, drop, COUNT(drop));
	rate_add_list(picture->workers, before->workers, "worker", seconds, worker, COUNT(worker));
	rate_add_list(picture->clusters, before->clusters, "endpoint", seconds, endpoint,
		COUNT(endpoint));
}

/* A list, as far as there are lines left. */
static void
draw_list(const struct column *columns, unsigned int n, const json_t *list, unsigned int *lines)
{
	json_t *shown = json_array(), *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (i + 3 < *lines) /* with an empty line, a heading, and the terminal's last */
			json_array_append(shown, item);
	if (json_array_size(shown) > 0) {
		putchar('\n');
		table_print(columns, n, shown);
		*lines -= (unsigned int)json_array_size(shown) + 2;
	}
	json_decref(shown);
}

static void
draw(const struct picture *picture, const char *prefix)
{
	static const struct column total[] = {
		{"sessions", "sessions_active", CELL_NUMBER, 0},
		{"half-open", "sessions_half_open", CELL_NUMBER, 0},
		{"new/s", "session_rate", CELL_NUMBER, 0},
		{"downstream/s", "down_rate", CELL_NUMBER, 0},
		{"  bytes/s", "down_byte_rate", CELL_NUMBER, 0},
		{"upstream/s", "up_rate", CELL_NUMBER, 0},
		{"  bytes/s", "up_byte_rate", CELL_NUMBER, 0},
		{"received/s", "rx_rate", CELL_NUMBER, 0},
		{"transmitted/s", "tx_rate", CELL_NUMBER, 0},
		{"dropped/s", "drop_rate", CELL_NUMBER, 0},
	};
	static const struct column drop[] = {
		{"DROPPED FOR", "reason", CELL_TEXT, 0},
		{"PACKETS/S", "rate", CELL_NUMBER, 0},
		{"IN ALL", "packets", CELL_NUMBER, 1},
	};
	static const struct column worker[] = {
		{"WORKER", "worker", CELL_NUMBER, 0},
		{"STATE", "state", CELL_STATE, 5},
		{"SESSIONS", "sessions_active", CELL_NUMBER, 1},
		{"RECEIVED/S", "rx_rate", CELL_NUMBER, 0},
		{"TRANSMITTED/S", "tx_rate", CELL_NUMBER, 2},
		{"DROPPED/S", "drop_rate", CELL_NUMBER, 3},
		{"HAND-OFFS/S", "handoff_rate", CELL_NUMBER, 4},
	};
	static const struct column endpoint[] = {
		{"ENDPOINT", "address", CELL_TEXT, 0},
		{"STATE", "state", CELL_STATE, 3},
		{"SESSIONS", "sessions", CELL_NUMBER, 1},
		{"DOWN/S", "down_rate", CELL_NUMBER, 0},
		{"UP/S", "up_rate", CELL_NUMBER, 2},
	};
	unsigned int height = screen_height(), lines = 0;
	char up[CELL_MAX];

	if (height > COUNT(total) + 2)
		lines = height - COUNT(total) - 2;
	cell_format(json_object_get(picture->info, "uptime"), CELL_DURATION, up);
	screen_begin();
	printf("natterjack %.20s, up %s; q ends\n\n", prefix, up);
	table_print_object(total, COUNT(total), picture->stats);
	draw_list(worker, COUNT(worker), picture->workers, &lines);
	draw_list(drop, COUNT(drop), picture->drops, &lines);
	draw_list(endpoint, COUNT(endpoint), picture->clusters, &lines);
}

/* From the first picture on, until q or until nobody answers. */
static enum status
watch(struct context *context, struct picture *picture)
{
	struct picture before = {0};
	enum status status = STATUS_OK;
	bool ended = false;

	while (status == STATUS_OK && !ended) {
		add_rates(picture, &before);
		draw(picture, context->socket.prefix);
		ended = screen_wait(PERIOD_MS);
		picture_clear(&before);
		before = *picture;
		memset(picture, 0, sizeof(*picture));
		if (!ended)
			status = picture_take(picture, &context->socket);
	}
	picture_clear(&before);
	return status;
}

enum status
run_top(struct context *context)
{
	struct picture picture;
	enum status status;

	if (context->json)
		return complain(STATUS_USAGE, "top is no JSON: leave out -j");
	status = picture_take(&picture, &context->socket);
	if (status == STATUS_OK && !screen_open()) {
		status = complain(STATUS_USAGE, "top needs a terminal");
	} else if (status == STATUS_OK) {
		status = watch(context, &picture);
		screen_close();
	}
	picture_clear(&picture);
	return status;
}
