/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_errno.h>

#include "eal.h"
#include "link_rig.h"

static enum nj_neighbor_state
peer(const struct nj_test_rig *rig, struct rte_ether_addr *mac)
{
	struct rte_ether_addr unused;

	return nj_neighbor_mac(rig->link, nj_test_rig_neighbor(rig, 0, NJ_TEST_PEER_IP),
		mac != NULL ? mac : &unused);
}

static void
answer(struct nj_test_rig *rig, nj_ms_t now)
{
	const struct nj_test_arp arp = nj_test_arp_answer();

	assert_int_equal(nj_test_rig_arp(rig, 0, &arp, now), NJ_DROP_NONE);
}

static void
use(struct nj_test_rig *rig, nj_ms_t now)
{
	const nj_neighbor_ref_t ref = nj_test_rig_neighbor(rig, 0, NJ_TEST_PEER_IP);

	assert_int_not_equal(ref, NJ_NEIGHBOR_NONE);
	rig->used[NJ_NEIGHBOR_NUMBER(ref)] = now;
}

static void
assert_asked(const struct nj_test_rig *rig, unsigned int i, const struct rte_ether_addr *to)
{
	const struct rte_arp_hdr *arp = nj_test_rig_sent_arp(rig, i);
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(rig->sent[i], struct rte_ether_hdr *);

	assert_int_equal(arp->arp_opcode, RTE_BE16(RTE_ARP_OP_REQUEST));
	assert_int_equal(arp->arp_data.arp_tip, RTE_BE32(NJ_TEST_PEER_IP));
	if (to != NULL)
		assert_true(rte_is_same_ether_addr(&ether->dst_addr, to));
	else
		assert_true(rte_is_broadcast_ether_addr(&ether->dst_addr));
}

/* Every test of the life cycle also runs across the clock's wrap-around. */
static const nj_ms_t starts[] = {1, UINT32_MAX - 500, UINT32_MAX - 31000, UINT32_MAX - 200000};

static void
nobody_answers(struct nj_test_rig *rig, nj_ms_t now)
{
	nj_test_rig_pass(rig, &now, 200);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_INCOMPLETE);
	assert_int_equal(rig->n_sent, 1);
	nj_test_rig_pass(rig, &now, 900);
	assert_int_equal(rig->n_sent, 1);
	nj_test_rig_pass(rig, &now, 200);
	assert_int_equal(rig->n_sent, 2);
	nj_test_rig_pass(rig, &now, 1100);
	assert_int_equal(rig->n_sent, NJ_NEIGHBOR_QUESTIONS);
	assert_int_equal(rig->n_dropped, 0);
	nj_test_rig_pass(rig, &now, 1100);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_FAILED);
	assert_int_equal(rig->dropped[NJ_DROP_NEIGHBOR_UNREACHABLE], 1);
	nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_FAILED_MS - 500);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_FAILED);
	nj_test_rig_pass(rig, &now, 700);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_FREE);
	assert_int_equal(rig->n_sent, NJ_NEIGHBOR_QUESTIONS);
	for (unsigned int i = 0; i < rig->n_sent; i++)
		assert_asked(rig, i, NULL);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now); /* from the start */
	assert_int_equal(rig->n_sent, NJ_NEIGHBOR_QUESTIONS + 1);
	assert_int_equal(nj_link_waiting(rig->link), 1);
}

/* What is for it is dropped at once, and it is asked for as long as there is such. */
static void
one_that_failed_is_asked_for_while_it_is_wanted(struct nj_test_rig *rig, nj_ms_t now)
{
	nj_test_rig_pass(rig, &now, 200);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now);
	nj_test_rig_pass(rig, &now, 3200);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_FAILED);
	nj_test_rig_clear(rig);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now);
	assert_int_equal(rig->dropped[NJ_DROP_NEIGHBOR_UNREACHABLE], 1);
	nj_test_rig_pass(rig, &now, 200);
	assert_int_equal(rig->n_sent, 1);
	for (unsigned int i = 0; i < 20; i++) { /* from workers */
		use(rig, now);
		nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_RETRANS_MS / 2);
	}
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_FAILED);
	assert_in_range(rig->n_sent, 8, 11);
	for (unsigned int i = 0; i < rig->n_sent; i++)
		assert_asked(rig, i, NULL);
	answer(rig, now);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_REACHABLE);
	nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_REACHABLE_MS + 300);
	nj_test_rig_clear(rig);
	use(rig, now);
	nj_test_rig_pass(rig, &now, 3300); /* nobody wants it when it fails */
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_FAILED);
	nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_FAILED_MS + 100);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_FREE);
	assert_int_equal(rig->n_sent, NJ_NEIGHBOR_QUESTIONS);
}

