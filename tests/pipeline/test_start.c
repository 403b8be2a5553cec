/* SPDX-License-Identifier: BSD-3-Clause */
/* From the start to the first datagram: not before an address is known to be ours alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_arp.h>

#include "rig.h"

#define WALL      INT64_C(1700000000000)
#define QCMP_PORT 7600

/* Another host announces that it has our address: a conflict, whatever state it is in. */
static void
claim(struct rig *rig, unsigned int side, uint32_t ip)
{
	const struct rte_ether_addr other = {{0x02, 0, 0, 0, 0, 0x99}};
	struct {
		struct rte_ether_hdr ether;
		struct rte_arp_hdr arp;
	} __rte_packed __rte_aligned(2) frame = {
		.ether = {.dst_addr = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
			.src_addr = other,
			.ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP)},
		.arp = {.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
			.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
			.arp_hlen = RTE_ETHER_ADDR_LEN,
			.arp_plen = sizeof(rte_be32_t),
			.arp_opcode = RTE_BE16(RTE_ARP_OP_REQUEST),
			.arp_data = {.arp_sha = other,
				.arp_sip = rte_cpu_to_be_32(ip),
				.arp_tip = rte_cpu_to_be_32(ip)}},
	};
	struct rte_mbuf *m = nj_test_mbuf(&frame, sizeof(frame));

	assert_int_equal(rte_ring_enqueue(rig->in[rig_port_of(rig, side)][0], m), 0);
	rig_run(rig);
}

/* Sends what a worker would serve: a datagram, a reply, and a ping of Quilkin's. */
static void
try(struct rig *rig)
{
	struct nj_test_frame down = rig_client_frame(5000, "too early"),
			     up = rig_server_frame(0, 20000, "too early"), ping = down;

	ping.dst_port = QCMP_PORT;
	rig_send(rig, CLIENTS, &down);
	rig_send(rig, SERVERS, &up);
	rig_send(rig, CLIENTS, &ping);
	rig_run(rig);
}

static void
introduce_all(struct rig *rig)
{
	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
}

static void
nobody_is_served_while_addresses_are_tentative(void **state)
{
	struct rig_options options = {.n_endpoints = 1, .ask = true, .qcmp_port = QCMP_PORT};
	struct rig *rig = rig_create(&options);

	assert_int_equal(rig_discard(rig), 2); /* a probe on each side */
	try(rig);
	rig_wait(rig, NJ_DAD_MS - 100, 100);
	try(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_STARTING), 6);
	rig_expect_nothing(rig);
	rig_wait(rig, 200, 100);
	assert_int_equal(rig_discard(rig), 2); /* an announcement on each side */
	introduce_all(rig);
	rig_establish(rig, 5000);
	rig_destroy(rig);
}

static void
nor_while_all_are_duplicate(void **state)
{
	struct rig_options options = {.n_endpoints = 1, .ask = true, .qcmp_port = QCMP_PORT};
	struct rig *rig = rig_create(&options);

	claim(rig, CLIENTS, OUR_CLIENT_IP);
	claim(rig, SERVERS, OUR_SERVER_IP);
	rig_discard(rig);
	rig_wait(rig, NJ_DAD_RETRY_MS - 1000, 1000);
	try(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_STARTING), 3);
	rig_expect_nothing(rig);
	rig_wait(rig, 1000 + NJ_DAD_MS + 200, 100);
	rig_discard(rig); /* probes and announcements */
	introduce_all(rig);
	rig_establish(rig, 5000);
	rig_destroy(rig);
}

/* With a state file ------------------------------------------------------------------------- */

struct fixture {
	char folder[32], path[64];
	struct rig_options options;
};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	strcpy(fixture->folder, "/tmp/nj-start-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->path, sizeof(fixture->path), "%s/sessions", fixture->folder);
	fixture->options = (struct rig_options){.n_endpoints = 1,
		.ask = true,
		.qcmp_port = QCMP_PORT,
		.state_file = fixture->path,
		.wall_ms = WALL};
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const suffixes[] = {"", ".lock", ".new"};
	struct fixture *fixture = *state;
	char path[80];

	for (unsigned int i = 0; i < RTE_DIM(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", fixture->path, suffixes[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(fixture->folder), 0);
	free(fixture);
	return 0;
}

/* Runs once, and again so many milliseconds later. */
static struct rig *
restart(struct fixture *fixture, int64_t away_ms, uint16_t *upstream_port)
{
	struct rig *rig = rig_create(&fixture->options);

	rig_wait(rig, NJ_DAD_MS + 200, 100);
	rig_discard(rig);
	introduce_all(rig);
	*upstream_port = rig_establish(rig, 5000);
	rig_save(rig, true);
	fixture->options.wall_ms = rig_time(rig).wall_ms + away_ms;
	rig_destroy(rig);
	return rig_create(&fixture->options);
}

static void
what_was_ours_is_ours_at_once(void **state)
{
	uint16_t before;
	struct rig *rig = restart(*state, 5000, &before);

	assert_int_equal(rig_discard(rig), 4); /* a probe and an announcement on each side */
	introduce_all(rig);
	assert_int_equal(rig_establish(rig, 5000), before);
	assert_int_equal(rig_dropped(rig, NJ_DROP_STARTING), 0);
	rig_destroy(rig);
}

/* Be it forged or not: RFC 5227, section 2.4, case (c). */
static void
and_defended(void **state)
{
	uint16_t before;
	struct rig *rig = restart(*state, 5000, &before);

	rig_discard(rig);
	claim(rig, CLIENTS, OUR_CLIENT_IP);
	assert_int_equal(rig_discard(rig), 1);
	introduce_all(rig);
	assert_int_equal(rig_establish(rig, 5000), before);
	rig_destroy(rig);
}

static void
but_not_after_a_long_time(void **state)
{
	uint16_t before;
	struct rig *rig = restart(*state, NJ_STATE_ADDRESSES_MS + 1, &before);

	assert_int_equal(rig_discard(rig), 2);
	try(rig);
	assert_int_equal(rig_dropped(rig, NJ_DROP_STARTING), 3);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_served_while_addresses_are_tentative),
		cmocka_unit_test(nor_while_all_are_duplicate),
		cmocka_unit_test_setup_teardown(what_was_ours_is_ours_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(and_defended, setup, teardown),
		cmocka_unit_test_setup_teardown(but_not_after_a_long_time, setup, teardown),
	};

	return cmocka_run_group_tests_name("start", tests, NULL, NULL);
}
