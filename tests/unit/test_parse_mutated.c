/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of every kind, with bytes changed and ends cut off at random. Each lies at the very end of
 * a page behind which there is no memory, so that a look past its end is a fault in any build.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "nj_packet.h"
#include "parse.h"

#define ROUNDS 300000
#define FRONT  64 /* bytes before the frame, which stay as they are */

static uint8_t *edge; /* where memory ends */

static void
make_edge(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
	edge = pages + page;
}

static void
never_freed(void *address, void *opaque)
{
}

/* Where a frame of this length begins: as in any mbuf at an even address, so one of odd length
 * leaves a byte behind it. */
static uint8_t *
start_of(uint16_t length)
{
	return edge - RTE_ALIGN_CEIL(length, 2);
}

/* An mbuf without headroom, whose buffer is these bytes at the edge. */
static struct rte_mbuf *
at_the_edge(const uint8_t *bytes, uint16_t length)
{
	static struct rte_mbuf_ext_shared_info shared = {.free_cb = never_freed};
	struct rte_mbuf *m = nj_test_mbuf(NULL, 0);

	memset(start_of(length) - FRONT, 0xee, FRONT);
	memcpy(start_of(length), bytes, length);
	rte_mbuf_ext_refcnt_set(&shared, 1);
	rte_pktmbuf_attach_extbuf(m, start_of(length), RTE_BAD_IOVA, length, &shared);
	m->data_len = length;
	m->pkt_len = length;
	return m;
}

static struct nj_test_extension
random_extension(uint32_t *seed)
{
	static const uint8_t types[] = {
		IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT};
	struct nj_test_extension extension = {.type = types[nj_test_random(seed) % RTE_DIM(types)]};

	if (extension.type == IPPROTO_FRAGMENT && nj_test_random(seed) % 2)
		return NJ_TEST_FRAGMENT6(nj_test_random(seed) & 0xffff);
	extension.units = nj_test_random(seed) % 3;
	return extension;
}

/* A frame that is mostly right, and with luck an ICMP error or a fragment. */
static struct nj_test_frame
random_frame(uint32_t *seed, const uint8_t *payload, uint16_t length)
{
	struct nj_test_frame frame;

	switch (nj_test_random(seed) % 4) {
	case 0:
		frame = nj_test_frame_udp(payload, length);
		break;
	case 1:
		frame = nj_test_frame_icmp(payload, length);
		break;
	case 2:
		frame = nj_test_frame_udp6(payload, length);
		break;
	default:
		frame = nj_test_frame_icmp6(payload, length);
		break;
	}
	frame.n_tags = nj_test_random(seed) % 8 == 0;
	frame.padding = nj_test_random(seed) % 4;
	frame.surplus = nj_test_random(seed) % 8 == 0;
	frame.n_options = nj_test_random(seed) % 8 == 0 ? 4 : 0;
	if (nj_test_random(seed) % 4 == 0)
		frame.fragment = (uint16_t)nj_test_random(seed);
	frame.n_extensions = nj_test_random(seed) % 4;
	for (unsigned int i = 0; i < frame.n_extensions; i++)
		frame.extensions[i] = random_extension(seed);
	return frame;
}

/* An ICMP error's beginning and quote in front of random bytes, or those alone. */
static uint16_t
random_payload(uint32_t *seed, uint8_t payload[100])
{
	const bool ipv6 = nj_test_random(seed) % 2;

	for (unsigned int i = 0; i < 100; i++)
		payload[i] = (uint8_t)nj_test_random(seed);
	if (nj_test_random(seed) % 4 != 0) {
		payload[0] = nj_test_random(seed) % 2 ? 3 : 2;
		memset(payload + 8, 0, 20);
		payload[8] = ipv6 ? 0x60 : 0x45;
		payload[8 + (ipv6 ? 5 : 3)] = 60; /* the quoted packet's length */
		payload[8 + (ipv6 ? 6 : 9)] = IPPROTO_UDP;
		payload[8 + (ipv6 ? 40 : 20) + 4] = 0x10;
	}
	return (uint16_t)(nj_test_random(seed) % 101);
}

