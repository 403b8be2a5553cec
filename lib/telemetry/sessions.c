/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions, page by page or one by its id. */
#include "answer.h"

#include <errno.h>

#include <bsd/stdlib.h>

#define SESSIONS_IN_ANSWER 32 /* of some 400 bytes; an answer has 16 KiB */
#define MS_PER_SECOND      1000

/* Ids are dealt out to workers in turn, so that they stay small. */
static uint64_t
session_id(const struct nj_telemetry_source *source, unsigned int worker, uint32_t number)
{
	return (uint64_t)number * source->n_workers + worker;
}

/* The two addresses of one side of a session, as the packets that come from there bear them. */
static void
add_side(
	struct rte_tel_data *data, const struct nj_flow *flow, const char *theirs, const char *ours)
{
	const struct nj_address source = nj_flow_source(flow);
	const struct nj_address destination = nj_flow_destination(flow);

	add_address(data, theirs, &source);
	add_address(data, ours, &destination);
}

static void
add_session(struct rte_tel_data *data, const struct nj_telemetry_source *source,
	unsigned int worker, uint32_t number, const struct nj_session_image *session)
{
	nj_ms_t now = nj_clock_ms();
	nj_ms_t idle = nj_ms_since(now, session->last_seen_ms);
	const struct nj_flow endpoint = nj_session_image_flow(session, NJ_UPSTREAM);

	add_u64(data, "id", session_id(source, worker, number));
	add_u64(data, "worker", worker);
	add_side(data, &session->flow, "client", "listener");
	add_side(data, &endpoint, "endpoint", "upstream");
	add_string(data, "state", nj_session_state_name(session->state));
	add_u64(data, "age", nj_ms_since(now, session->opened_ms) / MS_PER_SECOND);
	add_u64(data, "idle", (int32_t)idle > 0 ? idle / MS_PER_SECOND : 0);
	add_u64(data, "downstream_packets", session->packets[NJ_DOWNSTREAM]);
	add_u64(data, "downstream_bytes", session->bytes[NJ_DOWNSTREAM]);
	add_u64(data, "upstream_packets", session->packets[NJ_UPSTREAM]);
	add_u64(data, "upstream_bytes", session->bytes[NJ_UPSTREAM]);
}

/* Whom sessions are asked for of: any client, or one, of any port where it has none. */
struct wanted {
	bool all;
	struct nj_address client;
};

static bool
is_wanted(const struct wanted *wanted, const struct nj_session_image *session)
{
	struct nj_address client;

	if (wanted->all)
		return true;
	client = nj_flow_source(&session->flow);
	return nj_ip_equal(&client.ip, &wanted->client.ip) &&
	       (wanted->client.port == 0 || wanted->client.port == client.port);
}

static int
append_worker(const struct nj_telemetry_source *source, unsigned int worker,
	const struct wanted *wanted, struct page *page, struct rte_tel_data *data)
{
	const struct nj_session_table *table = source->sessions[worker];

	for (uint32_t number = 0; number < nj_session_used(table) && page->count > 0; number++) {
		struct nj_session_image session;
		struct rte_tel_data *dict;

		if (!nj_session_copy(table, number, &session) || !is_wanted(wanted, &session) ||
			!page_takes(page))
			continue;
		dict = append_dict(data);
		if (dict == NULL)
			return -ENOMEM;
		add_session(dict, source, worker, number, &session);
	}
	return 0;
}

static int
append_page(const struct nj_telemetry_source *source, const struct wanted *wanted,
	struct page *page, struct rte_tel_data *data)
{
	int ret = 0;

	rte_tel_data_start_array(data, RTE_TEL_CONTAINER);
	for (unsigned int worker = 0; worker < source->n_workers && ret == 0; worker++)
		ret = append_worker(source, worker, wanted, page, data);
	return ret;
}

static int
sessions(
	const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	static const struct wanted all = {.all = true};
	struct page page;

	if (page_parse(&page, parameters, SESSIONS_IN_ANSWER) < 0)
		return -EINVAL;
	return append_page(source, &all, &page, data);
}

/* "IP" or "IP:PORT". The first ones only, where they do not fit into an answer. */
static int
client(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	struct page page = {0, SESSIONS_IN_ANSWER};
	struct wanted wanted = {.all = false};

	if (parameters == NULL)
		return -EINVAL;
	if (nj_ip_parse(parameters, &wanted.client.ip) < 0 &&
		nj_address_parse(parameters, &wanted.client) < 0)
		return -EINVAL;
	return append_page(source, &wanted, &page, data);
}

static int
session(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	struct nj_session_image image;
	const char *error = "missing";
	unsigned int worker;
	uint32_t number;
	uint64_t id = 0;

	if (parameters != NULL)
		id = (uint64_t)strtonum(parameters, 0, INT64_MAX, &error);
	if (error != NULL)
		return -EINVAL;
	worker = (unsigned int)(id % source->n_workers);
	if (id / source->n_workers >= nj_session_capacity(source->sessions[worker]))
		return -ENOENT;
	number = (uint32_t)(id / source->n_workers);
	if (!nj_session_copy(source->sessions[worker], number, &image))
		return -ENOENT;
	rte_tel_data_start_dict(data);
	add_session(data, source, worker, number, &image);
	return 0;
}

const struct command session_commands[] = {
	{"/natterjack/sessions", sessions, "A page of sessions. Parameters: OFFSET,COUNT", false},
	{"/natterjack/session", session, "One session. Parameter: ID", false},
	{"/natterjack/client", client, "A client's sessions, 32 at most. Parameter: IP or IP:PORT",
		false},
	{NULL, NULL, NULL, false},
};
