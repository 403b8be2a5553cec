/* SPDX-License-Identifier: BSD-3-Clause */
/* From endpoints to clients: a reply belongs to the session whose upstream tuple it bears, or to
 * none. */
#include "worker.h"

/* Why nobody waits for it. */
static enum nj_drop
stray(const struct dataplane *dataplane, const struct nj_flow *flow)
{
	uint16_t port = rte_be_to_cpu_16(flow->dst_port);

	if (!nj_link_is_to_us(dataplane->link, flow))
		return NJ_DROP_IPV4_DESTINATION;
	if (port < dataplane->appliance->sessions.port_min ||
		port > dataplane->appliance->sessions.port_max)
		return NJ_DROP_NO_LISTENER;
	return NJ_DROP_NO_SESSION;
}

/* Keeps those that belong to a session; sessions[i] is that of pkts[i] then. */
static unsigned int
find_sessions(
	struct worker *worker, struct rte_mbuf **pkts, unsigned int n, struct nj_session **sessions)
{
	const struct nj_flow *flows[WORKER_BURST];
	unsigned int kept = 0;

	for (unsigned int i = 0; i < n; i++)
		flows[i] = &nj_packet(pkts[i])->flow;
	nj_session_find_bulk(worker->sessions, flows, n, sessions);
	for (unsigned int i = 0; i < n; i++) {
		if (sessions[i] == NULL) {
			worker_drop(worker, pkts[i], stray(worker->dataplane, flows[i]));
			continue;
		}
		sessions[kept] = sessions[i];
		pkts[kept++] = pkts[i];
	}
	return kept;
}

void
upstream(struct worker *worker, struct rte_mbuf **pkts, unsigned int n)
{
	const struct nj_policy *policy =
		__atomic_load_n(&worker->dataplane->policy, __ATOMIC_ACQUIRE);
	struct nj_session *sessions[WORKER_BURST];
	struct nj_datagram *datagrams[NJ_BATCH_MAX];

	n = find_sessions(worker, pkts, n, sessions);
	n = nj_chain_run(
		policy->chain, &worker->runner, NJ_UPSTREAM, pkts, n, worker->now, datagrams);
	for (unsigned int i = 0; i < n; i++)
		deliver(worker, sessions[datagrams[i]->index], NJ_UPSTREAM, datagrams[i]->m);
}
