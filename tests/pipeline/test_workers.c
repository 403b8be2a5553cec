/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several workers: whichever queue a datagram comes in on, its flow has one
 * owner, and every client gets its own replies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "nj_packet.h"
#include "rig.h"

#define N_CLIENTS 1000

static void
name_client(char text[16], unsigned int client)
{
	snprintf(text, 16, "client %u", client);
}

/* The payload as text, as what lies behind it in the buffer is not its own. */
static const struct rte_udp_hdr *
read_text(struct rte_mbuf *m, char text[16])
{
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, NJ_UDP4_OFFSET);

	snprintf(text, 16, "%.*s", (int)(rte_be_to_cpu_16(udp->dgram_len) - sizeof(*udp)),
		(const char *)(udp + 1));
	return udp;
}

/* Half of what a client sends comes in on one queue, half on another. */
static void
send_from_all(struct rig *rig, unsigned int first, unsigned int n)
{
	char text[16];

	for (unsigned int client = first; client < first + n; client++) {
		struct nj_test_frame frame;

		name_client(text, client);
		frame = rig_client_frame((uint16_t)(10000 + client), text);
		rig_send_on(rig, 0, client % rig->dataplane->ports[0].n_rx, &frame);
	}
	rig_run(rig);
}

/* The servers answer with what they got; where the answer comes in has nothing to do with who owns
 * it. */
static void
answer_all(struct rig *rig, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *m = rig_take(rig, SERVERS);
		const struct rte_udp_hdr *udp;
		struct nj_test_frame frame;
		char text[16] = "";

		assert_non_null(m);
		udp = read_text(m, text);
		frame = rig_server_frame(0, rte_be_to_cpu_16(udp->src_port), text);
		rig_send_on(rig, 1, (i + 1) % rig->dataplane->ports[1].n_rx, &frame);
		rte_pktmbuf_free(m);
	}
	rig_run(rig);
}

static void
check_answers(struct rig *rig, unsigned int first, unsigned int n)
{
	unsigned int seen = 0;

	for (struct rte_mbuf *m; (m = rig_take(rig, CLIENTS)) != NULL; rte_pktmbuf_free(m)) {
		char wanted[16], text[16];
		const struct rte_udp_hdr *udp = read_text(m, text);

		name_client(wanted, rte_be_to_cpu_16(udp->dst_port) - 10000u);
		assert_string_equal(text, wanted);
		seen++;
	}
	assert_int_equal(seen, n);
}

static void
run(unsigned int n_workers, unsigned int n_queues)
{
	struct rig_options options = {.n_workers = n_workers,
		.n_queues = n_queues,
		.n_endpoints = 1,
		.capacity = 4 * N_CLIENTS};
	struct rig *rig = rig_create(&options);
	uint64_t handoffs;

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int first = 0; first < N_CLIENTS; first += 200) {
			send_from_all(rig, first, 200);
			answer_all(rig, 200);
			check_answers(rig, first, 200);
		}
	}
	assert_int_equal(rig_sessions(rig), N_CLIENTS);
	handoffs = rig_counters(rig).handoffs;
	assert_true(n_workers == 1 ? handoffs == 0 : handoffs > N_CLIENTS);
	rig_expect_nothing(rig);
	rig_destroy(rig);
}

static void
a_thousand_clients_get_their_own(void **state)
{
	for (unsigned int n_workers = 1; n_workers <= 4; n_workers++)
		run(n_workers, n_workers + 1);
}

/* Then one worker receives, and one transmits, for all. */
static void
one_queue_serves_many_workers(void **state)
{
	for (unsigned int n_workers = 1; n_workers <= 4; n_workers++)
		run(n_workers, 1);
}

/* Eight clients counted in turn: each one's numbers have to come out in steps of eight. */
static void
check_order(struct rig *rig)
{
	unsigned int next[8] = {0, 1, 2, 3, 4, 5, 6, 7};
	rte_be16_t ports[8] = {0};

	for (struct rte_mbuf *m; (m = rig_take(rig, SERVERS)) != NULL; rte_pktmbuf_free(m)) {
		char text[16];
		const struct rte_udp_hdr *udp = read_text(m, text);
		unsigned int number;

		assert_int_equal(sscanf(text, "client %u", &number), 1);
		assert_int_equal(number, next[number % 8]);
		next[number % 8] += 8;
		assert_true(ports[number % 8] == 0 || ports[number % 8] == udp->src_port);
		ports[number % 8] = udp->src_port;
	}
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(next[i], 400 + i);
}

static void
order_within_a_flow_is_kept(void **state)
{
	struct rig_options options = {.n_workers = 3, .n_queues = 1, .n_endpoints = 1};
	struct rig *rig = rig_create(&options);

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	for (unsigned int i = 0; i < 400; i++) {
		char text[16];
		struct nj_test_frame frame;

		name_client(text, i);
		frame = rig_client_frame((uint16_t)(10000 + i % 8), text);
		rig_send(rig, CLIENTS, &frame);
	}
	rig_run(rig);
	check_order(rig);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_clients_get_their_own),
		cmocka_unit_test(one_queue_serves_many_workers),
		cmocka_unit_test(order_within_a_flow_is_kept),
	};

	return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
