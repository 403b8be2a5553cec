/* SPDX-License-Identifier: BSD-3-Clause */
/* What the words of one family are in the other's: RFC 7915, sections 4.2 and 5.2, line by line. */
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

/* For each code from the one in `first` to `last_code`. */
static const struct {
	int from, to;
	uint8_t first[8], last_code; /* type, code, sum, rest */
	bool possible;
	uint8_t becomes[8];
} mappings[] = {
	{AF_INET, AF_INET6, {3, 0}, 1, true, {1, 0}},
	{AF_INET, AF_INET6, {3, 2}, 2, true, {4, 1, 0, 0, 0, 0, 0, 6}},
	{AF_INET, AF_INET6, {3, 3}, 3, true, {1, 4}},
	{AF_INET, AF_INET6, {3, 4, 0, 0, 0, 0, 0x05, 0xdc}, 4, true,
		{2, 0, 0, 0, 0, 0, 0x05, 0xf0}},
	{AF_INET, AF_INET6, {3, 4, 0, 0, 0, 0, 0x04, 0xed}, 4, true,
		{2, 0, 0, 0, 0, 0, 0x05, 0x01}},
	{AF_INET, AF_INET6, {3, 4, 0, 0, 0, 0, 0x04, 0xec}, 4, true,
		{2, 0, 0, 0, 0, 0, 0x05, 0x00}},
	{AF_INET, AF_INET6, {3, 4, 0, 0, 0, 0, 0, 68}, 4, true, {2, 0, 0, 0, 0, 0, 0x05, 0x00}},
	{AF_INET, AF_INET6, {3, 4, 0, 0, 0, 0, 0xff, 0xff}, 4, true, {2, 0, 0, 0, 0, 1, 0, 0x13}},
	{AF_INET, AF_INET6, {3, 4}, 4, true, {2, 0, 0, 0, 0, 0, 0x05, 0xe8}}, /* 1492 + 20 */
	{AF_INET, AF_INET6, {3, 5}, 8, true, {1, 0}},
	{AF_INET, AF_INET6, {3, 9}, 10, true, {1, 1}},
	{AF_INET, AF_INET6, {3, 11}, 12, true, {1, 0}},
	{AF_INET, AF_INET6, {3, 13}, 13, true, {1, 1}},
	{AF_INET, AF_INET6, {3, 14}, 14, false, {0}},
	{AF_INET, AF_INET6, {3, 15}, 15, true, {1, 1}},
	{AF_INET, AF_INET6, {3, 16}, 255, false, {0}},
	{AF_INET, AF_INET6, {11, 0}, 0, true, {3, 0}},
	{AF_INET, AF_INET6, {11, 1}, 1, true, {3, 1}},
	{AF_INET, AF_INET6, {12, 0, 0, 0, 0}, 0, true, {4, 0, 0, 0, 0, 0, 0, 0}},
	{AF_INET, AF_INET6, {12, 0, 0, 0, 1}, 0, true, {4, 0, 0, 0, 0, 0, 0, 1}},
	{AF_INET, AF_INET6, {12, 2, 0, 0, 3}, 2, true, {4, 0, 0, 0, 0, 0, 0, 4}},
	{AF_INET, AF_INET6, {12, 0, 0, 0, 4}, 0, false, {0}},
	{AF_INET, AF_INET6, {12, 0, 0, 0, 8}, 0, true, {4, 0, 0, 0, 0, 0, 0, 7}},
	{AF_INET, AF_INET6, {12, 0, 0, 0, 9}, 0, true, {4, 0, 0, 0, 0, 0, 0, 6}},
	{AF_INET, AF_INET6, {12, 0, 0, 0, 11}, 0, false, {0}},
	{AF_INET, AF_INET6, {12, 0, 0, 0, 15}, 0, true, {4, 0, 0, 0, 0, 0, 0, 8}},
	{AF_INET, AF_INET6, {12, 0, 0, 0, 16}, 0, true, {4, 0, 0, 0, 0, 0, 0, 24}},
	{AF_INET, AF_INET6, {12, 0, 0, 0, 20}, 0, false, {0}},
	{AF_INET, AF_INET6, {12, 1}, 1, false, {0}},
	{AF_INET, AF_INET6, {12, 3}, 255, false, {0}},
	{AF_INET6, AF_INET, {1, 0}, 0, true, {3, 1}},
	{AF_INET6, AF_INET, {1, 1}, 1, true, {3, 10}},
	{AF_INET6, AF_INET, {1, 2}, 3, true, {3, 1}},
	{AF_INET6, AF_INET, {1, 4}, 4, true, {3, 3}},
	{AF_INET6, AF_INET, {1, 5}, 255, false, {0}},
	{AF_INET6, AF_INET, {2, 0, 0, 0, 0, 0, 0x05, 0xdc}, 0, true,
		{3, 4, 0, 0, 0, 0, 0x05, 0xc8}},
	{AF_INET6, AF_INET, {2, 0, 0, 0, 0, 0, 0x05, 0x00}, 0, true,
		{3, 4, 0, 0, 0, 0, 0x04, 0xec}},
	{AF_INET6, AF_INET, {2, 0, 0, 0, 0, 0, 0x04, 0xff}, 0, false, {0}},
	{AF_INET6, AF_INET, {2, 0, 0, 0, 0, 0, 0, 0}, 0, false, {0}},
	{AF_INET6, AF_INET, {2, 0, 0, 0, 0xff, 0, 0, 0}, 0, true, {3, 4, 0, 0, 0, 0, 0xff, 0xff}},
	{AF_INET6, AF_INET, {3, 0}, 0, true, {11, 0}},
	{AF_INET6, AF_INET, {3, 1}, 1, true, {11, 1}},
	{AF_INET6, AF_INET, {4, 0, 0, 0, 0, 0, 0, 1}, 0, true, {12, 0, 0, 0, 1}},
	{AF_INET6, AF_INET, {4, 0, 0, 0, 0, 0, 0, 2}, 0, false, {0}},
	{AF_INET6, AF_INET, {4, 0, 0, 0, 0, 0, 0, 4}, 0, true, {12, 0, 0, 0, 2}},
	{AF_INET6, AF_INET, {4, 0, 0, 0, 0, 0, 0, 6}, 0, true, {12, 0, 0, 0, 9}},
	{AF_INET6, AF_INET, {4, 0, 0, 0, 0, 0, 0, 7}, 0, true, {12, 0, 0, 0, 8}},
	{AF_INET6, AF_INET, {4, 0, 0, 0, 0, 0, 0, 8}, 0, true, {12, 0, 0, 0, 12}},
	{AF_INET6, AF_INET, {4, 0, 0, 0, 0, 0, 0, 23}, 0, true, {12, 0, 0, 0, 12}},
	{AF_INET6, AF_INET, {4, 0, 0, 0, 0, 0, 0, 24}, 0, true, {12, 0, 0, 0, 16}},
	{AF_INET6, AF_INET, {4, 0, 0, 0, 0, 0, 0, 39}, 0, true, {12, 0, 0, 0, 16}},
	{AF_INET6, AF_INET, {4, 0, 0, 0, 0, 0, 0, 40}, 0, false, {0}},
	{AF_INET6, AF_INET, {4, 0, 0, 0, 1, 0, 0, 0}, 0, false, {0}},
	{AF_INET6, AF_INET, {4, 1, 0, 0, 0, 0, 0, 40}, 1, true, {3, 2}},
	{AF_INET6, AF_INET, {4, 2}, 2, false, {0}},
	{AF_INET, AF_INET, {3, 4, 0, 0, 0, 0, 0x05, 0xdc}, 4, true, {3, 4, 0, 0, 0, 0, 0x05, 0xdc}},
	{AF_INET, AF_INET, {3, 14}, 14, true, {3, 14}},
	{AF_INET, AF_INET, {12, 0, 0, 0, 5}, 0, true, {12, 0, 0, 0, 5}},
	{AF_INET6, AF_INET6, {2, 0, 0, 0, 0, 1, 0, 0}, 0, true, {2, 0, 0, 0, 0, 1, 0, 0}},
	{AF_INET6, AF_INET6, {2, 0, 0, 0, 0, 0, 0x04, 0xff}, 0, false, {0}},
	{AF_INET6, AF_INET6, {1, 6}, 6, true, {1, 6}},
	{AF_INET6, AF_INET6, {4, 1, 0, 0, 0, 0, 0, 40}, 1, true, {4, 1, 0, 0, 0, 0, 0, 40}},
};

