/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "datagram.h"
#include "eal.h"
#include "frame.h"
#include "nj_ids.h"
#include "nj_packet.h"

static struct nj_ids ids;

static void *
l3_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET);
}

static struct rte_udp_hdr *
udp_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, nj_packet(m)->udp_offset);
}

static uint16_t
ip_sum(const struct nj_ip *ip)
{
	return ip->family == AF_INET6 ? rte_raw_cksum(ip->v6, 16) : rte_raw_cksum(&ip->v4, 4);
}

/* By how much the sum of addresses and ports changes. */
static uint16_t
delta_of(const struct nj_test_datagram *from, const struct nj_address *source,
	const struct nj_address *destination)
{
	const uint16_t old[] = {ip_sum(&from->source.ip), ip_sum(&from->destination.ip),
		from->source.port, from->destination.port};
	const uint16_t new[] = {
		ip_sum(&source->ip), ip_sum(&destination->ip), source->port, destination->port};

	return nj_checksum_delta(old, new, RTE_DIM(old));
}

static void
assert_address(const struct nj_address *is, const struct nj_address *wanted)
{
	assert_true(nj_address_equal(is, wanted));
}

/* Everything that is the same for all families. */
static void
assert_translated(struct rte_mbuf *m, const struct nj_test_datagram *from,
	const struct nj_address *source, const struct nj_address *destination)
{
	const bool ipv6 = destination->ip.family == AF_INET6;
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *v4 = l3_of(m);
	const struct rte_ipv6_hdr *v6 = l3_of(m);
	struct nj_address to = {.port = udp_of(m)->dst_port}, by = {.port = udp_of(m)->src_port};

	assert_int_equal(nj_packet(m)->udp_offset, ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET);
	assert_int_equal(rte_be_to_cpu_16(ether->ether_type), ipv6 ? 0x86dd : 0x0800);
	assert_int_equal(rte_pktmbuf_data_len(m), nj_payload_offset(m) + from->length);
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, void *, nj_payload_offset(m)), from->payload,
		from->length);
	assert_int_equal(rte_be_to_cpu_16(udp_of(m)->dgram_len), 8 + from->length);
	by.ip = ipv6 ? nj_ip_v6(v6->src_addr) : nj_ip_v4(v4->src_addr);
	to.ip = ipv6 ? nj_ip_v6(v6->dst_addr) : nj_ip_v4(v4->dst_addr);
	assert_address(&by, source);
	assert_address(&to, destination);
	assert_int_equal(ipv6 ? v6->hop_limits : v4->time_to_live, NJ_TTL);
	assert_int_equal(ipv6 ? v6->proto : v4->next_proto_id, IPPROTO_UDP);
	assert_int_equal(
		ipv6 ? (uint8_t)(rte_be_to_cpu_32(v6->vtc_flow) >> 20) : v4->type_of_service,
		from->traffic_class);
	assert_int_equal(rte_be_to_cpu_16(ipv6 ? v6->payload_len : v4->total_length),
		8 + from->length + (ipv6 ? 0 : 20));
	if (udp_of(m)->dgram_cksum != 0)
		assert_int_equal(nj_test_checksum_behind_ip(m), 0);
	nj_test_capture(m);
}

/* A random datagram becomes one of `family`. The caller frees it. */
static struct rte_mbuf *
translated(uint32_t *seed, const struct nj_test_datagram *from, int family)
{
	const struct nj_address source = nj_test_random_address(seed, family);
	const struct nj_address destination = nj_test_random_address(seed, family);
	struct rte_mbuf *m = nj_test_datagram_build(from, nj_test_pool());

	assert_true(nj_translate_udp(
		m, &source, &destination, delta_of(from, &source, &destination), &ids));
	assert_translated(m, from, &source, &destination);
	return m;
}

static void
random_datagrams_become_any_family(void **state)
{
	uint32_t seed = 7915;

	for (unsigned int round = 0; round < 4 * 200; round++) {
		uint8_t payload[1600];
		const uint16_t length = nj_test_random(&seed) % sizeof(payload);
		struct nj_test_datagram from = nj_test_random_datagram(
			&seed, NJ_TEST_FROM(round), payload, round % 16 < 4 ? 0 : length);

		nj_test_random_bytes(&seed, payload, sizeof(payload));
		from.no_checksum = NJ_TEST_FROM(round) == AF_INET && round % 5 == 0;
		rte_pktmbuf_free(translated(&seed, &from, NJ_TEST_TO(round)));
	}
}

