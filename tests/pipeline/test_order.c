/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams of one flow keep their order, whoever receives, owns and transmits them. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "eal.h"
#include "peers.h"

#define N_FLOWS 8
#define N_EACH  50

struct flows {
	struct rig *rig;
	int from, to;
	struct nj_address client[N_FLOWS], us[N_FLOWS]; /* us: as the endpoint sees it */
};

/* The number of a datagram is its payload. */
static void
send_numbered(struct flows *flows, unsigned int side, unsigned int flow, uint32_t number)
{
	const struct nj_address listener = peer_us(CLIENTS, flows->from, LISTENER),
				server = peer_server(flows->to, 0);
	const struct nj_test_datagram sent =
		side == CLIENTS
			? peer_datagram(&flows->client[flow], &listener, &number, sizeof(number))
			: peer_datagram(&server, &flows->us[flow], &number, sizeof(number));

	peer_put(flows->rig, side, flow % flows->rig->dataplane->ports[side].n_rx,
		nj_test_datagram_build(&sent, nj_test_pool()));
}

/* Each flow's numbers have to come out counted up, and all of them. */
static void
check_numbers(struct flows *flows, unsigned int side)
{
	const int family = side == CLIENTS ? flows->from : flows->to;
	const uint16_t payload = family == AF_INET6 ? NJ_PAYLOAD6_OFFSET : NJ_PAYLOAD4_OFFSET;
	uint32_t next[N_FLOWS] = {0}, number;
	struct rte_mbuf *m;

	for (; (m = peer_take(flows->rig, side)) != NULL; rte_pktmbuf_free(m)) {
		memcpy(&number, rte_pktmbuf_mtod_offset(m, void *, payload), sizeof(number));
		assert_int_equal(number / N_FLOWS, next[number % N_FLOWS]);
		next[number % N_FLOWS]++;
	}
	for (unsigned int i = 0; i < N_FLOWS; i++)
		assert_int_equal(next[i], N_EACH);
}

/* Returns how many were handed to another worker. */
static uint64_t
keep_order(unsigned int combination, unsigned int n_workers, unsigned int n_queues)
{
	const struct rig_options options = {.n_workers = n_workers, .n_queues = n_queues};
	struct flows flows = {.from = NJ_TEST_FROM(combination), .to = NJ_TEST_TO(combination)};
	const struct nj_address server = peer_server(flows.to, 0);
	uint64_t handoffs;

	flows.rig = peer_rig(&options, flows.to);
	for (uint16_t i = 0; i < N_FLOWS; i++) {
		flows.client[i] = peer_client(flows.from, (uint16_t)(CLIENT_PORT + i));
		flows.us[i] = peer_us(
			SERVERS, flows.to, peer_establish(flows.rig, &flows.client[i], &server));
	}
	for (uint32_t number = 0; number < N_FLOWS * N_EACH; number++) {
		send_numbered(&flows, CLIENTS, number % N_FLOWS, number);
		send_numbered(&flows, SERVERS, number % N_FLOWS, number);
	}
	rig_run(flows.rig);
	check_numbers(&flows, SERVERS);
	check_numbers(&flows, CLIENTS);
	handoffs = rig_counters(flows.rig).handoffs;
	rig_destroy(flows.rig);
	return handoffs;
}

static void
flows_keep_their_order_with_a_queue_for_each_worker(void **state)
{
	uint64_t handoffs = 0;

	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++)
		for (unsigned int n_workers = 1; n_workers <= 4; n_workers++)
			handoffs += keep_order(c, n_workers, n_workers + 1);
	assert_true(handoffs > 0);
}

/* Then one worker receives and one transmits for all of them, and the manager. */
static void
flows_keep_their_order_with_one_queue_for_all(void **state)
{
	uint64_t handoffs = 0;

	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++)
		for (unsigned int n_workers = 1; n_workers <= 4; n_workers++)
			handoffs += keep_order(c, n_workers, 1);
	assert_true(handoffs > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_keep_their_order_with_a_queue_for_each_worker),
		cmocka_unit_test(flows_keep_their_order_with_one_queue_for_all),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