static bool
translate(struct rte_mbuf *m, int family)
{
	uint32_t seed = 5;
	const struct nj_address from = nj_test_random_address(&seed, family);
	const struct nj_address to = nj_test_random_address(&seed, family);

	return nj_icmp_error_translate(m, &from.ip, &to.ip, &to, &from);
}

/* About a datagram of 1,500 bytes, or 1,520. */
static void
types_codes_and_rest_are_mapped(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(mappings); i++) {
		for (unsigned int code = mappings[i].first[1]; code <= mappings[i].last_code;
			code++) {
			uint8_t header[8];
			const uint8_t *icmp;
			struct rte_mbuf *m;

			memcpy(header, mappings[i].first, 8);
			header[1] = (uint8_t)code;
			m = nj_test_icmp_error(mappings[i].from, header, 1472);
			assert_int_equal(translate(m, mappings[i].to), mappings[i].possible);
			icmp = rte_pktmbuf_mtod_offset(
				m, const uint8_t *, nj_packet(m)->udp_offset);
			if (mappings[i].possible) {
				assert_memory_equal(icmp, mappings[i].becomes, 2);
				assert_memory_equal(icmp + 4, mappings[i].becomes + 4, 4);
			} else {
				assert_memory_equal(icmp, header, 2);
			}
			assert_int_equal(nj_test_checksum_behind_ip(m), 0);
			rte_pktmbuf_free(m);
		}
	}
}

