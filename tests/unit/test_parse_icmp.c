/* SPDX-License-Identifier: BSD-3-Clause */
/* Which ICMP messages the parser takes for errors about our datagrams, of both families. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_udp.h>

#include "eal.h"
#include "frame.h"
#include "nj_packet.h"

#define IP_BYTES(ipv6) ((ipv6) ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr))

/* An ICMP message about a datagram from us, port 7777, to an endpoint, port 26000. */
struct message {
	bool ipv6;
	uint16_t length;
	uint8_t bytes[8 + 40 + 8 + 8 + 4];
};

static const uint8_t endpoint_ip6[16] = {0xfd, [15] = 9};

/* The datagram that is quoted, all of it. */
static struct message
message_of(bool ipv6, uint8_t type)
{
	struct message message = {.ipv6 = ipv6, .bytes = {type}};
	struct nj_test_frame frame =
		ipv6 ? nj_test_frame_udp6("ping", 4) : nj_test_frame_udp("ping", 4);
	struct rte_mbuf *m;

	frame.src_ip = NJ_TEST_OUR_IP;
	frame.dst_ip = NJ_TEST_IP(198, 51, 100, 9);
	memcpy(frame.src_ip6, nj_test_our_ip6, 16);
	memcpy(frame.dst_ip6, endpoint_ip6, 16);
	frame.src_port = 7777;
	frame.dst_port = 26000;
	m = nj_test_frame_build(&frame);
	message.length = 8 + rte_pktmbuf_data_len(m) - NJ_L3_OFFSET;
	memcpy(message.bytes + 8, rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET),
		message.length - 8);
	rte_pktmbuf_free(m);
	return message;
}

static struct nj_test_frame
frame_of(const struct message *message)
{
	return message->ipv6 ? nj_test_frame_icmp6(message->bytes, message->length)
			     : nj_test_frame_icmp(message->bytes, message->length);
}

/* What it is taken for; the flow and the offset have to fit that. */
static const char *
kind_of_frame(const struct nj_test_frame *frame, bool ipv6)
{
	struct rte_mbuf *m = nj_test_frame_build(frame);
	const struct nj_packet *packet = nj_packet(m);
	const enum nj_drop drop = nj_parse(m, &nj_test_our_mac, 0);
	const char *kind = drop == NJ_DROP_NONE ? "local" : nj_drop_name(drop);

	if (drop == NJ_DROP_NONE) {
		const bool error = packet->kind == NJ_KIND_ICMP_ERROR;

		kind = error ? "error" : "local";
		if (!error)
			assert_int_equal(packet->kind, ipv6 ? NJ_KIND_ICMP6 : NJ_KIND_ICMP);
		assert_int_equal(packet->udp_offset, ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET);
		assert_int_equal(packet->flow.ipv6, ipv6);
		assert_int_equal(packet->flow.src_port, error ? RTE_BE16(26000) : 0);
		assert_int_equal(packet->flow.dst_port, error ? RTE_BE16(7777) : 0);
		assert_int_equal(packet->flow.endpoint, 0);
		assert_int_equal(packet->payload_length, 0);
	}
	rte_pktmbuf_free(m);
	return kind;
}

static const char *
kind_of(const struct message *message)
{
	const struct nj_test_frame frame = frame_of(message);

	return kind_of_frame(&frame, message->ipv6);
}

static void
errors_are_told_from_the_rest(void **state)
{
	for (unsigned int type = 0; type < 256; type++) {
		const struct message four = message_of(false, (uint8_t)type);
		const struct message six = message_of(true, (uint8_t)type);

		assert_string_equal(
			kind_of(&four), type == 3 || type == 11 || type == 12 ? "error" : "local");
		assert_string_equal(kind_of(&six), type >= 1 && type <= 4 ? "error" : "local");
	}
}

static void
an_error_bears_the_tuple_of_an_answer(void **state)
{
	const struct message four = message_of(false, 3), six = message_of(true, 1);
	struct nj_test_frame frame = frame_of(&four);
	struct rte_mbuf *m;

	frame.src_ip = NJ_TEST_IP(203, 0, 113, 1); /* of a router on the way */
	frame.n_options = 4;
	frame.padding = 7;
	m = nj_test_frame_build(&frame);
	assert_int_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
	assert_int_equal(nj_packet(m)->flow.src_ip, RTE_BE32(NJ_TEST_IP(198, 51, 100, 9)));
	assert_int_equal(nj_packet(m)->flow.dst_ip, RTE_BE32(NJ_TEST_OUR_IP));
	assert_int_equal(rte_pktmbuf_data_len(m), NJ_UDP4_OFFSET + four.length);
	rte_pktmbuf_free(m);
	frame = frame_of(&six);
	frame.n_extensions = 1;
	frame.extensions[0] = (struct nj_test_extension){.type = IPPROTO_DSTOPTS};
	frame.padding = 7;
	m = nj_test_frame_build(&frame);
	assert_int_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
	assert_memory_equal(nj_packet(m)->flow.src_ip6, endpoint_ip6, 16);
	assert_memory_equal(nj_packet(m)->flow.dst_ip6, nj_test_our_ip6, 16);
	assert_int_equal(rte_pktmbuf_data_len(m), NJ_UDP6_OFFSET + six.length);
	rte_pktmbuf_free(m);
}

