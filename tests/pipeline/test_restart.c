/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A restart under a server that does not notice: it streams on to the upstream ports of before. No
 * datagram of a stream may reach another client than its own, whoever has come meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "peers.h"
#include "worker.h"

#define WALL      INT64_C(1700000000000)
#define PLAYERS   200
#define PORT_MIN  20000
#define PORTS     1000
#define CLIENT(n) ((uint16_t)(5000 + (n)))
#define STREAM_MS 50    /* between two datagrams to one port */
#define AFTER_MS  15000 /* longer than unreplied_ttl */
#define JOINING   4     /* clients in each STREAM_MS, so that all come while ports rest */

struct field {
	char folder[32], path[64];
	struct rig *rig;
	bool restarted;
	uint16_t streams[PLAYERS]; /* upstream ports of before, by player */
	unsigned int strays, delivered, next;
};

static int
setup(void **state)
{
	struct field *field = calloc(1, sizeof(*field));

	strcpy(field->folder, "/tmp/nj-restart-XXXXXX");
	assert_non_null(mkdtemp(field->folder));
	snprintf(field->path, sizeof(field->path), "%s/sessions", field->folder);
	*state = field;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const suffixes[] = {"", ".lock", ".new"};
	struct field *field = *state;
	char path[80];

	rig_destroy(field->rig);
	for (unsigned int i = 0; i < RTE_DIM(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", field->path, suffixes[i]);
		unlink(path);
	}
	rmdir(field->folder);
	free(field);
	return 0;
}

static void
start(struct field *field, bool with_file, unsigned int n_workers, int64_t wall_ms, bool ask)
{
	field->rig = rig_create(&(struct rig_options){
		.n_endpoints = 1,
		.n_workers = n_workers,
		.port_min = PORT_MIN,
		.port_max = PORT_MIN + PORTS - 1,
		.capacity = 4096,
		.state_file = with_file ? field->path : NULL,
		.wall_ms = wall_ms,
		.ask = ask,
	});
}

static void
introduce(struct field *field)
{
	rig_introduce(field->rig, CLIENTS, CLIENT_IP);
	rig_introduce(field->rig, SERVERS, SERVER_IP(0));
}

static void
send_from_server(struct field *field, uint16_t upstream_port, unsigned int client_port)
{
	char payload[16];
	struct nj_test_frame frame;

	snprintf(payload, sizeof(payload), "%u", client_port);
	frame = rig_server_frame(0, upstream_port, payload);
	rig_send(field->rig, SERVERS, &frame);
}

static const struct rte_udp_hdr *
udp_of(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, NJ_L3_OFFSET);

	return ip->next_proto_id == IPPROTO_UDP ? (const struct rte_udp_hdr *)(ip + 1) : NULL;
}

static void
take_at_client(struct field *field, const struct rte_mbuf *m)
{
	const struct rte_udp_hdr *udp = udp_of(m);
	char payload[16] = "";

	if (udp == NULL)
		return;
	memcpy(payload, udp + 1, rte_be_to_cpu_16(udp->dgram_len) - sizeof(*udp));
	field->delivered++;
	field->strays += rte_be_to_cpu_16(udp->dst_port) != atoi(payload);
}

/* Each datagram names its client, and is answered. */
static void
take_at_server(struct field *field, const struct rte_mbuf *m)
{
	const struct rte_udp_hdr *udp = udp_of(m);
	char payload[16] = "";

	if (udp == NULL)
		return;
	memcpy(payload, udp + 1, rte_be_to_cpu_16(udp->dgram_len) - sizeof(*udp));
	send_from_server(field, rte_be_to_cpu_16(udp->src_port), (unsigned int)atoi(payload));
	if (!field->restarted)
		field->streams[atoi(payload) - CLIENT(0)] = rte_be_to_cpu_16(udp->src_port);
}

static void
run(struct field *field)
{
	struct rte_mbuf *m;

	rig_run(field->rig);
	while ((m = peer_take(field->rig, SERVERS)) != NULL) {
		take_at_server(field, m);
		rte_pktmbuf_free(m);
	}
	rig_run(field->rig);
	for (unsigned int side = CLIENTS; side <= SERVERS; side++)
		while ((m = peer_take(field->rig, side)) != NULL) {
			if (side == CLIENTS)
				take_at_client(field, m);
			rte_pktmbuf_free(m);
		}
}

