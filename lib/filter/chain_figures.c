/* SPDX-License-Identifier: BSD-3-Clause */
/* What the filters of a chain counted, for operators. */
#include "chain.h"

#include <bsd/string.h>
#include <ctype.h>
#include <string.h>

static bool
is_name(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '/')
			return false;
	return length > 0 && length < NJ_FIGURE_STRLEN;
}

void
nj_filter_figure(struct nj_filter_figures *figures, const char *name, uint64_t value)
{
	unsigned int i = 0;

	if (!is_name(name))
		return;
	while (i < figures->n && strcmp(figures->figure[i].name, name) != 0)
		i++;
	if (i == NJ_FIGURES_MAX)
		return;
	if (i == figures->n) {
		strlcpy(figures->figure[i].name, name, NJ_FIGURE_STRLEN);
		figures->n++;
	}
	figures->figure[i].value += value;
}

unsigned int
nj_chain_length(const struct nj_chain *chain)
{
	return chain->n_nodes;
}

const char *
nj_chain_path(const struct nj_chain *chain, unsigned int i)
{
	return chain->nodes[i].path;
}

/* A filter is built before those inside of it, so the nodes are in order. */
const struct nj_filter *
nj_chain_filter(const struct nj_chain *chain, unsigned int i, struct nj_filter_counters *counters)
{
	const struct chain_node *node = &chain->nodes[i];

	*counters = (struct nj_filter_counters){0};
	for (unsigned int w = 0; node->states != NULL && w < node->states->n_workers; w++) {
		const struct nj_filter_counters *one = &node->states->worker[w]->counters;

		for (unsigned int d = NJ_DOWNSTREAM; d <= NJ_UPSTREAM; d++) {
			counters->packets[d] += __atomic_load_n(&one->packets[d], __ATOMIC_RELAXED);
			counters->dropped[d] += __atomic_load_n(&one->dropped[d], __ATOMIC_RELAXED);
			counters->timed[d] += __atomic_load_n(&one->timed[d], __ATOMIC_RELAXED);
			counters->cycles[d] += __atomic_load_n(&one->cycles[d], __ATOMIC_RELAXED);
		}
	}
	return &node->filter;
}

void
nj_chain_figures(const struct nj_chain *chain, unsigned int i, struct nj_filter_figures *figures)
{
	const struct chain_node *node = &chain->nodes[i];
	const struct nj_filter *filter = &node->filter;

	*figures = (struct nj_filter_figures){0};
	if (filter->type->counters == NULL || node->states == NULL)
		return;
	for (unsigned int w = 0; w < node->states->n_workers; w++)
		filter->type->counters(filter, node->states->worker[w]->state, figures);
}
