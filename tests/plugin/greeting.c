/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Greeting: puts a greeting before the payload on its way to the endpoints, and
 * takes it off a reply that begins with it. The worked example of
 * docs/writing-a-filter.md.
 */
#include <nj_filter.h>

#include <stdlib.h>
#include <string.h>

struct config {
	char *greeting;
	uint16_t length;
};

struct state {
	uint64_t strange;
};

static const struct nj_field fields[] = {
	{"greeting", nj_read_string, offsetof(struct config, greeting), .min = 1, .max = 100,
		.required = true},
};
static const struct nj_table table = {NJ_TABLE(fields)};

static bool
build(struct nj_filter_build *build, void *base)
{
	struct config *config = base;

	config->length = (uint16_t)strlen(config->greeting);
	return true;
}

static void
destroy(void *base)
{
	struct config *config = base;

	free(config->greeting);
}

static void
greet(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct config *config = filter->config;

	for (unsigned int i = 0; i < batch->n; i++) {
		struct nj_datagram *datagram = batch->datagrams[i];

		if (!nj_payload_prepend(
			    datagram, (const uint8_t *)config->greeting, config->length))
			nj_batch_drop(batch, datagram, NJ_DROP_TOO_BIG);
	}
	nj_batch_compact(batch);
}

static void
take_off(const struct nj_filter *filter, void *base, struct nj_batch *batch)
{
	const struct config *config = filter->config;
	struct state *state = base;

	for (unsigned int i = 0; i < batch->n; i++) {
		struct nj_datagram *datagram = batch->datagrams[i];

		if (nj_payload_length(datagram) >= config->length &&
			memcmp(nj_payload(datagram), config->greeting, config->length) == 0)
			nj_payload_cut_head(datagram, config->length);
		else
			state->strange++;
	}
}

static size_t
state_size(const void *config)
{
	return sizeof(struct state);
}

static void
counters(const struct nj_filter *filter, const void *base, struct nj_filter_figures *figures)
{
	const struct state *state = base;

	nj_filter_figure(
		figures, "write_strange", __atomic_load_n(&state->strange, __ATOMIC_RELAXED));
}

static struct nj_filter_type type = {
	.name = "example.v1alpha1.Greeting",
	.eras = NJ_IN_BOTH_ERAS,
	.third_party = true,
	.table = &table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.build = build,
	.destroy = destroy,
	.state_size = state_size,
	.counters = counters,
	.read = greet,
	.write = take_off,
};

NJ_FILTER_REGISTER(type)