static void
one_that_is_used_is_asked_again(struct nj_test_rig *rig, nj_ms_t now)
{
	nj_test_rig_pass(rig, &now, 200);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now);
	answer(rig, now);
	nj_test_rig_clear(rig);
	for (unsigned int round = 0; round < 3; round++) {
		assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_REACHABLE);
		use(rig, now);
		nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_REACHABLE_MS - 200);
		assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_REACHABLE);
		nj_test_rig_pass(rig, &now, 1000);
		assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_STALE); /* not used since then */
		assert_int_equal(rig->n_sent, 0);
		use(rig, now);
		nj_test_rig_pass(rig, &now, 110);
		assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_PROBE);
		assert_int_equal(rig->n_sent, 1);
		assert_asked(rig, 0, &nj_test_peer_mac);
		answer(rig, now);
		nj_test_rig_clear(rig);
	}
}

static void
one_that_is_gone_is_given_up(struct nj_test_rig *rig, nj_ms_t now)
{
	struct rte_ether_addr mac;

	nj_test_rig_pass(rig, &now, 200);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now);
	answer(rig, now);
	nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_REACHABLE_MS + 200);
	nj_test_rig_clear(rig);
	use(rig, now);
	nj_test_rig_pass(rig, &now, 2500);
	assert_int_equal(peer(rig, &mac), NJ_NEIGHBOR_PROBE); /* still used meanwhile */
	assert_true(rte_is_same_ether_addr(&mac, &nj_test_peer_mac));
	assert_int_equal(rig->n_sent, 3);
	assert_asked(rig, 0, &nj_test_peer_mac);
	assert_asked(rig, 1, &nj_test_peer_mac);
	assert_asked(rig, 2, NULL);
	nj_test_rig_pass(rig, &now, 1000);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_FAILED);
	nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_FAILED_MS + 100);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_FREE);
}

static void
one_that_nobody_uses_is_forgotten(struct nj_test_rig *rig, nj_ms_t now)
{
	nj_test_rig_pass(rig, &now, 200);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now);
	answer(rig, now);
	nj_test_rig_clear(rig);
	nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_REACHABLE_MS + NJ_NEIGHBOR_UNUSED_MS - 200);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_STALE);
	nj_test_rig_pass(rig, &now, 500);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_FREE);
	assert_int_equal(rig->n_sent, 0);
}

static void
one_that_asked_is_asked_once_it_is_used(struct nj_test_rig *rig, nj_ms_t now)
{
	const struct nj_test_arp question = nj_test_arp_question();

	nj_test_rig_pass(rig, &now, 200);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now);
	nj_test_rig_arp(rig, 0, &question, now);
	assert_int_equal(nj_link_waiting(rig->link), 0);
	assert_int_equal(rig->n_sent, 3); /* our question, the packet, our answer */
	nj_test_rig_pass(rig, &now, 110);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_PROBE);
	assert_asked(rig, 3, &nj_test_peer_mac);
	nj_test_rig_arp(rig, 0, &question, now); /* says nothing new */
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_PROBE);
	answer(rig, now);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_REACHABLE);
	nj_test_rig_arp(rig, 0, &question, now);
	assert_int_equal(peer(rig, NULL), NJ_NEIGHBOR_REACHABLE);
}

static void
a_late_answer_revives(struct nj_test_rig *rig, nj_ms_t now)
{
	nj_neighbor_ref_t ref;
	struct rte_ether_addr mac;

	nj_test_rig_pass(rig, &now, 200);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now);
	ref = nj_test_rig_neighbor(rig, 0, NJ_TEST_PEER_IP);
	nj_test_rig_pass(rig, &now, 3200);
	assert_int_equal(nj_neighbor_mac(rig->link, ref, &mac), NJ_NEIGHBOR_FAILED);
	answer(rig, now);
	assert_int_equal(nj_neighbor_mac(rig->link, ref, &mac), NJ_NEIGHBOR_REACHABLE);
	nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_FAILED_MS + 500);
	assert_int_equal(nj_neighbor_mac(rig->link, ref, &mac), NJ_NEIGHBOR_REACHABLE);
}

