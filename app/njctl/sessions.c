/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions: all, or one client's or endpoint's. */
#include <getopt.h>
#include <stddef.h>

#include "nj_base.h"
#include "show.h"

/* An address, of every port where it names none. */
struct want {
	bool any, any_port;
	struct nj_address address;
};

struct wants {
	struct want client, endpoint;
};

static enum status
parse(struct want *want, const char *text)
{
	want->any = false;
	want->any_port = nj_ip_parse(text, &want->address.ip) == 0;
	if (want->any_port || nj_address_parse(text, &want->address) == 0)
		return STATUS_OK;
	return complain(STATUS_USAGE,
		"wrong address '%s': it is like 192.0.2.7, 192.0.2.7:4000, 2001:db8::7 or "
		"[2001:db8::7]:4000",
		text);
}

static bool
matches(const struct want *want, const json_t *text)
{
	struct nj_address address;

	if (want->any)
		return true;
	if (!json_is_string(text) || nj_address_parse(json_string_value(text), &address) < 0)
		return false;
	if (want->any_port)
		return nj_ip_equal(&want->address.ip, &address.ip);
	return nj_address_equal(&want->address, &address);
}

static bool
session_matches(const json_t *session, const void *argument)
{
	const struct wants *wants = argument;

	return matches(&wants->client, json_object_get(session, "client")) &&
	       matches(&wants->endpoint, json_object_get(session, "endpoint"));
}

static enum status
read_options(struct context *context, struct wants *wants)
{
	static const struct option names[] = {
		{"client", required_argument, NULL, 'c'},
		{"endpoint", required_argument, NULL, 'e'},
		{NULL, 0, NULL, 0},
	};
	enum status status = STATUS_OK;
	int letter;

	optind = 0; /* GNU's way to begin anew */
	while (status == STATUS_OK &&
		(letter = getopt_long(context->argc, context->argv, "", names, NULL)) != -1) {
		if (letter == '?')
			return STATUS_USAGE; /* getopt has said what is wrong */
		status = parse(letter == 'c' ? &wants->client : &wants->endpoint, optarg);
	}
	if (status == STATUS_OK && optind < context->argc)
		return complain(STATUS_USAGE, "sessions: unexpected '%s'", context->argv[optind]);
	return status;
}

enum status
run_sessions(struct context *context)
{
	static const struct column columns[] = {
		{"ID", "id", CELL_NUMBER, 9},
		{"CLIENT", "client", CELL_TEXT, 0},
		{"LISTENER", "listener", CELL_TEXT, 7},
		{"UPSTREAM", "upstream", CELL_TEXT, 4},
		{"ENDPOINT", "endpoint", CELL_TEXT, 0},
		{"STATE", "state", CELL_STATE, 1},
		{"AGE", "age", CELL_DURATION, 5},
		{"IDLE", "idle", CELL_DURATION, 5},
		{"DOWN PKTS", "downstream_packets", CELL_NUMBER, 2},
		{"DOWN BYTES", "downstream_bytes", CELL_NUMBER, 6},
		{"UP PKTS", "upstream_packets", CELL_NUMBER, 3},
		{"UP BYTES", "upstream_bytes", CELL_NUMBER, 6},
		{"WORKER", "worker", CELL_NUMBER, 8},
	};
	static const struct view view = {"/natterjack/sessions", "id", VIEW_COLUMNS(columns)};
	struct wants wants = {.client = {.any = true}, .endpoint = {.any = true}};
	enum status status = read_options(context, &wants);

	return status == STATUS_OK ? show_list(context, &view, session_matches, &wants) : status;
}
