/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "link_rig.h"

static void
packets_wait_in_order(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	const struct nj_test_arp answer = nj_test_arp_answer();
	struct rte_mbuf *m[NJ_NEIGHBOR_WAITING_EACH_MAX];

	for (unsigned int i = 0; i < RTE_DIM(m); i++) {
		m[i] = nj_test_packet_to(0, NJ_TEST_PEER_IP);
		nj_link_output(rig->link, m[i], 0);
		assert_int_equal(nj_link_waiting(rig->link), i + 1);
	}
	assert_int_equal(rig->n_sent, 1); /* one question for all of them */
	assert_int_equal(nj_test_rig_arp(rig, 0, &answer, 5), NJ_DROP_NONE);
	assert_int_equal(nj_link_waiting(rig->link), 0);
	assert_int_equal(rig->n_sent, 1 + RTE_DIM(m));
	for (unsigned int i = 0; i < RTE_DIM(m); i++) {
		const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m[i], struct rte_ether_hdr *);

		assert_ptr_equal(rig->sent[1 + i], m[i]);
		assert_true(rte_is_same_ether_addr(&ether->dst_addr, &nj_test_peer_mac));
		assert_true(rte_is_same_ether_addr(&ether->src_addr, &nj_test_our_mac));
		assert_false(nj_packet(m[i])->originated);
	}
	nj_test_rig_stop(rig);
}

static void
a_known_neighbor_needs_no_waiting(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	const struct nj_test_arp question = nj_test_arp_question();
	struct rte_mbuf *m = nj_test_packet_to(0, NJ_TEST_PEER_IP);

	assert_int_equal(nj_test_rig_arp(rig, 0, &question, 0), NJ_DROP_NONE);
	nj_test_rig_clear(rig);
	nj_link_output(rig->link, m, 0);
	assert_int_equal(rig->n_sent, 1);
	assert_ptr_equal(rig->sent[0], m);
	nj_test_rig_stop(rig);
}

static void
one_neighbor_keeps_only_so_many(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);

	for (unsigned int i = 0; i < NJ_NEIGHBOR_WAITING_EACH_MAX + 3; i++)
		nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), 0);
	assert_int_equal(nj_link_waiting(rig->link), NJ_NEIGHBOR_WAITING_EACH_MAX);
	assert_int_equal(rig->n_dropped, 3);
	assert_int_equal(rig->dropped[NJ_DROP_NEIGHBOR_QUEUE_FULL], 3);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP + 1), 0); /* others may */
	assert_int_equal(nj_link_waiting(rig->link), NJ_NEIGHBOR_WAITING_EACH_MAX + 1);
	nj_test_rig_stop(rig);
}

static void
all_together_keep_only_so_many(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(512);
	const unsigned int n = NJ_NEIGHBOR_WAITING_MAX / NJ_NEIGHBOR_WAITING_EACH_MAX;

	for (unsigned int round = 0; round < 3; round++) { /* the links are used again */
		const nj_ms_t now = round * 20000;

		for (unsigned int i = 0; i < NJ_NEIGHBOR_WAITING_MAX; i++)
			nj_link_output(
				rig->link, nj_test_packet_to(1, NJ_TEST_IP(10, 0, 1, i % n)), now);
		assert_int_equal(rig->n_dropped, 0);
		nj_link_output(rig->link, nj_test_packet_to(1, NJ_TEST_IP(10, 0, 2, 1)), now);
		assert_int_equal(rig->dropped[NJ_DROP_NEIGHBOR_QUEUE_FULL], 1);
		assert_int_equal(nj_link_waiting(rig->link), NJ_NEIGHBOR_WAITING_MAX);
		for (nj_ms_t ms = 0; ms < 10000; ms += 100)
			nj_link_tick(rig->link, now + ms);
		assert_int_equal(nj_link_waiting(rig->link), 0);
		assert_int_equal(
			rig->dropped[NJ_DROP_NEIGHBOR_UNREACHABLE], NJ_NEIGHBOR_WAITING_MAX);
		nj_test_rig_clear(rig);
	}
	nj_test_rig_stop(rig);
}

static void
the_end_drops_what_waits(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);

	for (unsigned int i = 0; i < 10; i++)
		nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP + i % 3), 0);
	nj_link_destroy(rig->link);
	rig->link = NULL;
	assert_int_equal(rig->dropped[NJ_DROP_STOPPING], 10);
	assert_int_equal(rig->n_dropped, 10);
	nj_test_rig_stop(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_wait_in_order),
		cmocka_unit_test(a_known_neighbor_needs_no_waiting),
		cmocka_unit_test(one_neighbor_keeps_only_so_many),
		cmocka_unit_test(all_together_keep_only_so_many),
		cmocka_unit_test(the_end_drops_what_waits),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
