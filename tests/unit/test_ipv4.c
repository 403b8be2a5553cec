/* SPDX-License-Identifier: BSD-3-Clause */
/* The parser's rules for IPv4, UDP and ICMP headers. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "nj_packet.h"

static const char *
verdict_with(const struct nj_test_frame *frame, uint64_t ol_flags)
{
	struct rte_mbuf *m = nj_test_frame_build(frame);
	enum nj_drop drop;

	m->ol_flags = ol_flags;
	drop = nj_parse(m, &nj_test_our_mac, 0);
	rte_pktmbuf_free(m);
	return nj_drop_name(drop);
}

static const char *
verdict(const struct nj_test_frame *frame)
{
	return verdict_with(frame, 0);
}

static struct nj_test_frame
frame_hello(void)
{
	return nj_test_frame_udp("hello", 5);
}

static struct rte_mbuf *
parsed(const struct nj_test_frame *frame)
{
	struct rte_mbuf *m = nj_test_frame_build(frame);

	assert_int_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
	return m;
}

static void
versions_and_header_lengths_are_checked(void **state)
{
	for (uint8_t version = 0; version < 16; version++) {
		struct nj_test_frame frame = frame_hello();

		frame.version = version;
		assert_string_equal(verdict(&frame), version == 4 ? "none" : "ipv4_version");
	}
	for (uint8_t ihl = 0; ihl < 16; ihl++) { /* the packet is 33 bytes long */
		struct nj_test_frame frame = frame_hello();
		const char *expected = ihl < 5    ? "ipv4_header_length"
				       : ihl == 5 ? "none"
				       : ihl <= 8 ? "ipv4_checksum"
						  : "ipv4_truncated";

		frame.ihl = ihl;
		if (ihl > 5)
			frame.ip_checksum = 0;
		assert_string_equal(verdict(&frame), expected);
	}
}

static void
total_lengths_are_checked(void **state)
{
	struct nj_test_frame frame = frame_hello();

	frame.total_length = 34;
	assert_string_equal(verdict(&frame), "ipv4_total_length");
	frame.padding = 1; /* now it is there, as surplus */
	assert_string_equal(verdict(&frame), "none");
	frame.total_length = UINT16_MAX;
	assert_string_equal(verdict(&frame), "ipv4_total_length");
	frame = frame_hello();
	frame.n_options = 8;
	frame.total_length = 27; /* less than the header */
	assert_string_equal(verdict(&frame), "ipv4_total_length");
	frame.total_length = 28;
	assert_string_equal(verdict(&frame), "udp_truncated");
}

static void
header_checksums_are_checked_unless_the_device_did(void **state)
{
	struct nj_test_frame good = frame_hello(), bad = frame_hello();

	bad.ip_checksum = 0x1111;
	assert_string_equal(verdict(&bad), "ipv4_checksum");
	assert_string_equal(verdict_with(&bad, RTE_MBUF_F_RX_IP_CKSUM_NONE), "ipv4_checksum");
	assert_string_equal(verdict_with(&bad, RTE_MBUF_F_RX_IP_CKSUM_GOOD), "none");
	assert_string_equal(verdict_with(&good, RTE_MBUF_F_RX_IP_CKSUM_NONE), "none");
	assert_string_equal(verdict_with(&good, RTE_MBUF_F_RX_IP_CKSUM_BAD), "ipv4_checksum");
}

static void
addresses_are_checked(void **state)
{
	static const struct {
		uint32_t ip;
		bool good;
	} rows[] = {
		{NJ_TEST_IP(0, 0, 0, 0), false},
		{NJ_TEST_IP(0, 255, 255, 255), false},
		{NJ_TEST_IP(1, 0, 0, 0), true},
		{NJ_TEST_IP(126, 255, 255, 255), true},
		{NJ_TEST_IP(127, 0, 0, 0), false},
		{NJ_TEST_IP(127, 255, 255, 255), false},
		{NJ_TEST_IP(128, 0, 0, 0), true},
		{NJ_TEST_IP(223, 255, 255, 255), true},
		{NJ_TEST_IP(224, 0, 0, 0), false},
		{NJ_TEST_IP(239, 255, 255, 255), false},
		{NJ_TEST_IP(240, 0, 0, 0), false},
		{NJ_TEST_IP(255, 255, 255, 255), false},
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		struct nj_test_frame frame = frame_hello();

		frame.src_ip = rows[i].ip;
		assert_string_equal(verdict(&frame), rows[i].good ? "none" : "ipv4_source");
		frame = frame_hello();
		frame.dst_ip = rows[i].ip;
		assert_string_equal(verdict(&frame), rows[i].good ? "none" : "ipv4_destination");
	}
}

static void
other_protocols_are_refused(void **state)
{
	for (unsigned int protocol = 0; protocol < 256; protocol++) {
		struct nj_test_frame frame = nj_test_frame_icmp("\x08\0\0\0\0\0\0\0", 8);
		const bool known = protocol == IPPROTO_UDP || protocol == IPPROTO_ICMP;

		frame.protocol = (uint8_t)protocol;
		assert_string_equal(verdict(&frame), known ? "none" : "ipv4_protocol");
	}
}

static void
udp_lengths_are_checked(void **state)
{
	for (int32_t length = 0; length < 16; length++) { /* 13 is right */
		struct nj_test_frame frame = frame_hello();

		frame.udp_length = length;
		frame.udp_checksum = 0;
		assert_string_equal(
			verdict(&frame), length < 8 || length > 13 ? "udp_length" : "none");
	}
}

static void
port_zero_is_refused(void **state)
{
	struct nj_test_frame frame = frame_hello();

	frame.src_port = 0;
	assert_string_equal(verdict(&frame), "udp_port");
	frame = frame_hello();
	frame.dst_port = 0;
	assert_string_equal(verdict(&frame), "udp_port");
	frame.dst_port = UINT16_MAX;
	assert_string_equal(verdict(&frame), "none");
}

