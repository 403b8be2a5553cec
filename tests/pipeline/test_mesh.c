/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings between as many lcores as there can be, and a dataplane of as many workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_ring.h>

#include "eal.h"
#include "mesh.h"
#include "rig.h"
#include "worker.h"

#define MEGABYTES 2560 /* packet buffers for 128 workers, most of it */
#define N_CLIENTS 200

/* Each lcore sends to each other one; a receiver sees nothing before it is told, and all after. */
static void
each_lcore_is_told_of_its_mail(void **state)
{
	struct mesh *mesh = mesh_create(MESH_LCORES_MAX);
	struct rte_mbuf *m = rte_pktmbuf_alloc(nj_test_pool()), *taken[4];

	assert_non_null(mesh);
	for (unsigned int from = 0; from < mesh->n; from++) {
		for (unsigned int to = 0; to < mesh->n; to++) {
			assert_true(mesh_send(mesh, from, to, m, MAIL_FLOW));
			assert_true(mesh_send(mesh, from, to, m, MAIL_FLOW));
			assert_false(mesh_has_mail(mesh, from, to));
		}
		mesh_post(mesh, from);
	}
	for (unsigned int to = 0; to < mesh->n; to++) {
		for (unsigned int from = 0; from < mesh->n; from++) {
			assert_true(mesh_has_mail(mesh, from, to));
			assert_int_equal(mesh_receive(mesh, from, to, taken, 1), 1);
			assert_true(mesh_has_mail(mesh, from, to));
			assert_int_equal(mesh_receive(mesh, from, to, taken, 4), 1);
			assert_false(mesh_has_mail(mesh, from, to));
		}
	}
	rte_pktmbuf_free(m);
	mesh_destroy(mesh);
}

/* What is taken before its sender said so is found once, and the next one is found too. */
static void
mail_may_be_taken_early(void **state)
{
	struct mesh *mesh = mesh_create(2);
	struct rte_mbuf *m = rte_pktmbuf_alloc(nj_test_pool()), *taken[4];

	assert_non_null(mesh);
	assert_true(mesh_send(mesh, 0, 1, m, MAIL_FLOW));
	assert_int_equal(mesh_receive(mesh, 0, 1, taken, 4), 1);
	mesh_post(mesh, 0);
	assert_false(mesh_has_mail(mesh, 0, 1));
	assert_true(mesh_send(mesh, 0, 1, m, MAIL_FLOW));
	mesh_post(mesh, 0);
	assert_true(mesh_has_mail(mesh, 0, 1));
	assert_int_equal(mesh_receive(mesh, 0, 1, taken, 4), 1);
	rte_pktmbuf_free(m);
	mesh_destroy(mesh);
}

static unsigned int
fill(struct mesh *mesh, unsigned int from, unsigned int to, struct rte_mbuf *m)
{
	struct rte_mbuf *taken[64];
	unsigned int sent = 0;

	while (mesh_send(mesh, from, to, m, MAIL_FLOW))
		sent++;
	mesh_post(mesh, from);
	while (mesh_receive(mesh, from, to, taken, RTE_DIM(taken)) > 0)
		;
	return sent;
}

/* local.c deals out bursts by what a ring to the manager holds. */
static void
rings_are_smaller_where_there_are_many(void **state)
{
	static const struct {
		unsigned int lcores, packets;
	} rows[] = {{2, 2048}, {32, 2048}, {33, 1024}, {65, 512}, {129, 512}};
	struct rte_mbuf *m = rte_pktmbuf_alloc(nj_test_pool());

	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct mesh *mesh = mesh_create(rows[i].lcores);
		const unsigned int manager = rows[i].lcores - 1;

		assert_non_null(mesh);
		assert_int_equal(fill(mesh, manager, 0, m), rows[i].packets - 1);
		assert_int_equal(fill(mesh, 0, manager, m), MESH_RING_PACKETS - 1);
		mesh_destroy(mesh);
	}
	rte_pktmbuf_free(m);
}

/* Eight queues for all of them, so nearly everything crosses, both ways. */
static void
as_many_workers_as_there_can_be(void **state)
{
	const struct rig_options options = {.n_workers = NJ_WORKERS_MAX,
		.n_queues = RIG_QUEUES_MAX,
		.n_endpoints = 1,
		.capacity = 64 * NJ_WORKERS_MAX};
	struct rig *rig = rig_create(&options);
	unsigned int busy = 0;

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	for (unsigned int i = 0; i < N_CLIENTS; i++)
		rig_establish(rig, (uint16_t)(10000 + i));
	assert_int_equal(rig_sessions(rig), N_CLIENTS);
	for (unsigned int i = 0; i < NJ_WORKERS_MAX; i++)
		busy += rig->dataplane->workers[i]->counters.sessions_total > 0;
	/* Toeplitz is linear: by the key, ports that follow on each other may have fewer owners. */
	assert_true(busy >= NJ_WORKERS_MAX / 8);
	rig_expect_nothing(rig);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_lcore_is_told_of_its_mail),
		cmocka_unit_test(mail_may_be_taken_early),
		cmocka_unit_test(rings_are_smaller_where_there_are_many),
		cmocka_unit_test(as_many_workers_as_there_can_be),
	};

	nj_test_eal_memory(0, MEGABYTES);
	return cmocka_run_group_tests_name("mesh", tests, NULL, NULL);
}
