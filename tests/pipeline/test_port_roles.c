/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes in on a port that may not have its like: endpoints' datagrams and errors on the
 * clients' side, and the other way round. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "errors.h"
#include "pieces.h"

#define QCMP_PORT 7600

/* A session of a client with a server, and its datagrams in both directions as they arrive. */
struct scene {
	struct rig *rig;
	struct nj_address client, listener, us, server;
	struct nj_test_datagram request, reply;
};

static struct scene
make(unsigned int combination, const struct rig_options *options)
{
	const int from = NJ_TEST_FROM(combination), to = NJ_TEST_TO(combination);
	struct scene scene = {
		.rig = peer_rig(options, to),
		.client = peer_client(from, CLIENT_PORT),
		.listener = peer_us(CLIENTS, from, LISTENER),
		.server = peer_server(to, 0),
	};

	scene.us = peer_us(SERVERS, to, peer_establish(scene.rig, &scene.client, &scene.server));
	scene.request = peer_datagram(&scene.client, &scene.listener, "move", 4);
	scene.reply = peer_datagram(&scene.server, &scene.us, "moved", 5);
	return scene;
}

static const struct rig_options apart = {.roles = {NJ_PORT_CLIENTS, NJ_PORT_ENDPOINTS}};

/* Runs, and expects that so many were dropped for it, and that nothing left. */
static void
expect_dropped(struct rig *rig, enum nj_drop reason, unsigned int n)
{
	rig_run(rig);
	peer_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, reason), n);
}

static void
replies_come_from_endpoints_ports_alone(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		struct scene scene = make(c, &apart);

		peer_send(scene.rig, CLIENTS, &scene.reply);
		expect_dropped(scene.rig, NJ_DROP_PORT_ROLE, 1);
		peer_reply(scene.rig, &scene.reply, &scene.client);
		rig_destroy(scene.rig);
	}
}

/* They open no session, and go on in none. */
static void
clients_come_from_clients_ports_alone(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		struct scene scene = make(c, &apart);
		struct nj_test_datagram another = scene.request;

		another.source.port = RTE_BE16(CLIENT_PORT + 1);
		peer_send(scene.rig, SERVERS, &scene.request);
		peer_send(scene.rig, SERVERS, &another);
		expect_dropped(scene.rig, NJ_DROP_PORT_ROLE, 2);
		assert_int_equal(rig_sessions(scene.rig), 1);
		peer_request(
			scene.rig, &scene.request, &scene.server, rte_be_to_cpu_16(scene.us.port));
		rig_destroy(scene.rig);
	}
}

/* What a datagram of this direction had become, about which a router on the other side complains.
 */
static void
complain(const struct scene *scene, unsigned int side, bool about_reply)
{
	const struct nj_test_datagram left =
		about_reply ? peer_passed(&scene->reply, &scene->listener, &scene->client)
			    : peer_passed(&scene->request, &scene->us, &scene->server);
	const bool ipv6 = left.source.ip.family == AF_INET6;

	error_send(scene->rig, side, &left.destination.ip, &left.source.ip,
		ipv6 ? ERROR6_PORT : ERROR4_PORT, &left, ERROR_ALL);
	rig_run(scene->rig);
}

static void
expect_complaint(const struct scene *scene, unsigned int side)
{
	struct rte_mbuf *m = peer_take(scene->rig, side);

	assert_non_null(m);
	rte_pktmbuf_free(m);
	peer_expect_nothing(scene->rig);
}

static void
so_do_errors_about_either(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		struct scene scene = make(c, &apart);

		complain(&scene, CLIENTS, false);
		expect_dropped(scene.rig, NJ_DROP_PORT_ROLE, 1);
		complain(&scene, SERVERS, true);
		expect_dropped(scene.rig, NJ_DROP_PORT_ROLE, 2);
		complain(&scene, SERVERS, false);
		expect_complaint(&scene, CLIENTS);
		complain(&scene, CLIENTS, true);
		expect_complaint(&scene, SERVERS);
		rig_destroy(scene.rig);
	}
}

/* They have no ports, so they are judged once they are whole. */
static void
a_reply_in_fragments_is_judged_once_whole(void **state)
{
	static const uint8_t payload[1000];

	for (unsigned int to = 0; to < 2; to++) {
		struct scene scene = make(to * 2, &apart);
		struct rte_mbuf *pieces[PIECES_MAX];
		unsigned int n;

		scene.reply.payload = payload;
		scene.reply.length = sizeof(payload);
		n = pieces_cut(&scene.reply, 99, 512, pieces);
		for (unsigned int i = 0; i < n; i++)
			peer_put(scene.rig, CLIENTS, 0, pieces[i]);
		expect_dropped(scene.rig, NJ_DROP_PORT_ROLE, 1);
		rig_destroy(scene.rig);
	}
}

