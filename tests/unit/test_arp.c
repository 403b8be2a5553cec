/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "link_rig.h"

static const uint8_t our_question[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 0x0a,
	0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, 0x02, 0, 0, 0, 0, 0x0a, 192, 0, 2, 10, 0, 0, 0, 0, 0, 0,
	192, 0, 2, 77};
static const uint8_t our_answer[] = {0x02, 0, 0, 0, 0, 0x4d, 0x02, 0, 0, 0, 0, 0x0a, 0x08, 0x06, 0,
	1, 8, 0, 6, 4, 0, 2, 0x02, 0, 0, 0, 0, 0x0a, 192, 0, 2, 10, 0x02, 0, 0, 0, 0, 0x4d, 192, 0,
	2, 77};

static void
assert_sent(const struct nj_test_rig *rig, unsigned int i, uint16_t port, const uint8_t bytes[42])
{
	nj_test_rig_sent_arp(rig, i);
	assert_memory_equal(rte_pktmbuf_mtod(rig->sent[i], void *), bytes, 42);
	assert_int_equal(nj_packet(rig->sent[i])->out_port, port);
	assert_int_equal(nj_packet(rig->sent[i])->kind, NJ_KIND_ARP);
}

/* What is known of the peer; FREE: nothing. */
static enum nj_neighbor_state
peer(const struct nj_test_rig *rig, struct rte_ether_addr *mac)
{
	const nj_neighbor_ref_t ref = nj_test_rig_neighbor(rig, 0, NJ_TEST_PEER_IP);

	return nj_neighbor_mac(rig->link, ref, mac);
}

static void
a_question_for_us_is_answered_and_its_sender_learnt(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_test_arp question = nj_test_arp_question();
	struct rte_ether_addr mac;

	assert_int_equal(nj_test_rig_arp(rig, 0, &question, 0), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 1);
	assert_sent(rig, 0, 0, our_answer);
	assert_int_equal(peer(rig, &mac), NJ_NEIGHBOR_STALE);
	assert_true(rte_is_same_ether_addr(&mac, &nj_test_peer_mac));
	question.ether_to = nj_test_our_mac; /* a unicast question, as a neighbor's probe */
	assert_int_equal(nj_test_rig_arp(rig, 0, &question, 0), NJ_DROP_NONE);
	assert_sent(rig, 1, 0, our_answer);
	nj_test_rig_stop(rig);
}

static void
questions_for_others_are_not_ours(void **state)
{
	static const uint32_t targets[] = {NJ_TEST_OUR_IP + 1, NJ_TEST_PEER_IP + 1, 0,
		NJ_TEST_IP(10, 0, 0, 1)}; /* the last: ours, but on port 1 */
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_test_arp question = nj_test_arp_question();
	struct rte_ether_addr mac;

	for (size_t i = 0; i < RTE_DIM(targets); i++) {
		question.target_ip = targets[i];
		assert_int_equal(nj_test_rig_arp(rig, 0, &question, 0), NJ_DROP_NONE);
		assert_int_equal(rig->n_sent, 0);
		assert_int_equal(peer(rig, &mac), NJ_NEIGHBOR_FREE);
	}
	nj_test_rig_stop(rig);
}

static void
further_addresses_are_answered_for_on_every_port(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	const struct nj_ip more = nj_ip_v4(RTE_BE32(NJ_TEST_IP(198, 51, 100, 9)));
	struct nj_test_arp question = nj_test_arp_question();
	const struct rte_arp_hdr *arp;

	assert_int_equal(nj_link_add_address(rig->link, &more), 0);
	question.target_ip = NJ_TEST_IP(198, 51, 100, 9);
	nj_test_rig_arp(rig, 0, &question, 0);
	nj_test_rig_arp(rig, 1, &question, 0);
	assert_int_equal(rig->n_sent, 2);
	arp = nj_test_rig_sent_arp(rig, 0);
	assert_int_equal(arp->arp_data.arp_sip, more.v4);
	assert_true(rte_is_same_ether_addr(&arp->arp_data.arp_sha, &nj_test_our_mac));
	arp = nj_test_rig_sent_arp(rig, 1);
	assert_true(rte_is_same_ether_addr(&arp->arp_data.arp_sha, &nj_test_our_mac2));
	assert_int_equal(nj_packet(rig->sent[1])->out_port, 1);
	nj_test_rig_stop(rig);
}

