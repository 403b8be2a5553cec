/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors of routers and hosts about sessions' datagrams, passed on to who sent those. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "errors.h"
#include "neighbor.h"
#include "worker.h"

#define TEN_MINUTES_MS (10 * 60 * 1000)

static uint8_t bytes[2000];

/* A session between families, and a datagram of the client's as it was sent and as it left. */
struct pair {
	struct rig *rig;
	struct nj_address client, listener, us, server;
	struct nj_ip router; /* on the endpoint's side */
	struct nj_test_datagram sent, left;
};

static struct pair
make(unsigned int combination, uint16_t length, const struct rig_options *options)
{
	const int from = NJ_TEST_FROM(combination), to = NJ_TEST_TO(combination);
	struct pair pair = {
		.rig = peer_rig(options, to),
		.client = peer_client(from, CLIENT_PORT),
		.listener = peer_us(CLIENTS, from, LISTENER),
		.server = peer_server(to, 0),
		.router = peer_server(to, 9).ip,
	};

	pair.us = peer_us(SERVERS, to, peer_establish(pair.rig, &pair.client, &pair.server));
	pair.sent = peer_datagram(&pair.client, &pair.listener, bytes, length);
	pair.left = peer_passed(&pair.sent, &pair.us, &pair.server);
	return pair;
}

/* What the error says of the datagram as its sender knows it: but for what the way took off. */
static struct nj_test_datagram
quoted(const struct pair *pair)
{
	struct nj_test_datagram quote = pair->sent;

	quote.hop_limit = NJ_TTL;
	if (pair->client.ip.family != pair->server.ip.family) {
		quote.flow_label = 0;
		quote.id = 0;
		quote.fragment = 0;
	}
	return quote;
}

/* From a router about the client's datagram, and what the client hears of it. */
static void
pass(const struct pair *pair, struct error error, struct error wanted, uint16_t payload)
{
	const struct nj_test_datagram quote = quoted(pair);

	error_send(pair->rig, SERVERS, &pair->router, &pair->us.ip, error, &pair->left, payload);
	rig_run(pair->rig);
	error_expect(
		pair->rig, CLIENTS, &pair->listener.ip, &pair->client.ip, wanted, &quote, payload);
	peer_expect_nothing(pair->rig);
}

static uint64_t
unreachable(const struct rig *rig)
{
	const uint32_t endpoint = rig->dataplane->policy->clusters.endpoints[0].number;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < rig->dataplane->n_workers; i++)
		sum += nj_session_endpoint(rig->dataplane->workers[i]->sessions, endpoint)
			       ->unreachable;
	return sum;
}

/* The same in both families, in the order of IPv4 and IPv6. */
static const struct {
	struct error error[2];
	bool unreachable;
} same[] = {
	{{{3, 3, 0}, {1, 4, 0}}, true},   /* port */
	{{{3, 1, 0}, {1, 0, 0}}, true},   /* host; there is no way back to IPv6's code 3 */
	{{{3, 10, 0}, {1, 1, 0}}, true},  /* prohibited */
	{{{11, 0, 0}, {3, 0, 0}}, false}, /* hop limit */
	{{{11, 1, 0}, {3, 1, 0}}, false}, /* reassembly */
};

static void
errors_reach_the_client_in_its_family(void **state)
{
	static const uint16_t payloads[] = {0, 1, 13, 300};

	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const struct pair pair = make(c, 300, &(struct rig_options){0});
		const bool from = pair.client.ip.family == AF_INET6,
			   to = pair.server.ip.family == AF_INET6;
		uint64_t counted = 0;

		for (unsigned int i = 0; i < RTE_DIM(same); i++) {
			for (unsigned int j = 0; j < RTE_DIM(payloads); j++)
				pass(&pair, same[i].error[to], same[i].error[from], payloads[j]);
			counted += same[i].unreachable ? RTE_DIM(payloads) : 0;
			assert_int_equal(unreachable(pair.rig), counted);
		}
		rig_destroy(pair.rig);
	}
}