static void
qcmp_is_for_clients(void **state)
{
	static const uint8_t ping[] = {'Q', 'L', 'K', 'N', 0, 0, 0, 9, 99, 0, 0, 0, 0, 0, 1, 2, 3};
	struct rig_options options = apart;

	options.qcmp_port = QCMP_PORT;
	for (unsigned int f = 0; f < 2; f++) {
		const int family = f == 0 ? AF_INET : AF_INET6;
		struct rig *rig = peer_rig(&options, family);
		const struct nj_address server = peer_server(family, 0),
					client = peer_client(family, CLIENT_PORT),
					there = peer_us(SERVERS, family, QCMP_PORT),
					here = peer_us(CLIENTS, family, QCMP_PORT);
		struct nj_test_datagram asked = peer_datagram(&server, &there, ping, sizeof(ping));

		peer_send(rig, SERVERS, &asked);
		expect_dropped(rig, NJ_DROP_PORT_ROLE, 1);
		asked = peer_datagram(&client, &here, ping, sizeof(ping));
		peer_send(rig, CLIENTS, &asked);
		rig_run(rig);
		rte_pktmbuf_free(peer_take(rig, CLIENTS));
		assert_int_equal(rig_counters(rig).qcmp_answered, 1);
		rig_destroy(rig);
	}
}

/* Nobody pretends anything who knocks at a closed port, or is heard by mistake. */
static void
other_strays_keep_their_reasons(void **state)
{
	struct rig_options options = apart;
	struct rig *rig;
	struct nj_test_frame knock = rig_client_frame(CLIENT_PORT, "knock"),
			     guess = rig_client_frame(CLIENT_PORT, "guess"),
			     elsewhere = rig_client_frame(CLIENT_PORT, "elsewhere");

	options.n_endpoints = 1;
	rig = rig_create(&options);
	rig_introduce(rig, CLIENTS, CLIENT_IP);
	knock.dst_port = 9;
	guess.dst_port = 20000;
	elsewhere.dst_ip = CLIENT_IP + 1;
	rig_send(rig, CLIENTS, &elsewhere);
	expect_dropped(rig, NJ_DROP_IPV4_DESTINATION, 1);
	rig_send(rig, CLIENTS, &guess);
	expect_dropped(rig, NJ_DROP_PORT_ROLE, 1);
	rig_send(rig, CLIENTS, &knock);
	rig_run(rig);
	error_expect_refusal(rig, CLIENTS, &knock);
	expect_dropped(rig, NJ_DROP_NO_LISTENER, 1);
	rig_destroy(rig);
}

/* A port without a role has both, beside one that has. */
static void
a_port_may_have_both(void **state)
{
	static const struct rig_options rows[] = {
		{.roles = {NJ_PORT_BOTH, NJ_PORT_BOTH}},
		{.roles = {NJ_PORT_BOTH, NJ_PORT_ENDPOINTS}},
		{.roles = {NJ_PORT_CLIENTS, NJ_PORT_BOTH}},
	};

	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		const bool forged = rows[i].roles[CLIENTS] == NJ_PORT_BOTH;
		struct scene scene = make(0, &rows[i]);
		const struct nj_test_datagram wanted =
			peer_passed(&scene.reply, &scene.listener, &scene.client);

		peer_send(scene.rig, CLIENTS, &scene.reply);
		rig_run(scene.rig);
		if (forged)
			peer_expect(scene.rig, CLIENTS, &wanted);
		expect_dropped(scene.rig, NJ_DROP_PORT_ROLE, !forged);
		rig_destroy(scene.rig);
	}
}

/* Reverse path ------------------------------------------------------------------------------- */

/* A session that is open is not asked again: its client may have moved to another port. */
static void
a_strict_reverse_path_is_asked_of_new_clients(void **state)
{
	static const struct rig_options strict = {.reverse_path = NJ_REVERSE_PATH_STRICT};

	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		struct scene scene = make(c, &strict);
		const struct nj_test_datagram wanted =
			peer_passed(&scene.request, &scene.us, &scene.server);
		struct nj_test_datagram another = scene.request;

		another.source.port = RTE_BE16(CLIENT_PORT + 1);
		peer_send(scene.rig, SERVERS, &another);
		expect_dropped(scene.rig, NJ_DROP_REVERSE_PATH, 1);
		assert_int_equal(rig_sessions(scene.rig), 1);
		peer_send(scene.rig, SERVERS, &scene.request);
		rig_run(scene.rig);
		peer_expect(scene.rig, SERVERS, &wanted);
		rig_destroy(scene.rig);
	}
}

static void
a_loose_one_is_not(void **state)
{
	struct scene scene = make(0, &(struct rig_options){0});

	scene.request.source.port = RTE_BE16(CLIENT_PORT + 1);
	peer_send(scene.rig, SERVERS, &scene.request);
	rig_run(scene.rig);
	rte_pktmbuf_free(peer_take(scene.rig, SERVERS));
	assert_int_equal(rig_sessions(scene.rig), 2);
	rig_destroy(scene.rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_come_from_endpoints_ports_alone),
		cmocka_unit_test(clients_come_from_clients_ports_alone),
		cmocka_unit_test(so_do_errors_about_either),
		cmocka_unit_test(a_reply_in_fragments_is_judged_once_whole),
		cmocka_unit_test(qcmp_is_for_clients),
		cmocka_unit_test(other_strays_keep_their_reasons),
		cmocka_unit_test(a_port_may_have_both),
		cmocka_unit_test(a_strict_reverse_path_is_asked_of_new_clients),
		cmocka_unit_test(a_loose_one_is_not),
	};

	return cmocka_run_group_tests_name("port roles", tests, NULL, NULL);
}
