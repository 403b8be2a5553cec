/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filters that put bytes in front of a payload: what takes room there after them, the longer header
 * of IPv6 and a tag, finds it, however long the bytes are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pieces.h"

#define MTU 1500

/* Around what a buffer has in front, 128 bytes, less 20, less 4, and less both; and beyond. */
static const uint16_t lengths[] = {
	0, 1, 64, 103, 104, 105, 108, 109, 124, 125, 127, 128, 129, 132, 148, 149, 400, 1200};

static uint8_t bytes[9300]; /* a prefix of zeros, and a payload */

/* PREPEND of so many bytes of zero, written in base 64. */
static struct nj_policy *
prefix_policy(int family, uint16_t length)
{
	static const char *const ends[] = {"", "AA==", "AAA="};
	char filters[1900], text[1700];

	memset(text, 'A', length / 3 * 4);
	strcpy(text + length / 3 * 4, ends[length % 3]);
	snprintf(filters, sizeof(filters),
		"{name: quilkin.filters.concatenate.v1alpha1.Concatenate,"
		" config: {on_read: PREPEND, bytes: '%s'}}",
		text);
	return peer_policy(filters, family, 1);
}

static struct nj_test_datagram
datagram(int family, uint16_t prefix, uint16_t length)
{
	const struct nj_address client = peer_client(family, CLIENT_PORT);
	const struct nj_address listener = peer_us(CLIENTS, family, LISTENER);
	struct nj_test_datagram sent = peer_datagram(&client, &listener, bytes + prefix, length);

	sent.id = 0x4321;
	sent.fragment = 0;
	return sent;
}

/* Whole, or in fragments. */
static void
expect(struct rig *rig, const struct nj_test_datagram *sent, int to, uint16_t prefix, bool cut)
{
	const struct nj_address us = peer_us(SERVERS, to, 0), server = peer_server(to, 0);
	const uint16_t header = to == AF_INET6 ? 48 : 28;
	struct nj_test_datagram wanted = *sent;
	uint32_t id;

	wanted.payload = bytes;
	wanted.length = prefix + sent->length;
	wanted = peer_passed(&wanted, &us, &server);
	if (cut || wanted.length + header > MTU)
		pieces_expect(rig, SERVERS, &wanted, MTU, &id);
	else
		peer_expect(rig, SERVERS, &wanted);
}

static void
arrive(unsigned int combination, uint16_t vlan, uint16_t prefix)
{
	const int from = NJ_TEST_FROM(combination), to = NJ_TEST_TO(combination);
	struct rig *rig = peer_rig(
		&(struct rig_options){
			.mtu = MTU, .vlan = vlan, .policy = prefix_policy(to, prefix)},
		to);

	for (unsigned int large = 0; large < 2; large++) {
		const struct nj_test_datagram sent = datagram(from, prefix, large ? 1400 : 5);

		/* An IPv6 sender is told instead, and a buffer has its bounds. */
		if (sent.length + prefix + 48 > (from == AF_INET6 ? MTU : 2000))
			continue;
		peer_send(rig, CLIENTS, &sent);
		rig_run(rig);
		expect(rig, &sent, to, prefix, false);
	}
	assert_int_equal(rig_dropped(rig, NJ_DROP_TOO_BIG), 0);
	rig_destroy(rig);
}

static void
prefixes_of_any_length_arrive(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++)
		for (unsigned int i = 0; i < RTE_DIM(lengths); i++)
			arrive(c, 0, lengths[i]);
}

static void
they_do_so_with_tags(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++)
		for (unsigned int i = 0; i < RTE_DIM(lengths); i++)
			arrive(c, 7, lengths[i]);
}

/* The largest that filters take, put together from fragments; what comes out is cut again. */
static void
they_do_so_with_the_largest_datagrams(void **state)
{
	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const uint16_t prefix = 128;
		struct rig *rig = peer_rig(&(struct rig_options){.mtu = MTU,
						   .policy = prefix_policy(NJ_TEST_TO(c), prefix)},
			NJ_TEST_TO(c));
		const struct nj_test_datagram sent =
			datagram(NJ_TEST_FROM(c), prefix, NJ_PAYLOAD_MAX - prefix);
		struct rte_mbuf *pieces[PIECES_MAX];
		unsigned int n = pieces_cut(&sent, 0x4321, 1448, pieces);

		for (unsigned int i = 0; i < n; i++)
			peer_put(rig, CLIENTS, 0, pieces[i]);
		rig_run(rig);
		expect(rig, &sent, NJ_TEST_TO(c), prefix, true);
		rig_destroy(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_of_any_length_arrive),
		cmocka_unit_test(they_do_so_with_tags),
		cmocka_unit_test(they_do_so_with_the_largest_datagrams),
	};
	uint32_t seed = 815;

	nj_test_random_bytes(&seed, bytes + 1200, sizeof(bytes) - 1200);
	return cmocka_run_group_tests_name("prefixes", tests, NULL, NULL);
}