/* RFC 5227: somebody asks whether he may have our address; he has none yet. */
static void
a_probe_is_answered_and_nothing_learnt(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_test_arp probe = nj_test_arp_question();

	probe.sender_ip = 0;
	assert_int_equal(nj_test_rig_arp(rig, 0, &probe, 0), NJ_DROP_NONE);
	assert_int_equal(nj_test_rig_sent_arp(rig, 0)->arp_data.arp_tip, 0);
	assert_int_equal(nj_test_rig_neighbor(rig, 0, 0), NJ_NEIGHBOR_NONE);
	nj_test_rig_stop(rig);
}

static void
only_neighbors_of_the_port_are_learnt(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_test_arp question = nj_test_arp_question();

	question.sender_ip = NJ_TEST_IP(198, 51, 100, 1);
	nj_test_rig_arp(rig, 0, &question, 0);
	assert_int_equal(rig->n_sent, 1); /* an answer costs nothing */
	assert_int_equal(
		nj_test_rig_neighbor(rig, 0, NJ_TEST_IP(198, 51, 100, 1)), NJ_NEIGHBOR_NONE);
	nj_test_rig_stop(rig);
}

static void
an_answer_that_nobody_asked_for_is_not_learnt(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	const struct nj_test_arp answer = nj_test_arp_answer();
	struct rte_ether_addr mac;

	assert_int_equal(nj_test_rig_arp(rig, 0, &answer, 0), NJ_DROP_NONE);
	assert_int_equal(peer(rig, &mac), NJ_NEIGHBOR_FREE);
	assert_int_equal(rig->n_sent, 0);
	nj_test_rig_stop(rig);
}

static void
an_announcement_changes_but_never_creates(void **state)
{
	static const struct rte_ether_addr moved = {{0x02, 0, 0, 0, 0, 0x99}};
	static const uint16_t opcodes[] = {RTE_ARP_OP_REQUEST, RTE_ARP_OP_REPLY};

	for (size_t i = 0; i < RTE_DIM(opcodes); i++) {
		struct nj_test_rig *rig = nj_test_rig_start(8);
		const struct nj_test_arp question = nj_test_arp_question();
		struct nj_test_arp announcement = nj_test_arp_question();
		struct rte_ether_addr mac;

		announcement.opcode = opcodes[i];
		announcement.target_ip = announcement.sender_ip;
		announcement.sender_mac = announcement.ether_from = moved;
		nj_test_rig_arp(rig, 0, &announcement, 0);
		assert_int_equal(peer(rig, &mac), NJ_NEIGHBOR_FREE);
		nj_test_rig_arp(rig, 0, &question, 0);
		nj_test_rig_arp(rig, 0, &announcement, 0);
		assert_int_equal(peer(rig, &mac), NJ_NEIGHBOR_STALE);
		assert_true(rte_is_same_ether_addr(&mac, &moved));
		assert_int_equal(rig->n_sent, 1);
		nj_test_rig_stop(rig);
	}
}

static void
talk_of_others_changes_nothing(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_test_arp arp = nj_test_arp_question();
	struct rte_ether_addr mac;

	nj_test_rig_arp(rig, 0, &arp, 0);
	arp.sender_mac.addr_bytes[5] = 0x99;
	arp.target_ip = NJ_TEST_IP(192, 0, 2, 5);
	nj_test_rig_arp(rig, 0, &arp, 0);
	arp = nj_test_arp_answer(); /* a broadcast answer is not to us */
	arp.sender_mac.addr_bytes[5] = 0x99;
	arp.ether_to = nj_test_arp_question().ether_to;
	nj_test_rig_arp(rig, 0, &arp, 0);
	assert_int_equal(peer(rig, &mac), NJ_NEIGHBOR_STALE);
	assert_true(rte_is_same_ether_addr(&mac, &nj_test_peer_mac));
	nj_test_rig_stop(rig);
}

