/* SPDX-License-Identifier: BSD-3-Clause */
/* From clients to endpoints: a copy to each, through the session that it has with the client. */
#include "worker.h"

/* A datagram on its way to one endpoint. */
struct delivery {
	struct rte_mbuf *m;
	const struct nj_endpoint *endpoint;
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

/* What was sent there would come in again, or meet nobody. */
static bool
is_ours(const struct nj_link *link, const struct nj_ip *ip)
{
	return ip->family == AF_INET6 ? nj_link_own6_number(link, ip->v6) >= 0
				      : nj_link_is_ours(link, ip->v4);
}

static enum nj_drop
open_session(struct worker *worker, const struct delivery *delivery, struct nj_session **session)
{
	struct nj_session_request request = {
		.flow = nj_packet(delivery->m)->flow,
		.endpoint = delivery->endpoint->address,
	};
	enum nj_drop reason;
	struct nj_ip source;

	if (nj_link_is_from_us(worker->dataplane->link, &request.flow))
		return NJ_DROP_OWN_SOURCE;
	if (__atomic_load_n(
		    &worker->dataplane->draining[delivery->endpoint->number], __ATOMIC_RELAXED))
		return NJ_DROP_ENDPOINT_DRAINING;
	if (is_ours(worker->dataplane->link, &request.endpoint.ip))
		return NJ_DROP_LOOP;
	reason = route(worker->dataplane, delivery->m->port, &request, &source);
	if (reason != NJ_DROP_NONE)
		return reason;
	return nj_session_open(worker->sessions, &request, worker->now, session);
}

/* Looks again first: two packets of one new flow may arrive in one burst. NULL: it was dropped. */
static __rte_noinline struct nj_session *
find_or_open(struct worker *worker, const struct delivery *delivery)
{
	struct nj_session *session =
		nj_session_find(worker->sessions, &nj_packet(delivery->m)->flow);
	enum nj_drop reason;

	if (session != NULL)
		return session;
	reason = open_session(worker, delivery, &session);
	if (reason == NJ_DROP_NONE)
		return session;
	worker_drop(worker, delivery->m, reason);
	return NULL;
}

/*
 * Finds the sessions of a burst in one look-up, then opens those that are missing. Opening one may
 * close another to make room: so whoever stands in front goes first, and from then on what the
 * look-up found is no longer to be trusted.
 */
static void
deliver_burst(struct worker *worker, const struct delivery *deliveries, unsigned int n)
{
	const struct nj_flow *flows[WORKER_BURST];
	struct nj_session *sessions[WORKER_BURST];
	struct rte_mbuf *pkts[WORKER_BURST];
	const uint32_t evictions = nj_session_evictions(worker->sessions);
	unsigned int ready = 0;

	for (unsigned int i = 0; i < n; i++)
		flows[i] = &nj_packet(deliveries[i].m)->flow;
	nj_session_find_bulk(worker->sessions, flows, n, sessions);
	for (unsigned int i = 0; i < n; i++) {
		struct nj_session *session = sessions[i];

		if (unlikely(session == NULL ||
			     evictions != nj_session_evictions(worker->sessions))) {
			deliver(worker, NJ_DOWNSTREAM, sessions, pkts, ready);
			ready = 0;
			session = find_or_open(worker, &deliveries[i]);
			if (session == NULL)
				continue;
		}
		sessions[ready] = session;
		pkts[ready++] = deliveries[i].m;
	}
	deliver(worker, NJ_DOWNSTREAM, sessions, pkts, ready);
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
	if (copied == NULL)
		counters->dropped[NJ_DROP_NO_MBUFS]++;
	else
		*nj_packet(copied) = *nj_packet(m);
	return copied;
}

/* Gathers deliveries, and hands them on whenever a burst is full. */
struct gathering {
	unsigned int n;
	struct delivery deliveries[WORKER_BURST];
};

static void
gather(struct worker *worker, struct gathering *gathering, struct rte_mbuf *m,
	const struct nj_endpoint *endpoint)
{
	nj_packet(m)->flow.endpoint = endpoint->number;
	gathering->deliveries[gathering->n++] = (struct delivery){m, endpoint};
	if (gathering->n == WORKER_BURST) {
		deliver_burst(worker, gathering->deliveries, gathering->n);
		gathering->n = 0;
	}
}

/* The last endpoint gets the datagram itself, the others copies. */
static void
fan_out(struct worker *worker, struct gathering *gathering, const struct nj_clusters *clusters,
	const struct nj_datagram *datagram)
{
	const struct nj_selection *selection = &datagram->endpoints;

	for (uint32_t i = 0; i < selection->n; i++) {
		bool last = i + 1 == selection->n;
		struct rte_mbuf *m = last ? datagram->m : copy(worker, datagram->m);

		if (m != NULL)
			gather(worker, gathering, m,
				&clusters->endpoints[nj_selection_place(selection, i)]);
	}
}

void
downstream(struct worker *worker, struct rte_mbuf **pkts, unsigned int n)
{
	const struct nj_policy *policy =
		__atomic_load_n(&worker->dataplane->policy, __ATOMIC_ACQUIRE);
	struct nj_datagram *datagrams[NJ_BATCH_MAX];
	struct gathering gathering = {0};

	if (policy->clusters.n_endpoints == 0) {
		for (unsigned int i = 0; i < n; i++)
			worker_drop(worker, pkts[i], NJ_DROP_NO_ENDPOINTS);
		return;
	}
	n = nj_chain_run(
		policy->chain, &worker->runner, NJ_DOWNSTREAM, pkts, n, worker->now, datagrams);
	for (unsigned int i = 0; i < n; i++)
		fan_out(worker, &gathering, &policy->clusters, datagrams[i]);
	deliver_burst(worker, gathering.deliveries, gathering.n);
}
