/* SPDX-License-Identifier: BSD-3-Clause */
/* From endpoints to clients: a reply belongs to the session whose upstream tuple it bears, or to
 * none. */
#include "worker.h"

/* Why nobody waits for it. */
static enum nj_drop
stray(const struct dataplane *dataplane, const struct nj_flow_key *key)
{
	uint16_t port = rte_be_to_cpu_16(key->dst_port);

	if (!nj_link_is_ours(dataplane->link, key->dst_ip))
		return NJ_DROP_IPV4_DESTINATION;
	if (port < dataplane->appliance->sessions.port_min ||
		port > dataplane->appliance->sessions.port_max)
		return NJ_DROP_NO_LISTENER;
	return NJ_DROP_NO_SESSION;
}

void
upstream(struct worker *worker, struct rte_mbuf **pkts, unsigned int n)
{
	const struct nj_flow_key *keys[WORKER_BURST];
	struct nj_session *found[WORKER_BURST];

	for (unsigned int i = 0; i < n; i++)
		keys[i] = &nj_packet(pkts[i])->key;
	nj_session_find_bulk(worker->sessions, keys, n, found);
	for (unsigned int i = 0; i < n; i++) {
		if (found[i] != NULL)
			deliver(worker, found[i], NJ_UPSTREAM, pkts[i]);
		else
			worker_drop(worker, pkts[i], stray(worker->dataplane, keys[i]));
	}
}