/* Other hosts' errors are no replies: the session lives no longer for them. */
static void
an_error_keeps_no_session_alive(void **state)
{
	const struct pair pair = make(0, 10, &(struct rig_options){0});

	peer_wait(pair.rig, 5000);
	pass(&pair, ERROR4_PORT, ERROR4_PORT, 10);
	peer_wait(pair.rig, 10000);
	assert_int_equal(rig_sessions(pair.rig), 0);
	rig_destroy(pair.rig);
}

/* MTUs as the client hears of them. */
static uint32_t
translated_mtu(const struct pair *pair, uint32_t mtu)
{
	const bool from = pair->client.ip.family == AF_INET6,
		   to = pair->server.ip.family == AF_INET6;

	if (from == to)
		return mtu;
	return from ? RTE_MAX(mtu + 20, 1280u) : mtu - 20;
}

static struct error
too_big(const struct nj_address *to, uint32_t mtu)
{
	return to->ip.family == AF_INET6 ? ERROR6_TOO_BIG(mtu) : ERROR4_TOO_BIG(mtu);
}

/* Once it has heard of an MTU the client is answered by us at once; ten minutes later no more. */
static void
a_path_mtu_is_learned_and_forgotten(void **state)
{
	const uint16_t mtu = 1400;

	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		struct pair pair = make(c, 1420, &(struct rig_options){0});
		const uint32_t heard = translated_mtu(&pair, mtu);
		const uint16_t port = rte_be_to_cpu_16(pair.us.port);
		struct nj_test_datagram quote;

		peer_request(pair.rig, &pair.sent, &pair.server, port);
		error_send(pair.rig, SERVERS, &pair.router, &pair.us.ip, too_big(&pair.server, mtu),
			&pair.left, 400);
		rig_run(pair.rig);
		quote = quoted(&pair);
		quote.fragment = DF; /* else it had been cut */
		error_expect(pair.rig, CLIENTS, &pair.listener.ip, &pair.client.ip,
			too_big(&pair.client, heard), &quote, 400);
		peer_send(pair.rig, CLIENTS, &pair.sent);
		rig_run(pair.rig);
		error_expect(pair.rig, CLIENTS, &pair.listener.ip, &pair.client.ip,
			too_big(&pair.client, heard), &pair.sent, ERROR_ALL);
		peer_expect_nothing(pair.rig);
		peer_wait(pair.rig, TEN_MINUTES_MS - 1000);
		neighbor_meet(pair.rig, CLIENTS, &pair.client.ip); /* forgotten for long */
		neighbor_meet(pair.rig, SERVERS, &pair.server.ip);
		peer_send(pair.rig, CLIENTS, &pair.sent);
		rig_run(pair.rig);
		error_expect(pair.rig, CLIENTS, &pair.listener.ip, &pair.client.ip,
			too_big(&pair.client, heard), &pair.sent, ERROR_ALL);
		peer_wait(pair.rig, 1000);
		peer_request(pair.rig, &pair.sent, &pair.server, 0);
		rig_destroy(pair.rig);
	}
}

/* RFC 8201, section 4: no IPv6 link is so small, so who says so is not believed. */
static void
an_mtu_below_ipv6s_least_is_not_believed(void **state)
{
	for (unsigned int c = 2; c < NJ_TEST_COMBINATIONS; c++) {
		const struct pair pair = make(c, 1300, &(struct rig_options){0});

		error_send(pair.rig, SERVERS, &pair.router, &pair.us.ip, ERROR6_TOO_BIG(1279),
			&pair.left, 400);
		rig_run(pair.rig);
		peer_expect_nothing(pair.rig);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_ICMP_MALFORMED), 1);
		peer_request(pair.rig, &pair.sent, &pair.server, rte_be_to_cpu_16(pair.us.port));
		rig_destroy(pair.rig);
	}
}

