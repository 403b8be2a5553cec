/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions whose sides are of either family, in all four combinations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "session_rig.h"

#define CAPACITY 64
#define START    1000

static int
setup(void **state)
{
	struct nj_test_sessions *rig = calloc(1, sizeof(*rig));

	nj_test_sessions_start(rig, CAPACITY, 1, 0);
	*state = rig;
	return 0;
}

static int
teardown(void **state)
{
	nj_test_sessions_stop(*state);
	free(*state);
	return 0;
}

static void
assert_address(struct nj_address address, const char *text)
{
	char buffer[NJ_ADDRESS_STRLEN];

	assert_string_equal(nj_address_format(&address, buffer), text);
}

static void
a_session_is_found_from_both_sides(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session *sessions[NJ_TEST_FAMILIES];

	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++)
		sessions[ipv6] = nj_test_session_open(rig, ipv6, 5, ipv6 + 1, START);
	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++) {
		struct nj_flow client = nj_test_session_request(ipv6, 5, ipv6 + 1).flow;
		struct nj_flow reply = nj_session_flow(rig->table, sessions[ipv6], NJ_UPSTREAM);

		assert_ptr_equal(nj_session_find(rig->table, &client), sessions[ipv6]);
		assert_ptr_equal(nj_session_find(rig->table, &reply), sessions[ipv6]);
		reply.src_port ^= 1;
		assert_null(nj_session_find(rig->table, &reply));
		client.endpoint += 10;
		assert_null(nj_session_find(rig->table, &client));
		nj_session_close(rig->table, sessions[ipv6]);
		reply.src_port ^= 1;
		client.endpoint -= 10;
		assert_null(nj_session_find(rig->table, &client));
		assert_null(nj_session_find(rig->table, &reply));
	}
	assert_int_equal(nj_session_active(rig->table), 0);
}

/* Every byte of an address counts, and every other field of the tuple. */
static void
a_stranger_is_not_found(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session *session = nj_test_session_open(rig, NJ_ENDPOINT_IPV6, 5, 1, START);
	const struct nj_flow reply = nj_session_flow(rig->table, session, NJ_UPSTREAM);

	for (unsigned int byte = 0; byte < NJ_FLOW6_KEY_BYTES; byte++) {
		struct nj_flow stranger = reply;

		((uint8_t *)&stranger)[byte] ^= 1;
		assert_null(nj_session_find(rig->table, &stranger));
	}
	assert_ptr_equal(nj_session_find(rig->table, &reply), session);
}

static void
sides_have_their_addresses(void **state)
{
	static const char *const clients[] = {"192.0.2.77:5", "[2001:db8::77]:5"};
	static const char *const listeners[] = {"192.0.2.10:7777", "[2001:db8::10]:7777"};
	static const char *const endpoints[] = {"198.51.100.3:26000", "[2001:db8:1::101]:26000"};
	struct nj_test_sessions *rig = *state;

	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++) {
		struct nj_session *session = nj_test_session_open(rig, ipv6, 5, 1, START);
		bool client6 = ipv6 & NJ_CLIENT_IPV6, endpoint6 = ipv6 & NJ_ENDPOINT_IPV6;
		struct nj_flow down = nj_session_flow(rig->table, session, NJ_DOWNSTREAM);
		struct nj_flow up = nj_session_flow(rig->table, session, NJ_UPSTREAM);
		struct nj_address upstream = nj_session_source(rig->table, session, NJ_DOWNSTREAM);

		assert_int_equal(session->ipv6, ipv6);
		assert_address(nj_session_peer(session, NJ_UPSTREAM), clients[client6]);
		assert_address(
			nj_session_source(rig->table, session, NJ_UPSTREAM), listeners[client6]);
		assert_address(nj_session_peer(session, NJ_DOWNSTREAM), endpoints[endpoint6]);
		assert_address(nj_flow_source(&down), clients[client6]);
		assert_address(nj_flow_destination(&down), listeners[client6]);
		assert_int_equal(up.endpoint, 0);
		assert_int_equal(down.endpoint, 1);
		assert_in_range(rte_be_to_cpu_16(upstream.port), 16384, 65535);
		upstream.port = RTE_BE16(1);
		assert_address(upstream, endpoint6 ? "[2001:db8:1::10]:1" : "198.51.100.1:1");
		nj_session_close(rig->table, session);
	}
}

/* Rewriting datagrams ------------------------------------------------------------------------ */

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
	struct nj_address destination = nj_session_peer(session, direction);
	struct nj_rewrite ipv4 = nj_session_rewrite(session, direction);

	if (session->ipv6 == 0)
		nj_rewrite_udp4(m, &ipv4);
	else
		assert_true(nj_translate_udp(m, &source, &destination,
			direction == NJ_DOWNSTREAM ? session->udp_delta
						   : (uint16_t)~session->udp_delta));
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

