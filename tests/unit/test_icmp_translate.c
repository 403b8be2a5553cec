/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A datagram is sent, and leaves the proxy as another one: the outer and the inner side. An error
 * comes about the latter, and has to become one about the former.
 */
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

static uint8_t payload[1900];

/* What a test of one error says; what it leaves out is random or right. */
struct error {
	int from, to; /* families */
	uint8_t header[8];
	uint16_t length; /* of the payload */
	uint16_t quoted; /* bytes of UDP and behind it that came along */
	const void *between;
	uint16_t n_between; /* bytes between the inner IP header and UDP: options, extensions */
	uint8_t next_header;
	uint16_t fragment;   /* IPv4: the inner header's field */
	uint16_t extensions; /* bytes behind what is quoted (RFC 4884) */
	bool no_checksum;
};

/* Both sides of the proxy, and the frames. */
struct sides {
	struct nj_test_datagram sent, left;
	struct nj_address us, sender;
	struct rte_mbuf *original; /* as it was sent */
	struct rte_mbuf *m;        /* the error, which becomes another one */
	uint8_t traffic_class;     /* of the error as it came */
};

static uint8_t
traffic_class_of(struct rte_mbuf *m)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, NJ_L3_OFFSET);

	return ip[0] >> 4 == 4 ? ip[1] : (uint8_t)(ip[0] << 4 | ip[1] >> 4);
}

static bool
is_ipv6(int family)
{
	return family == AF_INET6;
}

static uint16_t
ip_bytes(int family)
{
	return is_ipv6(family) ? 40 : 20;
}

/* The quoted IP header, with what stands between it and UDP. Returns its length. */
static uint16_t
quote_header(uint8_t *at, struct rte_mbuf *about, const struct error *error)
{
	const uint16_t header = ip_bytes(error->from);
	struct rte_ipv4_hdr *v4 = (void *)at;
	struct rte_ipv6_hdr *v6 = (void *)at;

	memcpy(at, rte_pktmbuf_mtod_offset(about, void *, NJ_L3_OFFSET), header);
	if (error->n_between > 0) {
		memcpy(at + header, error->between, error->n_between);
		if (is_ipv6(error->from)) {
			v6->proto = error->next_header;
			v6->payload_len = rte_cpu_to_be_16(
				rte_be_to_cpu_16(v6->payload_len) + error->n_between);
		} else {
			v4->version_ihl += error->n_between / 4;
			v4->total_length = rte_cpu_to_be_16(
				rte_be_to_cpu_16(v4->total_length) + error->n_between);
		}
	}
	if (!is_ipv6(error->from) && error->fragment != 0)
		v4->fragment_offset = rte_cpu_to_be_16(error->fragment);
	return header + error->n_between;
}

static struct rte_mbuf *
build_error(uint32_t *seed, const struct error *error, const struct nj_test_datagram *about)
{
	uint8_t message[2000] = {0};
	struct nj_test_datagram outer =
		nj_test_random_datagram(seed, error->from, message, sizeof(message));
	struct rte_mbuf *m = nj_test_datagram_build(about, nj_test_pool());
	uint16_t at = 8;

	memcpy(message, error->header, 8);
	at += quote_header(message + at, m, error);
	memcpy(message + at,
		rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET + ip_bytes(error->from)),
		error->quoted);
	at += error->quoted;
	memset(message + at, 0x77, error->extensions);
	at += error->extensions;
	outer.length = at;
	outer.protocol = is_ipv6(error->from) ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	rte_pktmbuf_free(m);
	return nj_test_datagram_build(&outer, nj_test_pool());
}

static struct sides
sides_of(uint32_t *seed, const struct error *error)
{
	struct sides sides = {
		.sent = nj_test_random_datagram(seed, error->to, payload, error->length),
		.left = nj_test_random_datagram(seed, error->from, payload, error->length),
		.us = nj_test_random_address(seed, error->to),
		.sender = nj_test_random_address(seed, error->to),
	};

	nj_test_random_bytes(seed, payload, error->length);
	sides.sent.no_checksum = error->no_checksum;
	sides.left.no_checksum = error->no_checksum;
	sides.original = nj_test_datagram_build(&sides.sent, nj_test_pool());
	sides.m = build_error(seed, error, &sides.left);
	sides.traffic_class = traffic_class_of(sides.m);
	return sides;
}

