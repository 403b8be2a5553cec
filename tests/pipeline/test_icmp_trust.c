/* SPDX-License-Identifier: BSD-3-Clause */
/* What is believed of ICMP errors, which anybody can send who guesses a session's tuple. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "errors.h"
#include "worker.h"

#define STRAYS     100 /* a second, by all workers together */
#define GUESSES    1000
#define FIRST_PORT 16384

static uint8_t bytes[2000];

/* A session, and a datagram of each side as it left for the other one. */
struct scene {
	struct rig *rig;
	struct nj_address client, listener, us, server;
	struct nj_test_datagram request, reply;
};

static struct scene
make(unsigned int combination, uint16_t length, const struct rig_options *options)
{
	const int from = NJ_TEST_FROM(combination), to = NJ_TEST_TO(combination);
	struct scene scene = {
		.rig = peer_rig(options, to),
		.client = peer_client(from, CLIENT_PORT),
		.listener = peer_us(CLIENTS, from, LISTENER),
		.server = peer_server(to, 0),
	};
	struct nj_test_datagram sent;

	scene.us = peer_us(SERVERS, to, peer_establish(scene.rig, &scene.client, &scene.server));
	sent = peer_datagram(&scene.client, &scene.listener, bytes, length);
	scene.request = peer_passed(&sent, &scene.us, &scene.server);
	sent = peer_datagram(&scene.server, &scene.us, bytes, length);
	scene.reply = peer_passed(&sent, &scene.listener, &scene.client);
	return scene;
}

/* From whom it was for, about a datagram that left on this side. */
static void
send_about(const struct scene *scene, unsigned int side, struct error error,
	const struct nj_test_datagram *about)
{
	error_send(scene->rig, side, &about->destination.ip, &about->source.ip, error, about, 100);
	rig_run(scene->rig);
}

/* Whether something went on to the other side. */
static bool
was_passed_on(const struct scene *scene, unsigned int side)
{
	struct rte_mbuf *m = peer_take(scene->rig, side);

	rte_pktmbuf_free(m);
	peer_expect_nothing(scene->rig);
	return m != NULL;
}

/* Path MTUs ---------------------------------------------------------------------------------- */

static uint16_t
path_mtu(const struct scene *scene)
{
	const struct dataplane *dataplane = scene->rig->dataplane;

	return nj_session_path_mtu(dataplane->workers[0]->sessions,
		dataplane->policy->clusters.endpoints[0].number, scene->rig->now);
}

/* RFC 5927, section 7; RFC 8201, section 4. Lengths are of IP packets. */
static const struct {
	uint16_t packet, claimed;
	uint16_t learned; /* 0: not believed */
} claims4[] =
	{
		{29, 68, 0},
		{29, 0, 0}, /* a router that names none */
		{1400, 68, 576},
		{577, 68, 576},
		{576, 68, 0},
		{576, 576, 0},
		{576, 575, 0},
		{577, 576, 576},
		{1400, 1399, 1399},
		{1400, 1400, 0},
		{1400, 1500, 0},
		{1400, 0, 1006},
},
  claims6[] = {
	  {49, 1280, 0},
	  {49, 68, 0},
	  {1400, 68, 0},
	  {1400, 1279, 0},
	  {1400, 1280, 1280},
	  {1281, 1280, 1280},
	  {1280, 1280, 0},
	  {1400, 1399, 1399},
	  {1400, 1400, 0},
	  {1400, 1500, 0},
};

