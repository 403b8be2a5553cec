/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker as filter chains see it. */
#include "worker.h"

#define LOGS_PER_SECOND 100 /* of one worker; a copy and a line each */

static bool
has_session(void *context, const struct nj_datagram *datagram, uint32_t endpoint)
{
	const struct worker *worker = context;
	struct nj_flow key = nj_packet(datagram->m)->flow;

	key.endpoint = endpoint;
	return nj_session_find(worker->sessions, &key) != NULL;
}

static bool
may_log(struct worker *worker)
{
	if (nj_ms_since(worker->now, worker->log_second_ms) >= 1000) {
		worker->log_second_ms = worker->now;
		worker->logged = 0;
	}
	if (worker->logged < LOGS_PER_SECOND) {
		worker->logged++;
		return true;
	}
	worker->counters.logs_left_out++;
	return false;
}

/* A worker neither formats nor writes: the manager gets a copy, which stands outside of the law. */
static void
log_datagram(void *context, const struct nj_datagram *datagram, enum nj_direction direction,
	const char *id)
{
	struct worker *worker = context;
	struct dataplane *dataplane = worker->dataplane;
	struct rte_mbuf *m;

	if (!may_log(worker))
		return;
	m = rte_pktmbuf_copy(datagram->m, dataplane->pool, 0, UINT32_MAX);
	if (m == NULL) {
		worker->counters.logs_left_out++;
		return;
	}
	*nj_packet(m) = *nj_packet(datagram->m);
	nj_packet(m)->log_id = id;
	nj_packet(m)->log_direction = direction & 1;
	if (!mesh_send(dataplane->mesh, worker->index, dataplane_manager_lcore(dataplane), m,
		    MAIL_LOG)) {
		rte_pktmbuf_free(m);
		worker->counters.logs_left_out++;
	}
}

void
runner_fill(struct worker *worker)
{
	worker->runner = (struct nj_runner){
		.worker = worker->index,
		.counters = &worker->counters,
		.draining = worker->dataplane->draining,
		.context = worker,
		.has_session = has_session,
		.log = log_datagram,
	};
}
