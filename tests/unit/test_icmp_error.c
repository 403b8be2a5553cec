/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "datagram.h"
#include "eal.h"
#include "frame.h"
#include "nj_icmp.h"

/* Reading ---------------------------------------------------------------------------------- */

static struct nj_icmp_error
read_error(int family, const uint8_t header[8], uint16_t length)
{
	struct rte_mbuf *m = nj_test_icmp_error(family, header, length);
	const struct nj_icmp_error error = nj_icmp_error_read(m);

	rte_pktmbuf_free(m);
	return error;
}

static void
types_and_codes_are_understood(void **state)
{
	static const struct {
		int family;
		uint8_t type, first, last;
		enum nj_icmp_error_type means;
	} cases[] = {
		{AF_INET, 3, 0, 0, NJ_ICMP_ERROR_NO_ROUTE},
		{AF_INET, 3, 1, 1, NJ_ICMP_ERROR_HOST},
		{AF_INET, 3, 2, 2, NJ_ICMP_ERROR_PARAMETER},
		{AF_INET, 3, 3, 3, NJ_ICMP_ERROR_PORT},
		{AF_INET, 3, 4, 4, NJ_ICMP_ERROR_TOO_BIG},
		{AF_INET, 3, 5, 6, NJ_ICMP_ERROR_NO_ROUTE},
		{AF_INET, 3, 7, 7, NJ_ICMP_ERROR_HOST},
		{AF_INET, 3, 8, 8, NJ_ICMP_ERROR_NO_ROUTE},
		{AF_INET, 3, 9, 10, NJ_ICMP_ERROR_ADMIN},
		{AF_INET, 3, 11, 11, NJ_ICMP_ERROR_NO_ROUTE},
		{AF_INET, 3, 12, 12, NJ_ICMP_ERROR_HOST},
		{AF_INET, 3, 13, 15, NJ_ICMP_ERROR_ADMIN},
		{AF_INET, 3, 16, 255, NJ_ICMP_ERROR_NO_ROUTE},
		{AF_INET, 11, 0, 0, NJ_ICMP_ERROR_HOP_LIMIT},
		{AF_INET, 11, 1, 1, NJ_ICMP_ERROR_REASSEMBLY},
		{AF_INET, 12, 0, 2, NJ_ICMP_ERROR_PARAMETER},
		{AF_INET6, 1, 0, 0, NJ_ICMP_ERROR_NO_ROUTE},
		{AF_INET6, 1, 1, 1, NJ_ICMP_ERROR_ADMIN},
		{AF_INET6, 1, 2, 2, NJ_ICMP_ERROR_NO_ROUTE},
		{AF_INET6, 1, 3, 3, NJ_ICMP_ERROR_HOST},
		{AF_INET6, 1, 4, 4, NJ_ICMP_ERROR_PORT},
		{AF_INET6, 1, 5, 6, NJ_ICMP_ERROR_ADMIN},
		{AF_INET6, 1, 7, 255, NJ_ICMP_ERROR_NO_ROUTE},
		{AF_INET6, 2, 0, 0, NJ_ICMP_ERROR_TOO_BIG},
		{AF_INET6, 3, 0, 0, NJ_ICMP_ERROR_HOP_LIMIT},
		{AF_INET6, 3, 1, 1, NJ_ICMP_ERROR_REASSEMBLY},
		{AF_INET6, 4, 0, 2, NJ_ICMP_ERROR_PARAMETER},
	};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		for (unsigned int code = cases[i].first; code <= cases[i].last; code++) {
			const uint8_t header[8] = {cases[i].type, (uint8_t)code, 0, 0, 0, 0, 5, 0};
			const struct nj_icmp_error error = read_error(cases[i].family, header, 40);

			assert_int_equal(error.type, cases[i].means);
			assert_int_equal(
				error.mtu, cases[i].means == NJ_ICMP_ERROR_TOO_BIG ? 1280 : 0);
		}
	}
}

