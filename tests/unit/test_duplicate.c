/* SPDX-License-Identifier: BSD-3-Clause */
/* An address of ours that another host has, or claims: never a sender, asked for again, defended.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "icmp6_frame.h"

#define CLIENT_IP NJ_TEST_IP(10, 2, 0, 5) /* in port 1's network of 10.0.0.1/8 alone */
#define SECOND_IP NJ_TEST_IP(10, 1, 0, 1)
#define FIRST_IP  NJ_TEST_IP(10, 0, 0, 1)
#define UNDECIDED 500 /* ms; our addresses are tentative then */

static const struct rte_ether_addr other = {{0x02, 0, 0, 0, 0, 0x99}};

/* Every test that waits also runs across the clock's wrap-around. */
static const nj_ms_t starts[] = {1000, UINT32_MAX - 500, UINT32_MAX - 20000};

/* IPv4 --------------------------------------------------------------------------------------- */

/* Another host says in an ARP announcement that it has an address. */
static void
claim4(struct nj_test_rig *rig, uint16_t port, uint32_t ip, const struct rte_ether_addr *mac,
	nj_ms_t now)
{
	struct nj_test_arp arp = nj_test_arp_question();

	arp.sender_mac = arp.ether_from = *mac;
	arp.sender_ip = arp.target_ip = ip;
	assert_int_equal(nj_test_rig_arp(rig, port, &arp, now), NJ_DROP_NONE);
}

/* How many questions for an address left from `from`, if 0 probes. */
static unsigned int
asked4(const struct nj_test_rig *rig, uint32_t target, uint32_t from)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < rig->n_sent; i++) {
		const struct rte_arp_hdr *arp = nj_test_rig_sent_arp(rig, i);

		n += arp->arp_opcode == RTE_BE16(RTE_ARP_OP_REQUEST) &&
		     arp->arp_data.arp_tip == rte_cpu_to_be_32(target) &&
		     arp->arp_data.arp_sip == rte_cpu_to_be_32(from);
	}
	return n;
}

static unsigned int
announced4(const struct nj_test_rig *rig, uint32_t ip)
{
	return asked4(rig, ip, ip);
}

/* Whether we answer somebody who asks for our address on port 0. */
static bool
answers4(struct nj_test_rig *rig, nj_ms_t now)
{
	const struct nj_test_arp question = nj_test_arp_question();
	bool answered;

	nj_test_rig_clear(rig);
	assert_int_equal(nj_test_rig_arp(rig, 0, &question, now), NJ_DROP_NONE);
	answered = rig->n_sent > 0;
	nj_test_rig_clear(rig);
	return answered;
}

/* Started, and an address was claimed while it was tentative. */
static struct nj_test_rig *
start4(uint16_t port, uint32_t claimed, nj_ms_t *now)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);

	nj_link_tick(rig->link, *now);
	nj_link_start(rig->link, *now);
	nj_test_rig_pass(rig, now, UNDECIDED);
	claim4(rig, port, claimed, &other, *now);
	nj_test_rig_pass(rig, now, NJ_DAD_MS);
	nj_test_rig_clear(rig);
	return rig;
}

static void
a_question_leaves_from_nobody(void **state)
{
	nj_ms_t now = 1000;
	struct nj_test_rig *rig = start4(0, NJ_TEST_OUR_IP, &now);
	struct nj_test_arp answer = nj_test_arp_answer();

	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now);
	assert_int_equal(rig->n_sent, 1);
	assert_int_equal(asked4(rig, NJ_TEST_PEER_IP, 0), 1);
	answer.target_ip = 0;
	assert_int_equal(nj_test_rig_arp(rig, 0, &answer, now), NJ_DROP_NONE);
	assert_int_equal(rig->n_sent, 2); /* the packet */
	assert_int_equal(nj_link_waiting(rig->link), 0);
	nj_test_rig_stop(rig);
}

