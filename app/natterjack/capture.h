/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A capture: copies of packets as they arrive, as they leave and as they are
 * dropped, for an operator to look at. One at a time, and none most of the time.
 *
 * A datagram that the capture is of is marked where it is known to be, and later stages look at
 * the mark alone. An lcore copies into buffers of its own that belong to the capture (the lane), so
 * that neither the pools of traffic nor the law know of it. Whoever writes the copies out takes
 * them from there and gives the buffers back: where it is slow, copies are lost, never packets.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <rte_mempool.h>
#include <rte_ring.h>

#include "capture_spec.h"
#include "nj_packet.h"

#define CAPTURE_LANE_BUFFERS 511 /* of one lcore; a ring takes a power of two less one */

enum capture_stage {
	CAPTURE_IN,      /* as it arrived, once it was parsed */
	CAPTURE_OUT,     /* as it is handed to the device */
	CAPTURE_DROPPED, /* as it was when it was dropped */
	CAPTURE_STAGES,
	CAPTURE_VOID = CAPTURE_STAGES, /* a copy that turned out not to be wanted */
};

/* What is known of a copy; it lies in its private area. */
struct capture_record {
	uint64_t time_ns; /* Unix */
	uint32_t length;  /* of the frame, of which the copy may have the beginning only */
	uint16_t port;    /* where it arrived, or where it leaves */
	uint16_t lcore;   /* as the mesh numbers them */
	uint8_t stage;    /* enum capture_stage */
	uint8_t reason;   /* enum nj_drop */
};

static inline struct capture_record *
capture_record(struct rte_mbuf *copy)
{
	return rte_mbuf_to_priv(copy);
}

/* One lcore's end. It alone writes the figures; who adds them up reads relaxed. */
struct capture_lane {
	struct rte_mempool *pool;         /* the lcore takes, the writer gives back */
	struct rte_ring *copies;          /* to the writer; has room for the whole pool */
	nj_ms_t second_ms;                /* when the current second of its rate began */
	uint32_t taken;                   /* in it */
	uint64_t lost[CAPTURE_STAGES];    /* no buffer: the writer is too slow */
	uint64_t limited[CAPTURE_STAGES]; /* over the rate */
} __rte_cache_aligned;

struct capture {
	struct capture_spec spec;
	uint8_t mark;     /* of its datagrams: nj_packet(m)->captured */
	uint16_t n_lanes; /* workers and the manager, as the mesh numbers them */
	struct capture_lane lanes[];
};

/* Makes it, for nobody yet. Returns NULL with rte_errno (ENOMEM). Any thread. */
struct capture *capture_create(const struct capture_spec *spec, uint8_t mark, unsigned int n_lanes);
/* No lcore uses it any more. Takes NULL. */
void capture_destroy(struct capture *capture);

/* What an lcore has to know to capture. */
struct tap {
	struct capture *const *capture; /* the dataplane's; NULL is in there while there is none */
	uint16_t lcore;
	const nj_ms_t *now;
};

/* The capture that is going on; NULL, nearly always: ask once a burst. */
static inline struct capture *
tap_capture(const struct tap *tap)
{
	return __atomic_load_n(tap->capture, __ATOMIC_ACQUIRE);
}

/* Of the capture's lcore, and nobody else's: ------------------------------------------------- */

/* Marks a datagram, and copies it as it arrived. */
void capture_in(struct capture *capture, const struct tap *tap, struct rte_mbuf *m);
/* Copies of a burst on its way to a port's device those that are marked. */
void capture_out(struct capture *capture, const struct tap *tap, uint16_t port,
	struct rte_mbuf **pkts, unsigned int n);
/* Copies a packet that is being dropped, if it is wanted. */
void capture_dropped(
	struct capture *capture, const struct tap *tap, struct rte_mbuf *m, enum nj_drop reason);

/* The same where the packet is gone once it is known to have been dropped: a copy to be, or NULL;
 * and what became of it, NJ_DROP_NONE where it was not dropped. */
struct rte_mbuf *capture_maybe_dropped(
	struct capture *capture, const struct tap *tap, struct rte_mbuf *m);
void capture_decide(
	struct capture *capture, const struct tap *tap, struct rte_mbuf *copy, enum nj_drop reason);

static inline void
tap_dropped(const struct tap *tap, struct rte_mbuf *m, enum nj_drop reason)
{
	struct capture *capture = tap_capture(tap);

	if (unlikely(capture != NULL))
		capture_dropped(capture, tap, m, reason);
}

#endif