/* Echo, router advertisements and the like are no errors. */
static void
other_types_are_not_translated(void **state)
{
	for (unsigned int type = 0; type < 256; type++) {
		for (unsigned int c = 1; c < 3; c++) { /* the families differ */
			const uint8_t header[8] = {(uint8_t)type};
			const bool ipv6 = NJ_TEST_FROM(c) == AF_INET6;
			const bool known = ipv6 ? type == 1 || type == 3 || type == 4
						: type == 3 || type == 11 || type == 12;
			struct rte_mbuf *m = nj_test_icmp_error(NJ_TEST_FROM(c), header, 100);

			assert_int_equal(translate(m, NJ_TEST_TO(c)), known);
			rte_pktmbuf_free(m);
		}
	}
}

/* One of the 65,536 ports makes the inner sum 0xffff, its complement 0, which says "none". */
static void
an_inner_zero_becomes_ffff(void **state)
{
	static const uint8_t header[8] = {3, 3};
	const uint16_t at = NJ_UDP6_OFFSET + sizeof(header) + sizeof(struct rte_ipv6_hdr);
	uint32_t seed = 65535;
	struct nj_address from = nj_test_random_address(&seed, AF_INET6);
	const struct nj_address to = nj_test_random_address(&seed, AF_INET6);
	unsigned int found = 0;

	for (uint32_t port = 0; port <= UINT16_MAX; port++) {
		struct rte_mbuf *m = nj_test_icmp_error(AF_INET, header, 8);
		const struct rte_udp_hdr *udp;

		from.port = (rte_be16_t)port;
		assert_true(nj_icmp_error_translate(m, &to.ip, &from.ip, &from, &to));
		udp = rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, at);
		assert_int_not_equal(udp->dgram_cksum, 0);
		found += udp->dgram_cksum == UINT16_MAX;
		rte_pktmbuf_free(m);
	}
	assert_in_range(found, 1, 2); /* two ports where they are 0 and 0xffff */
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
		cmocka_unit_test(types_codes_and_rest_are_mapped),
		cmocka_unit_test(other_types_are_not_translated),
		cmocka_unit_test(an_inner_zero_becomes_ffff),
		cmocka_unit_test(nothing_leaked),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("icmp_codes", tests, NULL, NULL);
}