static void
a_question_leaves_from_another_address(void **state)
{
	nj_ms_t now = 1000;
	struct nj_test_rig *rig = start4(1, FIRST_IP, &now);

	nj_link_output(rig->link, nj_test_packet_to(1, CLIENT_IP), now);
	assert_int_equal(rig->n_sent, 1);
	assert_int_equal(asked4(rig, CLIENT_IP, SECOND_IP), 1);
	nj_test_rig_stop(rig);
}

static void
nor_while_it_is_tentative(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	nj_ms_t now = 1000;

	nj_link_tick(rig->link, now);
	nj_link_start(rig->link, now);
	nj_link_output(rig->link, nj_test_packet_to(0, NJ_TEST_PEER_IP), now);
	assert_int_equal(asked4(rig, NJ_TEST_PEER_IP, NJ_TEST_OUR_IP), 0);
	nj_test_rig_stop(rig);
}

/* A request whose sender has no address is no answer to us. */
static void
a_probe_teaches_nothing(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_test_arp probe = nj_test_arp_question();

	probe.target_ip = 0;
	assert_int_equal(nj_test_rig_arp(rig, 0, &probe, 0), NJ_DROP_NONE);
	assert_int_equal(nj_test_rig_neighbor(rig, 0, NJ_TEST_PEER_IP), NJ_NEIGHBOR_NONE);
	nj_test_rig_stop(rig);
}

/* One forged frame takes it away for half a minute, and no longer. */
static void
it_is_taken_once_it_is_free(void **state)
{
	for (size_t i = 0; i < RTE_DIM(starts); i++) {
		nj_ms_t now = starts[i];
		struct nj_test_rig *rig = start4(0, NJ_TEST_OUR_IP, &now);

		nj_test_rig_pass(rig, &now, NJ_DAD_RETRY_MS - NJ_DAD_MS - 200);
		assert_int_equal(rig->n_sent, 0);
		assert_int_equal(nj_link_own_counts(rig->link).valid, 2);
		assert_int_equal(nj_link_own_counts(rig->link).duplicate, 1);
		assert_false(answers4(rig, now));
		nj_test_rig_pass(rig, &now, 400);
		assert_int_equal(rig->n_sent, 1);
		assert_int_equal(asked4(rig, NJ_TEST_OUR_IP, 0), 1);
		assert_false(answers4(rig, now));
		nj_test_log_open();
		nj_test_rig_pass(rig, &now, NJ_DAD_MS);
		assert_int_equal(nj_test_log_close("address_taken address=192.0.2.10"), 1);
		assert_int_equal(announced4(rig, NJ_TEST_OUR_IP), 1);
		assert_int_equal(nj_link_own_counts(rig->link).valid, 3);
		assert_true(answers4(rig, now));
		nj_test_rig_stop(rig);
	}
}

static void
it_is_asked_for_as_long_as_another_host_has_it(void **state)
{
	nj_ms_t now = 1000;
	struct nj_test_rig *rig = start4(0, NJ_TEST_OUR_IP, &now);

	nj_test_log_open();
	nj_test_rig_pass(rig, &now, NJ_DAD_RETRY_MS - NJ_DAD_MS + 100);
	for (unsigned int i = 0; i < 20; i++) {
		assert_int_equal(asked4(rig, NJ_TEST_OUR_IP, 0), 1);
		claim4(rig, 0, NJ_TEST_OUR_IP, &other, now);
		assert_false(answers4(rig, now));
		nj_test_rig_pass(rig, &now, NJ_DAD_RETRY_MS + 100);
	}
	assert_int_equal(nj_test_log_close("address_conflict"), 0); /* it was logged once, before */
	nj_test_rig_stop(rig);
}

