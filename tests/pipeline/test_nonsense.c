/* SPDX-License-Identifier: BSD-3-Clause */
/* Right datagrams with addresses that nobody should send from, or to. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "errors.h"
#include "peers.h"

static const int families[] = {AF_INET, AF_INET6};

static struct nj_ip
ip(const char *text)
{
	struct nj_ip parsed;

	assert_int_equal(nj_ip_parse(text, &parsed), 0);
	return parsed;
}

/* From the address to a listener of ours, or from a client to the address; whichever is NULL. */
struct row {
	const char *source, *destination;
	enum nj_drop reason;
};

static const struct row rows4[] = {
	{"192.0.2.10", NULL, NJ_DROP_OWN_SOURCE},
	{"198.51.100.10", NULL, NJ_DROP_OWN_SOURCE}, /* the other port's */
	{"224.0.0.1", NULL, NJ_DROP_IPV4_SOURCE},
	{"255.255.255.255", NULL, NJ_DROP_IPV4_SOURCE},
	{"0.0.0.0", NULL, NJ_DROP_IPV4_SOURCE},
	{"127.0.0.1", NULL, NJ_DROP_IPV4_SOURCE},
	{NULL, "224.0.0.1", NJ_DROP_IPV4_DESTINATION},
	{NULL, "239.255.255.250", NJ_DROP_IPV4_DESTINATION},
	{NULL, "255.255.255.255", NJ_DROP_IPV4_DESTINATION},
	{NULL, "192.0.2.255", NJ_DROP_IPV4_DESTINATION},
	{NULL, "192.0.2.11", NJ_DROP_IPV4_DESTINATION},
};

static const struct row rows6[] = {
	{"2001:db8::a", NULL, NJ_DROP_OWN_SOURCE},
	{"2001:db8:1::a", NULL, NJ_DROP_OWN_SOURCE},
	{"ff02::1", NULL, NJ_DROP_IPV6_SOURCE},
	{"ff0e::5", NULL, NJ_DROP_IPV6_SOURCE},
	{"::", NULL, NJ_DROP_IPV6_SOURCE},
	{"::1", NULL, NJ_DROP_IPV6_SOURCE},
	{"::ffff:192.0.2.77", NULL, NJ_DROP_IPV6_SOURCE},
	{NULL, "ff02::1", NJ_DROP_IPV6_DESTINATION},
	{NULL, "ff02::1:ff00:a", NJ_DROP_IPV6_DESTINATION},
	{NULL, "ff0e::5", NJ_DROP_IPV6_DESTINATION},
	{NULL, "2001:db8::b", NJ_DROP_IPV6_DESTINATION},
};

/* To any port: one where clients are listened to, one of sessions, and a closed one. */
static void
drop(struct rig *rig, int family, const struct row *row, uint16_t port)
{
	struct nj_address source = peer_client(family, CLIENT_PORT);
	struct nj_address destination = peer_us(CLIENTS, family, port);
	const uint64_t before = rig_dropped(rig, row->reason);
	struct nj_test_datagram sent;

	if (row->source != NULL)
		source.ip = ip(row->source);
	if (row->destination != NULL)
		destination.ip = ip(row->destination);
	sent = peer_datagram(&source, &destination, "nonsense", 8);
	peer_send(rig, CLIENTS, &sent);
	rig_run(rig);
	peer_expect_nothing(rig);
	if (rig_dropped(rig, row->reason) != before + 1)
		fail_msg("from %s to %s was not dropped as %s", row->source, row->destination,
			nj_drop_name(row->reason));
}

/* Nor are they answered by an error (RFC 1122, section 3.2.2; RFC 4443, section 2.4). */
static void
each_nonsense_has_its_reason(void **state)
{
	static const uint16_t ports[] = {LISTENER, 20000, 53};

	for (unsigned int workers = 1; workers <= 2; workers++) {
		struct rig *rig = peer_rig(&(struct rig_options){.n_workers = workers}, AF_INET);

		for (unsigned int port = 0; port < RTE_DIM(ports); port++) {
			for (unsigned int i = 0; i < RTE_DIM(rows4); i++)
				drop(rig, AF_INET, &rows4[i], ports[port]);
			for (unsigned int i = 0; i < RTE_DIM(rows6); i++)
				drop(rig, AF_INET6, &rows6[i], ports[port]);
		}
		assert_int_equal(rig_sessions(rig), 0);
		rig_destroy(rig);
	}
}

