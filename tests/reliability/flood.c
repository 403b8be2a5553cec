/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A spoofed flood against established sessions:
 *
 *	flood [SECONDS [MILLIONS A SECOND [NEW_SESSIONS_PER_SECOND]]]
 *
 * 100,000 clients talk to an endpoint that echoes, each once a second. Beside them comes a flood,
 * more than natterjack can take: of clients that are made up, each of which wants a session; of
 * such whom the endpoint answers, as it does a host that sends from each of its ports; and, in
 *turn, as many datagrams to a port that nobody listens on, which cost no state.
 *
 * Time is what natterjack's one worker takes of its CPU: while it works, so many datagrams come in,
 * and those that its rings, which hold what a NIC's do, have no room for are lost. What else the
 * machine does meanwhile changes nothing.
 *
 * It has hugepages where enough are free, as natterjack has.
 *
 * Prints what became of both, and fails where an established session is gone, a packet unaccounted
 * for, or memory grew. How much is lost depends on the CPU: that it prints, and judges nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_arp.h>
#include <rte_random.h>

#include "eal.h"
#include "manager.h"
#include "memory.h"
#include "rig.h"
#include "worker.h"

#define MEGABYTES       768
#define PLAYERS         100000
#define CAPACITY        131072
#define SOURCES         4 /* addresses: more ports than one endpoint has at one */
#define GATEWAY         NJ_TEST_IP(198, 51, 100, 1)
#define PLAYER_IP       NJ_TEST_IP(10, 0, 0, 1)
#define SLICE_S         1 /* short, as the machine is not as fast in each */
#define BATCH           32
#define CLOSED_PORT     9
#define POLL_CYCLES_MAX 1000000 /* longer than any round: 128 new sessions take less */

enum who { PLAYER, STRANGER };

struct datagram {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
	uint32_t who, number;
} __rte_packed __rte_aligned(2);

/* Of one kind of flood, all slices together. */
struct tally {
	uint64_t sent[2], arrived[2]; /* by who; at the endpoint */
	uint64_t answered;            /* of players */
	double seconds;
};

struct field {
	struct rig *rig;
	struct rte_mempool *pool;
	struct nj_ip sources[SOURCES];
	struct tally tally;
	bool answers_all; /* the endpoint, strangers as well */
	uint32_t next_player;
	uint64_t hz, cycles; /* of the millisecond */
};

/* Frames ------------------------------------------------------------------------------------- */

static struct rte_mbuf *
make_datagram(struct field *field, enum who who, uint32_t number, uint16_t port)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(field->pool);
	struct datagram *datagram;
	const uint64_t random = rte_rand();
	const uint32_t stranger = NJ_TEST_IP(11, 0, 0, 0) + ((uint32_t)random & 0x3ffffff);

	if (m == NULL)
		return NULL;
	datagram = (struct datagram *)rte_pktmbuf_append(m, sizeof(*datagram));
	*datagram = (struct datagram){
		.ether = {.dst_addr = rig_mac(field->rig, CLIENTS),
			.src_addr = rig_peer_mac(CLIENT_IP),
			.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4)},
		.ip = {.version_ihl = 0x45,
			.total_length = RTE_BE16(sizeof(*datagram) - RTE_ETHER_HDR_LEN),
			.time_to_live = 60,
			.next_proto_id = IPPROTO_UDP,
			.src_addr = rte_cpu_to_be_32(who == PLAYER ? PLAYER_IP + number : stranger),
			.dst_addr = rte_cpu_to_be_32(OUR_CLIENT_IP)},
		.udp = {.src_port = rte_cpu_to_be_16(
				who == PLAYER ? 5000 : (uint16_t)(1024 + (random >> 32) % 60000)),
			.dst_port = rte_cpu_to_be_16(port),
			.dgram_len = RTE_BE16(sizeof(struct rte_udp_hdr) + 8)},
		.who = who,
		.number = number,
	};
	datagram->ip.hdr_checksum = rte_ipv4_cksum(&datagram->ip);
	return m;
}

