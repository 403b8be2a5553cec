/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "icmp6_frame.h"

static const struct rte_ether_addr other = {{0x02, 0, 0, 0, 0, 0x99}};

static unsigned int
sent_of(const struct nj_test_rig *rig, uint8_t type, const char *target)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < rig->n_sent; i++) {
		const struct nj_test_sent6 sent = nj_test_rig_sent6(rig, i);
		char text[INET6_ADDRSTRLEN];

		if (sent.body[0] == type &&
			strcmp(inet_ntop(AF_INET6, sent.body + 8, text, sizeof(text)), target) == 0)
			n++;
	}
	return n;
}

static void
our_addresses_are_asked_for_and_then_announced(void **state)
{
	static const nj_ms_t starts[] = {1, UINT32_MAX - 500};

	for (size_t i = 0; i < RTE_DIM(starts); i++) {
		struct nj_test_rig *rig = nj_test_rig_start6(8);
		struct nj_test_sent6 probe;
		nj_ms_t now = starts[i];

		nj_link_tick(rig->link, now);
		nj_link_start(rig->link, now);
		assert_int_equal(rig->n_sent, 6); /* on each port its groups and two probes */
		probe = nj_test_rig_sent6(rig, 1);
		assert_int_equal(probe.length, 24);
		assert_int_equal(probe.body[0], 135);
		assert_int_equal(probe.ip->hop_limits, 255);
		nj_test_assert_ip6(probe.ip->src_addr, "::");
		nj_test_assert_ip6(probe.ip->dst_addr, "ff02::1:ff00:10");
		nj_test_assert_ip6(probe.body + 8, NJ_TEST_OUR_IP6);
		assert_int_equal(sent_of(rig, 135, "fe80::1"), 1);
		nj_test_rig_pass(rig, &now, 900);
		assert_int_equal(rig->n_sent, 6);
		nj_test_rig_pass(rig, &now, 200);
		assert_int_equal(sent_of(rig, 136, NJ_TEST_OUR_IP6), 1);
		assert_int_equal(sent_of(rig, 136, NJ_TEST_OUR_LINK_LOCAL), 1);
		assert_int_equal(sent_of(rig, 136, "2001:db8:1::1"), 1);
		assert_int_equal(sent_of(rig, 136, "fe80::1"), 1);
		assert_int_equal(nj_link_conflicts(rig->link), 0);
		nj_test_rig_stop(rig);
	}
}

static void
until_then_nothing_is_answered_and_packets_wait(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	const struct nj_test_icmp6 question = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);
	nj_ms_t now = 1000;

	nj_link_tick(rig->link, now);
	nj_link_start(rig->link, now);
	nj_test_rig_clear(rig);
	nj_test_rig_pass(rig, &now, 500);
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &question, now), NJ_DROP_NONE);
	nj_link_output(rig->link, nj_test_packet_to6(0, NJ_TEST_PEER_IP6), now);
	nj_link_announce(rig->link, 0);
	assert_int_equal(rig->n_sent, 1); /* the groups */
	assert_int_equal(nj_link_waiting(rig->link), 1);
	nj_test_rig_pass(rig, &now, 1100);
	assert_int_equal(sent_of(rig, 135, NJ_TEST_PEER_IP6), 1);
	nj_test_rig_clear(rig);
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &question, now), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 2); /* what waited, and the answer */
	assert_int_equal(nj_test_rig_sent6(rig, 1).body[0], 136);
	nj_test_rig_stop(rig);
}

/* Somebody has the address, or wants it as well: in either case it is not ours. */
static void
an_address_of_somebody_else_is_given_up(void **state)
{
	for (unsigned int probes = 0; probes < 2; probes++) {
		struct nj_test_rig *rig = nj_test_rig_start6(8);
		struct nj_test_icmp6 message = nj_test_icmp6_advertisement(NJ_TEST_OUR_IP6, 0);
		nj_ms_t now = 1000;

		if (probes) {
			message = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);
			message.source = "::";
			message.destination = "ff02::1:ff00:10";
		}
		message.length = 24;
		message.ether_from = other;
		nj_test_log_open();
		nj_link_tick(rig->link, now);
		nj_link_start(rig->link, now);
		assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, now), NJ_DROP_NONE);
		nj_test_rig_clear(rig);
		nj_test_rig_pass(rig, &now, 2000);
		assert_int_equal(sent_of(rig, 136, NJ_TEST_OUR_IP6), 0);
		assert_int_equal(sent_of(rig, 136, NJ_TEST_OUR_LINK_LOCAL), 1);
		assert_int_equal(
			nj_test_log_close(
				"address=2001:db8::10 used_by=02:00:00:00:00:99 answered_for=no"),
			1);
		assert_int_equal(nj_link_conflicts(rig->link), 1);
		nj_test_rig_clear(rig);
		message = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);
		assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, now), NJ_DROP_NONE);
		assert_int_equal(rig->n_sent, 0);
		nj_test_rig_stop(rig);
	}
}

