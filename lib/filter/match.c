/* SPDX-License-Identifier: BSD-3-Clause */
/* Match: which filter a datagram goes through is a matter of one metadata value. */
#include "nj_filter.h"

#include <stdio.h>
#include <stdlib.h>

#include "match_value.h"

#define FALLTHROUGH_NAME "quilkin.filters.drop.v1alpha1.Drop"

/* A filter in here, as the file names it. */
struct nested {
	struct nj_nested nodes;
	int filter; /* for nj_filter_run() */
};

struct branch {
	yaml_node_t *node; /* of the value */
	struct nested nested;
	struct nj_value value;
};

struct direction {
	yaml_node_t *key; /* while it is read */
	bool used;        /* else datagrams pass in this direction */
	unsigned int slot;
	unsigned int n_branches;
	struct branch *branches;
	struct nested fallthrough;
};

struct config {
	struct direction directions[2];
};

/* Of one worker, its only writer: what the branches got. */
struct direction_counters {
	uint64_t matched, fallthrough;
};

struct state {
	struct direction_counters counters[2];
};

/* Settings ----------------------------------------------------------------------------------- */

#define NESTED(type, member)                                                                       \
	{"name", nj_read_text, offsetof(type, member.nodes.name), .min = 1, .required = true},     \
		{"label", nj_read_text, offsetof(type, member.nodes.label), .nullable = true},     \
	{                                                                                          \
		"config", nj_read_any, offsetof(type, member.nodes.config), .nullable = true       \
	}

static const struct nj_field branch_fields[] = {
	{"value", nj_read_any, offsetof(struct branch, node), .required = true},
	NESTED(struct branch, nested),
};
static const struct nj_table branch_table = {NJ_TABLE(branch_fields)};
static const struct nj_field branch_item = {
	"branches", nj_read_map, .table = &branch_table, .each = true};

static const struct nj_field fallthrough_fields[] = {NESTED(struct direction, fallthrough)};
static const struct nj_table fallthrough_table = {NJ_TABLE(fallthrough_fields)};

static const struct nj_field direction_fields[] = {
	{"metadataKey", nj_read_text, offsetof(struct direction, key), .required = true},
	{"branches", nj_read_list, offsetof(struct direction, branches), .item = &branch_item,
		.item_size = sizeof(struct branch), .count = offsetof(struct direction, n_branches),
		.required = true},
	{"fallthrough", nj_read_map, .table = &fallthrough_table},
};
static const struct nj_table direction_table = {NJ_TABLE(direction_fields)};

#define DIRECTION(i) offsetof(struct config, directions[i])

static const struct nj_field fields[] = {
	[NJ_DOWNSTREAM] = {"on_read", nj_read_map, DIRECTION(NJ_DOWNSTREAM),
		.table = &direction_table, .nullable = true},
	[NJ_UPSTREAM] = {"on_write", nj_read_map, DIRECTION(NJ_UPSTREAM), .table = &direction_table,
		.nullable = true},
};
static const struct nj_table table = {NJ_TABLE(fields)};

static bool
build_branch(struct nj_filter_build *b, struct branch *branch, const char *direction,
	unsigned int number)
{
	char place[32];
	bool good = match_value_read(b, branch->node, &branch->value);

	snprintf(place, sizeof(place), "%s/%u", direction, number);
	branch->nested.filter = nj_filter_nested(b, &branch->nested.nodes, place);
	return good && branch->nested.filter >= 0;
}

static int
build_fallthrough(
	struct nj_filter_build *b, const struct nested *fallthrough, const char *direction)
{
	char place[32];

	snprintf(place, sizeof(place), "%s/fallthrough", direction);
	if (fallthrough->nodes.name == NULL)
		return nj_filter_nested_named(b, FALLTHROUGH_NAME, place);
	return nj_filter_nested(b, &fallthrough->nodes, place);
}

static bool
build_direction(struct nj_filter_build *b, struct direction *direction, const char *name)
{
	bool good = true;

	direction->used = true;
	direction->slot = nj_filter_slot(b, nj_node_text(direction->key));
	for (unsigned int i = 0; i < direction->n_branches; i++)
		good &= build_branch(b, &direction->branches[i], name, i);
	direction->fallthrough.filter = build_fallthrough(b, &direction->fallthrough, name);
	return good && direction->fallthrough.filter >= 0;
}

