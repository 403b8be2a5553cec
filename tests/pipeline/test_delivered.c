/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What counts as delivered, by workers, endpoints and sessions, is what has left: a datagram that
 * is dropped on its way out, wherever that happens, does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "manager.h"
#include "pieces.h"
#include "worker.h"

#define DEVICE_ROOM 4095 /* frames that a port of the rig holds */

static uint8_t bytes[3000];

struct delivered {
	uint64_t packets, bytes;
};

static struct delivered
by_workers(const struct rig *rig, enum nj_direction direction)
{
	const struct nj_counters counters = rig_counters(rig);

	if (direction == NJ_DOWNSTREAM)
		return (struct delivered){counters.downstream_packets, counters.downstream_bytes};
	return (struct delivered){counters.upstream_packets, counters.upstream_bytes};
}

static struct delivered
by_endpoints(const struct rig *rig, enum nj_direction direction)
{
	const struct nj_clusters *clusters = &rig->dataplane->policy->clusters;
	struct delivered sum = {0};

	for (unsigned int w = 0; w < rig->dataplane->n_workers; w++)
		for (uint32_t i = 0; i < clusters->n_endpoints; i++) {
			const struct nj_endpoint_counters *counters =
				nj_session_endpoint(rig->dataplane->workers[w]->sessions,
					clusters->endpoints[i].number);

			sum.packets += counters->packets[direction];
			sum.bytes += counters->bytes[direction];
		}
	return sum;
}

static struct delivered
by_sessions(const struct rig *rig, enum nj_direction direction)
{
	struct delivered sum = {0};
	struct nj_session_image image;

	for (unsigned int w = 0; w < rig->dataplane->n_workers; w++) {
		const struct nj_session_table *table = rig->dataplane->workers[w]->sessions;

		for (uint32_t number = 0; number < nj_session_used(table); number++)
			if (nj_session_copy(table, number, &image)) {
				sum.packets += image.packets[direction];
				sum.bytes += image.bytes[direction];
			}
	}
	return sum;
}

static void
expect(struct delivered delivered, uint64_t packets, uint64_t length)
{
	assert_int_equal(delivered.packets, packets);
	assert_int_equal(delivered.bytes, packets * length);
}

/* So many datagrams of `length` bytes of payload. */
static void
expect_delivered(
	const struct rig *rig, enum nj_direction direction, uint64_t packets, uint64_t length)
{
	expect(by_workers(rig, direction), packets, length);
	expect(by_endpoints(rig, direction), packets, length);
	expect(by_sessions(rig, direction), packets, length);
}

static unsigned int
take_all(struct rig *rig, unsigned int side)
{
	unsigned int n = 0;

	for (struct rte_mbuf *m; (m = peer_take(rig, side)) != NULL; n++)
		rte_pktmbuf_free(m);
	return n;
}

/* From so many clients in turn; polled by `poll`. */
static void
send_some(struct rig *rig, unsigned int n, unsigned int n_clients, void (*poll)(struct rig *))
{
	for (unsigned int i = 0; i < n; i++) {
		struct nj_test_frame frame =
			rig_client_frame((uint16_t)(CLIENT_PORT + i % n_clients), "hello");

		rig_send(rig, CLIENTS, &frame);
		if (i % 64 == 63)
			poll(rig);
	}
	poll(rig);
}

/* A rig whose first endpoint nobody has answered for. */
static struct rig *
stranger_rig(struct rig_options options)
{
	struct rig *rig;

	options.n_endpoints = 1;
	rig = rig_create(&options);
	rig_introduce(rig, CLIENTS, CLIENT_IP);
	return rig;
}

static void
what_waits_in_vain_for_an_address_does_not_count(void **state)
{
	for (unsigned int n_workers = 1; n_workers <= 2; n_workers++) {
		struct rig *rig = stranger_rig((struct rig_options){.n_workers = n_workers});

		send_some(rig, 8, 8, rig_run);
		rig_wait(rig, 3500, 100);
		assert_int_equal(rig_dropped(rig, NJ_DROP_NEIGHBOR_UNREACHABLE), 8);
		assert_int_equal(rig_sessions(rig), 8);
		expect_delivered(rig, NJ_DOWNSTREAM, 0, 5);
		send_some(rig, 8, 8, rig_run); /* the neighbor has failed, and the worker knows */
		assert_int_equal(rig_dropped(rig, NJ_DROP_NEIGHBOR_UNREACHABLE), 16);
		expect_delivered(rig, NJ_DOWNSTREAM, 0, 5);
		rig_destroy(rig);
	}
}

