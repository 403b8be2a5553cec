/* SPDX-License-Identifier: BSD-3-Clause */
#include "lanes.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_pause.h>
#include <rte_thash.h>

#include "eal.h"
#include "median.h"
#include "traffic.h"
#include "worker.h"

#define FILLS_MAX 2048
#define TRIES     100000 /* to find the others there */

/* One worker's sessions and packets; written by its lcore alone while the others only read. */
struct lane {
	struct lanes *lanes;
	unsigned int index;
	uint32_t n, *sessions;
	uint32_t seed;
	struct rte_mempool *pool;
	struct rte_mbuf *pkts[TRAFFIC_IN_HAND];
	unsigned int fills;
	double cycles[FILLS_MAX]; /* that each fill took */
	unsigned int steps;       /* that it has come to the end of */
} __rte_cache_aligned;

struct lanes {
	struct rig *rig;
	struct frames *frames;
	unsigned int n;
	uint64_t deadline; /* in cycles */
	unsigned int last; /* the fill that is under way is the last one; the first lane says so */
	struct lane lane[LANES_MAX];
};

static void
fail(const char *what, uint32_t session)
{
	fprintf(stderr, "session %u: %s\n", session, what);
	exit(EXIT_FAILURE);
}

/* As a NIC with RSS leaves it in the buffer. */
static uint32_t
nic_hash(const struct nj_ownership *ownership, const struct nj_flow *flow)
{
	union rte_thash_tuple tuple = {
		.v4 = {.src_addr = rte_be_to_cpu_32(flow->src_ip),
			.dst_addr = rte_be_to_cpu_32(flow->dst_ip),
			.sport = rte_be_to_cpu_16(flow->src_port),
			.dport = rte_be_to_cpu_16(flow->dst_port)},
	};

	return rte_softrss((uint32_t *)&tuple, RTE_THASH_V4_L4_LEN, ownership->rss_key);
}

/* In at the queue that a NIC would choose. */
static void
put(struct lane *lane, enum nj_direction direction, uint32_t session, struct rte_mbuf *m)
{
	const unsigned int side = direction == NJ_DOWNSTREAM ? CLIENTS : SERVERS;
	const struct lanes *lanes = lane->lanes;
	const struct nj_flow flow = frames_flow(lanes->frames, session, direction);

	m->hash.rss = nic_hash(&lanes->rig->dataplane->ownership, &flow);
	m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
	if (rte_ring_enqueue(lane->lanes->rig->in[side][lane->index], m) < 0)
		fail("a ring is full", 0);
}

static unsigned int
take(struct lane *lane, unsigned int side, struct rte_mbuf **pkts, unsigned int max)
{
	struct rte_ring *ring = lane->lanes->rig->out[side][lane->index];

	return rte_ring_dequeue_burst(ring, (void **)pkts, max, NULL);
}

/* Polls the lane's worker until it has met so many packets. */
static void
poll_for(struct lane *lane, unsigned int wanted)
{
	struct rig *rig = lane->lanes->rig;
	struct worker *worker = rig->dataplane->workers[lane->index];

	for (unsigned int met = 0; met < wanted;)
		met += worker_poll(worker, rig->now);
}

/*
 * The ring device has what it keeps of its queues side by side, 24 bytes each, and counts in them:
 * two lcores would fetch one line from each other with every burst. A NIC's driver gives each
 * queue lines of its own, and so does this.
 */
static void
part_queues(void **queues, unsigned int n)
{
	const struct {
		struct rte_ring *ring;
		uint64_t counts[2];
	} * shared;

	for (unsigned int i = 0; i < n; i++) {
		void *own = rte_zmalloc(NULL, sizeof(*shared), 2 * RTE_CACHE_LINE_SIZE);

		if (own == NULL)
			fail("there is no memory for a queue", 0);
		shared = queues[i];
		memcpy(own, shared, sizeof(*shared));
		queues[i] = own; /* as long as the program: nobody gives it back */
	}
}

