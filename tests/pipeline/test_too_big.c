/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams that are too big for their way out: cut where that is allowed, else their sender is
 * told. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "errors.h"
#include "pieces.h"

#define MTU               1300
#define ERRORS_PER_SECOND 200

#define APPEND                                                                                     \
	"{name: quilkin.filters.concatenate.v1alpha1.Concatenate,"                                 \
	" config: {on_read: APPEND, bytes: AAAAAAAAAAAAAAAA}}" /* twelve of zero */
#define APPENDED 12

static uint8_t bytes[2000];

struct pair {
	struct rig *rig;
	struct nj_address client, listener, server, us;
};

static struct pair
make(unsigned int combination, const struct rig_options *options)
{
	const int from = NJ_TEST_FROM(combination), to = NJ_TEST_TO(combination);
	struct pair pair = {
		.rig = peer_rig(options, to),
		.client = peer_client(from, CLIENT_PORT),
		.listener = peer_us(CLIENTS, from, LISTENER),
		.server = peer_server(to, 0),
		.us = peer_us(SERVERS, to, 0),
	};

	return pair;
}

static uint16_t
headers(int family)
{
	return family == AF_INET6 ? 48 : 28;
}

static struct error
too_big(int family, uint16_t mtu)
{
	return family == AF_INET6 ? ERROR6_TOO_BIG(mtu) : ERROR4_TOO_BIG(mtu);
}

/* The sender learns a size, and what has that size fits. */
static void
tell_and_fit(unsigned int combination)
{
	const struct pair pair = make(combination, &(struct rig_options){.mtu = MTU});
	const int from = pair.client.ip.family, to = pair.server.ip.family;
	const uint16_t fits = MTU - headers(to);
	struct nj_test_datagram sent = peer_datagram(&pair.client, &pair.listener, bytes, fits + 1),
				wanted;

	/* An IPv6 sender is never told less than any link takes. */
	assert_true(from == AF_INET || fits + headers(from) >= 1280);
	peer_send(pair.rig, CLIENTS, &sent);
	rig_run(pair.rig);
	error_expect(pair.rig, CLIENTS, &pair.listener.ip, &pair.client.ip,
		too_big(from, fits + headers(from)), &sent, ERROR_ALL);
	peer_expect_nothing(pair.rig);
	assert_int_equal(rig_dropped(pair.rig, NJ_DROP_TOO_BIG), 1);
	sent.length = fits;
	wanted = peer_passed(&sent, &pair.us, &pair.server);
	peer_send(pair.rig, CLIENTS, &sent);
	rig_run(pair.rig);
	peer_expect(pair.rig, SERVERS, &wanted);
	rig_destroy(pair.rig);
}

static void
who_forbids_fragments_is_told_what_fits(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++)
		tell_and_fit(c);
}

static void
endpoints_are_told_too(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const struct pair pair = make(c, &(struct rig_options){.mtu = MTU});
		const int from = pair.server.ip.family, to = pair.client.ip.family;
		const uint16_t fits = MTU - headers(to);
		struct nj_address us = pair.us;
		struct nj_test_datagram sent;

		us.port = rte_cpu_to_be_16(peer_establish(pair.rig, &pair.client, &pair.server));
		sent = peer_datagram(&pair.server, &us, bytes, fits + 1);
		peer_send(pair.rig, SERVERS, &sent);
		rig_run(pair.rig);
		error_expect(pair.rig, SERVERS, &us.ip, &pair.server.ip,
			too_big(from, fits + headers(from)), &sent, ERROR_ALL);
		sent.length = fits;
		peer_reply(pair.rig, &sent, &pair.client);
		rig_destroy(pair.rig);
	}
}

/* What filters add is taken off what the sender may send. */
static void
filters_that_add_are_reckoned_with(void **state)
{
	for (unsigned int to = 0; to < 2; to++) {
		const int family = to == 0 ? AF_INET : AF_INET6;
		const struct pair pair =
			make(to * 2, &(struct rig_options){
					     .mtu = MTU, .policy = peer_policy(APPEND, family, 1)});
		const uint16_t fits = MTU - headers(family) - APPENDED;
		struct nj_test_datagram sent =
			peer_datagram(&pair.client, &pair.listener, bytes, fits + 1);
		struct nj_test_datagram wanted;
		uint8_t longer[MTU] = {0};
		struct rte_mbuf *m;
		const uint8_t *icmp;

		peer_send(pair.rig, CLIENTS, &sent);
		rig_run(pair.rig);
		m = peer_take(pair.rig, CLIENTS);
		assert_non_null(m);
		icmp = rte_pktmbuf_mtod_offset(m, const uint8_t *, NJ_UDP4_OFFSET);
		assert_int_equal(icmp[0], 3);
		assert_int_equal(icmp[1], 4);
		assert_int_equal(icmp[6] << 8 | icmp[7], fits + headers(AF_INET));
		rte_pktmbuf_free(m);
		sent.length = fits;
		wanted = peer_passed(&sent, &pair.us, &pair.server);
		memcpy(longer, bytes, fits);
		wanted.payload = longer;
		wanted.length = fits + APPENDED;
		peer_send(pair.rig, CLIENTS, &sent);
		rig_run(pair.rig);
		peer_expect(pair.rig, SERVERS, &wanted);
		rig_destroy(pair.rig);
	}
}

