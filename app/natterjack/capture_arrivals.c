/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of a worker's datagrams the capture that is going on is of. */
#include "worker.h"

/* What a filter has dropped. */
static void
filtered(void *context, struct rte_mbuf *m, enum nj_drop reason)
{
	const struct worker *worker = context;

	tap_dropped(&worker->transmitter.tap, m, reason);
}

static bool
is_reply_meant(
	const struct worker *worker, const struct capture_spec *spec, const struct nj_flow *flow)
{
	const struct nj_session *session = nj_session_find(worker->sessions, flow);
	struct nj_address client;

	if (session == NULL)
		return capture_spec_upstream(spec, flow, NULL);
	if (session->state == NJ_SESSION_REDIRECT) /* whose worker asks again */
		return false;
	client = nj_session_peer(worker->sessions, session, NJ_UPSTREAM);
	return capture_spec_upstream(spec, flow, &client);
}

static bool
is_meant(const struct worker *worker, const struct capture_spec *spec, enum nj_direction direction,
	const struct nj_flow *flow)
{
	static const struct nj_address none_yet;

	if (direction == NJ_UPSTREAM)
		return is_reply_meant(worker, spec, flow);
	return capture_spec_is_early(spec) && capture_spec_downstream(spec, flow, &none_yet);
}

void
capture_arrivals(struct worker *worker, struct capture *capture, enum nj_direction direction,
	struct rte_mbuf **pkts, unsigned int n)
{
	worker->runner.dropped = filtered;
	for (unsigned int i = 0; i < n; i++)
		if (is_meant(worker, &capture->spec, direction, &nj_packet(pkts[i])->flow))
			capture_in(capture, &worker->transmitter.tap, pkts[i]);
}

void
capture_steered(struct worker *worker, struct capture *capture, struct rte_mbuf *m,
	const struct nj_endpoint *endpoint)
{
	const struct nj_flow *flow = &nj_packet(m)->flow;

	if (!capture_spec_is_early(&capture->spec) &&
		capture_spec_downstream(&capture->spec, flow, &endpoint->address))
		capture_in(capture, &worker->transmitter.tap, m);
}
