/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture.h"

#include <stdio.h>
#include <time.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

/* One lcore takes and one thread gives back, so the pool needs no lock either. */
#define POOL_OPS "ring_sp_sc"

static bool
create_lane(struct capture_lane *lane, unsigned int i, uint32_t snaplen)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "nj_capture_%u", i);
	lane->pool = rte_pktmbuf_pool_create_by_ops(name, CAPTURE_LANE_BUFFERS, 0,
		RTE_ALIGN_CEIL(sizeof(struct capture_record), RTE_MBUF_PRIV_ALIGN),
		(uint16_t)(RTE_PKTMBUF_HEADROOM + snaplen), SOCKET_ID_ANY, POOL_OPS);
	lane->copies = rte_ring_create(
		name, CAPTURE_LANE_BUFFERS + 1, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	return lane->pool != NULL && lane->copies != NULL;
}

struct capture *
capture_create(const struct capture_spec *spec, uint8_t mark, unsigned int n_lanes)
{
	struct capture *capture = rte_zmalloc("nj_capture",
		sizeof(*capture) + n_lanes * sizeof(capture->lanes[0]), RTE_CACHE_LINE_SIZE);

	if (capture == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	capture->spec = *spec;
	capture->mark = mark;
	capture->n_lanes = (uint16_t)n_lanes;
	for (unsigned int i = 0; i < n_lanes; i++)
		if (!create_lane(&capture->lanes[i], i, spec->snaplen)) {
			capture_destroy(capture);
			rte_errno = ENOMEM;
			return NULL;
		}
	return capture;
}

void
capture_destroy(struct capture *capture)
{
	void *copy;

	if (capture == NULL)
		return;
	for (unsigned int i = 0; i < capture->n_lanes; i++) {
		struct capture_lane *lane = &capture->lanes[i];

		while (lane->copies != NULL && rte_ring_sc_dequeue(lane->copies, &copy) == 0)
			rte_pktmbuf_free(copy);
		rte_ring_free(lane->copies);
		rte_mempool_free(lane->pool);
	}
	rte_free(capture);
}

/* Copying ------------------------------------------------------------------------------------ */

static bool
may_take(const struct capture *capture, struct capture_lane *lane, nj_ms_t now)
{
	if (nj_ms_since(now, lane->second_ms) >= 1000) {
		lane->second_ms = now;
		lane->taken = 0;
	}
	if (lane->taken >= capture->spec.rate)
		return false;
	lane->taken++;
	return true;
}

static uint64_t
unix_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time); /* the vDSO's, no system call */
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* NULL where there is no buffer, or too many of this second. */
static struct rte_mbuf *
copy(struct capture *capture, const struct tap *tap, const struct rte_mbuf *m,
	struct capture_record record)
{
	struct capture_lane *lane = &capture->lanes[tap->lcore];
	struct rte_mbuf *copied;

	if (!may_take(capture, lane, *tap->now)) {
		lane->limited[record.stage]++;
		return NULL;
	}
	copied = rte_pktmbuf_copy(m, lane->pool, 0, capture->spec.snaplen);
	if (copied == NULL) {
		lane->lost[record.stage]++;
		return NULL;
	}
	record.time_ns = unix_ns();
	record.length = rte_pktmbuf_pkt_len(m);
	record.lcore = tap->lcore;
	*capture_record(copied) = record;
	return copied;
}

static void
hand_on(struct capture *capture, const struct tap *tap, struct rte_mbuf *copied)
{
	if (copied != NULL) /* there is room: all of the pool fits */
		rte_ring_sp_enqueue(capture->lanes[tap->lcore].copies, copied);
}

void
capture_in(struct capture *capture, const struct tap *tap, struct rte_mbuf *m)
{
	nj_packet(m)->captured = capture->mark & 0x7f;
	if (capture->spec.only_dropped)
		return;
	hand_on(capture, tap,
		copy(capture, tap, m,
			(struct capture_record){.stage = CAPTURE_IN, .port = m->port}));
}

void
capture_out(struct capture *capture, const struct tap *tap, uint16_t port, struct rte_mbuf **pkts,
	unsigned int n)
{
	const struct capture_record record = {.stage = CAPTURE_OUT, .port = port};

	if (capture->spec.only_dropped)
		return;
	for (unsigned int i = 0; i < n; i++)
		if (nj_packet(pkts[i])->captured == capture->mark)
			hand_on(capture, tap, copy(capture, tap, pkts[i], record));
}

/* What belongs to nobody yet is wanted only where nobody was asked for. */
static bool
is_wanted(const struct capture *capture, struct rte_mbuf *m)
{
	return nj_packet(m)->captured == capture->mark || capture_spec_is_open(&capture->spec);
}

static bool
is_reason(const struct capture_spec *spec, enum nj_drop reason)
{
	return !spec->only_dropped || spec->reason == NJ_DROP_NONE || spec->reason == reason;
}

void
capture_dropped(
	struct capture *capture, const struct tap *tap, struct rte_mbuf *m, enum nj_drop reason)
{
	const struct capture_record record = {
		.stage = CAPTURE_DROPPED, .port = m->port, .reason = (uint8_t)reason};

	if (is_reason(&capture->spec, reason) && is_wanted(capture, m))
		hand_on(capture, tap, copy(capture, tap, m, record));
}

struct rte_mbuf *
capture_maybe_dropped(struct capture *capture, const struct tap *tap, struct rte_mbuf *m)
{
	const struct capture_record record = {.stage = CAPTURE_DROPPED, .port = m->port};

	return is_wanted(capture, m) ? copy(capture, tap, m, record) : NULL;
}

/* The writer alone gives buffers back, so one that is not wanted goes there as well. */
void
capture_decide(struct capture *capture, const struct tap *tap, struct rte_mbuf *copied,
	enum nj_drop reason)
{
	if (copied == NULL)
		return;
	capture_record(copied)->reason = (uint8_t)reason;
	if (reason == NJ_DROP_NONE || !is_reason(&capture->spec, reason))
		capture_record(copied)->stage = CAPTURE_VOID;
	hand_on(capture, tap, copied);
}
