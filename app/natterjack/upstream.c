/* SPDX-License-Identifier: BSD-3-Clause */
/* From endpoints to clients: a reply belongs to the session whose upstream tuple it bears, or to
 * none. */
#include "worker.h"

/* Why nobody waits for it, or not here. */
static enum nj_drop
stray(const struct dataplane *dataplane, const struct nj_flow *flow, uint16_t in_port)
{
	uint16_t port = rte_be_to_cpu_16(flow->dst_port);

	if (!nj_link_is_to_us(dataplane->link, flow))
		return flow->ipv6 ? NJ_DROP_IPV6_DESTINATION : NJ_DROP_IPV4_DESTINATION;
	if (nj_link_is_from_us(dataplane->link, flow))
		return NJ_DROP_OWN_SOURCE;
	if (port < dataplane->appliance->sessions.port_min ||
		port > dataplane->appliance->sessions.port_max)
		return NJ_DROP_NO_LISTENER;
	if (!dataplane_takes(dataplane, NJ_UPSTREAM, in_port))
		return NJ_DROP_PORT_ROLE;
	return NJ_DROP_NO_SESSION;
}

/* Only an endpoint's: anybody else could have all ports rest at the cost of one datagram each. */
void
note_stray(struct worker *worker, struct rte_mbuf *m)
{
	const struct nj_policy *policy =
		__atomic_load_n(&worker->dataplane->policy, __ATOMIC_ACQUIRE);
	const struct nj_flow *flow = &nj_packet(m)->flow;
	const struct nj_address source = nj_flow_source(flow);

	if (dataplane_takes(worker->dataplane, NJ_UPSTREAM, m->port) &&
		nj_clusters_find(&policy->clusters, &source) != NULL)
		nj_session_stray(worker->sessions, flow, worker->now);
}

/* Who sends to a closed port of ours is told so, as a host has to (RFC 1122, section 4.1.3.1). */
static void
refuse(struct worker *worker, struct rte_mbuf *m)
{
	const struct nj_icmp_error error = {.type = NJ_ICMP_ERROR_PORT};
	const enum nj_drop reason = stray(worker->dataplane, &nj_packet(m)->flow, m->port);

	if (reason == NJ_DROP_NO_SESSION)
		note_stray(worker, m);
	if (reason == NJ_DROP_NO_LISTENER || reason == NJ_DROP_NO_SESSION)
		icmp_error_send(worker, m, &error);
	worker_drop(worker, m, reason);
}

/* Keeps those that belong to a session of this worker; sessions[i] is that of pkts[i] then. */
static unsigned int
find_sessions(
	struct worker *worker, struct rte_mbuf **pkts, unsigned int n, struct nj_session **sessions)
{
	const uint32_t takes = worker->dataplane->takes[NJ_UPSTREAM];
	const struct nj_flow *flows[WORKER_BURST];
	unsigned int kept = 0;

	for (unsigned int i = 0; i < n; i++)
		flows[i] = &nj_packet(pkts[i])->flow;
	nj_session_find_bulk(worker->sessions, flows, n, sessions);
	for (unsigned int i = 0; i < n; i++) {
		if (sessions[i] == NULL || unlikely((takes >> pkts[i]->port & 1) == 0)) {
			refuse(worker, pkts[i]);
			continue;
		}
		if (unlikely(sessions[i]->state == NJ_SESSION_REDIRECT)) {
			worker_hand_over(
				worker, nj_session_holder(worker->sessions, sessions[i]), pkts[i]);
			continue;
		}
		sessions[kept] = sessions[i];
		pkts[kept++] = pkts[i];
	}
	return kept;
}

/* Runs the chain; sessions[i] is that of pkts[i] again behind it. */
static unsigned int
filter(struct worker *worker, const struct nj_chain *chain, struct rte_mbuf **pkts, unsigned int n,
	struct nj_session **sessions)
{
	struct nj_datagram *datagrams[NJ_BATCH_MAX];

	n = nj_chain_run(chain, &worker->runner, NJ_UPSTREAM, pkts, n, worker->now, datagrams);
	/* In order, so none is overwritten before it was read. */
	for (unsigned int i = 0; i < n; i++) {
		sessions[i] = sessions[datagrams[i]->index];
		pkts[i] = datagrams[i]->m;
	}
	return n;
}

void
upstream(struct worker *worker, struct rte_mbuf **pkts, unsigned int n)
{
	const struct nj_policy *policy =
		__atomic_load_n(&worker->dataplane->policy, __ATOMIC_ACQUIRE);
	struct nj_session *sessions[WORKER_BURST];

	worker_capture(worker, NJ_UPSTREAM, pkts, n);
	n = find_sessions(worker, pkts, n, sessions);
	if (!nj_chain_pass(policy->chain, &worker->runner, NJ_UPSTREAM, n))
		n = filter(worker, policy->chain, pkts, n, sessions);
	deliver(worker, NJ_UPSTREAM, sessions, pkts, n);
}