static void
mtus_are_as_the_network_says(void **state)
{
	static const struct {
		int family;
		uint8_t rest[4];
		uint16_t length, mtu;
	} cases[] = {
		{AF_INET, {0, 0, 0x05, 0xdc}, 1472, 1500},
		{AF_INET, {0, 0, 0, 68}, 1472, 68},
		{AF_INET, {0xff, 0xff, 0x05, 0xdc}, 1472, 1500}, /* unused, and RFC 4884's length */
		{AF_INET, {0}, 1493 - 28, 1492}, /* plateaus below what was too big */
		{AF_INET, {0}, 1492 - 28, 1006},
		{AF_INET, {0}, 1007 - 28, 1006},
		{AF_INET, {0}, 1006 - 28, 508},
		{AF_INET, {0}, 1, 68},
		{AF_INET6, {0, 0, 0x05, 0xdc}, 1472, 1500},
		{AF_INET6, {0, 0, 0, 68}, 1472, 68},
		{AF_INET6, {0, 1, 0, 0}, 1472, 65535},
	};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		uint8_t header[8] = {
			cases[i].family == AF_INET ? 3 : 2, cases[i].family == AF_INET ? 4 : 0};

		memcpy(header + 4, cases[i].rest, 4);
		assert_int_equal(
			read_error(cases[i].family, header, cases[i].length).mtu, cases[i].mtu);
	}
}

static void
every_plateau_is_reached(void **state)
{
	static const uint16_t plateaus[] = {
		68, 296, 508, 1006, 1492, 2002, 4352, 8166, 17914, 32000, 65535};
	const uint8_t header[8] = {3, 4};

	for (unsigned int i = 0; i < RTE_DIM(plateaus); i++) {
		struct rte_mbuf *m = nj_test_icmp_error(AF_INET, header, 8);
		struct rte_ipv4_hdr *inner =
			rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_UDP4_OFFSET + 8);

		inner->total_length = rte_cpu_to_be_16(plateaus[i]);
		assert_int_equal(nj_icmp_error_read(m).mtu, plateaus[i == 0 ? 0 : i - 1]);
		rte_pktmbuf_free(m);
	}
}

/* Making ----------------------------------------------------------------------------------- */

static const uint8_t wire[2][8][2] = {
	{{3, 0}, {3, 1}, {3, 3}, {3, 13}, {3, 4}, {11, 0}, {11, 1}, {12, 0}},
	{{1, 0}, {1, 3}, {1, 4}, {1, 1}, {2, 0}, {3, 0}, {3, 1}, {4, 0}},
};

/* All of an error, but for what scapy looks at: the checksums, and who is quoted. */
static void
assert_made(struct rte_mbuf *m, const struct nj_icmp_error *error, struct rte_mbuf *about,
	const struct nj_ip *source)
{
	static const struct rte_ether_addr zero;
	const struct nj_packet *packet = nj_packet(m);
	const bool ipv6 = source->family == AF_INET6;
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *v4 = (const void *)(ether + 1);
	const struct rte_ipv6_hdr *v6 = (const void *)(ether + 1);
	const uint8_t *icmp = rte_pktmbuf_mtod_offset(m, const uint8_t *, packet->udp_offset);
	const uint16_t length = rte_pktmbuf_data_len(m) - NJ_L3_OFFSET;
	const uint16_t header = packet->udp_offset - NJ_L3_OFFSET + 8;
	const uint16_t whole = rte_pktmbuf_data_len(about) - NJ_L3_OFFSET;
	const uint8_t rest[4] = {0, 0, error->mtu >> 8, error->mtu & 0xff};

	assert_int_equal(packet->udp_offset, ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET);
	assert_true(rte_is_same_ether_addr(&ether->dst_addr, &zero));
	assert_true(rte_is_same_ether_addr(&ether->src_addr, &zero));
	assert_int_equal(rte_be_to_cpu_16(ether->ether_type), ipv6 ? 0x86dd : 0x0800);
	assert_int_equal(length, RTE_MIN(header + whole, ipv6 ? 1280 : 576));
	assert_int_equal(ipv6 ? v6->hop_limits : v4->time_to_live, NJ_TTL);
	assert_memory_equal(icmp, wire[ipv6][error->type], 2);
	assert_memory_equal(icmp + 4, rest, 4);
	assert_memory_equal(
		icmp + 8, rte_pktmbuf_mtod_offset(about, void *, NJ_L3_OFFSET), length - header);
	assert_int_equal(nj_test_checksum_behind_ip(m), 0);
	nj_test_capture(about);
	nj_test_capture(m);
}

