/* SPDX-License-Identifier: BSD-3-Clause */
/* The parser against frames that were built by another implementation of the protocols. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "nj_packet.h"

static const struct row {
	int kind; /* -1 where it is dropped */
	enum nj_drop drop;
	const char *source, *destination, *hex;
} rows[] = {
#include "scapy_frames.h"
};

static struct rte_mbuf *
mbuf_of(const char *hex)
{
	const uint16_t length = (uint16_t)(strlen(hex) / 2);
	uint8_t bytes[1024];

	assert_true(length <= sizeof(bytes));
	for (uint16_t i = 0; i < length; i++) {
		unsigned int byte;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		bytes[i] = (uint8_t)byte;
	}
	return nj_test_mbuf(bytes, length);
}

static void
frames_are_what_their_maker_meant(void **state)
{
	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		struct rte_mbuf *m = mbuf_of(rows[i].hex);
		const enum nj_drop drop = nj_parse(m, &nj_test_our_mac, 0);
		const struct nj_packet *packet = nj_packet(m);
		char source[NJ_ADDRESS_STRLEN], destination[NJ_ADDRESS_STRLEN];
		struct nj_address from, to;

		if (drop != rows[i].drop)
			fail_msg("row %zu: %s", i, nj_drop_name(drop));
		if (drop == NJ_DROP_NONE) {
			if (packet->kind != rows[i].kind)
				fail_msg("row %zu: kind %d", i, packet->kind);
			from = nj_flow_source(&packet->flow);
			to = nj_flow_destination(&packet->flow);
			assert_string_equal(nj_address_format(&from, source), rows[i].source);
			assert_string_equal(
				nj_address_format(&to, destination), rows[i].destination);
		}
		rte_pktmbuf_free(m);
	}
}

/* None of them has padding, so each that is cut anywhere lacks something. */
static void
cut_short_they_are_dropped(void **state)
{
	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		const uint16_t whole = (uint16_t)(strlen(rows[i].hex) / 2);

		for (uint16_t length = 0; length < whole; length++) {
			struct rte_mbuf *m = mbuf_of(rows[i].hex);

			rte_pktmbuf_trim(m, whole - length);
			assert_int_not_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
			rte_pktmbuf_free(m);
		}
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
		cmocka_unit_test(frames_are_what_their_maker_meant),
		cmocka_unit_test(cut_short_they_are_dropped),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("parse_scapy", tests, NULL, NULL);
}