/* Its session may give way to another's meanwhile. */
static void
a_session_that_ended_is_left_alone(void **state)
{
	struct rig *rig = stranger_rig((struct rig_options){.capacity = 1});

	send_some(rig, 2, 2, rig_run);
	assert_int_equal(rig_counters(rig).sessions_evicted, 1);
	expect(by_workers(rig, NJ_DOWNSTREAM), 2, 5);
	rig_wait(rig, 6000, 100);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NEIGHBOR_UNREACHABLE), 2);
	expect_delivered(rig, NJ_DOWNSTREAM, 0, 5);
	rig_destroy(rig);
}

static void
poll_workers(struct rig *rig)
{
	for (unsigned int i = 0; i < rig->dataplane->n_workers; i++)
		worker_poll(rig->dataplane->workers[i], rig->now);
}

/* The manager is busy elsewhere. */
static void
what_finds_no_room_on_its_way_to_the_manager_does_not_count(void **state)
{
	struct rig *rig = stranger_rig((struct rig_options){0});

	send_some(rig, 2000, 10, poll_workers);
	assert_true(rig_dropped(rig, NJ_DROP_LOCAL_FULL) > 900);
	rig_run(rig);
	assert_true(rig_dropped(rig, NJ_DROP_NEIGHBOR_QUEUE_FULL) > 900);
	rig_wait(rig, 6000, 100);
	expect_delivered(rig, NJ_DOWNSTREAM, 0, 5);
	rig_destroy(rig);
}

/* With one queue the second worker's frames leave through the first. */
static void
what_a_device_does_not_take_does_not_count(void **state)
{
	for (unsigned int n_workers = 1; n_workers <= 2; n_workers++) {
		struct rig *rig = peer_rig(
			&(struct rig_options){.n_workers = n_workers, .n_queues = 1}, AF_INET);
		unsigned int sent = DEVICE_ROOM + 100, left;

		send_some(rig, sent, 64, rig_run);
		assert_true(rig_dropped(rig, NJ_DROP_TX_FULL) >= 100);
		left = take_all(rig, SERVERS);
		assert_int_equal(left, sent - rig_dropped(rig, NJ_DROP_TX_FULL));
		expect_delivered(rig, NJ_DOWNSTREAM, left, 5);
		rig_destroy(rig);
	}
}

static void
poll_first(struct rig *rig)
{
	worker_poll(rig->dataplane->workers[0], rig->now);
}

/* The first worker has the only queue, and is busy elsewhere: the second's ring to it is full, as
 * each datagram becomes two. */
static void
what_finds_no_room_on_its_way_to_a_queue_does_not_count(void **state)
{
	struct rig *rig = peer_rig(
		&(struct rig_options){
			.n_workers = 2, .n_queues = 1, .policy = peer_policy(NULL, AF_INET, 2)},
		AF_INET);
	unsigned int left;

	rig_introduce(rig, SERVERS, SERVER_IP(1));
	take_all(rig, SERVERS);
	send_some(rig, 3000, 64, poll_first);
	left = take_all(rig, SERVERS);
	for (unsigned int i = 0; i < MESH_RING_PACKETS / WORKER_BURST; i++)
		worker_poll(rig->dataplane->workers[1], rig->now);
	assert_true(rig_dropped(rig, NJ_DROP_HANDOFF_FULL) > 100);
	rig_run(rig);
	left += take_all(rig, SERVERS);
	expect_delivered(rig, NJ_DOWNSTREAM, left, 5);
	rig_destroy(rig);
}