static void
lives(void (*life)(struct nj_test_rig *rig, nj_ms_t now))
{
	for (size_t i = 0; i < RTE_DIM(starts); i++) {
		struct nj_test_rig *rig = nj_test_rig_start(8);

		nj_link_tick(rig->link, starts[i]);
		life(rig, starts[i]);
		nj_test_rig_stop(rig);
	}
}

static void
lives_are_lived(void **state)
{
	lives(nobody_answers);
	lives(one_that_failed_is_asked_for_while_it_is_wanted);
	lives(one_that_is_used_is_asked_again);
	lives(one_that_is_gone_is_given_up);
	lives(one_that_nobody_uses_is_forgotten);
	lives(one_that_asked_is_asked_once_it_is_used);
	lives(a_late_answer_revives);
}

/* The table ---------------------------------------------------------------------------------- */

static void
learn(struct nj_test_rig *rig, uint32_t ip, nj_ms_t now)
{
	struct nj_test_arp question = nj_test_arp_question();

	question.ether_to = nj_test_our_mac2;
	question.sender_ip = ip;
	question.target_ip = NJ_TEST_IP(10, 0, 0, 1);
	nj_test_rig_arp(rig, 1, &question, now);
}

static bool
is_known(const struct nj_test_rig *rig, uint32_t ip)
{
	return nj_test_rig_neighbor(rig, 1, ip) != NJ_NEIGHBOR_NONE;
}

static void
in_a_full_table_the_oldest_unused_gives_way(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(64);
	const uint32_t first = NJ_TEST_IP(10, 0, 1, 0), capacity = 64;
	nj_neighbor_ref_t oldest, second;
	struct rte_ether_addr mac;

	assert_int_equal(nj_link_neighbors_capacity(rig->link), capacity);
	for (uint32_t i = 0; i < capacity; i++)
		learn(rig, first + i, 1000 + i);
	oldest = nj_test_rig_neighbor(rig, 1, first);
	second = nj_test_rig_neighbor(rig, 1, first + 1);
	assert_int_not_equal(oldest, NJ_NEIGHBOR_NONE);
	rig->used[NJ_NEIGHBOR_NUMBER(oldest)] = 1500;
	learn(rig, first + capacity, 2000);
	assert_true(is_known(rig, first)); /* in use */
	assert_false(is_known(rig, first + 1));
	assert_true(is_known(rig, first + 2));
	assert_true(is_known(rig, first + capacity));
	assert_int_equal(nj_neighbor_mac(rig->link, oldest, &mac), NJ_NEIGHBOR_STALE);
	assert_int_equal(nj_neighbor_mac(rig->link, second, &mac), NJ_NEIGHBOR_FREE);
	for (uint32_t i = 0; i < capacity; i++)
		rig->used[i] = 2100;
	learn(rig, first + capacity + 1, 2200);
	assert_false(is_known(rig, first + capacity + 1));
	nj_link_output(rig->link, nj_test_packet_to(1, first + capacity + 1), 2200);
	assert_int_equal(rig->dropped[NJ_DROP_NEIGHBOR_QUEUE_FULL], 1);
	nj_test_rig_stop(rig);
}

