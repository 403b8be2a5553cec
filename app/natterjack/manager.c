/* SPDX-License-Identifier: BSD-3-Clause */
#include "manager.h"

#include <errno.h>

#include <rte_malloc.h>

#include "datagram_log.h"
#include "worker.h"

NJ_LOG_TYPE(manager);

#define MAIL_BURST 64

/* What the link asks of us -------------------------------------------------------------------- */

static void
link_send(void *context, struct rte_mbuf *m)
{
	struct manager *manager = context;

	transmit(&manager->transmitter, m);
}

static void
link_drop(void *context, struct rte_mbuf *m, enum nj_drop reason)
{
	struct manager *manager = context;

	transmit_drop(&manager->transmitter, m, reason);
}

/* The latest of what the workers noted. */
static nj_ms_t
link_last_used(void *context, uint32_t neighbor)
{
	const struct manager *manager = context;
	const struct dataplane *dataplane = manager->dataplane;
	nj_ms_t latest = 0;

	for (unsigned int i = 0; i < dataplane->n_workers; i++) {
		nj_ms_t used = __atomic_load_n(
			&dataplane->workers[i]->neighbor_used[neighbor], __ATOMIC_RELAXED);

		if (used == 0)
			continue;
		if (latest == 0 ||
			nj_ms_since(manager->now, used) < nj_ms_since(manager->now, latest))
			latest = used;
	}
	return latest;
}

struct nj_link_ops
manager_link_ops(struct manager *manager)
{
	return (struct nj_link_ops){
		.context = manager,
		.send = link_send,
		.drop = link_drop,
		.last_used = link_last_used,
	};
}

/* Creation ----------------------------------------------------------------------------------- */

struct manager *
manager_create(struct dataplane *dataplane)
{
	struct manager *manager = rte_zmalloc("nj_manager", sizeof(*manager), RTE_CACHE_LINE_SIZE);

	if (manager == NULL)
		goto no_memory;
	manager->dataplane = dataplane;
	manager->transmitter = (struct transmitter){
		.lcore = dataplane_manager_lcore(dataplane),
		.mesh = dataplane->mesh,
		.counters = &manager->counters,
		.n_ports = dataplane->n_ports,
		.ports = dataplane->ports,
		.by_id = dataplane->by_id,
		.tap = {&dataplane->capture, (uint16_t)dataplane_manager_lcore(dataplane),
			&manager->now},
	};
	control_init(&manager->control);
	sem_init(&manager->retired, 0, 0);
	if (transmitter_open(&manager->transmitter, SOCKET_ID_ANY) < 0)
		goto no_memory;
	return manager;

no_memory:
	nj_err(ENOMEM, "manager");
	manager_destroy(manager);
	return NULL;
}

void
manager_destroy(struct manager *manager)
{
	if (manager == NULL)
		return;
	transmitter_close(&manager->transmitter);
	rte_free(manager);
}

/* Work --------------------------------------------------------------------------------------- */

/* The local stack takes the frame, so whose counter it is must be read before. */
static void
local_input(struct manager *manager, struct rte_mbuf *m)
{
	struct nj_port_counters *counters = &manager->counters.port[m->port];
	const struct tap *tap = &manager->transmitter.tap;
	struct capture *capture = tap_capture(tap);
	struct rte_mbuf *copy = capture != NULL ? capture_maybe_dropped(capture, tap, m) : NULL;
	enum nj_drop reason = nj_link_input(manager->dataplane->link, m, manager->now);

	if (capture != NULL)
		capture_decide(capture, tap, copy, reason);
	if (reason == NJ_DROP_NONE)
		counters->local++;
	else
		counters->dropped[reason]++;
}

static void
take(struct manager *manager, struct rte_mbuf *m)
{
	switch ((enum mail)nj_packet(m)->mail) {
	case MAIL_LOCAL:
		local_input(manager, m);
		return;
	case MAIL_RESOLVE:
		nj_link_output(manager->dataplane->link, m, manager->now);
		return;
	case MAIL_LOG:
		datagram_log(m);
		rte_pktmbuf_free(m);
		return;
	case MAIL_FLOW:
	case MAIL_TRANSMIT:
	case MAIL_DROPPED: /* workers only */
		transmit_drop(&manager->transmitter, m, NJ_DROP_LOCAL_FULL);
		return;
	}
}

/* No more than a ring holds: a worker that fills it as fast as it is read must not keep the manager
 * from everything else. Returns whether there was any. */
static bool
read_mail(struct manager *manager, unsigned int from)
{
	struct dataplane *dataplane = manager->dataplane;
	struct rte_mbuf *pkts[MAIL_BURST];
	unsigned int n, left = MESH_RING_PACKETS;

	do {
		n = mesh_receive(dataplane->mesh, from, dataplane_manager_lcore(dataplane), pkts,
			MAIL_BURST);
		for (unsigned int i = 0; i < n; i++)
			take(manager, pkts[i]);
		transmit_flush(&manager->transmitter);
		left -= n;
	} while (n == MAIL_BURST && left >= MAIL_BURST);
	return left < MESH_RING_PACKETS;
}

void
manager_swap_policy(struct manager *manager, struct nj_policy *policy)
{
	struct dataplane *dataplane = manager->dataplane;

	manager->old_policy = dataplane->policy;
	__atomic_store_n(&dataplane->policy, policy, __ATOMIC_RELEASE);
	manager->swap_token = rte_rcu_qsbr_start(dataplane->qsbr);
	manager->swapping = true;
}

bool
manager_listen(struct manager *manager, nj_ms_t now)
{
	const struct dataplane *dataplane = manager->dataplane;
	const struct mesh *mesh = dataplane->mesh;
	bool heard = false;

	__atomic_store_n(&manager->now, now, __ATOMIC_RELAXED);
	for (unsigned int from = 0; from < dataplane->n_workers; from++)
		if (mesh_has_mail(mesh, from, dataplane_manager_lcore(dataplane)))
			heard |= read_mail(manager, from);
	link_watch_step(&manager->link_watch, manager->dataplane, now);
	nj_link_tick(manager->dataplane->link, now);
	transmit_flush(&manager->transmitter);
	return heard;
}

/* Before that, what is sent to our addresses may be for another host. */
static void
serve_once_valid(struct dataplane *dataplane)
{
	if (!dataplane->serving && dataplane->loaded &&
		nj_link_own_counts(dataplane->link).valid > 0)
		__atomic_store_n(&dataplane->serving, true, __ATOMIC_RELEASE);
}

bool
manager_step(struct manager *manager, nj_ms_t now)
{
	struct rte_rcu_qsbr *qsbr = manager->dataplane->qsbr;
	/* Asked before the mail is read: datagrams to be logged name things of the old policy. */
	bool quiescent =
		manager->swapping && rte_rcu_qsbr_check(qsbr, manager->swap_token, false) == 1;
	const bool heard = manager_listen(manager, now);

	serve_once_valid(manager->dataplane);
	if (quiescent) {
		manager->swapping = false;
		sem_post(&manager->retired);
	}
	control_serve(&manager->control, manager);
	liveness_step(&manager->liveness, manager->dataplane, now);
	return heard;
}
