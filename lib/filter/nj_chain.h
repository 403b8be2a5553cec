/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains: the filters of a policy, compiled once, and how a worker runs them. */
#ifndef NJ_CHAIN_H
#define NJ_CHAIN_H

#include "nj_filter.h"

struct nj_chain;

/* Building; manager -------------------------------------------------------------------------- */

/* An item of the `filters` list, by enum nj_era: its keys, without those of the filters. */
extern const struct nj_field nj_chain_items[2];

/*
 * Compiles the `filters` list of a file (NULL: none) for these clusters, which
 * have to outlive it. What is wrong is reported in the document, all of it.
 * Returns NULL where anything was.
 */
struct nj_chain *nj_chain_build(struct nj_document *document, yaml_node_t *list, enum nj_era era,
	const struct nj_clusters *clusters);

/*
 * Gives each filter its state for `n_workers` workers. Where `old` (may be
 * NULL) has a filter with the same name and settings, its state goes on: it is then shared, and
 * freed with the last of both. Returns 0 or -errno, after logging.
 */
int nj_chain_open(struct nj_chain *chain, const struct nj_chain *old, unsigned int n_workers);

/* Tells the filters' states of a worker of a session that has come back: see
 * nj_filter_type.restore. Before workers start. */
void nj_chain_restore(const struct nj_chain *chain, unsigned int worker,
	const struct nj_flow *client, const struct nj_address *endpoint, nj_ms_t last_seen,
	nj_ms_t now);

/* Takes NULL. No worker uses it any more. */
void nj_chain_free(struct nj_chain *chain);

/* Running; a worker -------------------------------------------------------------------------- */

/* What a worker lends to the chains that it runs. */
struct nj_runner {
	unsigned int worker;
	struct nj_counters *counters;
	const struct nj_draining *draining;
	void *context; /* of the calls below */
	bool (*has_session)(void *context, const struct nj_datagram *datagram, uint32_t endpoint);
	void (*log)(void *context, const struct nj_datagram *datagram, enum nj_direction direction,
		const char *id);
	/* Shows what a filter has dropped, before it is freed; NULL: nobody looks. */
	void (*dropped)(void *context, struct rte_mbuf *m, enum nj_drop reason);
};

/*
 * Whether a burst of `n` datagrams need not run through the chain, as none of its filters does
 * anything in this direction: each goes to all endpoints, or back, as it came. They are counted
 * then.
 */
bool nj_chain_pass(const struct nj_chain *chain, const struct nj_runner *runner,
	enum nj_direction direction, unsigned int n);

/*
 * Runs a burst of at most NJ_BATCH_MAX datagrams through the chain. The dropped
 * are counted and freed. Returns how many are left, in out[0] and on, in order, with the headers'
 * lengths and checksums put right where the payload changed; they are good until the next run.
 */
unsigned int nj_chain_run(const struct nj_chain *chain, const struct nj_runner *runner,
	enum nj_direction direction, struct rte_mbuf **pkts, unsigned int n, nj_ms_t now,
	struct nj_datagram **out);

/* For operators; any thread ------------------------------------------------------------------ */

/* What a filter's counters() said, over all workers. */
struct nj_filter_figures {
	unsigned int n;
	struct {
		char name[NJ_FIGURE_STRLEN];
		uint64_t value;
	} figure[NJ_FIGURES_MAX];
};

#define NJ_FILTER_TIMED 16

/* What one filter did, over all workers; by direction. */
struct nj_filter_counters {
	uint64_t packets[2]; /* that came to it */
	uint64_t dropped[2];
	/* Reading the clock for every filter of every burst would cost more than many a filter
	 * does: the first burst is timed, and from then on one in NJ_FILTER_TIMED. */
	uint64_t bursts[2];
	uint64_t timed[2];  /* datagrams in those */
	uint64_t cycles[2]; /* of the TSC that they took, filters inside of it included */
};

/* How many filters there are. Those inside of another one come behind it. */
unsigned int nj_chain_length(const struct nj_chain *chain);
const struct nj_filter *nj_chain_filter(
	const struct nj_chain *chain, unsigned int i, struct nj_filter_counters *counters);
void nj_chain_figures(
	const struct nj_chain *chain, unsigned int i, struct nj_filter_figures *figures);
/* Where it is: 2, which is its place in the file's list, from 0; 2/on_read/0 inside of that one. */
const char *nj_chain_path(const struct nj_chain *chain, unsigned int i);

#endif