static void
part_all_queues(const struct rig *rig)
{
	for (unsigned int i = 0; i < rig->dataplane->n_ports; i++) {
		const struct port *port = &rig->dataplane->ports[i];

		part_queues(rte_eth_fp_ops[port->id].rxq.data, port->n_rx);
		part_queues(rte_eth_fp_ops[port->id].txq.data, port->n_tx);
	}
}

/* Opening ------------------------------------------------------------------------------------ */

static void
exchange(struct lane *lane, enum nj_direction direction, const uint32_t *sessions, unsigned int n)
{
	struct frames *frames = lane->lanes->frames;
	const unsigned int out = direction == NJ_DOWNSTREAM ? SERVERS : CLIENTS;

	for (unsigned int i = 0; i < n; i++) {
		frames_write(frames, lane->pkts[i], sessions[i], direction);
		put(lane, direction, sessions[i], lane->pkts[i]);
	}
	poll_for(lane, n);
	if (take(lane, out, lane->pkts, n) != n)
		fail("a datagram of it or of the next does not come out", sessions[0]);
	for (unsigned int i = 0; i < n; i++) {
		const struct rte_mbuf *m = lane->pkts[i];

		if (direction == NJ_DOWNSTREAM
				? !frames_learn(frames, lane->lanes->rig, m, sessions[i])
				: !frames_came_back(frames, m, sessions[i]))
			fail("its datagram is not as it should be", sessions[i]);
	}
}

/*
 * Buffers of its own, as a device's queues are filled one after another, and each worker's go
 * round through its own cache of the pool. Those of two workers side by side in one page of 4 KiB
 * cost each of them a tenth: a CPU that prefetches by region (Zen) takes lines of the other's.
 */
static void
take_buffers(struct lane *lane)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "lane_%u", lane->index);
	lane->pool = rte_pktmbuf_pool_create(name, TRAFFIC_IN_HAND, 0, NJ_PACKET_PRIV_SIZE,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (lane->pool == NULL ||
		rte_pktmbuf_alloc_bulk(lane->pool, lane->pkts, TRAFFIC_IN_HAND) < 0)
		fail("there are no buffers", 0);
}

static void
open_lane(struct lane *lane)
{
	take_buffers(lane);
	for (uint32_t first = 0; first < lane->n; first += TRAFFIC_IN_HAND) {
		const unsigned int n = RTE_MIN(lane->n - first, (uint32_t)TRAFFIC_IN_HAND);

		exchange(lane, NJ_DOWNSTREAM, lane->sessions + first, n);
		exchange(lane, NJ_UPSTREAM, lane->sessions + first, n);
		exchange(lane, NJ_DOWNSTREAM, lane->sessions + first, n); /* established by it */
	}
}

/* Each lane gets the sessions that its worker owns. Returns whether every lane has some. */
static bool
deal_sessions(struct lanes *lanes)
{
	const struct nj_ownership *ownership = &lanes->rig->dataplane->ownership;
	bool all = true;

	for (uint32_t session = 0; session < lanes->frames->n; session++) {
		const struct nj_flow flow = frames_flow(lanes->frames, session, NJ_DOWNSTREAM);
		struct lane *owner = &lanes->lane[nj_flow_owner(ownership, &flow)];

		owner->sessions[owner->n++] = session;
	}
	for (unsigned int i = 0; i < lanes->n; i++)
		all &= lanes->lane[i].n > 0;
	return all;
}

struct lanes *
lanes_create(struct rig *rig, struct frames *frames, unsigned int n)
{
	struct lanes *lanes = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*lanes));

	*lanes = (struct lanes){.rig = rig, .frames = frames, .n = n};
	part_all_queues(rig);
	for (unsigned int i = 0; i < rig->dataplane->n_ports; i++)
		rig->dataplane->ports[i].hashes = true;
	for (unsigned int side = CLIENTS; side <= SERVERS; side++)
		frames->macs[side] = rig_mac(rig, side);
	for (unsigned int i = 0; i < n; i++) {
		lanes->lane[i].lanes = lanes;
		lanes->lane[i].index = i;
		lanes->lane[i].sessions = calloc(frames->n, sizeof(uint32_t));
	}
	if (!deal_sessions(lanes)) {
		lanes_destroy(lanes);
		return NULL;
	}
	for (unsigned int i = 0; i < n; i++)
		open_lane(&lanes->lane[i]);
	return lanes;
}