/* What has no room is lost. */
static void
put(struct field *field, unsigned int side, struct rte_mbuf *m)
{
	if (rte_ring_enqueue(field->rig->in[side][0], m) != 0)
		rte_pktmbuf_free(m);
}

/* The one that was asked answers. */
static void
answer_arp(struct field *field, unsigned int side, struct rte_mbuf *m)
{
	struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(ether + 1);
	const rte_be32_t asked = arp->arp_data.arp_tip;

	if (arp->arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST)) {
		rte_pktmbuf_free(m);
		return;
	}
	arp->arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	arp->arp_data.arp_tha = arp->arp_data.arp_sha;
	arp->arp_data.arp_tip = arp->arp_data.arp_sip;
	arp->arp_data.arp_sip = asked;
	arp->arp_data.arp_sha = rig_peer_mac(rte_be_to_cpu_32(asked));
	ether->dst_addr = arp->arp_data.arp_tha;
	ether->src_addr = arp->arp_data.arp_sha;
	put(field, side, m);
}

static void
echo(struct field *field, struct rte_mbuf *m)
{
	struct datagram *datagram = rte_pktmbuf_mtod(m, struct datagram *);

	RTE_SWAP(datagram->ether.src_addr, datagram->ether.dst_addr);
	RTE_SWAP(datagram->ip.src_addr, datagram->ip.dst_addr);
	RTE_SWAP(datagram->udp.src_port, datagram->udp.dst_port);
	put(field, SERVERS, m);
}

/* The endpoint, and the gateway that all clients are behind, are both on the servers' side. */
static void
take(struct field *field, unsigned int side, struct rte_mbuf *m)
{
	const struct datagram *datagram = rte_pktmbuf_mtod(m, const struct datagram *);

	if (datagram->ether.ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP)) {
		answer_arp(field, side, m);
		return;
	}
	if (datagram->ip.next_proto_id == IPPROTO_UDP) {
		if (datagram->ip.dst_addr == rte_cpu_to_be_32(SERVER_IP(0))) {
			field->tally.arrived[datagram->who]++;
			if (datagram->who == PLAYER || field->answers_all) {
				echo(field, m);
				return;
			}
		} else if (datagram->who == PLAYER) {
			field->tally.answered++;
		}
	}
	rte_pktmbuf_free(m);
}

static unsigned int
take_all(struct field *field)
{
	unsigned int n = 0;
	void *pkts[BATCH];

	for (unsigned int side = CLIENTS; side <= SERVERS; side++) {
		for (unsigned int q = 0; q < field->rig->n_queues; q++) {
			const unsigned int got =
				rte_ring_dequeue_burst(field->rig->out[side][q], pkts, BATCH, NULL);

			for (unsigned int i = 0; i < got; i++)
				take(field, side, pkts[i]);
			n += got;
		}
	}
	return n;
}

/* Sending ------------------------------------------------------------------------------------ */

/* One that does not fit is not even made. */
static void
send_one(struct field *field, enum who who, uint16_t port)
{
	const uint32_t number = who == PLAYER ? field->next_player++ % PLAYERS : 0;
	struct rte_mbuf *m;

	field->tally.sent[who]++;
	if (rte_ring_full(field->rig->in[CLIENTS][0]))
		return;
	m = make_datagram(field, who, number, port);
	assert_non_null(m);
	put(field, CLIENTS, m);
}

/* A round of the worker, and of the manager where a millisecond has gone by. Returns what the
 * worker took, in cycles; somebody else's turn in between is not his. */
static uint64_t
work(struct field *field)
{
	const uint64_t began = rte_rdtsc();
	uint64_t took;

	worker_poll(field->rig->dataplane->workers[0], field->rig->now);
	took = RTE_MIN(rte_rdtsc() - began, (uint64_t)POLL_CYCLES_MAX);
	field->cycles += took;
	if (field->cycles >= field->hz / 1000) {
		field->cycles -= field->hz / 1000;
		field->rig->now++;
		manager_step(field->rig->dataplane->manager, field->rig->now);
	}
	take_all(field);
	return took;
}