static bool
build(struct nj_filter_build *b, void *base)
{
	struct config *config = base;
	unsigned int n = 0;
	bool good = true;

	for (unsigned int d = NJ_DOWNSTREAM; d <= NJ_UPSTREAM; d++) {
		if (config->directions[d].key == NULL)
			continue;
		n++;
		good &= build_direction(b, &config->directions[d], fields[d].name);
	}
	if (n == 0)
		nj_filter_error(b, NULL, "Match needs 'on_read', 'on_write' or both");
	return good && n > 0;
}

static void
destroy(void *base)
{
	struct config *config = base;

	for (unsigned int d = NJ_DOWNSTREAM; d <= NJ_UPSTREAM; d++) {
		struct direction *direction = &config->directions[d];

		for (unsigned int i = 0; i < direction->n_branches; i++)
			match_value_clear(&direction->branches[i].value);
		free(direction->branches);
	}
}

/* Counters ----------------------------------------------------------------------------------- */

static size_t
state_size(const void *config)
{
	return sizeof(struct state);
}

static void
figure(struct nj_filter_figures *figures, const char *name, const uint64_t *counter)
{
	nj_filter_figure(figures, name, __atomic_load_n(counter, __ATOMIC_RELAXED));
}

/* Of the directions that the file names. */
static void
counters(const struct nj_filter *filter, const void *base, struct nj_filter_figures *figures)
{
	const struct config *config = filter->config;
	const struct state *state = base;

	if (config->directions[NJ_DOWNSTREAM].used) {
		figure(figures, "read_matched", &state->counters[NJ_DOWNSTREAM].matched);
		figure(figures, "read_fallthrough", &state->counters[NJ_DOWNSTREAM].fallthrough);
	}
	if (config->directions[NJ_UPSTREAM].used) {
		figure(figures, "write_matched", &state->counters[NJ_UPSTREAM].matched);
		figure(figures, "write_fallthrough", &state->counters[NJ_UPSTREAM].fallthrough);
	}
}

/* Packets ------------------------------------------------------------------------------------ */

/* The first branch with this value, else the fallthrough. */
static int
find_filter(const struct direction *direction, const struct nj_value *value, bool *matched)
{
	for (unsigned int i = 0; i < direction->n_branches; i++)
		if (nj_value_equal(&direction->branches[i].value, value)) {
			*matched = true;
			return direction->branches[i].nested.filter;
		}
	*matched = false;
	return direction->fallthrough.filter;
}

/* Drops those without a value; filters[i] is the one that datagrams[i] of the others goes through.
 */
static void
assign(struct nj_batch *batch, const struct direction *direction,
	struct direction_counters *counters, int *filters)
{
	unsigned int n = 0;
	bool matched;

	for (unsigned int i = 0; i < batch->n; i++) {
		struct nj_datagram *datagram = batch->datagrams[i];
		const struct nj_value *value = &datagram->values[direction->slot];

		if (value->type == NJ_VALUE_NONE) {
			nj_batch_drop(batch, datagram, NJ_DROP_MATCH_MISSING);
			continue;
		}
		filters[n++] = find_filter(direction, value, &matched);
		counters->matched += matched;
		counters->fallthrough += !matched;
	}
	nj_batch_compact(batch);
}

/* Runs the filter of the first that is not done on all that go through it; they are done then. */
static void
run_one(struct nj_batch *batch, unsigned int first, int *filters)
{
	int filter = filters[first];
	struct nj_batch part;

	part.n = 0;
	part.direction = batch->direction;
	part.worker = batch->worker;
	part.now = batch->now;
	part.clusters = batch->clusters;
	part.context = batch->context;
	part.scratch = batch->scratch;
	for (unsigned int i = first; i < batch->n; i++)
		if (filters[i] == filter) {
			part.datagrams[part.n++] = batch->datagrams[i];
			filters[i] = -1;
		}
	nj_filter_run(&part, filter);
}

static void
match(const struct nj_filter *filter, void *base, struct nj_batch *batch)
{
	const struct config *config = filter->config;
	struct state *state = base;
	const struct direction *direction = &config->directions[batch->direction];
	int filters[NJ_BATCH_MAX];

	if (!direction->used)
		return;
	assign(batch, direction, &state->counters[batch->direction], filters);
	for (unsigned int i = 0; i < batch->n; i++)
		if (filters[i] >= 0)
			run_one(batch, i, filters);
	nj_batch_compact(batch);
}

static struct nj_filter_type type = {
	.name = "match.v1alpha1.Match",
	.eras = NJ_IN_ERA_2,
	.table = &table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.build = build,
	.destroy = destroy,
	.state_size = state_size,
	.counters = counters,
	.read = match,
	.write = match,
};

NJ_FILTER_REGISTER(type)