static void
closed_ports_refuse_in_both_families(void **state)
{
	static const struct {
		uint16_t port;
		enum nj_drop reason;
	} closed[] = {{53, NJ_DROP_NO_LISTENER}, {20000, NJ_DROP_NO_SESSION}};

	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct rig *rig = peer_rig(&(struct rig_options){.n_workers = 2}, AF_INET);
		const struct nj_address client = peer_client(families[f], CLIENT_PORT);

		for (unsigned int i = 0; i < RTE_DIM(closed); i++) {
			const struct nj_address us = peer_us(CLIENTS, families[f], closed[i].port);
			const struct nj_test_datagram sent =
				peer_datagram(&client, &us, "anybody?", 8);

			peer_send(rig, CLIENTS, &sent);
			rig_run(rig);
			error_expect(rig, CLIENTS, &us.ip, &client.ip,
				f == 0 ? ERROR4_PORT : ERROR6_PORT, &sent, ERROR_ALL);
			peer_expect_nothing(rig);
			assert_int_equal(rig_dropped(rig, closed[i].reason), 1);
		}
		rig_destroy(rig);
	}
}

/* An error about an error, or to a group, is never sent: each of these would be one. */
static void
errors_breed_no_errors(void **state)
{
	struct rig *rig = peer_rig(&(struct rig_options){0}, AF_INET);

	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		const struct nj_address client = peer_client(families[f], CLIENT_PORT);
		const struct nj_address us = peer_us(CLIENTS, families[f], 20000);
		const struct nj_test_datagram about = peer_datagram(&us, &client, "answer", 6);

		error_send(rig, CLIENTS, &client.ip, &us.ip, f == 0 ? ERROR4_PORT : ERROR6_PORT,
			&about, ERROR_ALL);
		rig_run(rig);
		peer_expect_nothing(rig);
		assert_int_equal(rig_dropped(rig, NJ_DROP_NO_SESSION), f + 1);
	}
	rig_destroy(rig);
}

/* The policy's endpoint is our own address. */
static struct nj_policy *
looping(const char *address)
{
	struct nj_policy *policy = peer_policy(NULL, AF_INET, 1);

	policy->clusters.endpoints[0].address =
		(struct nj_address){ip(address), RTE_BE16(SERVER_PORT)};
	return policy;
}

static void
an_endpoint_that_is_ourselves_is_a_loop(void **state)
{
	static const char *const ours[] = {
		"192.0.2.10", "198.51.100.10", "2001:db8::a", "2001:db8:1::a"};

	for (unsigned int i = 0; i < RTE_DIM(ours); i++) {
		const struct rig_options options = {.policy = looping(ours[i])};
		struct rig *rig = peer_rig(&options, AF_INET);

		for (unsigned int f = 0; f < RTE_DIM(families); f++) {
			const struct nj_address client = peer_client(families[f], CLIENT_PORT);
			const struct nj_address us = peer_us(CLIENTS, families[f], LISTENER);
			const struct nj_test_datagram sent = peer_datagram(&client, &us, "echo", 4);

			peer_send(rig, CLIENTS, &sent);
			rig_run(rig);
			peer_expect_nothing(rig);
		}
		assert_int_equal(rig_dropped(rig, NJ_DROP_LOOP), 2);
		assert_int_equal(rig_sessions(rig), 0);
		rig_destroy(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_nonsense_has_its_reason),
		cmocka_unit_test(closed_ports_refuse_in_both_families),
		cmocka_unit_test(errors_breed_no_errors),
		cmocka_unit_test(an_endpoint_that_is_ourselves_is_a_loop),
	};

	return cmocka_run_group_tests_name("nonsense", tests, NULL, NULL);
}