/* What nj_packet.h promises of each kind. */
static void
assert_consistent(struct rte_mbuf *m)
{
	const struct nj_packet *packet = nj_packet(m);
	const uint16_t length = rte_pktmbuf_data_len(m);
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const bool ipv6 = ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6);
	const uint16_t offset = ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET;
	const struct rte_ipv4_hdr *ip4 = (const struct rte_ipv4_hdr *)(ether + 1);
	const struct rte_ipv6_hdr *ip6 = (const struct rte_ipv6_hdr *)(ether + 1);

	assert_int_equal(rte_pktmbuf_pkt_len(m), length);
	if (packet->kind == NJ_KIND_ARP) {
		assert_int_equal(length, 42);
		return;
	}
	assert_int_equal(packet->udp_offset, offset);
	assert_int_equal(packet->flow.ipv6, ipv6);
	assert_int_equal(packet->flow.endpoint, 0);
	if (ipv6) {
		assert_int_equal(rte_be_to_cpu_16(ip6->payload_len), length - offset);
	} else {
		assert_int_equal(ip4->version_ihl, RTE_IPV4_VHL_DEF);
		assert_int_equal(rte_be_to_cpu_16(ip4->total_length), length - NJ_L3_OFFSET);
		assert_int_equal(rte_raw_cksum(ip4, sizeof(*ip4)), UINT16_MAX);
	}
	if (packet->kind == NJ_KIND_UDP) {
		assert_int_equal(length, offset + 8 + packet->payload_length);
		assert_true(nj_test_checksums_right(m));
		assert_true(packet->flow.src_port != 0 && packet->flow.dst_port != 0);
	} else if (packet->kind == NJ_KIND_ICMP_ERROR) {
		assert_true(length >= offset + 8 + (ipv6 ? 40 : 20) + 8);
		assert_true(packet->flow.src_port != 0 && packet->flow.dst_port != 0);
	} else {
		assert_true(length >= offset + (packet->kind == NJ_KIND_ICMP6 ? 4 : 1));
		assert_int_equal(packet->flow.src_port | packet->flow.dst_port, 0);
	}
}

/* Returns the kind, or -1. */
static int
parse_one(const uint8_t *bytes, uint16_t length)
{
	struct rte_mbuf *m = at_the_edge(bytes, length);
	const enum nj_drop drop = nj_parse(m, &nj_test_our_mac, 0);
	const int kind = drop == NJ_DROP_NONE ? nj_packet(m)->kind : -1;

	assert_true(rte_pktmbuf_mtod(m, uint8_t *) >= start_of(length));
	assert_true(rte_pktmbuf_mtod(m, uint8_t *) + rte_pktmbuf_data_len(m) <=
		    start_of(length) + length);
	for (unsigned int i = 1; i <= FRONT; i++)
		assert_int_equal(start_of(length)[-(int)i], 0xee);
	if (drop == NJ_DROP_NONE)
		assert_consistent(m);
	rte_pktmbuf_free(m);
	return kind;
}

static void
nothing_is_read_past_the_end(void **state)
{
	unsigned int kinds[NJ_KIND_FRAGMENT + 1] = {0}, dropped = 0;
	uint32_t seed = 4460;

	make_edge();
	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint8_t payload[100], bytes[512];
		const uint16_t payload_length = random_payload(&seed, payload);
		const struct nj_test_frame frame = random_frame(&seed, payload, payload_length);
		struct rte_mbuf *m = nj_test_frame_build(&frame);
		uint16_t length = rte_pktmbuf_data_len(m);
		int kind;

		assert_true(length <= sizeof(bytes));
		memcpy(bytes, rte_pktmbuf_mtod(m, void *), length);
		rte_pktmbuf_free(m);
		for (unsigned int i = nj_test_random(&seed) % 3; i > 0; i--)
			bytes[12 + nj_test_random(&seed) % (length - 12)] =
				(uint8_t)nj_test_random(&seed);
		if (nj_test_random(&seed) % 4 == 0)
			length = nj_test_random(&seed) % (length + 1);
		kind = parse_one(bytes, length);
		if (kind < 0)
			dropped++;
		else
			kinds[kind]++;
	}
	/* It was worth it: all of this happened, often. */
	assert_true(dropped > ROUNDS / 100);
	for (unsigned int kind = 0; kind < RTE_DIM(kinds); kind++)
		assert_true(kind == NJ_KIND_ARP || kinds[kind] > ROUNDS / 1000);
}