/* A datagram that names its client, who goes on once it was answered. */
static void
join(struct field *field, uint16_t client_port)
{
	struct nj_test_frame frame;
	char payload[16];

	snprintf(payload, sizeof(payload), "%u", client_port);
	frame = rig_client_frame(client_port, payload);
	rig_send(field->rig, CLIENTS, &frame);
}

static void
all_join(struct field *field)
{
	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < PLAYERS; i++) {
			join(field, CLIENT(i));
			run(field);
		}
}

static void
go_on(struct field *field, nj_ms_t ms, unsigned int joining)
{
	for (nj_ms_t gone = 0; gone < ms; gone += STREAM_MS) {
		for (unsigned int i = 0; i < PLAYERS; i++) {
			send_from_server(field, field->streams[i], CLIENT(i));
			if (i % WORKER_BURST == 0)
				run(field);
		}
		/* Every other one is another player than before. */
		for (unsigned int i = 0; i < joining; i++, field->next++)
			join(field, CLIENT(field->next % PLAYERS + (field->next % 2) * PLAYERS));
		run(field);
		field->rig->now += STREAM_MS;
	}
}

/* As many streams as players; no stray before the restart. */
static void
play(struct field *field, bool with_file, unsigned int n_workers)
{
	start(field, with_file, n_workers, WALL, false);
	introduce(field);
	all_join(field);
	assert_int_equal(rig_sessions(field->rig), PLAYERS);
	go_on(field, 200, 0);
	assert_int_equal(field->strays, 0);
	assert_true(field->delivered > PLAYERS);
}

static void
play_on(struct field *field)
{
	field->delivered = 0;
	field->restarted = true;
	go_on(field, AFTER_MS, JOINING);
	assert_int_equal(field->strays, 0);
	assert_true(field->delivered > PLAYERS); /* who has joined is served */
	assert_int_equal(rig_dropped(field->rig, NJ_DROP_NO_PORTS), 0);
	assert_int_equal(rig_dropped(field->rig, NJ_DROP_NEIGHBOR_UNREACHABLE), 0);
}

/* The second in which addresses are asked about is enough to hear which ports are in use. */
static void
without_a_file(void **state)
{
	struct field *field = *state;

	play(field, false, 1);
	rig_destroy(field->rig);
	start(field, false, 1, WALL + 1000, true);
	assert_int_equal(rig_discard(field->rig), 2); /* questions whether our addresses are free */
	go_on(field, NJ_DAD_MS, 0);
	assert_true(rig_dropped(field->rig, NJ_DROP_STARTING) > PLAYERS);
	play_on(field);
}

static void
with_a_file(struct field *field, unsigned int before, unsigned int after)
{
	int64_t wall_ms;

	play(field, true, before);
	rig_save(field->rig, true);
	wall_ms = rig_time(field->rig).wall_ms + 100;
	rig_destroy(field->rig);
	start(field, true, after, wall_ms, false);
	introduce(field);
	assert_int_equal(rig_sessions(field->rig), PLAYERS);
	play_on(field);
}

static void
one_worker_becomes_two(void **state)
{
	with_a_file(*state, 1, 2);
}

static void
two_workers_become_three(void **state)
{
	with_a_file(*state, 2, 3);
}

static void
four_workers_become_one(void **state)
{
	with_a_file(*state, 4, 1);
}

/* Ports of sessions that do not come back rest: here their time to live was over meanwhile. */
static void
sessions_that_stay_away(void **state)
{
	struct field *field = *state;
	int64_t wall_ms;

	play(field, true, 2);
	rig_save(field->rig, true);
	wall_ms = rig_time(field->rig).wall_ms + 61000;
	rig_destroy(field->rig);
	start(field, true, 3, wall_ms, false);
	introduce(field);
	assert_int_equal(rig_sessions(field->rig), 0);
	play_on(field);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_file),
		TEST(one_worker_becomes_two),
		TEST(two_workers_become_three),
		TEST(four_workers_become_one),
		TEST(sessions_that_stay_away),
	};

	return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
