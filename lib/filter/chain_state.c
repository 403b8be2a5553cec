/* SPDX-License-Identifier: BSD-3-Clause */
/* What filters remember, from chain to chain. Plain memory: a reload must not exhaust the EAL's. */
#include "chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

NJ_LOG_TYPE(filter);

static void
states_release(struct states *states)
{
	if (states == NULL || --states->references > 0)
		return;
	for (unsigned int i = 0; i < states->n_workers; i++) {
		if (states->worker[i] == NULL)
			continue;
		if (states->type->state_close != NULL)
			states->type->state_close(states->worker[i]->state);
		free(states->worker[i]);
	}
	free(states);
}

static struct worker_state *
state_create(const struct nj_filter *filter, unsigned int worker, unsigned int n_workers)
{
	const struct nj_filter_type *type = filter->type;
	size_t size = sizeof(struct worker_state);
	struct worker_state *state;

	if (type->state_size != NULL)
		size += type->state_size(filter->config);
	size = RTE_ALIGN_CEIL(size, (size_t)RTE_CACHE_LINE_SIZE);
	state = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (state == NULL)
		return NULL;
	memset(state, 0, size);
	if (type->state_open != NULL &&
		type->state_open(filter->config, state->state, worker, n_workers) < 0) {
		free(state);
		return NULL;
	}
	return state;
}

static struct states *
states_create(const struct nj_filter *filter, unsigned int n_workers)
{
	struct states *states = calloc(1, sizeof(*states) + n_workers * sizeof(states->worker[0]));

	if (states == NULL)
		return NULL;
	states->references = 1;
	states->type = filter->type;
	states->n_workers = n_workers;
	for (unsigned int i = 0; i < n_workers; i++) {
		states->worker[i] = state_create(filter, i, n_workers);
		if (states->worker[i] == NULL) {
			states_release(states);
			return NULL;
		}
	}
	return states;
}

/* The how-manieth node of its chain with these settings it is. */
static unsigned int
rank(const struct nj_chain *chain, unsigned int node)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < node; i++)
		n += strcmp(chain->nodes[i].settings, chain->nodes[node].settings) == 0;
	return n;
}

/* The old chain's state of the same filter: of several with equal settings, the one of equal rank.
 */
static struct states *
inherited(const struct nj_chain *old, const struct chain_node *node, unsigned int of_rank)
{
	if (old == NULL)
		return NULL;
	for (unsigned int i = 0; i < old->n_nodes; i++)
		if (strcmp(old->nodes[i].settings, node->settings) == 0 && of_rank-- == 0)
			return old->nodes[i].states;
	return NULL;
}

static int
open_worker(struct nj_chain *chain, struct chain_worker *worker)
{
	size_t n_values = (size_t)NJ_BATCH_MAX * RTE_MAX(chain->n_slots, 1u);

	worker->values = calloc(n_values, sizeof(*worker->values));
	worker->scratch = malloc(RTE_MAX(chain->scratch_size, (size_t)1));
	return worker->values == NULL || worker->scratch == NULL ? -ENOMEM : 0;
}

static size_t
scratch_size(const struct nj_chain *chain)
{
	size_t each = 0;

	for (unsigned int i = 0; i < chain->n_nodes; i++) {
		const struct nj_filter *filter = &chain->nodes[i].filter;

		if (filter->type->scratch != NULL)
			each += RTE_ALIGN_CEIL(
				filter->type->scratch(filter->config, chain->clusters),
				sizeof(uint64_t));
	}
	return each * NJ_BATCH_MAX;
}

int
nj_chain_open(struct nj_chain *chain, const struct nj_chain *old, unsigned int n_workers)
{
	chain->scratch_size = scratch_size(chain);
	/* Workers write to theirs in every burst: no line of it may be another's as well. */
	chain->workers = aligned_alloc(RTE_CACHE_LINE_SIZE, n_workers * sizeof(*chain->workers));
	if (chain->workers == NULL)
		return nj_err(ENOMEM, "filter chain");
	memset(chain->workers, 0, n_workers * sizeof(*chain->workers));
	chain->n_workers = n_workers;
	for (unsigned int i = 0; i < n_workers; i++)
		if (open_worker(chain, &chain->workers[i]) < 0)
			return nj_err(ENOMEM, "filter chain of worker %u", i);
	for (unsigned int i = 0; i < chain->n_nodes; i++) {
		struct chain_node *node = &chain->nodes[i];

		node->states = inherited(old, node, rank(chain, i));
		if (node->states != NULL)
			node->states->references++;
		else
			node->states = states_create(&node->filter, n_workers);
		if (node->states == NULL)
			return nj_err(ENOMEM, "state of filter %s", node->filter.type->name);
	}
	return 0;
}

void
nj_chain_restore(const struct nj_chain *chain, unsigned int worker, const struct nj_flow *client,
	const struct nj_address *endpoint, nj_ms_t last_seen, nj_ms_t now)
{
	for (unsigned int i = 0; i < chain->n_nodes; i++) {
		const struct chain_node *node = &chain->nodes[i];

		if (node->filter.type->restore != NULL)
			node->filter.type->restore(node->filter.config,
				node->states->worker[worker]->state, client, endpoint, last_seen,
				now);
	}
}

static void
node_free(struct chain_node *node)
{
	const struct nj_filter_type *type = node->filter.type;

	states_release(node->states);
	if (type->destroy != NULL && node->filter.config != NULL)
		type->destroy(node->filter.config);
	free(node->filter.config);
	free(node->filter.label);
	free(node->path);
	free(node->settings);
}

void
nj_chain_free(struct nj_chain *chain)
{
	if (chain == NULL)
		return;
	for (unsigned int i = 0; i < chain->n_nodes; i++)
		node_free(&chain->nodes[i]);
	for (unsigned int i = 0; i < chain->n_slots; i++)
		free(chain->slot_names[i]);
	for (unsigned int i = 0; i < chain->n_workers; i++) {
		free(chain->workers[i].values);
		free(chain->workers[i].scratch);
	}
	free(chain->slot_names);
	free(chain->workers);
	free(chain->nodes);
	free(chain->top);
	free(chain);
}