static void
an_ipv4_header_keeps_what_it_says_of_fragments(void **state)
{
	static const uint16_t flags[] = {0, RTE_IPV4_HDR_DF_FLAG};
	uint32_t seed = 6864;

	for (unsigned int i = 0; i < RTE_DIM(flags); i++) {
		struct nj_test_datagram from = nj_test_random_datagram(&seed, AF_INET, "hello", 5);
		const struct rte_ipv4_hdr *ip;
		struct rte_mbuf *m;

		from.id = 0x1234;
		from.fragment = flags[i];
		m = translated(&seed, &from, AF_INET);
		ip = l3_of(m);
		assert_int_equal(ip->packet_id, RTE_BE16(0x1234));
		assert_int_equal(rte_be_to_cpu_16(ip->fragment_offset), flags[i]);
		rte_pktmbuf_free(m);
	}
}

/* RFC 6437: a flow's label goes on with it, and there is none where there was none. */
static void
a_flow_label_is_kept_or_zero(void **state)
{
	uint32_t seed = 6437;

	for (unsigned int i = 0; i < 2; i++) {
		const struct nj_test_datagram from =
			nj_test_random_datagram(&seed, i == 0 ? AF_INET : AF_INET6, "hello", 5);
		struct rte_mbuf *m = translated(&seed, &from, AF_INET6);
		const struct rte_ipv6_hdr *ip = l3_of(m);

		assert_int_equal(
			rte_be_to_cpu_32(ip->vtc_flow) & 0xfffff, i == 0 ? 0 : from.flow_label);
		rte_pktmbuf_free(m);
	}
}

/* RFC 7915, section 5.1: what fits into 1260 bytes may be fragmented, and what came so may too. */
static void
dont_fragment_depends_on_the_length(void **state)
{
	static const uint8_t payload[1260 - 28 + 1];
	static const struct {
		uint16_t length;
		bool fragmented, dont_fragment;
	} cases[] = {
		{0, false, false},
		{1260 - 28, false, false},
		{1260 - 28 + 1, false, true},
		{1260 - 28 + 1, true, false},
	};
	uint32_t seed = 1260;

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		const struct nj_test_datagram from =
			nj_test_random_datagram(&seed, AF_INET6, payload, cases[i].length);
		const struct nj_address to = nj_test_random_address(&seed, AF_INET);
		struct rte_mbuf *m = nj_test_datagram_build(&from, nj_test_pool());
		const struct rte_ipv4_hdr *ip;

		nj_packet(m)->fragmented = cases[i].fragmented;
		assert_true(nj_translate_udp(m, &to, &to, delta_of(&from, &to, &to), &ids));
		assert_translated(m, &from, &to, &to);
		ip = l3_of(m);
		assert_int_equal(rte_be_to_cpu_16(ip->fragment_offset),
			cases[i].dont_fragment ? RTE_IPV4_HDR_DF_FLAG : 0);
		if (cases[i].dont_fragment)
			assert_int_equal(ip->packet_id, 0);
		rte_pktmbuf_free(m);
	}
}

/* What may be fragmented has to be told apart from the one before it (RFC 6864, section 4.1). */
static void
identifications_differ(void **state)
{
	uint32_t seed = 791;
	unsigned int same = 0;
	rte_be16_t last = 0;

	for (unsigned int round = 0; round < 100; round++) {
		const struct nj_test_datagram from =
			nj_test_random_datagram(&seed, AF_INET6, "hello", 5);
		struct rte_mbuf *m = translated(&seed, &from, AF_INET);
		const struct rte_ipv4_hdr *ip = l3_of(m);

		same += ip->packet_id == last;
		last = ip->packet_id;
		rte_pktmbuf_free(m);
	}
	assert_in_range(same, 0, 3);
}

static void
a_datagram_without_checksum_gets_one_over_ipv6_only(void **state)
{
	uint32_t seed = 768;

	for (unsigned int i = 0; i < 2; i++) {
		struct nj_test_datagram from = nj_test_random_datagram(&seed, AF_INET, "hello", 5);
		struct rte_mbuf *m;

		from.no_checksum = true;
		m = translated(&seed, &from, i == 0 ? AF_INET : AF_INET6);
		assert_int_equal(udp_of(m)->dgram_cksum == 0, i == 0);
		rte_pktmbuf_free(m);
	}
}