/* Everything that is in flight arrives. */
static void
settle(struct field *field)
{
	for (unsigned int quiet = 0; quiet < 1000; quiet++) {
		work(field);
		if (rte_ring_count(field->rig->in[CLIENTS][0]) > 0 ||
			rte_ring_count(field->rig->in[SERVERS][0]) > 0)
			quiet = 0;
	}
}

/* Each datagram is a player's or a stranger's by chance. */
static void
flood(struct field *field, double seconds, double rate, uint16_t port)
{
	const double per_cycle = rate / (double)field->hz;
	const uint64_t end = (uint64_t)(seconds * (double)field->hz);
	const uint64_t share = (uint64_t)((double)PLAYERS / rate * (double)UINT32_MAX);
	double due = 0;

	for (uint64_t gone = 0; gone < end;) {
		const uint64_t took = work(field);

		gone += took;
		for (due += (double)took * per_cycle; due >= 1; due--) {
			if ((uint32_t)rte_rand() < share)
				send_one(field, PLAYER, LISTENER);
			else
				send_one(field, STRANGER, port);
		}
	}
	field->tally.seconds += seconds;
	settle(field);
}

/* Players' sessions: of strangers who are answered a few happen to send twice. */
static uint32_t
established(const struct field *field)
{
	const struct nj_session_table *table = field->rig->dataplane->workers[0]->sessions;
	struct nj_flow flow = {
		.endpoint = field->rig->dataplane->policy->clusters.endpoints[0].number,
		.src_port = RTE_BE16(5000),
		.dst_port = RTE_BE16(LISTENER),
		.dst_ip = rte_cpu_to_be_32(OUR_CLIENT_IP),
	};
	uint32_t n = 0;

	for (uint32_t i = 0; i < PLAYERS; i++) {
		const struct nj_session *session;

		flow.src_ip = rte_cpu_to_be_32(PLAYER_IP + i);
		session = nj_session_find(table, &flow);
		n += session != NULL && session->state == NJ_SESSION_ESTABLISHED;
	}
	return n;
}

static void
let_in_batch(struct field *field)
{
	for (unsigned int i = 0; i < BATCH; i++)
		send_one(field, PLAYER, LISTENER);
	while (rte_ring_count(field->rig->in[CLIENTS][0]) > 0 ||
		rte_ring_count(field->rig->in[SERVERS][0]) > 0)
		work(field);
}

/* All players come in, no more than `limit` a second where that is not 0. Each sends again once it
 * is answered, as one answer establishes nothing. */
static void
let_in(struct field *field, uint32_t limit)
{
	for (unsigned int i = 0, second = 0; i < PLAYERS; i += BATCH, second += BATCH) {
		if (limit != 0 && second + BATCH > limit) {
			field->rig->now += 1000;
			second = 0;
		}
		let_in_batch(field);
		field->next_player -= BATCH;
		let_in_batch(field);
	}
	settle(field);
}

/* Setting up ----------------------------------------------------------------------------------- */

static void
set_up(struct field *field, uint32_t limit)
{
	struct rig_options options = {.n_endpoints = 1,
		.capacity = CAPACITY,
		.gateway = "198.51.100.1",
		.n_sources = SOURCES,
		.sources = field->sources,
		.limits = {.per_second = limit}};

	nj_test_eal_memory(0, nj_test_hugepages_free(MEGABYTES) ? 0 : MEGABYTES);
	field->hz = rte_get_tsc_hz();
	for (uint32_t i = 0; i < SOURCES; i++)
		field->sources[i] = nj_ip_v4(rte_cpu_to_be_32(OUR_SERVER_IP + i));
	field->rig = rig_create(&options);
	field->pool = rte_pktmbuf_pool_create(
		"flood", 32767, 256, NJ_PACKET_PRIV_SIZE, 512, SOCKET_ID_ANY);
	assert_non_null(field->pool);
	rig_introduce(field->rig, SERVERS, SERVER_IP(0));
	rig_introduce(field->rig, SERVERS, GATEWAY);
}