static void
a_ping_to_it_is_not_for_us(void **state)
{
	static const uint8_t ping[] = {
		8, 0, 0x06, 0xfa, 0x12, 0x34, 0x00, 0x01, 'p', 'i', 'n', 'g'};
	nj_ms_t now = 1000;
	struct nj_test_rig *rig = start4(0, NJ_TEST_OUR_IP, &now);
	struct nj_test_frame frame = nj_test_frame_udp(ping, sizeof(ping));

	frame.protocol = IPPROTO_ICMP;
	assert_int_equal(nj_test_rig_input(rig, 0, nj_test_frame_build(&frame), now),
		NJ_DROP_IPV4_DESTINATION);
	assert_int_equal(rig->n_sent, 0);
	nj_test_rig_stop(rig);
}

/* Two ports in one network hear each other; a port's own frames that come back end in the parser.
 */
static void
our_own_frames_are_no_conflict(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	struct nj_test_arp probe = nj_test_arp_question();
	nj_ms_t now = 1000;

	nj_link_tick(rig->link, now);
	nj_link_start(rig->link, now);
	probe.sender_mac = probe.ether_from = nj_test_our_mac2;
	probe.sender_ip = 0;
	assert_int_equal(nj_test_rig_arp(rig, 0, &probe, now), NJ_DROP_NONE);
	claim4(rig, 0, NJ_TEST_OUR_IP, &nj_test_our_mac2, now);
	nj_test_rig_pass(rig, &now, NJ_DAD_MS + 100);
	assert_true(answers4(rig, now));
	claim4(rig, 0, NJ_TEST_OUR_IP, &nj_test_our_mac2, now);
	assert_int_equal(rig->n_sent, 0);
	assert_int_equal(nj_link_conflicts(rig->link), 0);
	nj_test_rig_stop(rig);
}

/* RFC 5227, section 2.4, case (c). */
static void
one_that_is_valid_is_defended(void **state)
{
	for (size_t i = 0; i < RTE_DIM(starts); i++) {
		struct nj_test_rig *rig = nj_test_rig_start(8);
		nj_ms_t now = starts[i];

		nj_test_rig_pass(rig, &now, 200);
		for (unsigned int ms = 0; ms < 3 * NJ_DEFEND_MS; ms += 100) {
			claim4(rig, 0, NJ_TEST_OUR_IP, &other, now);
			assert_int_equal(announced4(rig, NJ_TEST_OUR_IP), 1 + ms / NJ_DEFEND_MS);
			nj_test_rig_pass(rig, &now, 100);
		}
		assert_true(answers4(rig, now));
		nj_test_rig_stop(rig);
	}
}

/* What was ours before a restart ------------------------------------------------------------- */

static void
it_is_ours_at_once_and_asked_for(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	const struct nj_ip kept[] = {nj_ip_v4(RTE_BE32(NJ_TEST_OUR_IP)),
		nj_ip_v4(RTE_BE32(NJ_TEST_IP(203, 0, 113, 1)))}; /* not configured any more */
	nj_ms_t now = 1000;

	nj_link_tick(rig->link, now);
	nj_link_restart(rig->link, kept, RTE_DIM(kept), now);
	assert_int_equal(rig->n_sent, 4); /* three probes and an announcement */
	assert_int_equal(asked4(rig, NJ_TEST_OUR_IP, 0), 1);
	assert_int_equal(announced4(rig, NJ_TEST_OUR_IP), 1);
	assert_int_equal(nj_link_own_counts(rig->link).valid, 1);
	assert_int_equal(nj_link_own_counts(rig->link).tentative, 2);
	assert_true(answers4(rig, now));
	nj_test_rig_pass(rig, &now, NJ_DAD_MS + 100);
	assert_int_equal(nj_link_own_counts(rig->link).valid, 3);
	nj_test_rig_stop(rig);
}