/* Of a datagram that left in fragments, the first is quoted. */
static void
an_error_about_a_fragment_is_about_its_datagram(void **state)
{
	for (unsigned int to = 0; to < 2; to++) {
		struct pair pair = make(to * 2, 1400, &(struct rig_options){.mtu = 1300});
		struct nj_test_datagram quote;
		struct rte_mbuf *m, *second;
		uint8_t message[8 + 500];
		struct nj_test_datagram error = {
			.source.ip = pair.router,
			.destination.ip = pair.us.ip,
			.payload = message,
			.length = sizeof(message),
			.protocol = to == 0 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
			.hop_limit = 60,
		};

		pair.sent.fragment = 0;
		peer_send(pair.rig, CLIENTS, &pair.sent);
		rig_run(pair.rig);
		m = peer_take(pair.rig, SERVERS);
		second = peer_take(pair.rig, SERVERS);
		assert_non_null(second);
		memset(message, 0, 8);
		message[0] = to == 0 ? 11 : 3;
		message[1] = 1;
		memcpy(message + 8, rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET), 500);
		quote = quoted(&pair);
		if (to == 0)
			quote.id = rte_be_to_cpu_16(
				rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET)
					->packet_id);
		peer_send(pair.rig, SERVERS, &error);
		rte_pktmbuf_free(m);
		rte_pktmbuf_free(second);
		rig_run(pair.rig);
		error_expect(pair.rig, CLIENTS, &pair.listener.ip, &pair.client.ip,
			(struct error){11, 1, 0}, &quote, 500 - (to == 0 ? 28 : 56));
		rig_destroy(pair.rig);
	}
}

/* A quote that ends within the headers, or is of another datagram than ours. */
static void
errors_about_nothing_of_ours_are_dropped(void **state)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct pair pair = make(i == 0 ? 0 : 3, 100, &(struct rig_options){0});
		const struct error error = i == 0 ? ERROR4_PORT : ERROR6_PORT;
		struct nj_test_datagram others[4];

		for (unsigned int j = 0; j < RTE_DIM(others); j++)
			others[j] = pair.left;
		others[0].source.port ^= RTE_BE16(1);
		others[1].destination.port ^= RTE_BE16(1);
		others[2].destination.ip = pair.router;
		others[3].source.ip = pair.listener.ip;
		for (unsigned int j = 0; j < RTE_DIM(others); j++)
			error_send(pair.rig, SERVERS, &pair.router, &pair.us.ip, error, &others[j],
				100);
		rig_run(pair.rig);
		peer_expect_nothing(pair.rig);
		assert_int_equal(rig_dropped(pair.rig, NJ_DROP_NO_SESSION), RTE_DIM(others));
		assert_int_equal(unreachable(pair.rig), 0);
		rig_destroy(pair.rig);
	}
}

/* Whatever it quotes: it bears our MAC address, but not our IP address. */
static void
errors_to_somebody_else_are_dropped(void **state)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct pair pair = make(i == 0 ? 0 : 3, 100, &(struct rig_options){0});
		const enum nj_drop reason =
			i == 0 ? NJ_DROP_IPV4_DESTINATION : NJ_DROP_IPV6_DESTINATION;

		error_send(pair.rig, SERVERS, &pair.router, &pair.router,
			i == 0 ? ERROR4_PORT : ERROR6_PORT, &pair.left, 100);
		rig_run(pair.rig);
		peer_expect_nothing(pair.rig);
		assert_int_equal(rig_dropped(pair.rig, reason), 1);
		assert_int_equal(unreachable(pair.rig), 0);
		rig_destroy(pair.rig);
	}
}

