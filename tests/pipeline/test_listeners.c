/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose datagrams are clients': listeners of one address, and many of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "errors.h"
#include "nj_packet.h"
#include "rig.h"

static void
a_listener_may_have_one_address(void **state)
{
	struct nj_listener_config listener = {
		.port = 9000, .ip = nj_ip_v4(rte_cpu_to_be_32(OUR_CLIENT_IP))};
	struct rig_options options = {.n_endpoints = 1, .n_listeners = 1, .listeners = &listener};
	struct rig *rig = rig_create(&options);
	struct nj_test_frame here = rig_client_frame(5000, "here"), there;

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	here.dst_port = 9000;
	there = here;
	there.dst_ip = OUR_SERVER_IP;
	rig_send(rig, CLIENTS, &here);
	rig_send(rig, CLIENTS, &there);
	rig_run(rig);
	rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "here");
	error_expect_refusal(rig, CLIENTS, &there);
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NO_LISTENER), 1);
	rig_destroy(rig);
}

/* Each is found, whichever stands in front: of one port, one address, or every address. */
static void
there_may_be_many_listeners(void **state)
{
	static struct nj_listener_config listeners[2001];
	struct rig_options options = {
		.n_endpoints = 1, .n_listeners = RTE_DIM(listeners), .listeners = listeners};
	struct nj_test_frame frame;
	struct rig *rig;

	listeners[2000] = (struct nj_listener_config){.port = 9000}; /* every address */
	for (unsigned int i = 0; i < 2000; i++)
		listeners[i] = (struct nj_listener_config){.port = (uint16_t)(9000 + i / 2),
			.ip = nj_ip_v4(
				rte_cpu_to_be_32(i % 2 == 0 ? OUR_CLIENT_IP : OUR_SERVER_IP))};
	listeners[1999].ip = nj_ip_v4(rte_cpu_to_be_32(CLIENT_IP)); /* nobody of ours */
	rig = rig_create(&options);
	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	for (unsigned int i = 0; i < 2000; i++) {
		frame = rig_client_frame(5000, "hello");
		frame.dst_port = (uint16_t)(9000 + i / 2);
		frame.dst_ip = i % 2 == 0 ? OUR_CLIENT_IP : OUR_SERVER_IP;
		rig_send(rig, CLIENTS, &frame);
		rig_run(rig);
		if (i < 1999)
			rig_expect(
				rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "hello");
	}
	error_expect_refusal(rig, CLIENTS, &frame);
	rig_expect_nothing(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_NO_LISTENER), 1);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listener_may_have_one_address),
		cmocka_unit_test(there_may_be_many_listeners),
	};

	return cmocka_run_group_tests_name("listeners", tests, NULL, NULL);
}
