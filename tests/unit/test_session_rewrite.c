/* SPDX-License-Identifier: BSD-3-Clause */
/* What a session rewrites has right checksums, whatever the families of its sides: they are summed
 * up here by the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "nj_ids.h"
#include "session_rig.h"

static struct nj_ids ids;

#define START 1000

/* The one's complement sum by the bytes, as RFC 1071 has it. */
static uint32_t
sum(uint32_t from, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		from += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
	return from;
}

static uint16_t
fold(uint32_t value)
{
	while (value >> 16 != 0)
		value = (value & 0xffff) + (value >> 16);
	return (uint16_t)value;
}

static void
put(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Ethernet, IP and UDP in one piece. */
struct image {
	uint8_t bytes[256];
	uint16_t length, udp;
};

/* The sum over the pseudo-header and the datagram, which is 0xffff where its checksum is right. */
static uint16_t
udp_sum(const struct image *image)
{
	const bool ipv6 = image->udp == NJ_UDP6_OFFSET;
	const uint16_t length = image->length - image->udp, ips = ipv6 ? 32 : 8;
	const uint8_t pseudo[4] = {(uint8_t)(length >> 8), (uint8_t)length, 0, 17};
	uint32_t all = sum(0, &image->bytes[image->udp - ips], ips);

	return fold(sum(sum(all, pseudo, 4), &image->bytes[image->udp], length));
}

static void
write_ips(uint8_t *at, const struct nj_flow *flow)
{
	if (flow->ipv6) {
		memcpy(at, flow->src_ip6, 16);
		memcpy(at + 16, flow->dst_ip6, 16);
	} else {
		memcpy(at, &flow->src_ip, 4);
		memcpy(at + 4, &flow->dst_ip, 4);
	}
}

/* A datagram of a flow as it arrives, its checksum right; `with_checksum` false: zero. */
static struct image
image_of(const struct nj_flow *flow, const uint8_t *payload, uint16_t n, bool with_checksum)
{
	struct image image = {.udp = flow->ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET};
	uint8_t *ip = &image.bytes[NJ_L3_OFFSET], *udp = &image.bytes[image.udp];

	image.length = image.udp + 8 + n;
	put(ip - 2, flow->ipv6 ? 0x86dd : 0x0800);
	ip[0] = flow->ipv6 ? 0x60 : 0x45;
	if (flow->ipv6) {
		put(ip + 4, 8 + n);
		ip[6] = 17;
		ip[7] = 61;
	} else {
		put(ip + 2, 28 + n);
		ip[8] = 61;
		ip[9] = 17;
	}
	write_ips(udp - (flow->ipv6 ? 32 : 8), flow);
	if (!flow->ipv6)
		put(ip + 10, (uint16_t)~fold(sum(0, ip, 20)));
	memcpy(udp, &flow->src_port, 4);
	put(udp + 4, 8 + n);
	memcpy(udp + 8, payload, n);
	if (with_checksum) {
		uint16_t checksum = (uint16_t)~udp_sum(&image);

		put(udp + 6, checksum == 0 ? 0xffff : checksum);
	}
	return image;
}

/* What leaves has to be this flow's datagram, turned round: all but the IPv4 identification. */
static void
check_image(struct rte_mbuf *m, const struct nj_flow *back, const struct image *sent)
{
	struct image got = {.length = rte_pktmbuf_data_len(m), .udp = nj_packet(m)->udp_offset};
	struct nj_flow flow = *back;
	const uint8_t *ip = &got.bytes[NJ_L3_OFFSET];
	uint8_t ips[32], ports[4];
	uint16_t n = sent->length - sent->udp - 8;

	memcpy(got.bytes, rte_pktmbuf_mtod(m, void *), got.length);
	assert_int_equal(got.udp, back->ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET);
	assert_int_equal(got.length, got.udp + 8 + n);
	assert_memory_equal(ip - 2, back->ipv6 ? "\x86\xdd" : "\x08\x00", 2);
	if (back->ipv6) {
		memcpy(flow.src_ip6, back->dst_ip6, 16);
		memcpy(flow.dst_ip6, back->src_ip6, 16);
		assert_int_equal(ip[0], 0x60);
		assert_int_equal(ip[4] << 8 | ip[5], 8 + n);
		assert_int_equal(ip[6], 17);
		assert_int_equal(ip[7], NJ_TTL);
	} else {
		flow.src_ip = back->dst_ip;
		flow.dst_ip = back->src_ip;
		assert_int_equal(ip[0], 0x45);
		assert_int_equal(ip[2] << 8 | ip[3], 28 + n);
		assert_int_equal(ip[8], NJ_TTL);
		assert_int_equal(ip[9], 17);
		assert_int_equal(fold(sum(0, ip, 20)), 0xffff);
	}
	write_ips(ips, &flow);
	assert_memory_equal(&got.bytes[got.udp - (back->ipv6 ? 32 : 8)], ips, back->ipv6 ? 32 : 8);
	memcpy(ports, &back->dst_port, 2);
	memcpy(ports + 2, &back->src_port, 2);
	assert_memory_equal(&got.bytes[got.udp], ports, 4);
	assert_memory_equal(&got.bytes[got.udp + 8], &sent->bytes[sent->udp + 8], n);
	if (sent->bytes[sent->udp + 6] == 0 && sent->bytes[sent->udp + 7] == 0 && !back->ipv6) {
		assert_memory_equal(&got.bytes[got.udp + 6], "\0\0", 2);
		return;
	}
	assert_memory_not_equal(&got.bytes[got.udp + 6], "\0\0", 2);
	assert_int_equal(udp_sum(&got), 0xffff);
}

/* As the data path does it. */
static void
rewrite(const struct nj_test_sessions *rig, const struct nj_session *session,
	enum nj_direction direction, struct rte_mbuf *m)
{
	struct nj_address source = nj_session_source(rig->table, session, direction);
	struct nj_address destination = nj_session_peer(rig->table, session, direction);
	struct nj_rewrite ipv4 = nj_session_rewrite(session, direction);
	struct nj_rewrite6 ipv6;

	if (session->ipv6 == 0) {
		nj_rewrite_udp4(m, &ipv4);
	} else if (session->ipv6 == (NJ_CLIENT_IPV6 | NJ_ENDPOINT_IPV6)) {
		ipv6 = nj_session_rewrite6(rig->table, session, direction);
		nj_rewrite_udp6(m, &ipv6);
	} else {
		assert_true(nj_translate_udp(m, &source, &destination,
			direction == NJ_DOWNSTREAM ? session->udp_delta
						   : (uint16_t)~session->udp_delta,
			&ids));
	}
}

static void
send_through(const struct nj_test_sessions *rig, const struct nj_session *session,
	enum nj_direction direction, const uint8_t *payload, uint16_t length, bool with_checksum)
{
	const struct nj_flow in = nj_session_flow(rig->table, session, direction);
	const struct nj_flow back = nj_session_flow(rig->table, session, !direction);
	const struct image image = image_of(&in, payload, length, with_checksum);
	struct rte_mbuf *m = nj_test_mbuf(image.bytes, image.length);

	*nj_packet(m) = (struct nj_packet){.flow = in,
		.payload_length = length,
		.udp_offset = (uint8_t)image.udp,
		.kind = NJ_KIND_UDP};
	rewrite(rig, session, direction, m);
	check_image(m, &back, &image);
	rte_pktmbuf_free(m);
}

/* Two bytes that bring the datagram's sum to all ones, so that its checksum is a calculated 0. */
static void
balance(const struct nj_flow *flow, uint8_t payload[2])
{
	struct image image;

	memset(payload, 0, 2);
	image = image_of(flow, payload, 2, false);
	put(payload, (uint16_t)~udp_sum(&image));
}

static void
checksums_are_right_whatever_the_families(void **state)
{
	struct nj_test_sessions *rig = *state;
	uint32_t seed = 11;

	for (unsigned int i = 0; i < 4000; i++) {
		const unsigned int ipv6 = i % NJ_TEST_FAMILIES;
		struct nj_session *session =
			nj_test_session_open(rig, ipv6, (uint16_t)(nj_test_random(&seed) | 1),
				nj_test_random(&seed) % 200 + 1, START);
		uint16_t length = (uint16_t)(nj_test_random(&seed) % 64);
		uint8_t payload[64];

		for (unsigned int k = 0; k < sizeof(payload); k++)
			payload[k] = (uint8_t)nj_test_random(&seed);
		for (enum nj_direction d = NJ_DOWNSTREAM; d <= NJ_UPSTREAM; d++) {
			const struct nj_flow in = nj_session_flow(rig->table, session, d);
			const struct nj_flow out = nj_session_flow(rig->table, session, !d);

			send_through(rig, session, d, payload, length, true);
			if (!in.ipv6)
				send_through(rig, session, d, payload, length, false);
			balance(&in, payload);
			send_through(rig, session, d, payload, 2, true);
			balance(&out, payload); /* turned round it has the same sum */
			send_through(rig, session, d, payload, 2, true);
		}
		nj_session_close(rig->table, session);
	}
	assert_int_equal(nj_test_pool_in_use(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(checksums_are_right_whatever_the_families,
			nj_test_sessions_setup, nj_test_sessions_teardown),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("session_rewrite", tests, NULL, NULL);
}