static unsigned int
lines_of(const char *text)
{
	unsigned int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static void
our_address_elsewhere_is_a_conflict(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_test_arp arp = nj_test_arp_question();
	const nj_ms_t start = UINT32_MAX - 15000;
	char *log = NULL;
	size_t size;
	FILE *stream = open_memstream(&log, &size);

	assert_non_null(stream);
	rte_openlog_stream(stream);
	arp.sender_ip = NJ_TEST_OUR_IP;
	for (nj_ms_t ms = 0; ms < 30000; ms += 1000)
		assert_int_equal(nj_test_rig_arp(rig, 0, &arp, start + ms), NJ_DROP_NONE);
	arp.sender_mac = nj_test_our_mac2; /* our other port: no conflict */
	nj_test_rig_arp(rig, 0, &arp, start + 60000);
	rte_openlog_stream(NULL);
	fclose(stream);
	assert_int_equal(lines_of(log), 3);
	assert_non_null(
		strstr(log, "address=192.0.2.10 used_by=02:00:00:00:00:4D answered_for=yes"));
	free(log);
	assert_int_equal(rig->n_sent, 3); /* it is defended as often */
	assert_int_equal(nj_test_rig_neighbor(rig, 0, NJ_TEST_OUR_IP), NJ_NEIGHBOR_NONE);
	nj_test_rig_stop(rig);
}

static void
a_sender_without_an_address_is_malformed(void **state)
{
	static const struct rte_ether_addr bad[] = {
		{{0}}, {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, {{1, 0, 0x5e, 0, 0, 1}}};
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_test_arp question = nj_test_arp_question();

	for (size_t i = 0; i < RTE_DIM(bad); i++) {
		question.sender_mac = bad[i];
		assert_int_equal(nj_test_rig_arp(rig, 0, &question, 0), NJ_DROP_ARP_MALFORMED);
	}
	assert_int_equal(rig->n_sent, 0);
	nj_test_rig_stop(rig);
}

static void
we_ask_from_the_right_address(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);

	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), 0);
	nj_link_output(rig->link, nj_test_packet_to(1, NJ_TEST_IP(10, 1, 9, 9)), 0);
	assert_int_equal(rig->n_sent, 2);
	assert_sent(rig, 0, 0, our_question);
	assert_int_equal(
		nj_test_rig_sent_arp(rig, 1)->arp_data.arp_sip, RTE_BE32(NJ_TEST_IP(10, 1, 0, 1)));
	nj_test_rig_stop(rig);
}

static void
our_addresses_are_announced(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	const struct nj_ip more = nj_ip_v4(RTE_BE32(NJ_TEST_IP(198, 51, 100, 9)));
	uint8_t announcement[sizeof(our_question)];

	nj_link_announce(rig->link, 0);
	assert_int_equal(rig->n_sent, 1);
	memcpy(announcement, our_question, sizeof(announcement));
	announcement[sizeof(announcement) - 1] = 10;
	assert_sent(rig, 0, 0, announcement);
	assert_int_equal(nj_link_add_address(rig->link, &more), 0);
	nj_link_announce(rig->link, 1);
	assert_int_equal(rig->n_sent, 4);
	nj_link_announce(rig->link, 5);
	assert_int_equal(rig->n_sent, 4);
	nj_test_rig_stop(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_for_us_is_answered_and_its_sender_learnt),
		cmocka_unit_test(questions_for_others_are_not_ours),
		cmocka_unit_test(further_addresses_are_answered_for_on_every_port),
		cmocka_unit_test(a_probe_is_answered_and_nothing_learnt),
		cmocka_unit_test(only_neighbors_of_the_port_are_learnt),
		cmocka_unit_test(an_answer_that_nobody_asked_for_is_not_learnt),
		cmocka_unit_test(an_announcement_changes_but_never_creates),
		cmocka_unit_test(talk_of_others_changes_nothing),
		cmocka_unit_test(our_address_elsewhere_is_a_conflict),
		cmocka_unit_test(a_sender_without_an_address_is_malformed),
		cmocka_unit_test(we_ask_from_the_right_address),
		cmocka_unit_test(our_addresses_are_announced),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("arp", tests, NULL, NULL);
}