static void
and_defended_at_once(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start(8);
	const struct nj_ip kept = nj_ip_v4(RTE_BE32(NJ_TEST_OUR_IP));
	nj_ms_t now = 1000;

	nj_link_restart(rig->link, &kept, 1, now);
	nj_test_rig_clear(rig);
	claim4(rig, 0, NJ_TEST_OUR_IP, &other, now);
	assert_int_equal(announced4(rig, NJ_TEST_OUR_IP), 1);
	assert_true(answers4(rig, now));
	nj_test_rig_stop(rig);
}

/* IPv6 --------------------------------------------------------------------------------------- */

static void
claim6(struct nj_test_rig *rig, const char *ip, nj_ms_t now)
{
	struct nj_test_icmp6 claim = nj_test_icmp6_advertisement(ip, NJ_TEST_OVERRIDE);

	claim.source = "fe80::99";
	claim.destination = "ff02::1";
	claim.ether_from = other;
	claim.length = 24;
	nj_test_icmp6_add_mac(&claim, 2, &other);
	assert_int_equal(nj_test_rig_icmp6(rig, 0, &claim, now), NJ_DROP_NONE);
}

/* How many messages of a type about an address left from `from`. */
static unsigned int
sent6(const struct nj_test_rig *rig, uint8_t type, const char *target, const char *from)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < rig->n_sent; i++) {
		const struct nj_test_sent6 sent = nj_test_rig_sent6(rig, i);
		char about[INET6_ADDRSTRLEN], source[INET6_ADDRSTRLEN];

		inet_ntop(AF_INET6, sent.body + 8, about, sizeof(about));
		inet_ntop(AF_INET6, sent.ip->src_addr, source, sizeof(source));
		n += sent.body[0] == type && strcmp(about, target) == 0 &&
		     strcmp(source, from) == 0;
	}
	return n;
}

static struct nj_test_rig *
start6(const char *claimed, const char *claimed_too, nj_ms_t *now)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);

	nj_link_tick(rig->link, *now);
	nj_link_start(rig->link, *now);
	nj_test_rig_pass(rig, now, UNDECIDED);
	claim6(rig, claimed, *now);
	if (claimed_too != NULL)
		claim6(rig, claimed_too, *now);
	nj_test_rig_pass(rig, now, NJ_DAD_MS);
	nj_test_rig_clear(rig);
	return rig;
}

static void
a_solicitation_leaves_from_the_link_local_address(void **state)
{
	nj_ms_t now = 1000;
	struct nj_test_rig *rig = start6(NJ_TEST_OUR_IP6, NULL, &now);

	nj_link_output(rig->link, nj_test_packet_to6(0, NJ_TEST_PEER_IP6), now);
	assert_int_equal(rig->n_sent, 1);
	assert_int_equal(sent6(rig, 135, NJ_TEST_PEER_IP6, NJ_TEST_OUR_LINK_LOCAL), 1);
	nj_test_rig_stop(rig);
}

static void
or_from_another_address(void **state)
{
	nj_ms_t now = 1000;
	struct nj_test_rig *rig = start6(NJ_TEST_OUR_LINK_LOCAL, NULL, &now);

	nj_link_output(rig->link, nj_test_packet_to6(0, NJ_TEST_PEER_LOCAL), now);
	assert_int_equal(rig->n_sent, 1);
	assert_int_equal(sent6(rig, 135, NJ_TEST_PEER_LOCAL, NJ_TEST_OUR_IP6), 1);
	nj_test_rig_stop(rig);
}

static void
or_not_at_all(void **state)
{
	nj_ms_t now = 1000;
	struct nj_test_rig *rig = start6(NJ_TEST_OUR_IP6, NJ_TEST_OUR_LINK_LOCAL, &now);

	nj_link_output(rig->link, nj_test_packet_to6(0, NJ_TEST_PEER_IP6), now);
	nj_test_rig_pass(rig, &now, 5000);
	assert_int_equal(sent6(rig, 135, NJ_TEST_PEER_IP6, NJ_TEST_OUR_IP6), 0);
	assert_int_equal(sent6(rig, 135, NJ_TEST_PEER_IP6, NJ_TEST_OUR_LINK_LOCAL), 0);
	assert_int_equal(rig->dropped[NJ_DROP_NEIGHBOR_UNREACHABLE], 1);
	nj_test_rig_stop(rig);
}

