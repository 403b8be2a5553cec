/* SPDX-License-Identifier: BSD-3-Clause */
/* Endpoints by cluster, and draining them. */
#include <stdio.h>
#include <string.h>

#include "nj_base.h"
#include "show.h"

enum status
run_clusters(struct context *context)
{
	static const struct column columns[] = {
		{"CLUSTER", "cluster", CELL_NUMBER, 5},
		{"LOCALITY", "locality", CELL_TEXT, 9},
		{"ENDPOINT", "address", CELL_TEXT, 0},
		{"STATE", "state", CELL_STATE, 1},
		{"SESSIONS", "sessions", CELL_NUMBER, 2},
		{"PORTS", "ports", CELL_NUMBER, 8},
		{"DOWN PKTS", "downstream_packets", CELL_NUMBER, 3},
		{"DOWN BYTES", "downstream_bytes", CELL_NUMBER, 7},
		{"UP PKTS", "upstream_packets", CELL_NUMBER, 4},
		{"UP BYTES", "upstream_bytes", CELL_NUMBER, 7},
		{"UNREACHABLE", "unreachable", CELL_NUMBER, 6},
		{"PATH MTU", "path_mtu", CELL_NUMBER, 8},
	};
	static const struct view view = {"/natterjack/clusters", NULL, VIEW_COLUMNS(columns)};

	return show_list(context, &view, NULL, NULL);
}

static enum status
print_result(const struct context *context, const json_t *answer, const char *address)
{
	const char *result = json_string_value(json_object_get(answer, "result"));
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (context->json)
		show_json(answer);
	if (result == NULL || strcmp(result, "ok") != 0)
		return complain(STATUS_ERROR, "%s %s: %s", context->argv[0], address,
			error != NULL ? error : "refused");
	if (!context->json)
		puts("ok");
	return STATUS_OK;
}

static enum status
set_draining(struct context *context)
{
	char command[128], text[NJ_ADDRESS_STRLEN];
	struct nj_address address;
	enum status status;
	json_t *answer;

	if (context->argc != 2)
		return complain(STATUS_USAGE, "%s takes one ADDRESS", context->argv[0]);
	if (nj_address_parse(context->argv[1], &address) < 0)
		return complain(STATUS_USAGE,
			"wrong address '%s': it is like 198.51.100.2:26000 or [2001:db8::2]:26000",
			context->argv[1]);
	nj_address_format(&address, text);
	snprintf(command, sizeof(command), "/natterjack/endpoint,%s,%s", context->argv[0], text);
	status = socket_ask(&context->socket, command, &answer);
	if (status == STATUS_OK)
		status = print_result(context, answer, text);
	json_decref(answer);
	return status;
}

enum status
run_drain(struct context *context)
{
	return set_draining(context);
}

enum status
run_undrain(struct context *context)
{
	return set_draining(context);
}