/* Cut anywhere in front of the end of UDP's header it goes to the local stack, and nowhere else. */
static void
truncated_quotes_go_nowhere(void **state)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct pair pair = make(i == 0 ? 0 : 3, 0, &(struct rig_options){0});
		const uint16_t headers = i == 0 ? 28 : 48;
		struct rte_mbuf *whole = peer_build(&pair.left);
		uint8_t message[8 + 48] = {i == 0 ? 3 : 1, i == 0 ? 3 : 4};
		struct nj_test_datagram error = {
			.source.ip = pair.router,
			.destination.ip = pair.us.ip,
			.payload = message,
			.protocol = i == 0 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
			.hop_limit = 60,
		};

		memcpy(message + 8, rte_pktmbuf_mtod_offset(whole, void *, NJ_L3_OFFSET), headers);
		rte_pktmbuf_free(whole);
		for (error.length = 0; error.length < 8 + headers; error.length++) {
			if (error.length >= 4) /* room for a checksum */
				peer_send(pair.rig, SERVERS, &error);
			rig_run(pair.rig);
			peer_expect_nothing(pair.rig);
		}
		assert_int_equal(unreachable(pair.rig), 0);
		peer_send(pair.rig, SERVERS, &error);
		rig_run(pair.rig);
		assert_int_equal(unreachable(pair.rig), 1);
		rte_pktmbuf_free(peer_take(pair.rig, CLIENTS));
		rig_destroy(pair.rig);
	}
}

/* From the client's side, about a reply. */
static void
errors_about_replies_reach_the_endpoint(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const struct pair pair = make(c, 100, &(struct rig_options){.n_workers = 2});
		const bool from = pair.client.ip.family == AF_INET6,
			   to = pair.server.ip.family == AF_INET6;
		const struct nj_test_datagram reply =
			peer_datagram(&pair.server, &pair.us, bytes, 200);
		const struct nj_test_datagram left =
			peer_passed(&reply, &pair.listener, &pair.client);
		struct nj_test_datagram quote = reply;

		quote.hop_limit = NJ_TTL;
		if (from != to) {
			quote.flow_label = 0;
			quote.id = 0;
			quote.fragment = 0;
		}
		error_send(pair.rig, CLIENTS, &pair.client.ip, &pair.listener.ip,
			same[0].error[from], &left, 200);
		rig_run(pair.rig);
		error_expect(pair.rig, SERVERS, &pair.us.ip, &pair.server.ip, same[0].error[to],
			&quote, 200);
		peer_expect_nothing(pair.rig);
		assert_int_equal(unreachable(pair.rig), 0);
		rig_destroy(pair.rig);
	}
}

/* Wherever an error comes in it finds the session. */
static void
errors_find_the_owner(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		struct pair pair = make(c, 100, &(struct rig_options){.n_workers = 3});
		const bool from = pair.client.ip.family == AF_INET6,
			   to = pair.server.ip.family == AF_INET6;

		for (uint16_t i = 0; i < 30; i++) {
			pair.client.port = rte_cpu_to_be_16(CLIENT_PORT + i);
			pair.us.port = rte_cpu_to_be_16(
				peer_establish(pair.rig, &pair.client, &pair.server));
			pair.sent.source = pair.client;
			pair.left = peer_passed(&pair.sent, &pair.us, &pair.server);
			pass(&pair, same[0].error[to], same[0].error[from], 50);
		}
		assert_int_equal(unreachable(pair.rig), 30);
		rig_destroy(pair.rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_reach_the_client_in_its_family),
		cmocka_unit_test(an_error_keeps_no_session_alive),
		cmocka_unit_test(a_path_mtu_is_learned_and_forgotten),
		cmocka_unit_test(an_mtu_below_ipv6s_least_is_not_believed),
		cmocka_unit_test(an_error_about_a_fragment_is_about_its_datagram),
		cmocka_unit_test(errors_about_nothing_of_ours_are_dropped),
		cmocka_unit_test(errors_to_somebody_else_are_dropped),
		cmocka_unit_test(truncated_quotes_go_nowhere),
		cmocka_unit_test(errors_about_replies_reach_the_endpoint),
		cmocka_unit_test(errors_find_the_owner),
	};
	uint32_t seed = 792;

	nj_test_random_bytes(&seed, bytes, sizeof(bytes));
	return cmocka_run_group_tests_name("icmp errors", tests, NULL, NULL);
}
