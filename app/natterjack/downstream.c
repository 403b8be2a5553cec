/* SPDX-License-Identifier: BSD-3-Clause */
/* From clients to endpoints: a copy to each, through the session that it has with the client. */
#include "worker.h"

/* Datagrams, each on its way to one endpoint. */
struct gathering {
	unsigned int n;
	struct rte_mbuf *pkts[WORKER_BURST];
	const struct nj_flow *flows[WORKER_BURST];
	const struct nj_endpoint *endpoints[WORKER_BURST];
};

/*
 * Where packets of a new session leave, and from which address. A link-local address is meant on
 * the port that its packet came in on.
 */
static enum nj_drop
route(const struct dataplane *dataplane, uint16_t in_port, struct nj_session_request *request,
	struct nj_ip *source)
{
	const struct nj_ip client = nj_flow_source(&request->flow).ip;
	const struct sources *sources =
		&dataplane->sources[request->endpoint.ip.family == AF_INET6];
	struct nj_route out, back;

	if (nj_link_route(dataplane->link, &request->endpoint.ip, in_port, &out) < 0 ||
		nj_link_route(dataplane->link, &client, in_port, &back) < 0)
		return NJ_DROP_NO_ROUTE;
	if (dataplane->appliance->reverse_path == NJ_REVERSE_PATH_STRICT && back.port != in_port)
		return NJ_DROP_REVERSE_PATH;
	request->out_port[NJ_DOWNSTREAM] = out.port;
	request->out_port[NJ_UPSTREAM] = back.port;
	request->n_sources = sources->n;
	request->sources = sources->ips;
	if (sources->n == 0) {
		*source = out.source;
		request->n_sources = 1;
		request->sources = source;
	}
	return NJ_DROP_NONE;
}

static enum nj_drop
open_session(struct worker *worker, const struct rte_mbuf *m, const struct nj_flow *flow,
	const struct nj_endpoint *endpoint, struct nj_session **session)
{
	struct nj_session_request request = {
		.flow = *flow,
		.endpoint = endpoint->address,
	};
	const struct nj_address client = nj_flow_source(flow);
	enum nj_drop reason;
	struct nj_ip source;

	if (nj_link_is_from_us(worker->dataplane->link, &request.flow))
		return NJ_DROP_OWN_SOURCE;
	if (dataplane_is_endpoint(worker->dataplane, &client))
		return NJ_DROP_CLIENT_IS_ENDPOINT;
	if (nj_is_draining(worker->dataplane->draining, endpoint->number))
		return NJ_DROP_ENDPOINT_DRAINING;
	if (dataplane_is_ours(worker->dataplane, &request.endpoint.ip))
		return NJ_DROP_LOOP;
	reason = route(worker->dataplane, m->port, &request, &source);
	if (reason != NJ_DROP_NONE)
		return reason;
	return nj_session_open(worker->sessions, &request, worker->now, session);
}

/*
 * Looks again first where sessions came or went since the burst was looked up: two packets of one
 * new flow may be in it. NULL: it was dropped. In a flood those behind it are dropped, too, so what
 * freeing them reads is fetched.
 */
static __rte_noinline struct nj_session *
find_or_open(struct worker *worker, const struct gathering *gathering, unsigned int i, bool changed)
{
	struct nj_session *session = NULL;
	enum nj_drop reason;

	if (i + 4 < gathering->n)
		rte_mbuf_prefetch_part2(gathering->pkts[i + 4]);
	if (changed)
		session = nj_session_find(worker->sessions, gathering->flows[i]);
	if (session != NULL)
		return session;
	reason = nj_session_refusal(worker->sessions, gathering->endpoints[i]->number, worker->now);
	if (reason == NJ_DROP_NONE)
		reason = open_session(worker, gathering->pkts[i], gathering->flows[i],
			gathering->endpoints[i], &session);
	if (reason == NJ_DROP_NONE)
		return session;
	worker_drop(worker, gathering->pkts[i], reason);
	return NULL;
}

/*
 * Finds the sessions of a burst in one look-up, then opens those that are missing. Opening one may
 * close another to make room: so whoever stands in front goes first, and from then on what the
 * look-up found is no longer to be trusted.
 */
