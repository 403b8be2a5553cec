/* SPDX-License-Identifier: BSD-3-Clause */
#include "chain.h"

#include <string.h>

#include <rte_cycles.h>

/* Datagrams and bursts ----------------------------------------------------------------------- */

void
nj_batch_drop(struct nj_batch *batch, struct nj_datagram *datagram, enum nj_drop reason)
{
	if (datagram->dropped)
		return;
	datagram->dropped = true;
	datagram->drop_reason = (uint8_t)reason;
	batch->context->dropped = true;
	batch->context->runner->counters->port[datagram->m->port].dropped[reason]++;
}

void
nj_batch_compact(struct nj_batch *batch)
{
	unsigned int kept = 0;

	if (!batch->context->dropped)
		return;
	for (unsigned int i = 0; i < batch->n; i++)
		if (!batch->datagrams[i]->dropped)
			batch->datagrams[kept++] = batch->datagrams[i];
	batch->n = kept;
}

bool
nj_batch_has_session(
	const struct nj_batch *batch, const struct nj_datagram *datagram, uint32_t place)
{
	const struct nj_runner *runner = batch->context->runner;

	return runner->has_session(
		runner->context, datagram, batch->clusters->endpoints[place].number);
}

bool
nj_batch_is_draining(const struct nj_batch *batch, uint32_t place)
{
	return nj_is_draining(
		batch->context->runner->draining, batch->clusters->endpoints[place].number);
}

bool
nj_batch_any_is_draining(const struct nj_batch *batch)
{
	return nj_any_is_draining(batch->context->runner->draining);
}

void
nj_batch_log(struct nj_batch *batch, const struct nj_datagram *datagram, const char *id)
{
	const struct nj_runner *runner = batch->context->runner;

	runner->log(runner->context, datagram, batch->direction, id);
}

/* Running ------------------------------------------------------------------------------------ */

static inline void
run_filter(const struct chain_node *node, void *state, struct nj_batch *batch)
{
	const struct nj_filter_type *type = node->filter.type;

	if (batch->direction == NJ_DOWNSTREAM && type->read != NULL)
		type->read(&node->filter, state, batch);
	else if (batch->direction == NJ_UPSTREAM && type->write != NULL)
		type->write(&node->filter, state, batch);
}

static void
run_node(const struct chain_node *node, struct nj_batch *batch)
{
	struct worker_state *worker = node->states->worker[batch->worker];
	struct nj_filter_counters *counters = &worker->counters;
	const enum nj_direction direction = batch->direction;
	const unsigned int before = batch->n;

	if (before == 0)
		return;
	if (counters->bursts[direction]++ % NJ_FILTER_TIMED == 0) {
		const uint64_t began = rte_rdtsc();

		run_filter(node, worker->state, batch);
		counters->cycles[direction] += rte_rdtsc() - began;
		counters->timed[direction] += before;
	} else {
		run_filter(node, worker->state, batch);
	}
	counters->packets[direction] += before;
	counters->dropped[direction] += before - batch->n;
}

void
nj_filter_run(struct nj_batch *batch, int nested)
{
	run_node(&batch->context->chain->nodes[nested], batch);
}

static void
begin(const struct nj_chain *chain, struct chain_worker *worker, struct nj_batch *batch,
	struct rte_mbuf **pkts)
{
	memset(worker->values, 0, batch->n * chain->n_slots * sizeof(*worker->values));
	for (unsigned int i = 0; i < batch->n; i++) {
		worker->datagrams[i] = (struct nj_datagram){
			.m = pkts[i],
			.index = (uint8_t)i,
			.endpoints = {.n = chain->clusters->n_endpoints},
			.values = worker->values + i * chain->n_slots,
		};
		batch->datagrams[i] = &worker->datagrams[i];
	}
}

static void
discard(const struct nj_runner *runner, struct nj_datagram *datagram)
{
	if (unlikely(runner->dropped != NULL)) {
		nj_datagram_refit(datagram);
		runner->dropped(runner->context, datagram->m, datagram->drop_reason);
	}
	rte_pktmbuf_free(datagram->m);
}

/* Frees what was dropped and puts right what was changed, in the burst's order. */
static unsigned int
finish(struct chain_worker *worker, const struct nj_runner *runner, unsigned int n,
	struct nj_datagram **out)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct nj_datagram *datagram = &worker->datagrams[i];

		if (datagram->dropped) {
			discard(runner, datagram);
			continue;
		}
		nj_datagram_refit(datagram);
		out[kept++] = datagram;
	}
	return kept;
}

bool
nj_chain_pass(const struct nj_chain *chain, const struct nj_runner *runner,
	enum nj_direction direction, unsigned int n)
{
	if (chain->busy[direction])
		return false;
	for (unsigned int i = 0; i < chain->n_top; i++) {
		const struct chain_node *node = &chain->nodes[chain->top[i]];

		node->states->worker[runner->worker]->counters.packets[direction] += n;
	}
	return true;
}

unsigned int
nj_chain_run(const struct nj_chain *chain, const struct nj_runner *runner,
	enum nj_direction direction, struct rte_mbuf **pkts, unsigned int n, nj_ms_t now,
	struct nj_datagram **out)
{
	struct chain_worker *worker = &chain->workers[runner->worker];
	struct nj_batch_context context = {chain, worker, runner, false};
	struct nj_scratch scratch = {worker->scratch, worker->scratch + chain->scratch_size};
	struct nj_batch batch = {
		.n = n,
		.scratch = &scratch,
		.direction = direction,
		.worker = runner->worker,
		.now = now,
		.clusters = chain->clusters,
		.context = &context,
	};

	begin(chain, worker, &batch, pkts);
	for (unsigned int i = 0; i < chain->n_top; i++) {
		unsigned int at = direction == NJ_DOWNSTREAM ? i : chain->n_top - 1 - i;

		run_node(&chain->nodes[chain->top[at]], &batch);
	}
	return finish(worker, runner, n, out);
}