/* Look-ups ----------------------------------------------------------------------------------- */

static void
mixed_bursts_find_what_single_look_ups_find(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_flow flows[NJ_SESSION_BULK_MAX];
	const struct nj_flow *pointers[NJ_SESSION_BULK_MAX];
	struct nj_session *found[NJ_SESSION_BULK_MAX + 1];
	uint32_t seed = 5;
	unsigned int hits = 0;

	for (uint16_t port = 0; port < CAPACITY / 2; port++)
		nj_test_session_open(rig, port % NJ_TEST_FAMILIES, port + 1, 1, START);
	for (unsigned int round = 0; round < 2000; round++) {
		unsigned int n = round % (NJ_SESSION_BULK_MAX + 1);

		for (unsigned int i = 0; i < n; i++) {
			uint32_t random = nj_test_random(&seed);
			uint16_t port = (uint16_t)(random % CAPACITY);

			flows[i] = nj_test_session_request(
				round < 1000 ? random >> 8 : port - 1u, port, 1)
					   .flow;
			pointers[i] = &flows[i];
			found[i] = (struct nj_session *)1;
		}
		found[n] = (struct nj_session *)2;
		nj_session_find_bulk(rig->table, pointers, n, found);
		for (unsigned int i = 0; i < n; i++) {
			assert_ptr_equal(found[i], nj_session_find(rig->table, &flows[i]));
			hits += found[i] != NULL;
		}
		assert_ptr_equal(found[n], (struct nj_session *)2);
	}
	assert_true(hits > 10000);
}

static void
a_table_without_ipv6_finds_none(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session_request request = nj_test_session_request(NJ_CLIENT_IPV6, 5, 1);
	const struct nj_flow *flows[2];
	struct nj_session *session, *found[2];
	struct nj_flow ipv4;

	rig->config.ipv6 = false;
	nj_test_sessions_again(rig);
	session = nj_test_session_open(rig, 0, 5, 1, START);
	ipv4 = nj_session_flow(rig->table, session, NJ_DOWNSTREAM);
	flows[0] = &request.flow;
	flows[1] = &ipv4;
	nj_session_find_bulk(rig->table, flows, 2, found);
	assert_null(found[0]);
	assert_ptr_equal(found[1], session);
}

/* Opening ------------------------------------------------------------------------------------ */

static void
addresses_that_are_not_ours_open_nothing(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session_request request = nj_test_session_request(NJ_CLIENT_IPV6, 5, 1);
	struct nj_ip stranger = {.family = AF_INET6};
	struct nj_session *session;

	request.flow.dst_ip6[15] ^= 1;
	assert_int_equal(
		nj_session_open(rig->table, &request, START, &session), NJ_DROP_IPV6_DESTINATION);
	request = nj_test_session_request(NJ_ENDPOINT_IPV6, 5, 1);
	request.n_sources = 1; /* the IPv4 one */
	assert_int_equal(nj_session_open(rig->table, &request, START, &session), NJ_DROP_NO_PORTS);
	request.sources = &stranger;
	assert_int_equal(nj_session_open(rig->table, &request, START, &session), NJ_DROP_NO_PORTS);
	assert_int_equal(rig->counters.sessions_rejected, 3);
	assert_int_equal(rig->counters.sessions_total, 0);
	assert_int_equal(nj_session_active(rig->table), 0);
	assert_int_equal(nj_session_endpoint(rig->table, 1)->sessions, 0);
	for (uint16_t port = 1; port <= CAPACITY; port++) /* every slot was given back */
		nj_test_session_open(rig, NJ_CLIENT_IPV6, port, 1, START);
}

/* One IPv4 and one IPv6 endpoint, or client, do not take ports from each other. */
static void
each_family_has_its_ports(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session *session;

	rig->config.port_min = 20000;
	rig->config.port_max = 20001;
	nj_test_sessions_again(rig);
	for (uint16_t port = 1; port <= 2; port++) {
		nj_test_session_open(rig, NJ_ENDPOINT_IPV6 | (port % 2), port, 1, START);
		nj_test_session_open(rig, port % 2, port, 1, START);
	}
	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++) {
		struct nj_session_request request = nj_test_session_request(ipv6, 9, 1);

		assert_int_equal(
			nj_session_open(rig->table, &request, START, &session), NJ_DROP_NO_PORTS);
		nj_test_session_open(rig, ipv6, 9, 2 + ipv6, START);
	}
}

/* Ageing ------------------------------------------------------------------------------------- */

static uint32_t
expire_all(struct nj_test_sessions *rig, nj_ms_t now)
{
	uint32_t numbers[CAPACITY], cursor = 0, closed = 0;
	uint32_t n = nj_session_sweep(rig->table, &cursor, CAPACITY, now, numbers, CAPACITY);

	for (uint32_t i = 0; i < n; i++)
		closed += nj_session_expire(rig->table, numbers[i], now);
	return closed;
}

