/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LoadBalancer: of the endpoints that are left, one. How it is picked is in
 * balance.c; here is who keeps the one that it has, and who may not get the one that was picked.
 */
#include <errno.h>
#include <stdlib.h>

#include "balance.h"
#include "client_table.h"
#include "selection.h"

#define ATTEMPTS 8 /* at picking one that is not draining, before going along the list */

struct state {
	struct balance_state balance;
	struct nj_client_table clients; /* sticky */
};

static const char *const policies[] = {
	[BALANCE_ROUND_ROBIN] = "ROUND_ROBIN",
	[BALANCE_RANDOM] = "RANDOM",
	[BALANCE_HASH] = "HASH",
	[BALANCE_MAGLEV] = "MAGLEV",
	NULL,
};

static const struct nj_field fields[] = {
	{"policy", nj_read_choice, offsetof(struct balance, policy), .choices = policies},
	{"sticky", nj_read_bool, offsetof(struct balance, sticky)},
};
static const struct nj_table table = {NJ_TABLE(fields)};

static bool
build(struct nj_filter_build *b, void *config)
{
	if (balance_build(config, nj_filter_clusters(b)) == 0)
		return true;
	nj_filter_error(b, NULL, "out of memory");
	return false;
}

static size_t
state_size(const void *config)
{
	return sizeof(struct state);
}

static int
state_open(const void *config, void *base, unsigned int worker, unsigned int n_workers)
{
	struct state *state = base;

	/* Workers begin at different endpoints. */
	state->balance.turn = worker;
	arc4random_buf(&state->balance.random, sizeof(state->balance.random));
	return ((const struct balance *)config)->sticky ? nj_client_table_open(&state->clients) : 0;
}

static void
state_close(void *state)
{
	nj_client_table_close(&((struct state *)state)->clients);
}

/* Of several sessions of a client the one counts that was used last. */
static void
restore(const void *config, void *base, const struct nj_flow *flow,
	const struct nj_address *endpoint, nj_ms_t last_seen, nj_ms_t now)
{
	const struct nj_client_table *clients = &((struct state *)base)->clients;
	struct nj_client *client;
	bool is_new;

	if (!((const struct balance *)config)->sticky)
		return;
	client = nj_client_table_get(
		clients, nj_client_table_bucket(clients, flow), flow, now, &is_new);
	if (!is_new && nj_ms_since(now, client->seen) < nj_ms_since(now, last_seen))
		return;
	client->endpoint.id = nj_endpoint_id(endpoint);
	client->endpoint.place = 0; /* where it is looked for first */
	client->seen = last_seen;
}

static void
destroy(void *config)
{
	balance_destroy(config);
}

/* Where the choice is written, as a selection of one. */
static size_t
scratch(const void *config, const struct nj_clusters *clusters)
{
	return sizeof(uint32_t);
}

/* Choosing ----------------------------------------------------------------------------------- */

/* An endpoint that is draining keeps those that have a session with it. */
static bool
may_have(const struct nj_batch *batch, const struct nj_datagram *datagram, uint32_t place)
{
	return !nj_batch_is_draining(batch, place) || nj_batch_has_session(batch, datagram, place);
}

/* One that is not draining, from the picked one on; false where there is none. */
static bool
choose_again(const struct balance *balance, struct balance_state *state,
	const struct nj_batch *batch, const struct nj_datagram *datagram, uint32_t *chosen)
{
	const struct nj_selection *from = &datagram->endpoints;
	uint32_t i = 0;

	for (uint32_t attempt = 1; attempt <= ATTEMPTS; attempt++) {
		i = balance_pick(balance, state, datagram, attempt);
		*chosen = nj_selection_place(from, i);
		if (!nj_batch_is_draining(batch, *chosen))
			return true;
	}
	for (uint32_t k = 1; k < from->n; k++) {
		*chosen = nj_selection_place(from, (uint32_t)(((uint64_t)i + k) % from->n));
		if (!nj_batch_is_draining(batch, *chosen))
			return true;
	}
	return false;
}

/* Leaves the picked one where the client may have it. */
static bool
settle(const struct balance *balance, struct balance_state *state, const struct nj_batch *batch,
	const struct nj_datagram *datagram, uint32_t *chosen)
{
	return may_have(batch, datagram, *chosen) ||
	       choose_again(balance, state, batch, datagram, chosen);
}