static void
udp_checksums_are_checked_unless_the_device_did(void **state)
{
	struct nj_test_frame bad = frame_hello(), good = frame_hello(), none = frame_hello();

	bad.udp_checksum = 0x1111;
	none.udp_checksum = 0;
	assert_string_equal(verdict(&bad), "udp_checksum");
	assert_string_equal(verdict_with(&bad, RTE_MBUF_F_RX_L4_CKSUM_BAD), "udp_checksum");
	assert_string_equal(verdict_with(&bad, RTE_MBUF_F_RX_L4_CKSUM_NONE), "udp_checksum");
	assert_string_equal(verdict_with(&bad, RTE_MBUF_F_RX_L4_CKSUM_GOOD), "none");
	assert_string_equal(verdict_with(&good, RTE_MBUF_F_RX_L4_CKSUM_BAD), "none");
	assert_string_equal(verdict_with(&none, RTE_MBUF_F_RX_L4_CKSUM_BAD), "none");
}

/* RFC 768: a sender's zero means that there is none, and it stays so. */
static void
a_zero_udp_checksum_stays_zero(void **state)
{
	struct nj_test_frame frame = frame_hello();
	struct rte_mbuf *m;

	frame.udp_checksum = 0;
	frame.n_options = 4;
	m = parsed(&frame);
	assert_int_equal(
		rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, NJ_UDP4_OFFSET)->dgram_cksum, 0);
	rte_pktmbuf_free(m);
}

/* Random datagrams with options, surplus and padding, whole or partial: one shape, right sums. */
static void
random_frames_come_into_shape(void **state)
{
	uint32_t seed = 791;

	for (unsigned int round = 0; round < 5000; round++) {
		uint8_t payload[64];
		const uint16_t length = nj_test_random(&seed) % sizeof(payload);
		struct nj_test_frame frame = nj_test_frame_udp(payload, length);
		struct rte_mbuf *m, *plain;

		for (unsigned int i = 0; i < sizeof(payload); i++)
			payload[i] = (uint8_t)nj_test_random(&seed);
		frame.id = (uint16_t)nj_test_random(&seed);
		frame.src_ip = NJ_TEST_IP(10, 0, 0, 0) | (nj_test_random(&seed) & 0xffffff);
		plain = nj_test_frame_build(&frame);
		frame.n_options = nj_test_random(&seed) % 11 * 4;
		memset(frame.options, RTE_IPV4_HDR_OPT_NOP, frame.n_options);
		frame.surplus = nj_test_random(&seed) % 5;
		frame.padding = nj_test_random(&seed) % 20;
		if (nj_test_random(&seed) & 1)
			frame.udp_checksum = NJ_TEST_PARTIAL;
		m = parsed(&frame);
		assert_int_equal(nj_packet(m)->payload_length, length);
		assert_int_equal(rte_pktmbuf_data_len(m), rte_pktmbuf_data_len(plain));
		assert_memory_equal(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(plain, void *),
			rte_pktmbuf_data_len(plain));
		assert_true(nj_test_checksums_right(m));
		rte_pktmbuf_free(m);
		rte_pktmbuf_free(plain);
	}
}

static void
icmp_needs_eight_bytes(void **state)
{
	static const uint8_t echo[16] = {8};

	for (uint16_t length = 0; length <= sizeof(echo); length++) {
		struct nj_test_frame frame = nj_test_frame_icmp(echo, length);

		frame.padding = 4;
		assert_string_equal(verdict(&frame), length < 8 ? "icmp_malformed" : "none");
	}
}

static void
icmp_comes_into_the_same_shape(void **state)
{
	static const uint8_t echo[8] = {8};
	struct nj_test_frame frame = nj_test_frame_icmp(echo, sizeof(echo));
	struct rte_mbuf *m;
	const struct rte_ipv4_hdr *ip;

	frame.n_options = 12;
	frame.padding = 9;
	m = parsed(&frame);
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	assert_int_equal(nj_packet(m)->kind, NJ_KIND_ICMP);
	assert_int_equal(nj_packet(m)->flow.src_ip, RTE_BE32(NJ_TEST_PEER_IP));
	assert_int_equal(nj_packet(m)->flow.dst_ip, RTE_BE32(NJ_TEST_OUR_IP));
	assert_int_equal(nj_packet(m)->flow.src_port, 0);
	assert_int_equal(rte_pktmbuf_data_len(m), NJ_UDP4_OFFSET + sizeof(echo));
	assert_int_equal(ip->version_ihl, RTE_IPV4_VHL_DEF);
	assert_int_equal(rte_be_to_cpu_16(ip->total_length), 28);
	assert_int_equal(rte_raw_cksum(ip, sizeof(*ip)), UINT16_MAX);
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
		cmocka_unit_test(versions_and_header_lengths_are_checked),
		cmocka_unit_test(total_lengths_are_checked),
		cmocka_unit_test(header_checksums_are_checked_unless_the_device_did),
		cmocka_unit_test(addresses_are_checked),
		cmocka_unit_test(other_protocols_are_refused),
		cmocka_unit_test(udp_lengths_are_checked),
		cmocka_unit_test(port_zero_is_refused),
		cmocka_unit_test(udp_checksums_are_checked_unless_the_device_did),
		cmocka_unit_test(a_zero_udp_checksum_stays_zero),
		cmocka_unit_test(random_frames_come_into_shape),
		cmocka_unit_test(icmp_needs_eight_bytes),
		cmocka_unit_test(icmp_comes_into_the_same_shape),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("ipv4", tests, NULL, NULL);
}