/* The error is about an answer's opposite: ports and addresses change places. */
static void
assert_packet(struct rte_mbuf *m, const struct nj_test_datagram *about)
{
	const struct nj_packet *packet = nj_packet(m);
	const struct nj_address from = nj_flow_source(&packet->flow);
	const struct nj_address to = nj_flow_destination(&packet->flow);

	assert_int_equal(packet->kind, NJ_KIND_ICMP_ERROR);
	assert_true(packet->originated);
	assert_false(packet->fragmented);
	assert_true(nj_address_equal(&from, &about->destination));
	assert_true(nj_address_equal(&to, &about->source));
	assert_int_equal(packet->flow.endpoint, 0);
}

static void
errors_of_all_types_are_made_and_read(void **state)
{
	static const uint16_t lengths[] = {0, 1, 519, 520, 521, 1183, 1184, 1185, 1900};
	static uint8_t payload[1900];
	uint32_t seed = 4443;

	nj_test_random_bytes(&seed, payload, sizeof(payload));
	for (unsigned int round = 0; round < 2 * 8 * RTE_DIM(lengths); round++) {
		const struct nj_icmp_error error = {
			.type = round / 2 % 8,
			.mtu = round / 2 % 8 == NJ_ICMP_ERROR_TOO_BIG ? 1400 : 0,
		};
		const struct nj_test_datagram datagram = nj_test_random_datagram(
			&seed, NJ_TEST_FROM(round), payload, lengths[round % RTE_DIM(lengths)]);
		const struct nj_ip source = nj_test_random_address(&seed, NJ_TEST_FROM(round)).ip;
		struct rte_mbuf *about = nj_test_datagram_build(&datagram, nj_test_pool());
		struct rte_mbuf *m = nj_icmp_error_make(nj_test_pool(), &error, about, &source);
		struct nj_icmp_error read;

		assert_non_null(m);
		assert_made(m, &error, about, &source);
		assert_packet(m, &datagram);
		read = nj_icmp_error_read(m);
		assert_int_equal(read.type, error.type);
		assert_int_equal(read.mtu, error.mtu);
		rte_pktmbuf_free(about);
		rte_pktmbuf_free(m);
	}
}

static void
it_goes_from_the_address_given_to_the_sender(void **state)
{
	const struct nj_icmp_error error = {.type = NJ_ICMP_ERROR_PORT};
	uint32_t seed = 1122;

	for (unsigned int ipv6 = 0; ipv6 < 2; ipv6++) {
		const int family = NJ_TEST_FROM(ipv6);
		const struct nj_test_datagram datagram =
			nj_test_random_datagram(&seed, family, "hello", 5);
		const struct nj_ip source = nj_test_random_address(&seed, family).ip;
		struct rte_mbuf *about = nj_test_datagram_build(&datagram, nj_test_pool());
		struct rte_mbuf *m;
		const uint8_t *ip;

		about->port = 3;
		m = nj_icmp_error_make(nj_test_pool(), &error, about, &source);
		ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, NJ_L3_OFFSET);
		assert_memory_equal(ip + (ipv6 ? 8 : 12), source.v6, ipv6 ? 16 : 4);
		assert_memory_equal(ip + (ipv6 ? 24 : 16), datagram.source.ip.v6, ipv6 ? 16 : 4);
		assert_int_equal(m->port, 3);
		rte_pktmbuf_free(about);
		rte_pktmbuf_free(m);
	}
}

static void
without_mbufs_there_is_no_error(void **state)
{
	const struct nj_icmp_error error = {.type = NJ_ICMP_ERROR_PORT};
	struct rte_mempool *small = rte_pktmbuf_pool_create(
		"small", 1, 0, NJ_PACKET_PRIV_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	uint32_t seed = 12;
	const struct nj_test_datagram datagram =
		nj_test_random_datagram(&seed, AF_INET, "hello", 5);
	struct rte_mbuf *about = nj_test_datagram_build(&datagram, nj_test_pool()), *m;

	assert_non_null(small);
	m = nj_icmp_error_make(small, &error, about, &datagram.destination.ip);
	assert_non_null(m);
	assert_null(nj_icmp_error_make(small, &error, about, &datagram.destination.ip));
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(about);
	rte_mempool_free(small);
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
		cmocka_unit_test(types_and_codes_are_understood),
		cmocka_unit_test(mtus_are_as_the_network_says),
		cmocka_unit_test(every_plateau_is_reached),
		cmocka_unit_test(errors_of_all_types_are_made_and_read),
		cmocka_unit_test(it_goes_from_the_address_given_to_the_sender),
		cmocka_unit_test(without_mbufs_there_is_no_error),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("icmp_error", tests, NULL, NULL);
}