/* Whether the client keeps the endpoint that it had. */
static bool
keeps(const struct balance *balance, const struct nj_batch *batch,
	const struct nj_datagram *datagram, struct nj_client *client)
{
	uint32_t place;

	if (client->endpoint.id == 0 ||
		!balance_find(balance, client->endpoint.id, &client->endpoint.place))
		return false;
	place = client->endpoint.place;
	if (!selection_contains(&datagram->endpoints, place) || !may_have(batch, datagram, place))
		return false;
	/* Replies keep a session alive that the client is silent in. */
	return nj_ms_since(batch->now, client->seen) < NJ_CLIENT_TTL_MS ||
	       nj_batch_has_session(batch, datagram, place);
}

static bool
choose_sticky(const struct balance *balance, struct state *state, const struct nj_batch *batch,
	const struct nj_datagram *datagram, struct nj_client *bucket, uint32_t *chosen)
{
	const struct nj_flow *key = &nj_packet(datagram->m)->flow;
	bool is_new;
	struct nj_client *client =
		nj_client_table_get(&state->clients, bucket, key, batch->now, &is_new);

	if (is_new || !keeps(balance, batch, datagram, client)) {
		*chosen = nj_selection_place(
			&datagram->endpoints, balance_pick(balance, &state->balance, datagram, 0));
		if (!settle(balance, &state->balance, batch, datagram, chosen))
			return false;
		client->endpoint.id = balance->ids[*chosen];
		client->endpoint.place = *chosen;
	}
	client->seen = batch->now;
	*chosen = client->endpoint.place;
	return true;
}

/* Packets ------------------------------------------------------------------------------------ */

/* Each datagram's choice goes to its place in `chosen`; who has none is dropped. */
static void
choose_all(const struct balance *balance, struct state *state, struct nj_batch *batch,
	uint32_t *chosen)
{
	balance_pick_all(balance, &state->balance, batch, chosen);
	if (likely(!nj_batch_any_is_draining(batch)))
		return;
	for (unsigned int i = 0; i < batch->n; i++)
		if (!settle(balance, &state->balance, batch, batch->datagrams[i], &chosen[i]))
			nj_batch_drop(batch, batch->datagrams[i], NJ_DROP_LOAD_BALANCER);
}

static void
choose_all_sticky(const struct balance *balance, struct state *state, struct nj_batch *batch,
	uint32_t *chosen)
{
	struct nj_client *buckets[NJ_BATCH_MAX];

	for (unsigned int i = 0; i < batch->n; i++)
		buckets[i] = nj_client_table_bucket(
			&state->clients, &nj_packet(batch->datagrams[i]->m)->flow);
	for (unsigned int i = 0; i < batch->n; i++)
		if (!choose_sticky(
			    balance, state, batch, batch->datagrams[i], buckets[i], &chosen[i]))
			nj_batch_drop(batch, batch->datagrams[i], NJ_DROP_LOAD_BALANCER);
}

static void
balance_burst(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct balance *balance = filter->config;
	uint32_t *chosen = nj_batch_scratch(batch, batch->n * sizeof(*chosen));

	if (chosen == NULL) {
		for (unsigned int i = 0; i < batch->n; i++)
			nj_batch_drop(batch, batch->datagrams[i], NJ_DROP_FILTER_MEMORY);
	} else {
		if (balance->sticky)
			choose_all_sticky(balance, state, batch, chosen);
		else
			choose_all(balance, state, batch, chosen);
		for (unsigned int i = 0; i < batch->n; i++)
			batch->datagrams[i]->endpoints = (struct nj_selection){1, &chosen[i]};
	}
	nj_batch_compact(batch);
}

static struct nj_filter_type type = {
	.name = "load_balancer.v1alpha1.LoadBalancer",
	.eras = NJ_IN_BOTH_ERAS,
	.table = &table,
	.config_required = true,
	.config_size = sizeof(struct balance),
	.build = build,
	.destroy = destroy,
	.state_size = state_size,
	.state_open = state_open,
	.state_close = state_close,
	.restore = restore,
	.scratch = scratch,
	.read = balance_burst,
};

NJ_FILTER_REGISTER(type)
