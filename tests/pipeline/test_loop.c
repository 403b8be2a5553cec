/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An endpoint's address as a client's: with a session between the two, a server that answers what
 * it gets would answer itself for ever. Every server here is one of those.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "manager.h"
#include "peers.h"
#include "worker.h"

#define ROUNDS    1000
#define N_CLIENTS 100

static const int families[] = {AF_INET, AF_INET6};

static struct nj_policy *
policy_of(const struct nj_address *endpoints, unsigned int n)
{
	struct nj_policy *policy = rig_policy(0);

	for (unsigned int i = 0; i < n; i++)
		assert_non_null(nj_clusters_add_endpoint(&policy->clusters, &endpoints[i]));
	assert_int_equal(nj_clusters_index(&policy->clusters), 0);
	return policy;
}

/* Where it was sent to answers. */
static void
send_back(struct rig *rig, unsigned int side, struct rte_mbuf *m)
{
	uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, NJ_L3_OFFSET);
	const bool ipv6 = ip[0] >> 4 == 6;
	const unsigned int length = ipv6 ? 16 : 4;
	uint8_t *source = ip + (ipv6 ? 8 : 12), *udp = ip + (ipv6 ? 40 : 20), other[16];

	memcpy(other, source, length);
	memcpy(source, source + length, length);
	memcpy(source + length, other, length);
	memcpy(other, udp, 2);
	memcpy(udp, udp + 2, 2);
	memcpy(udp + 2, other, 2);
	peer_put(rig, side, 0, m);
}

/* How many datagrams leave until nothing moves any more, or ROUNDS. */
static unsigned int
count_datagrams(struct rig *rig)
{
	unsigned int n = 0;
	struct rte_mbuf *m;

	rig_run(rig);
	while (n < ROUNDS && (m = peer_take(rig, SERVERS)) != NULL) {
		send_back(rig, SERVERS, m);
		rig_run(rig);
		n++;
	}
	while ((m = peer_take(rig, SERVERS)) != NULL)
		rte_pktmbuf_free(m);
	return n;
}

/* With a made-up sender it may come in anywhere. */
static void
one_datagram_makes_at_most_one(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++)
		for (unsigned int n = 1; n <= 2; n++)
			for (unsigned int side = CLIENTS; side <= SERVERS; side++) {
				const struct rig_options options = {
					.policy = peer_policy(NULL, families[f], n)};
				struct rig *rig = peer_rig(&options, families[f]);
				const struct nj_address server = peer_server(families[f], 0),
							us = peer_us(side, families[f], LISTENER);
				const struct nj_test_datagram forged =
					peer_datagram(&server, &us, "round and round", 15);

				peer_send(rig, side, &forged);
				assert_true(count_datagrams(rig) <= 1);
				assert_int_equal(rig_dropped(rig, NJ_DROP_CLIENT_IS_ENDPOINT), n);
				assert_int_equal(rig_sessions(rig), 0);
				rig_destroy(rig);
			}
}

/* Another port of a server's machine is a client's as any other. */
static void
an_endpoints_neighbor_is_a_client(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct rig *rig = peer_rig(&(struct rig_options){0}, families[f]);
		struct nj_address client = peer_server(families[f], 0);
		const struct nj_address us = peer_us(CLIENTS, families[f], LISTENER),
					server = peer_server(families[f], 0);
		struct nj_test_datagram sent;

		client.port = RTE_BE16(SERVER_PORT + 1);
		sent = peer_datagram(&client, &us, "hello", 5);
		peer_request(rig, &sent, &server, 0);
		assert_int_equal(rig_sessions(rig), 1);
		rig_destroy(rig);
	}
}

/* Reloads --------------------------------------------------------------------------------- */

/* As the reloader does it, but for the file. */
static void
put_into_force(struct rig *rig, struct nj_policy *policy)
{
	struct dataplane *dataplane = rig->dataplane;

	assert_int_equal(
		nj_endpoint_numbers_assign(dataplane->numbers, &policy->clusters, NULL, NULL), 0);
	assert_int_equal(
		nj_chain_open(policy->chain, dataplane->policy->chain, dataplane->n_workers), 0);
	policy->generation = dataplane->policy->generation + 1;
	manager_swap_policy(dataplane->manager, policy);
}

static void
let_the_old_one_go(struct rig *rig)
{
	struct manager *manager = rig->dataplane->manager;

	rig_run(rig);
	assert_int_equal(sem_trywait(&manager->retired), 0);
	nj_policy_free(manager->old_policy);
}

/* The first is the endpoint that there was; the clients are endpoints, too, from the second on. */
static void
a_client_that_becomes_an_endpoint_loses_its_session(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const int from = NJ_TEST_FROM(c), to = NJ_TEST_TO(c);
		struct rig *rig = peer_rig(&(struct rig_options){.n_workers = 2}, to);
		struct nj_address endpoints[1 + N_CLIENTS] = {peer_server(to, 0)};
		const struct nj_address us = peer_us(CLIENTS, from, LISTENER);
		struct nj_test_datagram sent;

		for (uint16_t i = 0; i < N_CLIENTS; i++) {
			endpoints[1 + i] = peer_client(from, CLIENT_PORT + i);
			peer_establish(rig, &endpoints[1 + i], &endpoints[0]);
		}
		put_into_force(rig, policy_of(endpoints, N_CLIENTS)); /* all but the last */
		for (unsigned int i = 0; i < 2; i++)
			worker_poll(rig->dataplane->workers[i], rig->now);
		assert_true(rig_sessions(rig) >= N_CLIENTS - 2 * REVIEW_SLICE);
		let_the_old_one_go(rig);
		rig_wait(rig, 20, 1);
		assert_int_equal(rig_sessions(rig), 1);
		assert_int_equal(rig_counters(rig).sessions_ended, N_CLIENTS - 1);
		sent = peer_datagram(&endpoints[1], &us, "again", 5);
		peer_send(rig, CLIENTS, &sent);
		rig_run(rig);
		assert_int_equal(rig_dropped(rig, NJ_DROP_CLIENT_IS_ENDPOINT), N_CLIENTS);
		peer_expect_nothing(rig);
		rig_destroy(rig);
	}
}

/* The table is gone over once for each policy, and not again. */
static void
who_is_no_endpoint_stays(void **state)
{
	struct rig *rig = peer_rig(&(struct rig_options){0}, AF_INET);
	const struct nj_address server = peer_server(AF_INET, 0),
				client = peer_client(AF_INET, CLIENT_PORT);
	const uint16_t port = peer_establish(rig, &client, &server);

	for (unsigned int i = 0; i < 3; i++) {
		put_into_force(rig, policy_of(&server, 1));
		let_the_old_one_go(rig);
		assert_int_equal(rig->dataplane->workers[0]->review.left, 0);
		assert_int_equal(peer_establish(rig, &client, &server), port);
	}
	assert_int_equal(rig_counters(rig).sessions_ended, 0);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_datagram_makes_at_most_one),
		cmocka_unit_test(an_endpoints_neighbor_is_a_client),
		cmocka_unit_test(a_client_that_becomes_an_endpoint_loses_its_session),
		cmocka_unit_test(who_is_no_endpoint_stays),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
