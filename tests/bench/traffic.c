/* SPDX-License-Identifier: BSD-3-Clause */
#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "eal.h"
#include "worker.h"

#define POLLS_MAX (TRAFFIC_IN_HAND / WORKER_BURST) /* of one fill */

struct traffic {
	struct rig *rig;
	struct frames *frames;
	struct rte_mbuf *pkts[TRAFFIC_IN_HAND];
};

static void
fail(const char *what, uint32_t session)
{
	fprintf(stderr, "session %u: %s\n", session, what);
	exit(EXIT_FAILURE);
}

static void
put(struct traffic *traffic, enum nj_direction direction, struct rte_mbuf *m)
{
	const unsigned int side = direction == NJ_DOWNSTREAM ? CLIENTS : SERVERS;

	if (rte_ring_enqueue(traffic->rig->in[side][0], m) < 0)
		fail("a ring is full", 0);
}

/* Takes back what has left on a side. */
static unsigned int
take(struct traffic *traffic, unsigned int side, struct rte_mbuf **pkts, unsigned int max)
{
	return rte_ring_dequeue_burst(traffic->rig->out[side][0], (void **)pkts, max, NULL);
}

static void
poll_all(struct traffic *traffic)
{
	while (worker_poll(traffic->rig->dataplane->workers[0], traffic->rig->now) > 0)
		;
}

/* Opening ------------------------------------------------------------------------------------ */

static void
check(struct traffic *traffic, enum nj_direction direction, const struct rte_mbuf *m,
	uint32_t session)
{
	if (direction == NJ_DOWNSTREAM) {
		if (!frames_learn(traffic->frames, traffic->rig, m, session))
			fail("its datagram arrives at no endpoint as it should", session);
	} else if (!frames_came_back(traffic->frames, m, session)) {
		fail("its answer comes back otherwise than it should", session);
	}
}

/* A datagram of each of `n` sessions from `first` on. */
static void
exchange(struct traffic *traffic, enum nj_direction direction, uint32_t first, unsigned int n)
{
	const unsigned int out = direction == NJ_DOWNSTREAM ? SERVERS : CLIENTS;

	for (unsigned int i = 0; i < n; i++) {
		frames_write(traffic->frames, traffic->pkts[i], first + i, direction);
		put(traffic, direction, traffic->pkts[i]);
	}
	poll_all(traffic);
	if (take(traffic, out, traffic->pkts, n) != n)
		fail("a datagram of it or of the next does not come out", first);
	for (unsigned int i = 0; i < n; i++)
		check(traffic, direction, traffic->pkts[i], first + i);
}

struct traffic *
traffic_create(struct rig *rig, struct frames *frames)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));

	traffic->rig = rig;
	traffic->frames = frames;
	for (unsigned int side = CLIENTS; side <= SERVERS; side++)
		frames->macs[side] = rig_mac(rig, side);
	if (rte_pktmbuf_alloc_bulk(nj_test_pool(), traffic->pkts, TRAFFIC_IN_HAND) < 0)
		fail("there are no buffers", 0);
	for (uint32_t first = 0; first < frames->n; first += TRAFFIC_IN_HAND) {
		const unsigned int n = RTE_MIN(frames->n - first, (uint32_t)TRAFFIC_IN_HAND);

		exchange(traffic, NJ_DOWNSTREAM, first, n);
		exchange(traffic, NJ_UPSTREAM, first, n);
		exchange(traffic, NJ_DOWNSTREAM, first, n); /* so that they are established */
	}
	if (rig_sessions(rig) != frames->n)
		fail("there are more or fewer than that", frames->n);
	return traffic;
}

void
traffic_destroy(struct traffic *traffic)
{
	rte_pktmbuf_free_bulk(traffic->pkts, TRAFFIC_IN_HAND);
	free(traffic);
}

/* Measuring ---------------------------------------------------------------------------------- */

/* Polls until all is through; a sample is the cycles a packet of a poll. */
static void
time_polls(struct traffic *traffic, struct samples *samples)
{
	struct worker *worker = traffic->rig->dataplane->workers[0];
	const bool quiet_before = quiet_now();
	double cycles[POLLS_MAX];
	unsigned int polls = 0;
	bool quiet;

	for (unsigned int met = 0, n; met < TRAFFIC_IN_HAND && polls < POLLS_MAX; met += n) {
		const uint64_t begin = rte_rdtsc();

		n = worker_poll(worker, traffic->rig->now);
		cycles[polls++] = (double)(rte_rdtsc() - begin) / n;
	}
	quiet = quiet_now() && quiet_before;
	for (unsigned int i = 0; i < polls; i++)
		samples_add(samples, cycles[i], quiet);
}

/* Everything in, through, and out again. */
static void
fill(struct traffic *traffic, enum traffic_direction direction, uint32_t *seed,
	struct samples *samples)
{
	unsigned int n;

	for (unsigned int i = 0; i < TRAFFIC_IN_HAND; i++) {
		frames_write(traffic->frames, traffic->pkts[i],
			traffic_session(traffic->frames, seed), traffic_of(direction, i));
		put(traffic, traffic_of(direction, i), traffic->pkts[i]);
	}
	time_polls(traffic, samples);
	n = take(traffic, CLIENTS, traffic->pkts, TRAFFIC_IN_HAND);
	n += take(traffic, SERVERS, traffic->pkts + n, TRAFFIC_IN_HAND - n);
	if (n != TRAFFIC_IN_HAND)
		fail("packets are lost", n);
}

void
traffic_measure(struct traffic *traffic, enum traffic_direction direction, unsigned int fills,
	uint32_t *seed, struct samples *samples)
{
	for (unsigned int i = 0; i < traffic_warm_fills(traffic->frames, fills); i++)
		fill(traffic, direction, seed, samples);
	samples_clear(samples);
	for (unsigned int i = 0; i < fills; i++)
		fill(traffic, direction, seed, samples);
}