static void
an_ipv6_address_is_taken_once_it_is_free(void **state)
{
	for (size_t i = 0; i < RTE_DIM(starts); i++) {
		nj_ms_t now = starts[i];
		struct nj_test_rig *rig = start6(NJ_TEST_OUR_IP6, NULL, &now);

		nj_test_rig_pass(rig, &now, NJ_DAD_RETRY_MS - NJ_DAD_MS - 200);
		assert_int_equal(sent6(rig, 135, NJ_TEST_OUR_IP6, "::"), 0);
		nj_test_rig_pass(rig, &now, 400);
		assert_int_equal(sent6(rig, 135, NJ_TEST_OUR_IP6, "::"), 1);
		nj_test_rig_clear(rig);
		nj_test_rig_pass(rig, &now, NJ_DAD_MS);
		assert_int_equal(sent6(rig, 136, NJ_TEST_OUR_IP6, NJ_TEST_OUR_IP6), 1);
		nj_test_rig_stop(rig);
	}
}

static void
an_ipv6_ping_to_it_is_not_for_us(void **state)
{
	static const char *const destinations[] = {NJ_TEST_OUR_IP6, "ff02::1"};
	nj_ms_t now = 1000;
	struct nj_test_rig *rig = start6(NJ_TEST_OUR_IP6, NULL, &now);

	for (size_t i = 0; i < RTE_DIM(destinations); i++) {
		struct nj_test_icmp6 ping = nj_test_icmp6_of(128);

		ping.destination = destinations[i];
		assert_int_equal(nj_test_rig_icmp6(rig, 0, &ping, now), NJ_DROP_IPV6_DESTINATION);
		assert_int_equal(rig->n_sent, 0);
	}
	nj_test_rig_stop(rig);
}

static void
a_valid_ipv6_address_is_defended(void **state)
{
	struct nj_test_rig *rig = nj_test_rig_start6(8);
	nj_ms_t now = 1000;

	nj_test_rig_pass(rig, &now, 200);
	for (unsigned int ms = 0; ms < 3 * NJ_DEFEND_MS; ms += 100) {
		claim6(rig, NJ_TEST_OUR_IP6, now);
		assert_int_equal(
			sent6(rig, 136, NJ_TEST_OUR_IP6, NJ_TEST_OUR_IP6), 1 + ms / NJ_DEFEND_MS);
		nj_test_rig_pass(rig, &now, 100);
	}
	nj_test_rig_stop(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_leaves_from_nobody),
		cmocka_unit_test(a_question_leaves_from_another_address),
		cmocka_unit_test(nor_while_it_is_tentative),
		cmocka_unit_test(a_probe_teaches_nothing),
		cmocka_unit_test(it_is_taken_once_it_is_free),
		cmocka_unit_test(it_is_asked_for_as_long_as_another_host_has_it),
		cmocka_unit_test(a_ping_to_it_is_not_for_us),
		cmocka_unit_test(our_own_frames_are_no_conflict),
		cmocka_unit_test(one_that_is_valid_is_defended),
		cmocka_unit_test(it_is_ours_at_once_and_asked_for),
		cmocka_unit_test(and_defended_at_once),
		cmocka_unit_test(a_solicitation_leaves_from_the_link_local_address),
		cmocka_unit_test(or_from_another_address),
		cmocka_unit_test(or_not_at_all),
		cmocka_unit_test(an_ipv6_address_is_taken_once_it_is_free),
		cmocka_unit_test(an_ipv6_ping_to_it_is_not_for_us),
		cmocka_unit_test(a_valid_ipv6_address_is_defended),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("duplicate", tests, NULL, NULL);
}
