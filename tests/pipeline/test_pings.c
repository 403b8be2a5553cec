/* SPDX-License-Identifier: BSD-3-Clause */
/* Echo requests that are larger than one packet. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "pieces.h"

#define ECHO_HEADER 8
#define STEP        1448 /* a multiple of 8, that fits into any MTU of these tests */

static const int families[] = {AF_INET, AF_INET6};

static uint8_t request_bytes[9000], reply_bytes[9000];

/* A request of this length behind the IP header, of the client to our address at its side. */
static struct nj_test_datagram
request(int family, uint16_t length)
{
	const struct nj_address client = peer_client(family, 0), us = peer_us(CLIENTS, family, 0);
	struct nj_test_datagram sent = peer_datagram(&client, &us, request_bytes, length);

	for (unsigned int i = ECHO_HEADER; i < length; i++)
		request_bytes[i] = reply_bytes[i] = (uint8_t)(i * 7);
	request_bytes[0] = family == AF_INET ? 8 : 128;
	reply_bytes[0] = family == AF_INET ? 0 : 129;
	sent.protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	sent.fragment = 0;
	return sent;
}

static struct nj_test_datagram
reply(const struct nj_test_datagram *sent)
{
	struct nj_test_datagram wanted = *sent;

	wanted.source = sent->destination;
	wanted.destination = sent->source;
	wanted.payload = reply_bytes;
	wanted.hop_limit = 64;
	wanted.flow_label = 0;
	if (sent->source.ip.family == AF_INET6)
		wanted.traffic_class = 0;
	return wanted;
}

/* Sends it in fragments and takes the answer's. Returns their identification. */
static uint32_t
ask(struct rig *rig, int family, uint16_t length, uint16_t mtu)
{
	const uint16_t header = family == AF_INET ? 20 : 48;
	const uint16_t step = RTE_ALIGN_FLOOR(mtu - header, 8);
	const struct nj_test_datagram sent = request(family, length), wanted = reply(&sent);
	struct rte_mbuf *pieces[PIECES_MAX];
	const unsigned int n = pieces_cut(&sent, 0x4321, STEP, pieces);
	uint32_t id = 0;

	for (unsigned int i = 0; i < n; i++)
		peer_put(rig, CLIENTS, 0, pieces[i]);
	rig_run(rig);
	assert_int_equal(
		pieces_expect(rig, CLIENTS, &wanted, mtu, &id), (length + step - 1) / step);
	peer_expect_nothing(rig);
	return id;
}

static void
a_ping_in_fragments_is_answered_in_fragments(void **state)
{
	static const uint16_t lengths[] = {1808, 4008, 8008, 9000};

	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct rig *rig = peer_rig(&(struct rig_options){.n_workers = 2}, families[f]);
		const struct nj_port_counters before = peer_counters(rig, CLIENTS);
		struct nj_port_counters after;
		uint64_t n = 0;

		for (unsigned int i = 0; i < RTE_DIM(lengths); i++) {
			ask(rig, families[f], lengths[i], 1500);
			n += (lengths[i] + STEP - 1) / STEP;
		}
		after = peer_counters(rig, CLIENTS);
		assert_int_equal(after.rx_packets - before.rx_packets, n);
		assert_int_equal(after.local - before.local, n);
		assert_int_equal(
			after.originated - before.originated, n); /* STEP is close to ours */
		assert_int_equal(after.originated_lost, before.originated_lost);
		rig_destroy(rig);
	}
}

/* Whoever pings may know our identifications, and must not know the next (RFC 7739). */
static void
identifications_cannot_be_foretold(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct rig *rig = peer_rig(&(struct rig_options){0}, families[f]);
		uint32_t last = 0;
		unsigned int near = 0;

		for (unsigned int i = 0; i < 32; i++) {
			const uint32_t id = ask(rig, families[f], 1808, 1500);
			const uint32_t step =
				families[f] == AF_INET
					? (uint16_t)(ntohs((uint16_t)id) - ntohs((uint16_t)last))
					: ntohl(id) - ntohl(last);

			near += step < 256;
			last = id;
		}
		assert_true(near < 8);
		rig_destroy(rig);
	}
}

static void
an_answer_is_cut_to_a_small_way_out(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct rig *rig = peer_rig(&(struct rig_options){.mtu = 1280}, families[f]);
		const struct nj_test_datagram sent = request(families[f], 1448);
		const struct nj_test_datagram wanted = reply(&sent);
		uint32_t id;

		peer_send(rig, CLIENTS, &sent); /* whole, from where larger packets are allowed */
		rig_run(rig);
		assert_int_equal(pieces_expect(rig, CLIENTS, &wanted, 1280, &id), 2);
		ask(rig, families[f], 9000, 1280);
		rig_destroy(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ping_in_fragments_is_answered_in_fragments),
		cmocka_unit_test(identifications_cannot_be_foretold),
		cmocka_unit_test(an_answer_is_cut_to_a_small_way_out),
	};

	return cmocka_run_group_tests_name("pings", tests, NULL, NULL);
}