static void
deliver_gathered(struct worker *worker, struct gathering *gathering)
{
	struct nj_session *sessions[WORKER_BURST];
	struct rte_mbuf **pkts = gathering->pkts;
	const uint32_t evictions = nj_session_evictions(worker->sessions);
	const uint64_t opened = worker->counters.sessions_total;
	struct capture *capture = tap_capture(&worker->transmitter.tap);
	unsigned int ready = 0;

	for (unsigned int i = 0; unlikely(capture != NULL) && i < gathering->n; i++)
		capture_steered(worker, capture, pkts[i], gathering->endpoints[i]);
	nj_session_find_bulk(worker->sessions, gathering->flows, gathering->n, sessions);
	for (unsigned int i = 0; i < gathering->n; i++) {
		struct nj_session *session = sessions[i];

		const bool evicted = evictions != nj_session_evictions(worker->sessions);

		if (unlikely(session == NULL || evicted)) {
			if (ready > 0)
				deliver(worker, NJ_DOWNSTREAM, sessions, pkts, ready);
			ready = 0;
			session = find_or_open(worker, gathering, i,
				evicted || opened != worker->counters.sessions_total);
			if (session == NULL)
				continue;
		}
		sessions[ready] = session; /* in order, so none is overwritten before it was read */
		pkts[ready++] = gathering->pkts[i];
	}
	deliver(worker, NJ_DOWNSTREAM, sessions, pkts, ready);
	gathering->n = 0;
}

/* Datagrams that were put together may be larger than the buffers that frames come in. */
static struct rte_mempool *
pool_for(const struct dataplane *dataplane, const struct rte_mbuf *m)
{
	const uint32_t room = rte_pktmbuf_data_room_size(dataplane->pool) - RTE_PKTMBUF_HEADROOM;

	return rte_pktmbuf_pkt_len(m) <= room ? dataplane->pool : dataplane->large_pool;
}

/* A packet of its own for one more endpoint, or NULL. It counts as copied either way. */
static struct rte_mbuf *
copy(struct worker *worker, struct rte_mbuf *m)
{
	struct nj_port_counters *counters = &worker->counters.port[m->port];
	struct rte_mbuf *copied =
		rte_pktmbuf_copy(m, pool_for(worker->dataplane, m), 0, rte_pktmbuf_pkt_len(m));

	counters->copied++;
	if (copied == NULL) {
		tap_dropped(&worker->transmitter.tap, m, NJ_DROP_NO_MBUFS);
		counters->dropped[NJ_DROP_NO_MBUFS]++;
	} else
		*nj_packet(copied) = *nj_packet(m);
	return copied;
}

/* Hands them on whenever a burst is full. */
static inline void
gather(struct worker *worker, struct gathering *gathering, struct rte_mbuf *m,
	const struct nj_endpoint *endpoint)
{
	struct nj_flow *flow = &nj_packet(m)->flow;

	flow->endpoint = endpoint->number;
	gathering->pkts[gathering->n] = m;
	gathering->flows[gathering->n] = flow;
	gathering->endpoints[gathering->n++] = endpoint;
	if (unlikely(gathering->n == WORKER_BURST))
		deliver_gathered(worker, gathering);
}

/* The last endpoint gets the datagram itself, the others copies. */
static inline void
fan_out(struct worker *worker, struct gathering *gathering, const struct nj_clusters *clusters,
	struct rte_mbuf *m, const struct nj_selection *selection)
{
	for (uint32_t i = 0; i + 1 < selection->n; i++) {
		struct rte_mbuf *another = copy(worker, m);

		if (another != NULL)
			gather(worker, gathering, another,
				&clusters->endpoints[nj_selection_place(selection, i)]);
	}
	gather(worker, gathering, m,
		&clusters->endpoints[nj_selection_place(selection, selection->n - 1)]);
}

static void
filter(struct worker *worker, const struct nj_policy *policy, struct rte_mbuf **pkts,
	unsigned int n, struct gathering *gathering)
{
	struct nj_datagram *datagrams[NJ_BATCH_MAX];

	n = nj_chain_run(
		policy->chain, &worker->runner, NJ_DOWNSTREAM, pkts, n, worker->now, datagrams);
	for (unsigned int i = 0; i < n; i++)
		fan_out(worker, gathering, &policy->clusters, datagrams[i]->m,
			&datagrams[i]->endpoints);
}

void
downstream(struct worker *worker, struct rte_mbuf **pkts, unsigned int n)
{
	const struct nj_policy *policy =
		__atomic_load_n(&worker->dataplane->policy, __ATOMIC_ACQUIRE);
	const struct nj_selection all = {.n = policy->clusters.n_endpoints};
	struct gathering gathering;

	gathering.n = 0;
	worker_capture(worker, NJ_DOWNSTREAM, pkts, n);
	if (all.n == 0) {
		for (unsigned int i = 0; i < n; i++)
			worker_drop(worker, pkts[i], NJ_DROP_NO_ENDPOINTS);
		return;
	}
	if (nj_chain_pass(policy->chain, &worker->runner, NJ_DOWNSTREAM, n)) {
		for (unsigned int i = 0; i < n; i++)
			fan_out(worker, &gathering, &policy->clusters, pkts[i], &all);
	} else {
		filter(worker, policy, pkts, n, &gathering);
	}
	deliver_gathered(worker, &gathering);
}