static void
our_other_port_is_nobody_else(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 message = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);
	nj_ms_t now = 1000;

	message.source = "::";
	message.destination = "ff02::1:ff00:10";
	message.length = 24;
	message.ether_from = nj_test_our_mac2;
	nj_link_tick(rig->link, now);
	nj_link_start(rig->link, now);
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &message, now), NJ_DROP_NONE);
	nj_test_rig_pass(rig, &now, 2000);
	assert_int_equal(sent_of(rig, 136, NJ_TEST_OUR_IP6), 1);
	assert_int_equal(nj_link_conflicts(rig->link), 0);
	nj_test_rig_stop(rig);
}

static void
an_address_that_is_ours_is_kept_and_the_conflict_logged(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	struct nj_test_icmp6 claim = nj_test_icmp6_advertisement(NJ_TEST_OUR_IP6, NJ_TEST_OVERRIDE);
	struct nj_test_icmp6 asks = nj_test_icmp6_solicitation(NJ_TEST_PEER_IP6);
	const struct nj_test_icmp6 question = nj_test_icmp6_solicitation(NJ_TEST_OUR_IP6);

	claim.length = 24;
	nj_test_icmp6_add_mac(&claim, 2, &other);
	asks.source = NJ_TEST_OUR_IP6;
	asks.destination = "ff02::1";
	asks.ether_from = other;
	nj_test_log_open();
	for (nj_ms_t ms = 0; ms < 30000; ms += 1000)
		assert_int_equal(
			nj_test_rig_icmp6(rig, 0, ms % 2000 ? &claim : &asks, ms), NJ_DROP_NONE);
	assert_int_equal(nj_test_log_close(
				 "address=2001:db8::10 used_by=02:00:00:00:00:99 answered_for=yes"),
		3);
	assert_int_equal(nj_link_conflicts(rig->link), 30);
	assert_int_equal(sent_of(rig, 136, NJ_TEST_OUR_IP6), 3);
	nj_test_rig_clear(rig);
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &question, 0), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 1);
	assert_int_equal(nj_test_rig_neighbor6(rig, 0, NJ_TEST_OUR_IP6), NJ_NEIGHBOR_NONE);
	nj_test_rig_stop(rig);
}

/* IPv4 (RFC 5227) ---------------------------------------------------------------------------- */

static void
ipv4_is_asked_for_as_well(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	const struct nj_test_arp question = nj_test_arp_question();
	const struct rte_arp_hdr *arp;
	nj_ms_t now = UINT32_MAX - 100;

	nj_link_tick(rig->link, now);
	nj_link_start(rig->link, now);
	assert_int_equal(rig->n_sent, 3);
	arp = nj_test_rig_sent_arp(rig, 1);
	assert_int_equal(arp->arp_opcode, RTE_BE16(RTE_ARP_OP_REQUEST));
	assert_int_equal(arp->arp_data.arp_sip, 0);
	assert_int_equal(nj_test_rig_arp(rig, 0, &question, now), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 3);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now);
	assert_int_equal(rig->n_sent, 4); /* a question, from 0.0.0.0 */
	assert_int_equal(nj_test_rig_sent_arp(rig, 3)->arp_data.arp_sip, 0);
	nj_test_rig_clear(rig);
	nj_test_rig_pass(rig, &now, 1200);
	assert_int_equal(rig->n_sent, 4); /* three announcements, and it is asked again */
	assert_int_equal(nj_test_rig_arp(rig, 0, &question, now), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 6); /* the packet, and the answer */
	nj_test_rig_stop(rig);
}

static void
an_ipv4_address_of_somebody_else_is_given_up(void **state)
{
	for (unsigned int probes = 0; probes < 2; probes++) {
		struct nj_test_rig *rig = nj_test_rig_start(8);
		struct nj_test_arp arp = nj_test_arp_question();
		nj_ms_t now = 1000;

		arp.sender_mac = arp.ether_from = other;
		arp.sender_ip = probes ? 0 : NJ_TEST_OUR_IP;
		nj_test_log_open();
		nj_link_tick(rig->link, now);
		nj_link_start(rig->link, now);
		nj_test_rig_clear(rig);
		assert_int_equal(nj_test_rig_arp(rig, 0, &arp, now), NJ_DROP_NONE);
		nj_test_rig_pass(rig, &now, 1200);
		assert_int_equal(rig->n_sent, 2); /* port 1's */
		assert_int_equal(
			nj_test_log_close(
				"address=192.0.2.10 used_by=02:00:00:00:00:99 answered_for=no"),
			1);
		arp = nj_test_arp_question();
		assert_int_equal(nj_test_rig_arp(rig, 0, &arp, now), NJ_DROP_NONE);
		assert_int_equal(rig->n_sent, 2);
		nj_test_rig_stop(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_addresses_are_asked_for_and_then_announced),
		cmocka_unit_test(until_then_nothing_is_answered_and_packets_wait),
		cmocka_unit_test(an_address_of_somebody_else_is_given_up),
		cmocka_unit_test(our_other_port_is_nobody_else),
		cmocka_unit_test(an_address_that_is_ours_is_kept_and_the_conflict_logged),
		cmocka_unit_test(ipv4_is_asked_for_as_well),
		cmocka_unit_test(an_ipv4_address_of_somebody_else_is_given_up),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("dad", tests, NULL, NULL);
}