static bool
translate(struct sides *sides)
{
	return nj_icmp_error_translate(sides->m, &sides->us.ip, &sides->sender.ip,
		&sides->sent.source, &sides->sent.destination);
}

static void
free_sides(struct sides *sides)
{
	rte_pktmbuf_free(sides->original);
	rte_pktmbuf_free(sides->m);
}

static void
assert_addresses(const uint8_t *ip, int family, const struct nj_ip *from, const struct nj_ip *to)
{
	const unsigned int at = is_ipv6(family) ? 8 : 12, size = is_ipv6(family) ? 16 : 4;

	assert_memory_equal(ip + at, from->v6, size);
	assert_memory_equal(ip + at + size, to->v6, size);
	assert_int_equal(ip[is_ipv6(family) ? 7 : 8] == 0, false);
}

/* The translated error: from whom to whom, and what of the sender's datagram is in it. */
static void
assert_translated(const struct error *error, struct sides *sides)
{
	const uint16_t header = ip_bytes(error->to);
	const uint8_t *ip = rte_pktmbuf_mtod_offset(sides->m, const uint8_t *, NJ_L3_OFFSET);
	const uint8_t *inner = ip + header + 8;
	const uint16_t most = (is_ipv6(error->to) ? 1280 : 576) - 2 * header - 8;
	const uint16_t quoted = RTE_MIN(error->quoted, most);
	const struct rte_ipv4_hdr *v4 = (const void *)inner;
	const struct rte_ipv6_hdr *v6 = (const void *)inner;

	assert_int_equal(nj_packet(sides->m)->udp_offset, NJ_L3_OFFSET + header);
	assert_int_equal(ip[-2] << 8 | ip[-1], is_ipv6(error->to) ? 0x86dd : 0x0800);
	assert_int_equal(rte_pktmbuf_data_len(sides->m), NJ_L3_OFFSET + 2 * header + 8 + quoted);
	assert_addresses(ip, error->to, &sides->us.ip, &sides->sender.ip);
	assert_int_equal(ip[is_ipv6(error->to) ? 7 : 8], NJ_TTL);
	assert_int_equal(traffic_class_of(sides->m), sides->traffic_class);
	assert_int_equal(nj_test_checksum_behind_ip(sides->m), 0);
	assert_addresses(inner, error->to, &sides->sent.source.ip, &sides->sent.destination.ip);
	if (is_ipv6(error->to)) {
		assert_int_equal(v6->proto, IPPROTO_UDP);
		assert_int_equal(rte_be_to_cpu_16(v6->payload_len), 8 + error->length);
	} else {
		assert_int_equal(rte_raw_cksum(inner, 20), UINT16_MAX);
		assert_int_equal(rte_raw_cksum(ip, 20), UINT16_MAX);
		assert_int_equal(v4->version_ihl, 0x45);
		assert_int_equal(v4->next_proto_id, IPPROTO_UDP);
		assert_int_equal(rte_be_to_cpu_16(v4->total_length), 28 + error->length);
	}
	/* Ports, length, checksum and payload are those of the datagram as it was sent. */
	assert_memory_equal(inner + header,
		rte_pktmbuf_mtod_offset(sides->original, void *, NJ_L3_OFFSET + header), quoted);
	nj_test_capture(sides->original);
	nj_test_capture(sides->m);
}

static void
random_errors_become_any_family(void **state)
{
	uint32_t seed = 7915;

	for (unsigned int round = 0; round < 4 * 200; round++) {
		const uint16_t length = nj_test_random(&seed) % 1400;
		struct error error = {
			.from = NJ_TEST_FROM(round),
			.to = NJ_TEST_TO(round),
			.length = length,
			.quoted = 8 + nj_test_random(&seed) % (length + 1),
		};
		struct sides sides;

		error.header[0] = is_ipv6(error.from) ? 1 : 3;
		error.header[1] = is_ipv6(error.from) ? 4 : 3;
		if (round / 4 % 4 == 0)
			error.quoted = 8;
		sides = sides_of(&seed, &error);
		assert_true(translate(&sides));
		assert_translated(&error, &sides);
		free_sides(&sides);
	}
}