/* Cut at every byte: an error needs the IP header and the UDP header, the rest is a gift. */
static void
truncated_quotes_are_noticed(void **state)
{
	for (unsigned int ipv6 = 0; ipv6 < 2; ipv6++) {
		struct message message = message_of(ipv6 != 0, 3);
		const uint16_t whole = message.length, least = 8 + IP_BYTES(ipv6) + 8;

		for (message.length = 0; message.length <= whole; message.length++) {
			const uint16_t header = ipv6 ? 4 : 8;

			assert_string_equal(kind_of(&message), message.length < header
								       ? "icmp_malformed"
							       : message.length < least ? "local"
											: "error");
		}
	}
}

/* The local stack verifies, and counts what it does not believe. */
static void
wrong_checksums_are_for_the_local_stack(void **state)
{
	for (unsigned int ipv6 = 0; ipv6 < 2; ipv6++) {
		const struct message message = message_of(ipv6 != 0, 3);
		struct nj_test_frame frame = frame_of(&message);

		frame.icmp_checksum = false;
		assert_string_equal(kind_of_frame(&frame, ipv6 != 0), "local");
	}
}

static void
errors_go_from_host_to_host(void **state)
{
	const struct message message = message_of(true, 2);
	struct nj_test_frame frame = frame_of(&message);

	frame.dst_ip6[0] = 0xff;
	assert_string_equal(kind_of_frame(&frame, true), "local");
	frame = frame_of(&message);
	memset(frame.src_ip6, 0, sizeof(frame.src_ip6));
	assert_string_equal(kind_of_frame(&frame, true), "local");
}

/* Every byte of the quote's headers that is looked at, with every value; ports but for 0 are free.
 */
static void
quotes_are_looked_through(void **state)
{
	static const struct {
		bool ipv6;
		uint8_t at;       /* in the quoted IP header, and behind it in the UDP header */
		uint8_t from, to; /* values with which it is an error still */
	} rows[] = {
		{false, 0, 0x45, 0x45},
		{false, 2, 0, 255},  /* total length, upper half: 28 at least */
		{false, 3, 28, 255}, /* and the lower, with 0 above */
		{false, 9, IPPROTO_UDP, IPPROTO_UDP},
		{false, 7, 0, 0},   /* a later fragment quotes no ports */
		{false, 8, 0, 255}, /* routers on the way count down */
		{false, 20 + 5, 8, 255},
		{true, 0, 0x60, 0x6f},
		{true, 5, 8, 255},
		{true, 6, IPPROTO_UDP, IPPROTO_UDP},
		{true, 7, 0, 255},
		{true, 40 + 5, 8, 255},
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		for (unsigned int value = 0; value < 256; value++) {
			struct message message = message_of(rows[i].ipv6, 3);
			const bool good = value >= rows[i].from && value <= rows[i].to;

			message.bytes[8 + rows[i].at] = (uint8_t)value;
			assert_string_equal(kind_of(&message), good ? "error" : "local");
		}
	}
}

static void
port_zero_is_nobodys(void **state)
{
	for (unsigned int ipv6 = 0; ipv6 < 2; ipv6++) {
		for (unsigned int at = 0; at < 4; at += 2) {
			struct message message = message_of(ipv6 != 0, 3);

			memset(message.bytes + 8 + IP_BYTES(ipv6) + at, 0, 2);
			assert_string_equal(kind_of(&message), "local");
		}
	}
}

static void
first_fragments_are_quoted_too(void **state)
{
	struct message message = message_of(false, 3);

	message.bytes[8 + 6] = RTE_IPV4_HDR_MF_FLAG >> 8;
	assert_string_equal(kind_of(&message), "error");
	/* Of IPv6 the fragment's header stands between. */
	for (uint16_t field = 0; field < 32; field++) {
		uint8_t *quote, header[8] = {IPPROTO_UDP, 0, 0, (uint8_t)field};
		uint16_t whole;

		message = message_of(true, 3);
		quote = message.bytes + 8;
		quote[5] += 8;
		quote[6] = IPPROTO_FRAGMENT;
		memmove(quote + 48, quote + 40, 12);
		memcpy(quote + 40, header, sizeof(header));
		message.length += 8;
		assert_string_equal(kind_of(&message), field < 8 ? "error" : "local");
		whole = message.length;
		for (message.length = 4; field < 8 && message.length < whole; message.length++)
			assert_string_equal(
				kind_of(&message), message.length < 8 + 48 + 8 ? "local" : "error");
		message.length = whole;
		quote[40] = IPPROTO_TCP;
		assert_string_equal(kind_of(&message), "local");
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
		cmocka_unit_test(errors_are_told_from_the_rest),
		cmocka_unit_test(an_error_bears_the_tuple_of_an_answer),
		cmocka_unit_test(truncated_quotes_are_noticed),
		cmocka_unit_test(wrong_checksums_are_for_the_local_stack),
		cmocka_unit_test(errors_go_from_host_to_host),
		cmocka_unit_test(quotes_are_looked_through),
		cmocka_unit_test(port_zero_is_nobodys),
		cmocka_unit_test(first_fragments_are_quoted_too),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("parse_icmp", tests, NULL, NULL);
}
