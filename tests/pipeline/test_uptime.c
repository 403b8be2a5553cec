/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traffic while the clock turns: after 24.8 days, where a signed comparison would, and after 49.7,
 * where it wraps. Sessions, neighbors, fragments, limits and answers go on as ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "manager.h"
#include "pieces.h"
#include "reassembly.h"
#include "worker.h"

#define BEFORE_MS 45000 /* of a turn, when traffic begins: longer than a neighbor is believed */
#define STEP_MS   1000

static const uint32_t turns[] = {UINT32_C(1) << 31, 0};
static const uint8_t payload[2000];

/* As if natterjack had run until shortly before the turn. */
static struct pieces_pair
begin(uint32_t turn)
{
	struct pieces_pair pair =
		pieces_pair(AF_INET, AF_INET, payload, sizeof(payload), &(struct rig_options){0});

	pair.rig->now = turn - BEFORE_MS;
	rig_run(pair.rig); /* who was a neighbor so long ago is forgotten */
	peer_meet(pair.rig);
	return pair;
}

static void
a_session_goes_on_and_ends_in_time(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(turns); i++) {
		const struct pieces_pair pair = begin(turns[i]);
		const struct nj_address client = peer_client(AF_INET, CLIENT_PORT);
		const struct nj_address server = peer_server(AF_INET, 0);
		const uint16_t port = peer_establish(pair.rig, &client, &server);

		for (unsigned int second = 0; second < 2 * BEFORE_MS / STEP_MS; second++) {
			peer_wait(pair.rig, STEP_MS);
			assert_int_equal(peer_establish(pair.rig, &client, &server), port);
		}
		assert_true(pair.rig->now - turns[i] < INT32_MAX); /* it has turned */
		peer_wait(pair.rig, pair.rig->appliance.sessions.ttl_ms - STEP_MS);
		assert_int_equal(rig_sessions(pair.rig), 1);
		peer_wait(pair.rig, 2 * STEP_MS);
		assert_int_equal(rig_sessions(pair.rig), 0);
		rig_destroy(pair.rig);
	}
}

/* Half of a datagram waits over the turn, and no longer than ever. */
static void
fragments_are_given_up_in_time(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(turns); i++) {
		const struct pieces_pair pair = begin(turns[i]);
		struct rte_mbuf *pieces[PIECES_MAX];
		const unsigned int n = pieces_cut(&pair.sent, 1, 1480, pieces);

		pair.rig->now = turns[i] - REASSEMBLY_MS / 2;
		peer_put(pair.rig, CLIENTS, 0, pieces[0]);
		rig_run(pair.rig);
		rig_wait(pair.rig, REASSEMBLY_MS - 100, 100);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENT_INCOMPLETE), 0);
		rig_wait(pair.rig, 200, 100);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_FRAGMENT_INCOMPLETE), 1);
		for (unsigned int j = 1; j < n; j++)
			rte_pktmbuf_free(pieces[j]);
		rig_destroy(pair.rig);
	}
}

/* A bucket that was emptied before the turn fills up after it. */
static void
a_rate_goes_on(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(turns); i++) {
		struct rig_options options = {
			.n_endpoints = 1, .limits = {.per_second = 2}, .gateway = "198.51.100.1"};
		struct rig *rig = rig_create(&options);

		rig->now = turns[i] - 1500;
		for (unsigned int second = 0; second < 3; second++) {
			rig->now += 1000;
			rig_introduce(rig, CLIENTS, CLIENT_IP);
			for (unsigned int j = 0; j < 3; j++) {
				struct nj_test_frame frame =
					rig_client_frame((uint16_t)(5000 + 3 * second + j), "new");

				rig_send(rig, CLIENTS, &frame);
			}
			rig_run(rig);
			assert_int_equal(rig_sessions(rig), 2 * (second + 1));
			assert_int_equal(rig_dropped(rig, NJ_DROP_SESSION_RATE), second + 1);
		}
		rig_destroy(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_goes_on_and_ends_in_time),
		cmocka_unit_test(fragments_are_given_up_in_time),
		cmocka_unit_test(a_rate_goes_on),
	};

	return cmocka_run_group_tests_name("uptime", tests, NULL, NULL);
}
