/* SPDX-License-Identifier: BSD-3-Clause */
/* Routers that advertise themselves, and sessions that go over them. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "peers.h"

/* Routers at the clients' side, and a client behind them. */
static const struct nj_ip first = {.family = AF_INET6, .v6 = {0xfe, 0x80, [15] = 0xa1}};
static const struct nj_ip second = {.family = AF_INET6, .v6 = {0xfe, 0x80, [15] = 0xa2}};
static const struct nj_ip far = {.family = AF_INET6, .v6 = {0x20, 1, 0xd, 0xb8, 9, [15] = 9}};

/* Its advertisement to all nodes, with its MAC address (RFC 4861, section 4.2). */
static void
advertise(struct rig *rig, const struct nj_ip *router, uint16_t lifetime_s)
{
	const struct rte_ether_addr mac = peer_mac(router);
	uint8_t body[24] = {134, [6] = lifetime_s >> 8, lifetime_s & 0xff, [16] = 1, 1};
	const struct nj_test_datagram message = {
		.source.ip = *router,
		.destination.ip = peer_us(CLIENTS, AF_INET6, 0).ip,
		.payload = body,
		.length = sizeof(body),
		.protocol = IPPROTO_ICMPV6,
		.hop_limit = 255,
	};

	memcpy(body + 18, &mac, sizeof(mac));
	peer_send(rig, CLIENTS, &message);
	rig_run(rig);
}

/* The client behind them asks; returns our upstream port, which is found where it is 0. */
static uint16_t
ask(struct rig *rig, uint16_t upstream_port)
{
	const struct nj_address server = peer_server(AF_INET6, 0),
				listener = peer_us(CLIENTS, AF_INET6, LISTENER),
				client = {.ip = far, .port = RTE_BE16(CLIENT_PORT)};
	const struct nj_test_datagram request = peer_datagram(&client, &listener, "q", 1);

	return peer_request(rig, &request, &server, upstream_port);
}

/* A rig with both routers and a session of the client behind them; its end of ours is `us`. */
static struct rig *
open_session(struct nj_address *us)
{
	struct rig *rig = peer_rig(&(struct rig_options){0}, AF_INET6);

	advertise(rig, &first, 1800);
	advertise(rig, &second, 1800);
	peer_wait(rig, 1000);
	*us = peer_us(SERVERS, AF_INET6, ask(rig, 0));
	return rig;
}

/* A reply leaves for this router. */
static void
expect_over(struct rig *rig, const struct nj_address *us, const struct nj_ip *router)
{
	const struct nj_address server = peer_server(AF_INET6, 0);
	const struct nj_test_datagram reply = peer_datagram(&server, us, "a", 1);
	const struct rte_ether_addr mac = peer_mac(router);
	struct rte_mbuf *m;

	peer_send(rig, SERVERS, &reply);
	rig_run(rig);
	m = peer_take(rig, CLIENTS);
	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), &mac, sizeof(mac));
	rte_pktmbuf_free(m);
}

/* Though it still answers neighbor discovery (RFC 4861, section 6.3.5). */
static void
sessions_leave_a_router_that_withdraws_itself(void **state)
{
	struct nj_address us;
	struct rig *rig = open_session(&us);

	expect_over(rig, &us, &first);
	advertise(rig, &first, 0);
	expect_over(rig, &us, &second);
	advertise(rig, &first, 1800);
	advertise(rig, &second, 0);
	peer_wait(rig, 200);
	expect_over(rig, &us, &first);
	rig_destroy(rig);
}

static void
sessions_leave_a_router_whose_time_is_over(void **state)
{
	struct nj_address us;
	struct rig *rig = open_session(&us);

	expect_over(rig, &us, &first);
	advertise(rig, &first, 5);
	expect_over(rig, &us, &first);
	peer_wait(rig, 5200);
	expect_over(rig, &us, &second);
	rig_destroy(rig);
}

/* As soon as it has been found not to answer, whether anything is sent over it or not. */
static void
sessions_leave_a_router_that_fails(void **state)
{
	struct nj_address us;
	struct rig *rig = open_session(&us);
	struct rte_mbuf *m;

	expect_over(rig, &us, &first);
	ask(rig, rte_be_to_cpu_16(us.port)); /* so that the session is established */
	rig->silent = &first;
	for (nj_ms_t ms = 0; ms < NJ_NEIGHBOR_REACHABLE_MS + 4000; ms += 1000)
		peer_wait(rig, 1000);
	rig->silent = NULL;
	expect_over(rig, &us, &second);
	while ((m = rig_take(rig, CLIENTS)) != NULL)
		rte_pktmbuf_free(m);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_leave_a_router_that_withdraws_itself),
		cmocka_unit_test(sessions_leave_a_router_whose_time_is_over),
		cmocka_unit_test(sessions_leave_a_router_that_fails),
	};

	return cmocka_run_group_tests_name("routers", tests, NULL, NULL);
}