/* One test for each: options, extension headers, first fragments, RFC 4884, no checksum. */
static void
whatever_the_inner_datagram_looks_like(void **state)
{
	static const uint8_t options[8] = {1, 1, 1, 1, 1, 1, 1, 0};
	static const uint8_t fragment[8] = {IPPROTO_UDP, 0, 0, 1, 1, 2, 3, 4};
	static const uint8_t several[24] = {
		IPPROTO_DSTOPTS, 0, 1, 4, 0, 0, 0, 0, IPPROTO_UDP, 1, 1, 12};
	static const struct error errors[] = {
		{.n_between = 8, .between = options},
		{.fragment = RTE_IPV4_HDR_MF_FLAG},
		{.fragment = RTE_IPV4_HDR_DF_FLAG},
		{.from = AF_INET6,
			.n_between = 8,
			.between = fragment,
			.next_header = IPPROTO_FRAGMENT},
		{.from = AF_INET6,
			.n_between = 24,
			.between = several,
			.next_header = IPPROTO_HOPOPTS},
		{.header = {3, 3, 0, 0, 0, 32}, .quoted = 128 - 20, .extensions = 12},
		{.from = AF_INET6,
			.header = {1, 4, 0, 0, 16},
			.quoted = 128 - 40,
			.extensions = 12},
		{.extensions = 9, .length = 92}, /* not of the inner packet */
		{.no_checksum = true},
	};
	uint32_t seed = 4884;

	for (unsigned int i = 0; i < 2 * RTE_DIM(errors); i++) {
		struct error error = errors[i / 2];
		struct sides sides;
		const uint8_t *rest;

		error.from = error.from == 0 ? AF_INET : error.from;
		error.to = i % 2 == 0 ? AF_INET : AF_INET6;
		error.length = error.length == 0 ? 1300 : error.length;
		error.quoted = error.quoted == 0 ? 100 : error.quoted;
		if (error.header[0] == 0)
			memcpy(error.header, is_ipv6(error.from) ? "\1\4" : "\3\3", 2);
		sides = sides_of(&seed, &error);
		assert_true(translate(&sides));
		if (!error.no_checksum || error.to == AF_INET)
			assert_translated(&error, &sides);
		rest = rte_pktmbuf_mtod_offset(
			sides.m, const uint8_t *, nj_packet(sides.m)->udp_offset + 4);
		assert_memory_equal(rest, "\0\0\0\0", 4);
		free_sides(&sides);
	}
}

static void
an_ipv4_sender_of_what_was_too_big_forbade_fragments(void **state)
{
	static const struct error errors[] = {
		{AF_INET6, AF_INET, {2, 0, 0, 0, 0, 0, 5, 0}, .length = 1300, .quoted = 8},
		{AF_INET6, AF_INET, {1, 4}, .length = 1300, .quoted = 8},
		{AF_INET, AF_INET, {3, 3}, .length = 1300, .quoted = 8, .fragment = 0x6000},
		{AF_INET, AF_INET, {3, 3}, .length = 1300, .quoted = 8, .fragment = 0x2000},
	};
	uint32_t seed = 1191;

	for (unsigned int i = 0; i < RTE_DIM(errors); i++) {
		struct sides sides = sides_of(&seed, &errors[i]);
		const struct rte_ipv4_hdr *inner;

		assert_true(translate(&sides));
		inner = rte_pktmbuf_mtod_offset(sides.m, void *, NJ_UDP4_OFFSET + 8);
		assert_int_equal(
			inner->fragment_offset, i % 2 == 0 ? RTE_BE16(RTE_IPV4_HDR_DF_FLAG) : 0);
		free_sides(&sides);
	}
}

