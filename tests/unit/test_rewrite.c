/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "nj_packet.h"

static struct rte_ipv4_hdr *
ip_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
}

static struct rte_udp_hdr *
udp_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, NJ_UDP4_OFFSET);
}

/* To these addresses and ports, with the differences from what the frame has now. */
static struct nj_rewrite
rewrite_to(struct rte_mbuf *m, uint32_t src_ip, uint32_t dst_ip, uint16_t src, uint16_t dst)
{
	struct nj_rewrite rewrite = {
		.src_ip = rte_cpu_to_be_32(src_ip),
		.dst_ip = rte_cpu_to_be_32(dst_ip),
		.src_port = rte_cpu_to_be_16(src),
		.dst_port = rte_cpu_to_be_16(dst),
	};
	const struct nj_flow *key = &nj_packet(m)->flow;

	const uint16_t deltas[] = {nj_checksum_delta(&key->src_ip, &rewrite.src_ip, 4),
		nj_checksum_delta(&key->src_port, &rewrite.src_port, 2)};

	rewrite.ip_delta = deltas[0];
	rewrite.udp_delta = rte_raw_cksum(deltas, sizeof(deltas));
	return rewrite;
}

static struct rte_mbuf *
parsed(const struct nj_test_frame *frame)
{
	struct rte_mbuf *m = nj_test_frame_build(frame);

	assert_int_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
	return m;
}

static void
every_byte_is_what_it_should_be(void **state)
{
	static const uint8_t after[] = {0x02, 0, 0, 0, 0, 0x0a, 0x02, 0, 0, 0, 0, 0x4d, 0x08, 0x00,
		0x45, 0x10, 0x00, 0x21, 0x12, 0x34, 0x40, 0x00, 0x40, 0x11, /* DF and id are kept */
		0xc2, 0x47, 0xcb, 0x00, 0x71, 0x05, 0xc6, 0x33, 0x64, 0x07, 0x40, 0x01, 0x65, 0x90,
		0x00, 0x0d, 0xb0, 0x2f, 'h', 'e', 'l', 'l', 'o'};
	struct nj_test_frame frame = nj_test_frame_udp("hello", 5);
	struct nj_rewrite rewrite;
	struct rte_mbuf *m;

	frame.tos = 0x10;
	frame.fragment = RTE_IPV4_HDR_DF_FLAG;
	m = parsed(&frame);
	rewrite = rewrite_to(
		m, NJ_TEST_IP(203, 0, 113, 5), NJ_TEST_IP(198, 51, 100, 7), 16385, 26000);
	nj_rewrite_udp4(m, &rewrite);
	assert_int_equal(rte_pktmbuf_data_len(m), sizeof(after));
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), after, sizeof(after));
	rte_pktmbuf_free(m);
}

static void
random_frames_keep_right_checksums(void **state)
{
	uint32_t seed = 768;

	for (unsigned int round = 0; round < 5000; round++) {
		uint8_t payload[64];
		struct nj_test_frame frame =
			nj_test_frame_udp(payload, nj_test_random(&seed) % sizeof(payload));
		const bool none = nj_test_random(&seed) % 8 == 0;
		struct nj_rewrite rewrite;
		struct rte_mbuf *m;

		for (unsigned int i = 0; i < sizeof(payload); i++)
			payload[i] = (uint8_t)nj_test_random(&seed);
		frame.src_ip = NJ_TEST_IP(10, 0, 0, 0) | (nj_test_random(&seed) & 0xffffff);
		frame.ttl = (uint8_t)nj_test_random(&seed);
		frame.tos = (uint8_t)nj_test_random(&seed);
		frame.src_port = (uint16_t)nj_test_random(&seed) | 1;
		if (none)
			frame.udp_checksum = 0;
		m = parsed(&frame);
		rewrite = rewrite_to(m, nj_test_random(&seed), nj_test_random(&seed),
			(uint16_t)nj_test_random(&seed), (uint16_t)nj_test_random(&seed));
		nj_rewrite_udp4(m, &rewrite);
		assert_true(nj_test_checksums_right(m));
		assert_int_equal(udp_of(m)->dgram_cksum == 0, none);
		assert_int_equal(ip_of(m)->time_to_live, NJ_TTL);
		assert_int_equal(ip_of(m)->src_addr, rewrite.src_ip);
		assert_int_equal(ip_of(m)->dst_addr, rewrite.dst_ip);
		assert_int_equal(udp_of(m)->src_port, rewrite.src_port);
		assert_int_equal(udp_of(m)->dst_port, rewrite.dst_port);
		rte_pktmbuf_free(m);
	}
}

/* One of the 65,536 source ports makes the sum 0xffff, its complement 0. */
static void
a_calculated_zero_becomes_ffff(void **state)
{
	struct nj_test_frame frame = nj_test_frame_udp("hello", 5);
	unsigned int found = 0;

	for (uint32_t port = 0; port <= UINT16_MAX; port++) {
		struct rte_mbuf *m = parsed(&frame);
		struct nj_rewrite rewrite = rewrite_to(m, NJ_TEST_IP(203, 0, 113, 5),
			NJ_TEST_IP(198, 51, 100, 7), (uint16_t)port, 9);

		nj_rewrite_udp4(m, &rewrite);
		assert_int_not_equal(udp_of(m)->dgram_cksum, 0);
		if (udp_of(m)->dgram_cksum == UINT16_MAX) {
			assert_true(nj_test_checksums_right(m));
			found++;
		}
		rte_pktmbuf_free(m);
	}
	assert_in_range(found, 1, 2); /* two ports where they are 0 and 0xffff */
}

static void
nothing_changes_when_nothing_is_new(void **state)
{
	struct nj_test_frame frame = nj_test_frame_udp("hello", 5);
	struct rte_mbuf *m, *same;
	struct nj_rewrite rewrite;

	frame.ttl = NJ_TTL;
	m = parsed(&frame);
	same = parsed(&frame);
	rewrite = rewrite_to(m, frame.src_ip, frame.dst_ip, frame.src_port, frame.dst_port);
	nj_rewrite_udp4(m, &rewrite);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(same, void *),
		rte_pktmbuf_data_len(same));
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(same);
}

static void
macs_are_written(void **state)
{
	struct nj_test_frame frame = nj_test_frame_udp("hello", 5);
	struct rte_mbuf *m = parsed(&frame);
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);

	nj_ether_address(m, &nj_test_peer_mac, &nj_test_our_mac);
	assert_true(rte_is_same_ether_addr(&ether->dst_addr, &nj_test_peer_mac));
	assert_true(rte_is_same_ether_addr(&ether->src_addr, &nj_test_our_mac));
	assert_int_equal(ether->ether_type, RTE_BE16(RTE_ETHER_TYPE_IPV4));
	rte_pktmbuf_free(m);
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
		cmocka_unit_test(every_byte_is_what_it_should_be),
		cmocka_unit_test(random_frames_keep_right_checksums),
		cmocka_unit_test(a_calculated_zero_becomes_ffff),
		cmocka_unit_test(nothing_changes_when_nothing_is_new),
		cmocka_unit_test(macs_are_written),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("rewrite", tests, NULL, NULL);
}
