/* SPDX-License-Identifier: BSD-3-Clause */
/* What a chain is made of, as the files of this folder share it. */
#ifndef CHAIN_H
#define CHAIN_H

#include "nj_chain.h"

/* What one worker has of one filter. The counters are the chain's, the rest is the filter's. */
struct worker_state {
	struct nj_filter_counters counters;
	uint8_t state[] __rte_cache_aligned;
};

/* The states of one filter, for all workers; two chains share them while one gives way to the
 * other. */
struct states {
	unsigned int references;
	const struct nj_filter_type *type;
	unsigned int n_workers;
	struct worker_state *worker[];
};

/* One filter, of the file's list or nested in one of those. */
struct chain_node {
	struct nj_filter filter;
	char *path;     /* nj_chain_path() */
	char *settings; /* name, label and config as text: equal settings, equal text */
	struct states *states;
};

/* One worker's memory for running the chain. */
struct chain_worker {
	struct nj_datagram datagrams[NJ_BATCH_MAX];
	struct nj_value *values; /* n_slots for each datagram */
	uint8_t *scratch;
} __rte_cache_aligned;

struct nj_chain {
	const struct nj_clusters *clusters;
	unsigned int n_nodes;
	struct chain_node *nodes;
	unsigned int n_top;
	unsigned int *top; /* nodes of the file's list, in its order */
	bool busy[2];      /* by direction: some filter has something to do */
	unsigned int n_slots;
	char **slot_names;
	size_t scratch_size; /* of one worker */
	unsigned int n_workers;
	struct chain_worker *workers;
};

/* What nj_batch's calls need to know. */
struct nj_batch_context {
	const struct nj_chain *chain;
	struct chain_worker *worker;
	const struct nj_runner *runner;
	bool dropped; /* at least one datagram of the burst */
};

#endif