/* Refused, and every byte stays where it was. */
static void
assert_refused(struct sides *sides)
{
	struct rte_mbuf *same = rte_pktmbuf_copy(sides->m, nj_test_pool(), 0, UINT32_MAX);

	assert_false(translate(sides));
	assert_int_equal(rte_pktmbuf_data_len(sides->m), rte_pktmbuf_data_len(same));
	assert_memory_equal(rte_pktmbuf_mtod(sides->m, void *), rte_pktmbuf_mtod(same, void *),
		rte_pktmbuf_data_len(same));
	rte_pktmbuf_free(same);
	free_sides(sides);
}

static void
what_is_not_there_is_not_translated(void **state)
{
	uint32_t seed = 8;

	for (unsigned int round = 0; round < NJ_TEST_COMBINATIONS; round++) {
		struct error error = {NJ_TEST_FROM(round), NJ_TEST_TO(round), .length = 0};
		const uint16_t whole = 8 + ip_bytes(error.from) + 8;

		memcpy(error.header, is_ipv6(error.from) ? "\1\4" : "\3\3", 2);
		error.quoted = 8;
		for (uint16_t left = 8; left < whole; left++) {
			struct sides sides = sides_of(&seed, &error);

			rte_pktmbuf_trim(sides.m, whole - left);
			assert_refused(&sides);
		}
	}
}

static void
nonsense_inside_is_not_translated(void **state)
{
	static const uint8_t later[8] = {IPPROTO_UDP, 0, 0, 8}, endless[8] = {IPPROTO_UDP, 255},
			     last[8] = {IPPROTO_NONE};
	static const struct error errors[] = {
		{AF_INET, AF_INET6, {3, 3}, .fragment = 1},
		{AF_INET6, AF_INET, {1, 4}, .between = later, .n_between = 8, .next_header = 44},
		{AF_INET6, AF_INET, {1, 4}, .between = endless, .n_between = 8, .next_header = 60},
		{AF_INET6, AF_INET, {1, 4}, .between = last, .n_between = 8, .next_header = 60},
		{AF_INET6, AF_INET, {1, 4}, .between = last, .n_between = 8, .next_header = 6},
		{AF_INET, AF_INET6, {3, 3, 0, 0, 0, 1}}, /* quotes 4 bytes, by RFC 4884 */
		{AF_INET6, AF_INET, {1, 4, 0, 0, 1}},    /* 8 bytes */
	};
	static const rte_be16_t lengths[] = {0, RTE_BE16(7), RTE_BE16(65516)};
	uint32_t seed = 77;

	for (unsigned int i = 0; i < RTE_DIM(errors) + RTE_DIM(lengths); i++) {
		struct error error = errors[i < RTE_DIM(errors) ? i : 0];
		struct sides sides;

		error.quoted = 100;
		error.length = 100;
		if (i >= RTE_DIM(errors))
			error.fragment = 0;
		sides = sides_of(&seed, &error);
		if (i >= RTE_DIM(errors))
			rte_pktmbuf_mtod_offset(
				sides.m, struct rte_udp_hdr *, NJ_UDP4_OFFSET + 8 + 20)
				->dgram_len = lengths[i - RTE_DIM(errors)];
		assert_refused(&sides);
	}
}

static void
without_room_in_front_nothing_happens(void **state)
{
	const struct error error = {AF_INET, AF_INET6, {3, 3}, .length = 100, .quoted = 108};
	uint32_t seed = 38;
	struct sides sides = sides_of(&seed, &error);

	memmove((char *)sides.m->buf_addr + 38, rte_pktmbuf_mtod(sides.m, void *),
		rte_pktmbuf_data_len(sides.m));
	sides.m->data_off = 38; /* less than the 40 bytes that are needed */
	assert_refused(&sides);
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
		cmocka_unit_test(random_errors_become_any_family),
		cmocka_unit_test(whatever_the_inner_datagram_looks_like),
		cmocka_unit_test(an_ipv4_sender_of_what_was_too_big_forbade_fragments),
		cmocka_unit_test(what_is_not_there_is_not_translated),
		cmocka_unit_test(nonsense_inside_is_not_translated),
		cmocka_unit_test(without_room_in_front_nothing_happens),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("icmp_translate", tests, NULL, NULL);
}
