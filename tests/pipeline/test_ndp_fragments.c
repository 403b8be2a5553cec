/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbor discovery in fragments, which is how forged messages pass a switch that looks for them.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "pieces.h"

#define BODY 64

static const uint8_t types[] = {133, 134, 135, 136, 137};

/* A message of this type with so many bytes of zeros behind it, which are no options. */
static struct nj_test_datagram
message(uint8_t type, const uint8_t *body)
{
	const struct nj_address client = peer_client(AF_INET6, 0),
				us = peer_us(CLIENTS, AF_INET6, 0);
	struct nj_test_datagram sent = peer_datagram(&client, &us, body, BODY);

	assert_int_equal(body[0], type);
	sent.protocol = IPPROTO_ICMPV6;
	sent.hop_limit = 255;
	return sent;
}

static void
in_fragments_of(uint16_t step)
{
	for (unsigned int t = 0; t < RTE_DIM(types); t++) {
		struct rig *rig = peer_rig(&(struct rig_options){.n_workers = 2}, AF_INET6);
		const uint8_t body[BODY] = {types[t]};
		const struct nj_test_datagram sent = message(types[t], body);
		struct rte_mbuf *pieces[PIECES_MAX];
		const unsigned int n = pieces_cut(&sent, 7, step, pieces);

		for (unsigned int i = 0; i < n; i++)
			peer_put(rig, CLIENTS, 0, pieces[i]);
		rig_run(rig);
		assert_int_equal(rig_dropped(rig, NJ_DROP_NDP_FRAGMENTED), 1);
		peer_expect_nothing(rig);
		rig_destroy(rig);
	}
}

static void
in_fragments_they_are_dropped(void **state)
{
	in_fragments_of(32);
}

/* With the header of a fragment that is the whole (RFC 6946). */
static void
in_atomic_fragments_they_are_dropped(void **state)
{
	in_fragments_of(BODY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_fragments_they_are_dropped),
		cmocka_unit_test(in_atomic_fragments_they_are_dropped),
	};

	return cmocka_run_group_tests_name("ndp_fragments", tests, NULL, NULL);
}