/* Whoever makes up addresses gets a share of the table, and pushes out his own alone. */
static void
a_flood_of_made_up_neighbors_finds_a_bound(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(64);
	const uint32_t real = NJ_TEST_IP(10, 0, 9, 0), first = NJ_TEST_IP(10, 0, 1, 0), share = 16;
	nj_ms_t now = 1000;

	for (uint32_t i = 0; i < 40; i++)
		learn(rig, real + i, now);
	nj_test_rig_clear(rig);
	for (uint32_t i = 0; i < 1000; i++) {
		nj_link_output(rig->link, nj_test_packet_to(1, first + i), now);
		assert_true(is_known(rig, first + i));
		assert_true(i < share || !is_known(rig, first + i - share)); /* oldest first */
		assert_int_equal(nj_link_waiting(rig->link), RTE_MIN(i + 1, share));
	}
	assert_int_equal(rig->dropped[NJ_DROP_NEIGHBOR_QUEUE_FULL], 1000 - share);
	nj_test_rig_pass(rig, &now, 3300);
	assert_int_equal(rig->dropped[NJ_DROP_NEIGHBOR_UNREACHABLE], share);
	nj_link_output(rig->link, nj_test_packet_to(1, first), now); /* one that failed gives way */
	assert_true(is_known(rig, first));
	assert_int_equal(rig->dropped[NJ_DROP_NEIGHBOR_QUEUE_FULL], 1000 - share);
	for (uint32_t i = 0; i < 40; i++)
		assert_true(is_known(rig, real + i));
	nj_test_rig_stop(rig);
}

/* How many questions there were about this address. */
static unsigned int
questions_about(const struct nj_test_rig *rig, uint32_t ip)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < rig->n_sent; i++)
		if (rte_pktmbuf_mtod(rig->sent[i], struct rte_ether_hdr *)->ether_type ==
			RTE_BE16(RTE_ETHER_TYPE_ARP))
			n += nj_test_rig_sent_arp(rig, i)->arp_data.arp_tip == rte_cpu_to_be_32(ip);
	return n;
}

/* Made-up addresses, as a flood of clients with such sources has us look for. */
static void
look_for_strangers(struct nj_test_rig *rig, uint32_t first, unsigned int n, nj_ms_t now)
{
	for (unsigned int i = 0; i < n; i++)
		nj_link_output(rig->link, nj_test_packet_to(1, first + i), now);
}

static void
questions_about_strangers_are_paced(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(4096);
	const uint32_t first = NJ_TEST_IP(10, 2, 0, 0), real = NJ_TEST_IP(10, 9, 9, 9);
	nj_ms_t now = 1000;

	nj_link_tick(rig->link, now);
	look_for_strangers(rig, first, 1000, now);
	assert_int_equal(rig->n_sent, 256); /* a burst, … */
	nj_test_rig_clear(rig);
	now += 10;
	nj_link_output(rig->link, nj_test_packet_to(1, real), now);
	assert_int_equal(questions_about(rig, real), 1); /* who comes next has the next turn */
	nj_test_rig_pass(rig, &now, 990);
	assert_in_range(rig->n_sent, 400, 510); /* … and so many a second */
	nj_test_rig_pass(rig, &now, 9000);
	assert_int_equal(nj_link_waiting(rig->link), 0); /* nobody waits for his turn for ever */
	nj_test_rig_clear(rig);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now);
	assert_int_equal(rig->n_sent, 1);
	nj_test_rig_stop(rig);
}

/* A flood of strangers does not keep us from asking whom we know, or for the way. */
static void
questions_about_others_do_not_wait_for_strangers(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(4096);
	const uint32_t gateway = NJ_TEST_IP(10, 0, 0, 2), host = NJ_TEST_IP(10, 0, 0, 3);
	const struct nj_prefix beyond = {
		.ip = nj_ip_v4(RTE_BE32(NJ_TEST_IP(203, 0, 113, 0))), .length = 24};
	const struct nj_ip via = nj_ip_v4(rte_cpu_to_be_32(gateway));
	struct nj_test_arp reply = nj_test_arp_answer();
	nj_ms_t now = 1000;

	reply.ether_to = reply.target_mac = nj_test_our_mac2;
	reply.sender_ip = host;
	reply.target_ip = NJ_TEST_IP(10, 0, 0, 1);
	assert_int_equal(nj_link_add_route(rig->link, &beyond, &via, 1), 0);
	nj_link_tick(rig->link, now);
	nj_link_output(rig->link, nj_test_packet_to(1, host), now);
	assert_int_equal(nj_test_rig_arp(rig, 1, &reply, now), NJ_DROP_NONE);
	nj_test_rig_pass(rig, &now, NJ_NEIGHBOR_REACHABLE_MS + 200);
	look_for_strangers(rig, NJ_TEST_IP(10, 2, 0, 0), 1000, now);
	nj_test_rig_clear(rig);
	nj_link_output(rig->link, nj_test_packet_to(1, NJ_TEST_IP(203, 0, 113, 1)), now);
	assert_int_equal(questions_about(rig, gateway), 1);
	nj_link_output(rig->link, nj_test_packet_to(1, host), now);
	for (unsigned int i = 0; i < 10; i++) {
		look_for_strangers(rig, NJ_TEST_IP(10, 3, 0, 0), 100, now);
		nj_test_rig_pass(rig, &now, 10);
	}
	assert_int_equal(questions_about(rig, host), 1);
	nj_test_rig_stop(rig);
}