/* It need not be true. */
static uint64_t
any_verdict(uint32_t *seed)
{
	static const uint64_t of_ip[] = {RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN,
		RTE_MBUF_F_RX_IP_CKSUM_GOOD, RTE_MBUF_F_RX_IP_CKSUM_BAD,
		RTE_MBUF_F_RX_IP_CKSUM_NONE};
	static const uint64_t of_udp[] = {RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN,
		RTE_MBUF_F_RX_L4_CKSUM_GOOD, RTE_MBUF_F_RX_L4_CKSUM_BAD,
		RTE_MBUF_F_RX_L4_CKSUM_NONE};

	return of_ip[nj_test_random(seed) % RTE_DIM(of_ip)] |
	       of_udp[nj_test_random(seed) % RTE_DIM(of_udp)];
}

/* A frame as a device gives it, with what that says about its checksums. */
struct received {
	uint8_t bytes[512];
	uint16_t length;
	uint64_t verdict;
};

static struct rte_mbuf *
mbuf_of(const struct received *received)
{
	struct rte_mbuf *m = nj_test_mbuf(received->bytes, received->length);

	m->ol_flags |= received->verdict;
	*nj_packet(m) = (struct nj_packet){0};
	return m;
}

/* Mostly right, or nearly. */
static struct received
any_received(bool ipv6, uint32_t *seed)
{
	const uint64_t right = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	const uint16_t headers = ipv6 ? NJ_PAYLOAD6_OFFSET : NJ_PAYLOAD4_OFFSET;
	const uint16_t n = nj_test_random(seed) % 60;
	uint8_t payload[100] = {0};
	struct nj_test_frame frame =
		ipv6 ? nj_test_frame_udp6(payload, n) : nj_test_frame_udp(payload, n);
	struct received received = {
		.verdict = nj_test_random(seed) % 2 == 0 ? right : any_verdict(seed)};
	struct rte_mbuf *m;

	frame.padding = nj_test_random(seed) % 4;
	frame.surplus = nj_test_random(seed) % 8 == 0;
	m = nj_test_frame_build(&frame);
	received.length = rte_pktmbuf_data_len(m);
	memcpy(received.bytes, rte_pktmbuf_mtod(m, void *), received.length);
	rte_pktmbuf_free(m);
	for (unsigned int i = nj_test_random(seed) % 3; i > 0; i--)
		received.bytes[nj_test_random(seed) % headers] = (uint8_t)nj_test_random(seed);
	if (nj_test_random(seed) % 8 == 0) /* a checksum, an address */
		memset(received.bytes + nj_test_random(seed) % headers, 0,
			nj_test_random(seed) % 17);
	if (nj_test_random(seed) % 8 == 0)
		received.length -= nj_test_random(seed) % received.length;
	return received;
}

/* Returns whether it is a datagram, as both ways have to say of it. */
static bool
parse_both_ways(const struct received *received)
{
	struct rte_mbuf *m = mbuf_of(received), *again = mbuf_of(received);
	const enum nj_drop reason = nj_parse(m, &nj_test_our_mac, 0);

	assert_int_equal(nj_parse_any(again, &nj_test_our_mac, 0), reason);
	assert_int_equal(rte_pktmbuf_data_len(m), rte_pktmbuf_data_len(again));
	assert_int_equal(rte_pktmbuf_pkt_len(m), rte_pktmbuf_pkt_len(again));
	assert_true(m->ol_flags == again->ol_flags);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(again, void *),
		rte_pktmbuf_data_len(m));
	assert_memory_equal(nj_packet(m), nj_packet(again), sizeof(struct nj_packet));
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(again);
	return reason == NJ_DROP_NONE;
}

/* Nearly every frame takes a shorter way through the parser, which has to find the same. */
static void
a_short_way_finds_the_same(void **state)
{
	uint32_t seed = 4461;

	for (unsigned int ipv6 = 0; ipv6 < 2; ipv6++) {
		unsigned int found = 0;

		for (unsigned int round = 0; round < ROUNDS; round++) {
			const struct received received = any_received(ipv6, &seed);

			found += parse_both_ways(&received);
		}
		assert_in_range(found, ROUNDS / 4, ROUNDS - ROUNDS / 8);
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
		cmocka_unit_test(nothing_is_read_past_the_end),
		cmocka_unit_test(a_short_way_finds_the_same),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("parse_mutated", tests, NULL, NULL);
}