/* IPv4 alone has such senders. */
static void
who_allows_fragments_gets_them(void **state)
{
	for (unsigned int to = 0; to < 2; to++) {
		const struct pair pair =
			make(to * 2, &(struct rig_options){.mtu = MTU, .n_workers = 2});
		struct nj_test_datagram sent = peer_datagram(
						&pair.client, &pair.listener, bytes, 1400),
					wanted;
		uint32_t ids[16];

		sent.fragment = 0;
		wanted = peer_passed(&sent, &pair.us, &pair.server);
		for (unsigned int i = 0; i < RTE_DIM(ids); i++) {
			sent.source.port = rte_cpu_to_be_16((uint16_t)(CLIENT_PORT + i));
			peer_send(pair.rig, CLIENTS, &sent);
			rig_run(pair.rig);
			assert_int_equal(
				pieces_expect(pair.rig, SERVERS, &wanted, MTU, &ids[i]), 2);
			for (unsigned int j = 0; j < i; j++)
				assert_int_not_equal(ids[i], ids[j]);
		}
		peer_expect_nothing(pair.rig);
		assert_int_equal(peer_counters(pair.rig, CLIENTS).copied, RTE_DIM(ids));
		rig_destroy(pair.rig);
	}
}

/* Every IPv6 host may send 1280 bytes, wherever they go. */
static void
an_ipv6_client_never_hears_of_less_than_1280(void **state)
{
	const struct pair pair = make(1, &(struct rig_options){.mtu = 1400});
	const struct nj_ip router = peer_server(AF_INET, 9).ip;
	struct nj_test_datagram sent = peer_datagram(&pair.client, &pair.listener, bytes, 1232),
				wanted;
	struct nj_address us = pair.us;
	uint32_t id;

	us.port = rte_cpu_to_be_16(peer_establish(pair.rig, &pair.client, &pair.server));
	wanted = peer_passed(&sent, &us, &pair.server);
	peer_request(pair.rig, &sent, &pair.server, rte_be_to_cpu_16(us.port));
	error_send(pair.rig, SERVERS, &router, &us.ip, ERROR4_TOO_BIG(1000), &wanted, 20);
	rig_run(pair.rig);
	rte_pktmbuf_free(
		peer_take(pair.rig, CLIENTS)); /* told 1280, not 1020: test_icmp_errors.c */
	peer_send(pair.rig, CLIENTS, &sent);
	rig_run(pair.rig);
	assert_int_equal(pieces_expect(pair.rig, SERVERS, &wanted, 1000, &id), 2);
	peer_expect_nothing(pair.rig);
	rig_destroy(pair.rig);
}

static void
what_grows_beyond_1280_is_cut_for_an_ipv6_client(void **state)
{
	const struct pair pair = make(
		3, &(struct rig_options){.mtu = 1280, .policy = peer_policy(APPEND, AF_INET6, 1)});
	const struct nj_test_datagram sent =
		peer_datagram(&pair.client, &pair.listener, bytes, 1232);
	struct nj_test_datagram wanted = peer_passed(&sent, &pair.us, &pair.server);
	uint8_t longer[1232 + APPENDED] = {0};
	uint32_t id;

	memcpy(longer, bytes, 1232);
	wanted.payload = longer;
	wanted.length = sizeof(longer);
	peer_send(pair.rig, CLIENTS, &sent);
	rig_run(pair.rig);
	assert_int_equal(pieces_expect(pair.rig, SERVERS, &wanted, 1280, &id), 2);
	rig_destroy(pair.rig);
}

static unsigned int
count_errors(const struct pair *pair, unsigned int n)
{
	const struct nj_test_datagram sent =
		peer_datagram(&pair->client, &pair->listener, bytes, 1400);
	unsigned int errors = 0;
	struct rte_mbuf *m;

	for (unsigned int i = 0; i < n; i++)
		peer_send(pair->rig, CLIENTS, &sent);
	rig_run(pair->rig);
	for (; (m = peer_take(pair->rig, CLIENTS)) != NULL; errors++)
		rte_pktmbuf_free(m);
	return errors;
}

static void
errors_are_limited(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const struct pair pair = make(c, &(struct rig_options){.mtu = MTU});

		assert_int_equal(count_errors(&pair, 250), ERRORS_PER_SECOND);
		assert_int_equal(count_errors(&pair, 1), 0);
		peer_wait(pair.rig, 1000);
		assert_int_equal(count_errors(&pair, 250), ERRORS_PER_SECOND);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_TOO_BIG), 501);
		rig_destroy(pair.rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_forbids_fragments_is_told_what_fits),
		cmocka_unit_test(endpoints_are_told_too),
		cmocka_unit_test(filters_that_add_are_reckoned_with),
		cmocka_unit_test(who_allows_fragments_gets_them),
		cmocka_unit_test(an_ipv6_client_never_hears_of_less_than_1280),
		cmocka_unit_test(what_grows_beyond_1280_is_cut_for_an_ipv6_client),
		cmocka_unit_test(errors_are_limited),
	};
	uint32_t seed = 1191;

	nj_test_random_bytes(&seed, bytes, sizeof(bytes));
	return cmocka_run_group_tests_name("too big", tests, NULL, NULL);
}