static void
tear_down(struct field *field)
{
	rig_destroy(field->rig); /* and the law */
	assert_int_equal(rte_mempool_in_use_count(field->pool), 0);
}

/* Figures -------------------------------------------------------------------------------------- */

static void
add(struct tally *sum, const struct tally *one)
{
	for (unsigned int who = PLAYER; who <= STRANGER; who++) {
		sum->sent[who] += one->sent[who];
		sum->arrived[who] += one->arrived[who];
	}
	sum->answered += one->answered;
	sum->seconds += one->seconds;
}

static void
print_tally(const char *what, const struct tally *tally)
{
	printf("%-20s %6.1f s %7.2f M/s flood %7.3f M/s players, lost %6.2f %%, round trips lost %6.2f %%\n",
		what, tally->seconds, (double)tally->sent[STRANGER] / tally->seconds / 1e6,
		(double)tally->sent[PLAYER] / tally->seconds / 1e6,
		100 - 100.0 * (double)tally->arrived[PLAYER] / (double)tally->sent[PLAYER],
		100 - 100.0 * (double)tally->answered / (double)tally->sent[PLAYER]);
}

/* The kinds of flood, and what became of each. */
struct kind {
	const char *name;
	uint16_t port;
	bool answered;
	struct tally tally;
};

static void
slice(struct field *field, double seconds, double rate, struct kind *kind)
{
	field->tally = (struct tally){0};
	field->answers_all = kind->answered;
	flood(field, seconds, rate, kind->port);
	add(&kind->tally, &field->tally);
}

int
main(int argc, char **argv)
{
	static struct field field;
	const double seconds = argc > 1 ? atof(argv[1]) : 60;
	const double rate = (argc > 2 ? atof(argv[2]) : 14.88) * 1e6; /* of 10 GbE */
	const uint32_t limit = argc > 3 ? (uint32_t)atol(argv[3]) : 0;
	const unsigned int slices = (unsigned int)RTE_MAX((seconds + SLICE_S - 1) / SLICE_S, 1.0);
	struct kind kinds[] = {
		{.name = "flood for sessions", .port = LISTENER},
		{.name = "flood, answered", .port = LISTENER, .answered = true},
		{.name = "flood without state", .port = CLOSED_PORT},
	};
	long before, after;
	uint32_t left;

	setlinebuf(stdout);
	set_up(&field, limit);
	let_in(&field, limit);
	printf("%u sessions are established\n", established(&field));
	assert_int_equal(established(&field), PLAYERS);
	slice(&field, 0.2, rate, &kinds[0]); /* what it touches is there from now on */
	kinds[0].tally = (struct tally){0};
	before = memory_resident();
	for (unsigned int i = 0; i < slices * RTE_DIM(kinds); i++)
		slice(&field, seconds / slices, rate, &kinds[i % RTE_DIM(kinds)]);
	after = memory_resident();
	left = established(&field);
	for (unsigned int i = 0; i < RTE_DIM(kinds); i++)
		print_tally(kinds[i].name, &kinds[i].tally);
	printf("established sessions   %u before, %u after; evicted: %lu; refused: %lu\n", PLAYERS,
		left, (unsigned long)rig_counters(field.rig).sessions_evicted,
		(unsigned long)rig_counters(field.rig).sessions_rejected);
	printf("memory                 %ld KiB before, %ld KiB after\n", before, after);
	assert_int_equal(left, PLAYERS);
	assert_true(
		after - before < 8192); /* the kernel's own and buffers that were not used before */
	tear_down(&field);
	return 0;
}
