/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions that are too many, too old, or without a port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nj_packet.h"
#include "rig.h"

static struct rig *
make(struct rig_options options)
{
	struct rig *rig;

	options.n_endpoints = 1;
	rig = rig_create(&options);
	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	return rig;
}

static void
send_from(struct rig *rig, uint16_t client_port)
{
	struct nj_test_frame frame = rig_client_frame(client_port, "hello");

	rig_send(rig, CLIENTS, &frame);
}

static unsigned int
take_all(struct rig *rig, unsigned int side)
{
	unsigned int n = 0;

	for (struct rte_mbuf *m; (m = rig_take(rig, side)) != NULL; n++)
		rte_pktmbuf_free(m);
	return n;
}

static void
a_full_table_refuses_when_all_are_established(void **state)
{
	struct rig *rig = make((struct rig_options){.capacity = 4});

	for (uint16_t client = 1; client <= 4; client++)
		rig_establish(rig, client);
	send_from(rig, 5);
	rig_run(rig);
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_SESSIONS_FULL), 1);
	assert_int_equal(rig_counters(rig).sessions_rejected, 1);
	rig_establish(rig, 1);
	rig_destroy(rig);
}

static void
a_full_table_evicts_a_half_open_session(void **state)
{
	struct rig *rig = make((struct rig_options){.capacity = 4});

	for (uint16_t client = 1; client <= 3; client++)
		rig_establish(rig, client);
	for (uint16_t client = 4; client <= 6; client++)
		send_from(rig, client);
	rig_run(rig);
	assert_int_equal(take_all(rig, SERVERS), 3);
	assert_int_equal(rig_counters(rig).sessions_evicted, 2);
	assert_int_equal(rig_sessions(rig), 4);
	rig_destroy(rig);
}

/*
 * A burst in which each new session evicts one that an earlier packet of the
 * same burst found: every packet has to leave with its own session's port.
 */
static void
eviction_in_a_burst_mixes_nothing_up(void **state)
{
	struct rig *rig = make((struct rig_options){.capacity = 2});
	uint16_t ports[8];

	send_from(rig, 1);
	send_from(rig, 2);
	rig_run(rig);
	take_all(rig, SERVERS);
	for (uint16_t i = 0; i < 8; i++) {
		static const uint16_t clients[] = {1, 3, 1, 2, 4, 3, 1, 1};
		struct nj_test_frame frame = rig_client_frame(
			clients[i], (const char *[]){"1", "3", "1", "2", "4", "3", "1", "1"}[i]);

		rig_send(rig, CLIENTS, &frame);
	}
	rig_run(rig);
	for (unsigned int i = 0; i < 8; i++)
		ports[i] = rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT,
			(const char *[]){"1", "3", "1", "2", "4", "3", "1", "1"}[i]);
	assert_int_equal(ports[6], ports[7]); /* the same session, still there */
	for (unsigned int i = 0; i + 1 < 7; i++)
		assert_int_not_equal(ports[i], ports[i + 1]);
	/* A reply to the last one reaches its client. */
	{
		struct nj_test_frame reply = rig_server_frame(0, ports[7], "back");

		rig_send(rig, SERVERS, &reply);
	}
	rig_run(rig);
	rig_expect(rig, CLIENTS, OUR_CLIENT_IP, LISTENER, CLIENT_IP, 1, "back");
	rig_destroy(rig);
}

static void
no_port_left_is_refused(void **state)
{
	struct rig *rig = make((struct rig_options){.port_min = 20000, .port_max = 20001});

	rig_establish(rig, 1);
	rig_establish(rig, 2);
	send_from(rig, 3);
	rig_run(rig);
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NO_PORTS), 1);
	rig_destroy(rig);
}

static void
sessions_live_exactly_as_long_as_they_should(void **state)
{
	struct rig *rig = make((struct rig_options){.capacity = 16});

	rig_establish(rig, 1);
	send_from(rig, 2);
	rig_run(rig);
	take_all(rig, SERVERS);
	rig_wait(rig, 9999, 101);
	assert_int_equal(rig_sessions(rig), 2);
	rig_wait(rig, 1000, 10);
	assert_int_equal(rig_sessions(rig), 1); /* the half-open one, within a second after 10 s */
	send_from(rig, 1);
	rig_run(rig);
	take_all(rig, SERVERS);
	rig_wait(rig, 59900, 100);
	assert_int_equal(rig_sessions(rig), 1);
	rig_wait(rig, 1000, 10);
	assert_int_equal(rig_sessions(rig), 0);
	assert_int_equal(rig_counters(rig).sessions_expired, 2);
	take_all(rig, SERVERS);
	take_all(rig, CLIENTS);
	rig_destroy(rig);
}

static void
replies_keep_a_session_alive(void **state)
{
	struct rig *rig = make((struct rig_options){.capacity = 16});
	uint16_t port = rig_establish(rig, 1);

	for (unsigned int i = 0; i < 5; i++) {
		struct nj_test_frame reply = rig_server_frame(0, port, "tick");

		rig_wait(rig, 50000, 1000);
		rig_send(rig, SERVERS, &reply);
		rig_run(rig);
		take_all(rig, SERVERS);
		assert_int_equal(rig_sessions(rig), 1);
	}
	take_all(rig, CLIENTS);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_table_refuses_when_all_are_established),
		cmocka_unit_test(a_full_table_evicts_a_half_open_session),
		cmocka_unit_test(eviction_in_a_burst_mixes_nothing_up),
		cmocka_unit_test(no_port_left_is_refused),
		cmocka_unit_test(sessions_live_exactly_as_long_as_they_should),
		cmocka_unit_test(replies_keep_a_session_alive),
	};

	return cmocka_run_group_tests_name("capacity", tests, NULL, NULL);
}