static void
a_number_given_to_another_no_longer_matches(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	nj_neighbor_ref_t refs[300];
	struct rte_ether_addr mac;

	for (uint32_t i = 0; i < RTE_DIM(refs); i++) {
		learn(rig, NJ_TEST_IP(10, 0, 1, 0) + i, i);
		refs[i] = nj_test_rig_neighbor(rig, 1, NJ_TEST_IP(10, 0, 1, 0) + i);
		assert_int_not_equal(refs[i], NJ_NEIGHBOR_NONE);
		assert_int_equal(nj_neighbor_mac(rig->link, refs[i], &mac), NJ_NEIGHBOR_STALE);
		for (uint32_t old = 0; old + 8 <= i; old++)
			assert_int_equal(
				nj_neighbor_mac(rig->link, refs[old], &mac), NJ_NEIGHBOR_FREE);
		nj_test_rig_clear(rig);
	}
	assert_int_equal(nj_neighbor_mac(rig->link, NJ_NEIGHBOR_NONE, &mac), NJ_NEIGHBOR_FREE);
	assert_int_equal(nj_neighbor_mac(rig->link, 8, &mac), NJ_NEIGHBOR_FREE);
	nj_test_rig_stop(rig);
}

static void
ports_do_not_share_neighbors(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);

	learn(rig, NJ_TEST_IP(10, 0, 0, 2), 0);
	assert_int_not_equal(
		nj_test_rig_neighbor(rig, 1, NJ_TEST_IP(10, 0, 0, 2)), NJ_NEIGHBOR_NONE);
	assert_int_equal(nj_test_rig_neighbor(rig, 0, NJ_TEST_IP(10, 0, 0, 2)), NJ_NEIGHBOR_NONE);
	nj_test_rig_stop(rig);
}

static void
operators_see_neighbors(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_neighbor_info info;
	unsigned int n = 0;

	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), 1000);
	answer(rig, 1500);
	for (uint32_t number = 0; number < nj_link_neighbors_capacity(rig->link); number++) {
		if (!nj_neighbor_info(rig->link, number, 2750, &info))
			continue;
		n++;
		assert_int_equal(info.port, 0);
		assert_int_equal(info.ip.v4, RTE_BE32(NJ_TEST_PEER_IP));
		assert_int_equal(info.age_ms, 1250);
		assert_string_equal(nj_neighbor_state_name(info.state), "reachable");
		assert_true(rte_is_same_ether_addr(&info.mac, &nj_test_peer_mac));
	}
	assert_int_equal(n, 1);
	assert_false(
		nj_neighbor_info(rig->link, nj_link_neighbors_capacity(rig->link), 2750, &info));
	nj_test_rig_stop(rig);
}

static void
too_many_neighbors_are_refused(void **state)
{
	const struct nj_link_ops ops = {0};

	assert_null(nj_link_create(1 << 24, nj_test_pool(), &ops));
	assert_int_equal(rte_errno, EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives_are_lived),
		cmocka_unit_test(a_flood_of_made_up_neighbors_finds_a_bound),
		cmocka_unit_test(in_a_full_table_the_oldest_unused_gives_way),
		cmocka_unit_test(questions_about_strangers_are_paced),
		cmocka_unit_test(questions_about_others_do_not_wait_for_strangers),
		cmocka_unit_test(a_number_given_to_another_no_longer_matches),
		cmocka_unit_test(ports_do_not_share_neighbors),
		cmocka_unit_test(operators_see_neighbors),
		cmocka_unit_test(too_many_neighbors_are_refused),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("neighbors", tests, NULL, NULL);
}
