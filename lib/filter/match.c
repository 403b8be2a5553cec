/* SPDX-License-Identifier: BSD-3-Clause */
/* Match: which filter a datagram goes through is a matter of one metadata value. */
#include "match.h"

#include <stdlib.h>

#include "match_value.h"

#define FALLTHROUGH_NAME "quilkin.filters.drop.v1alpha1.Drop"

/* A filter in here, as the file names it. */
struct nested {
	yaml_node_t *name, *label, *config;
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

/* Settings ----------------------------------------------------------------------------------- */

#define NESTED(type, member)                                                                       \
	{"name", nj_read_text, offsetof(type, member.name), .min = 1, .required = true},           \
		{"label", nj_read_text, offsetof(type, member.label), .nullable = true},           \
	{                                                                                          \
		"config", nj_read_any, offsetof(type, member.config), .nullable = true             \
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
	{"on_read", nj_read_map, DIRECTION(NJ_DOWNSTREAM), .table = &direction_table,
		.nullable = true},
	{"on_write", nj_read_map, DIRECTION(NJ_UPSTREAM), .table = &direction_table,
		.nullable = true},
};
static const struct nj_table table = {NJ_TABLE(fields)};

static bool
build_direction(struct nj_filter_build *b, struct direction *direction)
{
	struct nested *fallthrough = &direction->fallthrough;
	bool good = true;

	direction->used = true;
	direction->slot = nj_filter_slot(b, nj_node_text(direction->key));
	for (unsigned int i = 0; i < direction->n_branches; i++) {
		struct branch *branch = &direction->branches[i];

		good &= match_value_read(b, branch->node, &branch->value);
		branch->nested.filter =
			nj_filter_nested(b, branch->nested.name, branch->nested.config);
		good &= branch->nested.filter >= 0;
	}
	fallthrough->filter = fallthrough->name != NULL
				      ? nj_filter_nested(b, fallthrough->name, fallthrough->config)
				      : nj_filter_nested_named(b, FALLTHROUGH_NAME);
	return good && fallthrough->filter >= 0;
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
		good &= build_direction(b, &config->directions[d]);
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
	return sizeof(struct nj_match_counters);
}

void
nj_match_counters_add(struct nj_match_counters *sum, const void *state)
{
	const struct nj_match_counters *one = state;

	for (unsigned int d = NJ_DOWNSTREAM; d <= NJ_UPSTREAM; d++) {
		sum->matched[d] += __atomic_load_n(&one->matched[d], __ATOMIC_RELAXED);
		sum->fallthrough[d] += __atomic_load_n(&one->fallthrough[d], __ATOMIC_RELAXED);
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
	struct nj_match_counters *counters, int *filters)
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
		counters->matched[batch->direction] += matched;
		counters->fallthrough[batch->direction] += !matched;
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
match(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct config *config = filter->config;
	const struct direction *direction = &config->directions[batch->direction];
	int filters[NJ_BATCH_MAX];

	if (!direction->used)
		return;
	assign(batch, direction, state, filters);
	for (unsigned int i = 0; i < batch->n; i++)
		if (filters[i] >= 0)
			run_one(batch, i, filters);
	nj_batch_compact(batch);
}

static struct nj_filter_type type = {
	.name = NJ_MATCH_NAME,
	.eras = NJ_IN_ERA_2,
	.table = &table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.build = build,
	.destroy = destroy,
	.state_size = state_size,
	.read = match,
	.write = match,
};

NJ_FILTER_REGISTER(type)