void
lanes_destroy(struct lanes *lanes)
{
	if (rig_counters(lanes->rig).handoffs != 0)
		fail("packets were handed to another worker", 0);
	for (unsigned int i = 0; i < lanes->n; i++) {
		rte_pktmbuf_free_bulk(lanes->lane[i].pkts, TRAFFIC_IN_HAND);
		rte_mempool_free(lanes->lane[i].pool);
		free(lanes->lane[i].sessions);
	}
	free(lanes);
}

/* Measuring ---------------------------------------------------------------------------------- */

/* Waits until all lanes have come as far. One that waits for long may be in another's way. */
static void
meet(struct lane *lane)
{
	unsigned int tries = 0;

	__atomic_store_n(&lane->steps, lane->steps + 1, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < lane->lanes->n; i++)
		while (__atomic_load_n(&lane->lanes->lane[i].steps, __ATOMIC_ACQUIRE) <
			lane->steps) {
			rte_pause();
			if (++tries > TRIES)
				sched_yield();
		}
}

static void
fill(struct lane *lane)
{
	for (unsigned int i = 0; i < TRAFFIC_IN_HAND; i++) {
		const uint32_t session = lane->sessions[nj_test_random(&lane->seed) % lane->n];
		const enum nj_direction direction = traffic_of(TRAFFIC_MIXED, i);

		frames_write(lane->lanes->frames, lane->pkts[i], session, direction);
		put(lane, direction, session, lane->pkts[i]);
	}
}

static void
empty(struct lane *lane)
{
	unsigned int n = take(lane, CLIENTS, lane->pkts, TRAFFIC_IN_HAND);

	n += take(lane, SERVERS, lane->pkts + n, TRAFFIC_IN_HAND - n);
	if (n != TRAFFIC_IN_HAND)
		fail("packets are lost", n);
}

/* Behind each fill. The first lane says whether one more is to come. */
static void
note(struct lane *lane, uint64_t cycles)
{
	struct lanes *lanes = lane->lanes;

	lane->cycles[lane->fills++] = (double)cycles;
	if (lane->index == 0)
		lanes->last = lane->fills + 1 == FILLS_MAX || rte_rdtsc() > lanes->deadline;
}

static int
run(void *argument)
{
	struct lane *lane = argument;
	uint64_t begin, cycles;

	lane->fills = 0;
	for (bool last = false; !last;) {
		fill(lane);
		meet(lane);
		last = lane->lanes->last;
		begin = rte_rdtsc();
		poll_for(lane, TRAFFIC_IN_HAND);
		cycles = rte_rdtsc() - begin;
		meet(lane);
		note(lane, cycles);
		empty(lane);
	}
	return 0;
}

/* Behind the first fills, which warm up. */
static double
rate_of(struct lane *lane)
{
	const unsigned int warm = lane->fills / 4;
	const double cycles = median(lane->cycles + warm, lane->fills - warm);

	return TRAFFIC_IN_HAND * (double)rte_get_tsc_hz() / cycles;
}

double
lanes_measure(struct lanes *lanes, unsigned int milliseconds, uint32_t seed)
{
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0);
	double rate = 0;

	lanes->last = 0;
	lanes->deadline = rte_rdtsc() + milliseconds * rte_get_tsc_hz() / 1000;
	for (unsigned int i = 0; i < lanes->n; i++)
		lanes->lane[i].seed = seed * LANES_MAX + i + 1;
	for (unsigned int i = 1; i < lanes->n; i++) {
		rte_eal_remote_launch(run, &lanes->lane[i], lcore);
		lcore = rte_get_next_lcore(lcore, 1, 0);
	}
	run(&lanes->lane[0]);
	rte_eal_mp_wait_lcore();
	for (unsigned int i = 0; i < lanes->n; i++)
		rate += rate_of(&lanes->lane[i]);
	return rate;
}
