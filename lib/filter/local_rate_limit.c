/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LocalRateLimit: so many datagrams from clients in a period. Replies pass.
 * Quilkin's first era has one bucket for all, the second one for each client address and port.
 */
#include <errno.h>

#include "client_table.h"
#include "humantime.h"
#include "nj_filter.h"

#define SECOND_MS UINT64_C(1000)

struct config {
	uint64_t max_packets;
	uint64_t period_ms; /* first era */
	uint32_t period_s;  /* second era */
};

/* A whole number of any size. */
static void
read_count(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	if (!nj_node_integer(node, (uint64_t *)((char *)base + field->offset)))
		nj_value_error(document, field, node, "a whole number, 0 or more");
}

#define AT(member) offsetof(struct config, member)
#define MAX_PACKETS                                                                                \
	{                                                                                          \
		"max_packets", read_count, AT(max_packets), .required = true                       \
	}

static const struct nj_field first_era_fields[] = {
	MAX_PACKETS,
	{"period", read_humantime, AT(period_ms), .min = 100},
};
static const struct nj_table first_era_table = {NJ_TABLE(first_era_fields)};

static const struct nj_field second_era_fields[] = {
	MAX_PACKETS,
	{"period", nj_read_u32, AT(period_s), .min = 1, .max = UINT32_MAX, .required = true},
};
static const struct nj_table second_era_table = {NJ_TABLE(second_era_fields)};

static void
defaults(void *config)
{
	((struct config *)config)->period_ms = SECOND_MS;
}

static void
drop_limited(struct nj_batch *batch, struct nj_datagram *datagram)
{
	nj_batch_drop(batch, datagram, NJ_DROP_RATE_LIMITED);
}

/* First era: a bucket that is filled up at the end of each period ------------------------------ */

struct bucket {
	uint64_t size; /* this worker's share, rounded up: together at most n_workers - 1 more */
	uint64_t left;
	nj_ms_t filled;
	bool started; /* periods are counted from the first datagram on */
};

static size_t
bucket_size(const void *config)
{
	return sizeof(struct bucket);
}

static int
bucket_open(const void *base, void *state, unsigned int worker, unsigned int n_workers)
{
	const struct config *config = base;
	struct bucket *bucket = state;

	bucket->size = config->max_packets / n_workers + (config->max_packets % n_workers != 0);
	bucket->left = bucket->size;
	return 0;
}

static void
refill(struct bucket *bucket, uint64_t period_ms, nj_ms_t now)
{
	uint32_t since = nj_ms_since(now, bucket->filled);

	if (!bucket->started) {
		bucket->started = true;
		bucket->filled = now;
	} else if (since >= period_ms) {
		bucket->left = bucket->size;
		bucket->filled += (nj_ms_t)(since / period_ms * period_ms);
	}
}

static void
limit_all(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct config *config = filter->config;
	struct bucket *bucket = state;

	refill(bucket, config->period_ms, batch->now);
	for (unsigned int i = 0; i < batch->n; i++)
		if (bucket->left > 0)
			bucket->left--;
		else
			drop_limited(batch, batch->datagrams[i]);
	nj_batch_compact(batch);
}

static struct nj_filter_type first_era = {
	.name = "local_rate_limit.v1alpha1.LocalRateLimit",
	.eras = NJ_IN_ERA_1,
	.table = &first_era_table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.defaults = defaults,
	.state_size = bucket_size,
	.state_open = bucket_open,
	.read = limit_all,
};

/* Second era: a window for each client --------------------------------------------------------- */

static size_t
windows_size(const void *config)
{
	return sizeof(struct nj_client_table);
}

static int
windows_open(const void *config, void *state, unsigned int worker, unsigned int n_workers)
{
	return nj_client_table_open(state);
}

static void
windows_close(void *state)
{
	nj_client_table_close(state);
}

/*
 * Quilkin counts time in whole seconds, and a window is over when more than
 * its period has gone by: of one second, it lasts from one to two.
 */
static bool
is_over(nj_ms_t start, nj_ms_t second, uint32_t period_s)
{
	return nj_ms_since(second, start) / SECOND_MS > period_s;
}

/* Whether the client may send one more. */
static bool
may_send(const struct config *config, struct nj_client *client, bool is_new, nj_ms_t now)
{
	nj_ms_t second = now - now % SECOND_MS;

	client->seen = now;
	if (is_new || is_over(client->window.start, second, config->period_s)) {
		client->window.start = second;
		client->window.packets = 0;
	}
	if (client->window.packets >= config->max_packets)
		return false;
	client->window.packets++;
	return true;
}

static void
limit_each(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct config *config = filter->config;
	struct nj_client *buckets[NJ_BATCH_MAX];

	for (unsigned int i = 0; i < batch->n; i++)
		buckets[i] =
			nj_client_table_bucket(state, &nj_packet(batch->datagrams[i]->m)->flow);
	for (unsigned int i = 0; i < batch->n; i++) {
		struct nj_datagram *datagram = batch->datagrams[i];
		bool is_new;
		struct nj_client *client = nj_client_table_get(
			state, buckets[i], &nj_packet(datagram->m)->flow, batch->now, &is_new);

		if (!may_send(config, client, is_new, batch->now))
			drop_limited(batch, datagram);
	}
	nj_batch_compact(batch);
}

static struct nj_filter_type second_era = {
	.name = "local_rate_limit.v1alpha1.LocalRateLimit",
	.eras = NJ_IN_ERA_2,
	.table = &second_era_table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.state_size = windows_size,
	.state_open = windows_open,
	.state_close = windows_close,
	.read = limit_each,
};

NJ_FILTER_REGISTER(first_era)
NJ_FILTER_REGISTER(second_era)