static void
check_claim(unsigned int combination, bool about_reply, uint16_t packet, uint16_t claimed,
	uint16_t learned)
{
	const int family = about_reply ? NJ_TEST_FROM(combination) : NJ_TEST_TO(combination);
	const bool ipv6 = family == AF_INET6;
	const struct scene scene =
		make(combination, packet - (ipv6 ? 48 : 28), &(struct rig_options){0});
	const unsigned int side = about_reply ? CLIENTS : SERVERS;

	send_about(&scene, side, ipv6 ? ERROR6_TOO_BIG(claimed) : ERROR4_TOO_BIG(claimed),
		about_reply ? &scene.reply : &scene.request);
	assert_int_equal(was_passed_on(&scene, !side), learned != 0);
	assert_int_equal(rig_dropped(scene.rig, NJ_DROP_ICMP_MALFORMED), learned == 0);
	assert_int_equal(path_mtu(&scene), about_reply || learned == 0 ? UINT16_MAX : learned);
	rig_destroy(scene.rig);
}

/* And what is not believed is told nobody: a server has one path MTU for all of its players. */
static void
only_what_is_larger_was_too_big(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++)
		for (unsigned int about_reply = 0; about_reply < 2; about_reply++) {
			const int family = about_reply ? NJ_TEST_FROM(c) : NJ_TEST_TO(c);

			for (unsigned int i = 0; family == AF_INET && i < RTE_DIM(claims4); i++)
				check_claim(c, about_reply, claims4[i].packet, claims4[i].claimed,
					claims4[i].learned);
			for (unsigned int i = 0; family == AF_INET6 && i < RTE_DIM(claims6); i++)
				check_claim(c, about_reply, claims6[i].packet, claims6[i].claimed,
					claims6[i].learned);
		}
}

/* Guesses ------------------------------------------------------------------------------------ */

/* Quotes a datagram from each of these ports of ours, which no session has. */
static void
guess(const struct scene *scene, unsigned int n)
{
	const bool ipv6 = scene->server.ip.family == AF_INET6;
	struct nj_test_datagram guessed = scene->request;

	for (uint16_t i = 0; i < n; i++) {
		guessed.source.port = rte_cpu_to_be_16(FIRST_PORT + i);
		send_about(scene, SERVERS, ipv6 ? ERROR6_PORT : ERROR4_PORT, &guessed);
	}
}

static bool
hears_of_an_error(const struct scene *scene)
{
	const bool ipv6 = scene->server.ip.family == AF_INET6;

	send_about(scene, SERVERS, ipv6 ? ERROR6_PORT : ERROR4_PORT, &scene->request);
	return was_passed_on(scene, CLIENTS);
}

/* However many workers there are: one guess finds one of them. */
static void
guesses_are_bounded(void **state)
{
	static const unsigned int n_workers[] = {1, 2, 4};

	for (unsigned int to = 0; to < 2; to++)
		for (unsigned int i = 0; i < RTE_DIM(n_workers); i++) {
			const struct rig_options options = {
				.n_workers = n_workers[i], .port_min = FIRST_PORT + GUESSES};
			const struct scene scene = make(2 * to, 100, &options);

			guess(&scene, GUESSES);
			assert_int_equal(rig_dropped(scene.rig, NJ_DROP_NO_SESSION), STRAYS);
			assert_int_equal(
				rig_dropped(scene.rig, NJ_DROP_ICMP_RATE), GUESSES - STRAYS);
			assert_false(hears_of_an_error(&scene)); /* which is what it costs */
			rig_wait(scene.rig, 1000, 100);
			assert_true(hears_of_an_error(&scene));
			rig_destroy(scene.rig);
		}
}

/* Errors that meet their sessions have no such bound. */
static void
errors_of_sessions_are_no_guesses(void **state)
{
	const struct scene scene = make(0, 100, &(struct rig_options){0});

	for (unsigned int i = 0; i < 3 * STRAYS; i++)
		assert_true(hears_of_an_error(&scene));
	rig_destroy(scene.rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_larger_was_too_big),
		cmocka_unit_test(guesses_are_bounded),
		cmocka_unit_test(errors_of_sessions_are_no_guesses),
	};
	uint32_t seed = 5927;

	nj_test_random_bytes(&seed, bytes, sizeof(bytes));
	return cmocka_run_group_tests_name("icmp trust", tests, NULL, NULL);
}