static void
the_oldest_half_open_gives_way_whatever_its_family(void **state)
{
	struct nj_test_sessions *rig = *state;

	rig->config.capacity = NJ_TEST_FAMILIES;
	nj_test_sessions_again(rig);
	for (unsigned int ipv6 = 0; ipv6 < 2 * NJ_TEST_FAMILIES; ipv6++) {
		struct nj_flow old =
			nj_test_session_request(ipv6 % NJ_TEST_FAMILIES, (uint16_t)ipv6 - 3, 1)
				.flow;

		assert_int_equal(
			nj_session_find(rig->table, &old) != NULL, ipv6 >= NJ_TEST_FAMILIES);
		nj_test_session_open(
			rig, ipv6 % NJ_TEST_FAMILIES, (uint16_t)(ipv6 + 1), 1, START + ipv6);
		assert_null(nj_session_find(rig->table, &old));
	}
	assert_int_equal(nj_session_evictions(rig->table), NJ_TEST_FAMILIES);
	assert_int_equal(expire_all(rig, START + 3 + NJ_TEST_UNREPLIED_TTL_MS), 0);
	assert_int_equal(expire_all(rig, START + 5 + NJ_TEST_UNREPLIED_TTL_MS), 2);
	assert_int_equal(expire_all(rig, START + 7 + NJ_TEST_UNREPLIED_TTL_MS), 2);
}

/* Random opening, use and closing; at the end nothing is left and everything was counted. */
static void
a_long_life_leaks_nothing(void **state)
{
	struct nj_test_sessions *rig = *state;
	uint32_t seed = 7;
	nj_ms_t now = START;

	rig->config.capacity = 6;
	nj_test_sessions_again(rig);
	for (unsigned int i = 0; i < 20000; i++, now += nj_test_random(&seed) % 4000) {
		struct nj_session_request r = nj_test_session_request(
			nj_test_random(&seed) % NJ_TEST_FAMILIES,
			(uint16_t)(nj_test_random(&seed) % 4 + 1), nj_test_random(&seed) % 2 + 1);
		struct nj_session *session = nj_session_find(rig->table, &r.flow);

		if (session == NULL)
			nj_session_open(rig->table, &r, now, &session);
		else
			nj_session_touch(rig->table, session, nj_test_random(&seed) % 2, 1, now);
		expire_all(rig, now);
	}
	expire_all(rig, now + NJ_TEST_TTL_MS);
	assert_int_equal(nj_session_active(rig->table), 0);
	assert_int_equal(nj_session_endpoint(rig->table, 1)->sessions, 0);
	assert_true(rig->counters.sessions_evicted > 0);
	assert_true(rig->counters.sessions_total ==
		    rig->counters.sessions_expired + rig->counters.sessions_evicted);
}

static void
counters_carry_to_48_bits(void **state)
{
	struct nj_test_sessions *rig = *state;
	const uint64_t most = (UINT64_C(1) << 48) - 1;

	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++) {
		struct nj_session *s = nj_test_session_open(rig, ipv6, 5, 1, START);

		for (enum nj_direction d = NJ_DOWNSTREAM; d <= NJ_UPSTREAM; d++) {
			s->packets[d] = s->bytes[d] = UINT32_MAX - 1;
			s->packets_carry[d] = s->bytes_carry[d] = UINT16_MAX - 1;
			for (unsigned int i = 0; i < 2; i++)
				nj_session_touch(rig->table, s, d, 1, START);
			assert_true(nj_session_packets(s, d) == (UINT64_C(0xffff) << 32));
			assert_true(nj_session_bytes(s, d) == (UINT64_C(0xffff) << 32));
			s->packets[d] = s->bytes[d] = UINT32_MAX - 1;
			nj_session_touch(rig->table, s, d, 1, START);
			assert_true(nj_session_packets(s, d) == most);
			assert_true(nj_session_bytes(s, d) == most);
		}
		nj_session_close(rig->table, s);
	}
	assert_int_equal(sizeof(struct nj_session), 128);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_session_is_found_from_both_sides),
		TEST(a_stranger_is_not_found),
		TEST(sides_have_their_addresses),
		TEST(checksums_are_right_whatever_the_families),
		TEST(mixed_bursts_find_what_single_look_ups_find),
		TEST(a_table_without_ipv6_finds_none),
		TEST(addresses_that_are_not_ours_open_nothing),
		TEST(each_family_has_its_ports),
		TEST(the_oldest_half_open_gives_way_whatever_its_family),
		TEST(a_long_life_leaks_nothing),
		TEST(counters_carry_to_48_bits),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("session_ipv6", tests, NULL, NULL);
}