static void
what_is_too_big_does_not_count(void **state)
{
	struct pieces_pair pair =
		pieces_pair(AF_INET, AF_INET6, bytes, 1472, &(struct rig_options){0});
	struct rte_mbuf *answer;

	pair.sent.fragment = DF;
	peer_send(pair.rig, CLIENTS, &pair.sent);
	rig_run(pair.rig);
	assert_int_equal(rig_dropped(pair.rig, NJ_DROP_TOO_BIG), 1);
	answer = peer_take(pair.rig, CLIENTS);
	assert_non_null(answer);
	rte_pktmbuf_free(answer);
	expect_delivered(pair.rig, NJ_DOWNSTREAM, 0, 0);
	rig_destroy(pair.rig);
}

/* Leaves room for so many frames in the servers' device, and returns how many it has in it. */
static unsigned int
fill_device(struct rig *rig, unsigned int room)
{
	send_some(rig, DEVICE_ROOM - room, 64, rig_run);
	assert_int_equal(rig_dropped(rig, NJ_DROP_TX_FULL), 0);
	return DEVICE_ROOM - room;
}

/* A datagram that leaves in fragments has left once the last of them has. */
static void
what_leaves_in_fragments_counts_once(void **state)
{
	for (unsigned int room = 0; room <= 3; room++) {
		struct pieces_pair pair =
			pieces_pair(AF_INET, AF_INET, bytes, 3000, &(struct rig_options){0});
		const uint64_t whole = room == 3;
		struct rte_mbuf *pieces[PIECES_MAX];
		unsigned int n = pieces_cut(&pair.sent, 0x4321, 1480, pieces);
		unsigned int before = fill_device(pair.rig, room);
		struct delivered delivered;

		assert_int_equal(n, 3);
		for (unsigned int i = 0; i < n; i++)
			peer_put(pair.rig, CLIENTS, 0, pieces[i]);
		rig_run(pair.rig);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_TX_FULL), 3 - room);
		delivered = by_workers(pair.rig, NJ_DOWNSTREAM);
		assert_int_equal(delivered.packets, before + whole);
		assert_int_equal(delivered.bytes, before * 5 + whole * 3000);
		delivered = by_sessions(pair.rig, NJ_DOWNSTREAM);
		assert_int_equal(delivered.packets, before + whole);
		assert_int_equal(delivered.bytes, before * 5 + whole * 3000);
		take_all(pair.rig, SERVERS);
		rig_destroy(pair.rig);
	}
}

static void
replies_that_are_dropped_do_not_count(void **state)
{
	struct rig *rig = peer_rig(&(struct rig_options){0}, AF_INET);
	const uint16_t upstream_port = rig_establish(rig, CLIENT_PORT);
	struct nj_test_frame frame = rig_server_frame(0, upstream_port, "again");
	const struct delivered before = by_workers(rig, NJ_UPSTREAM);
	unsigned int left;

	for (unsigned int i = 0; i < DEVICE_ROOM + 100; i++) {
		rig_send(rig, SERVERS, &frame);
		if (i % 64 == 63)
			rig_run(rig);
	}
	rig_run(rig);
	assert_true(rig_dropped(rig, NJ_DROP_TX_FULL) >= 100);
	left = take_all(rig, CLIENTS);
	assert_int_equal(by_workers(rig, NJ_UPSTREAM).packets, before.packets + left);
	assert_int_equal(by_endpoints(rig, NJ_UPSTREAM).packets, before.packets + left);
	assert_int_equal(by_sessions(rig, NJ_UPSTREAM).packets, before.packets + left);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_waits_in_vain_for_an_address_does_not_count),
		cmocka_unit_test(a_session_that_ended_is_left_alone),
		cmocka_unit_test(what_finds_no_room_on_its_way_to_the_manager_does_not_count),
		cmocka_unit_test(what_a_device_does_not_take_does_not_count),
		cmocka_unit_test(what_finds_no_room_on_its_way_to_a_queue_does_not_count),
		cmocka_unit_test(what_is_too_big_does_not_count),
		cmocka_unit_test(what_leaves_in_fragments_counts_once),
		cmocka_unit_test(replies_that_are_dropped_do_not_count),
	};
	uint32_t seed = 815;

	nj_test_random_bytes(&seed, bytes, sizeof(bytes));
	return cmocka_run_group_tests_name("delivered", tests, NULL, NULL);
}