/* One of the 65,536 ports makes the sum 0xffff, its complement 0, for all combinations. */
static void
a_calculated_zero_becomes_ffff(void **state)
{
	uint32_t seed = 200;

	for (unsigned int c = 0; c < 2 * NJ_TEST_COMBINATIONS; c++) {
		struct nj_test_datagram from =
			nj_test_random_datagram(&seed, NJ_TEST_FROM(c), "hello", 5);
		struct nj_address to = nj_test_random_address(&seed, NJ_TEST_TO(c));
		unsigned int found = 0;

		from.no_checksum = c >= NJ_TEST_COMBINATIONS && NJ_TEST_FROM(c) == AF_INET;
		if (from.no_checksum && to.ip.family == AF_INET)
			continue;
		for (uint32_t port = 0; port <= UINT16_MAX; port++) {
			struct rte_mbuf *m = nj_test_datagram_build(&from, nj_test_pool());
			const struct nj_address source = to;

			to.port = (rte_be16_t)port;
			assert_true(nj_translate_udp(
				m, &source, &to, delta_of(&from, &source, &to), &ids));
			assert_int_not_equal(udp_of(m)->dgram_cksum, 0);
			if (udp_of(m)->dgram_cksum == UINT16_MAX) {
				assert_int_equal(nj_test_checksum_behind_ip(m), 0);
				found++;
			}
			rte_pktmbuf_free(m);
		}
		assert_in_range(found, 1, 3);
	}
}

/* A buffer whose room is all behind the frame, or so much of it. */
static struct rte_mbuf *
at_the_front(const struct nj_test_datagram *from, uint16_t headroom, uint16_t tailroom)
{
	struct rte_mbuf *m = nj_test_datagram_build(from, nj_test_pool());

	memmove((char *)m->buf_addr + headroom, rte_pktmbuf_mtod(m, void *),
		rte_pktmbuf_data_len(m));
	m->data_off = headroom;
	m->buf_len = headroom + rte_pktmbuf_data_len(m) + tailroom;
	return m;
}

/* A header of 20 bytes more fits wherever the room for them is. */
static void
room_in_front_or_behind_will_do(void **state)
{
	uint32_t seed = 20;
	const struct nj_test_datagram from = nj_test_random_datagram(&seed, AF_INET, "hello", 5);
	const struct nj_address to = nj_test_random_address(&seed, AF_INET6);

	for (uint16_t headroom = 0; headroom <= 20; headroom++) {
		struct rte_mbuf *m = at_the_front(&from, headroom, 20 - headroom);

		assert_true(nj_translate_udp(m, &to, &to, delta_of(&from, &to, &to), &ids));
		assert_translated(m, &from, &to, &to);
		m->buf_len = RTE_MBUF_DEFAULT_BUF_SIZE;
		rte_pktmbuf_free(m);
	}
}

static void
without_room_nothing_happens(void **state)
{
	uint32_t seed = 20;
	const struct nj_test_datagram from = nj_test_random_datagram(&seed, AF_INET, "hello", 5);
	const struct nj_address to = nj_test_random_address(&seed, AF_INET6);

	for (uint16_t headroom = 0; headroom < 20; headroom++) {
		struct rte_mbuf *same = nj_test_datagram_build(&from, nj_test_pool());
		struct rte_mbuf *m = at_the_front(&from, headroom, 19 - headroom);
		const uint16_t length = rte_pktmbuf_data_len(same);

		assert_false(nj_translate_udp(m, &to, &to, 0, &ids));
		assert_int_equal(rte_pktmbuf_data_len(m), length);
		assert_memory_equal(
			rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(same, void *), length);
		assert_memory_equal(nj_packet(m), nj_packet(same), sizeof(struct nj_packet));
		m->buf_len = RTE_MBUF_DEFAULT_BUF_SIZE;
		rte_pktmbuf_free(m);
		rte_pktmbuf_free(same);
	}
}

static void
nothing_leaked(void **state)
{
	assert_int_equal(nj_test_pool_in_use(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_datagrams_become_any_family),
		cmocka_unit_test(an_ipv4_header_keeps_what_it_says_of_fragments),
		cmocka_unit_test(a_flow_label_is_kept_or_zero),
		cmocka_unit_test(dont_fragment_depends_on_the_length),
		cmocka_unit_test(identifications_differ),
		cmocka_unit_test(a_datagram_without_checksum_gets_one_over_ipv6_only),
		cmocka_unit_test(a_calculated_zero_becomes_ffff),
		cmocka_unit_test(room_in_front_or_behind_will_do),
		cmocka_unit_test(without_room_nothing_happens),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	nj_ids_init(&ids);
	return cmocka_run_group_tests_name("translate", tests, NULL, NULL);
}
