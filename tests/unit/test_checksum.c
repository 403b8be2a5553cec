/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "checksum.h"
#include "frame.h"
#include "nj_packet.h"

static uint16_t
checksum(const void *words, unsigned int n)
{
	return (uint16_t)~rte_raw_cksum(words, n * sizeof(uint16_t));
}

/* RFC 1624, section 4: 0xdd2f, a word from 0x5555 to 0x3285, gives 0x0000 and not 0xffff. */
static void
rfc_1624s_example_holds(void **state)
{
	const rte_be16_t from = RTE_BE16(0x5555), to = RTE_BE16(0x3285);

	assert_int_equal(nj_checksum_adjust(RTE_BE16(0xdd2f), nj_checksum_delta(&from, &to, 1)), 0);
}

static void
a_change_by_difference_equals_a_calculation(void **state)
{
	uint32_t seed = 1624;

	for (unsigned int round = 0; round < 20000; round++) {
		uint16_t words[32], from[6];
		const unsigned int n = 1 + nj_test_random(&seed) % RTE_DIM(from);
		const unsigned int at = nj_test_random(&seed) % (RTE_DIM(words) - n);
		uint16_t before;

		for (unsigned int i = 0; i < RTE_DIM(words); i++)
			words[i] = (uint16_t)nj_test_random(&seed);
		memcpy(from, words + at, n * sizeof(words[0]));
		before = checksum(words, RTE_DIM(words));
		for (unsigned int i = 0; i < n; i++) /* often the edges */
			words[at + i] = nj_test_random(&seed) % 3 == 0
						? (uint16_t) - (nj_test_random(&seed) & 1)
						: (uint16_t)nj_test_random(&seed);
		assert_int_equal(nj_checksum_adjust(before, nj_checksum_delta(from, words + at, n)),
			checksum(words, RTE_DIM(words)));
	}
}

static void
addresses_need_no_alignment(void **state)
{
	uint8_t from[9] = {0, 1, 2, 3, 4, 5, 6, 7, 8}, to[9] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
	uint16_t a[4], b[4];

	memcpy(a, from + 1, sizeof(a));
	memcpy(b, to + 1, sizeof(b));
	assert_int_equal(nj_checksum_delta(from + 1, to + 1, 4), nj_checksum_delta(a, b, 4));
}

static void
many_words_do_not_overflow(void **state)
{
	static uint16_t zeros[1 << 15], ones[1 << 15];

	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(nj_checksum_delta(zeros, ones, 1 << 15), UINT16_MAX);
	assert_int_equal(nj_checksum_delta(ones, zeros, 1 << 15), 0);
}

/* Of every length, from every address, at the edges as well. */
static void
a_sum_equals_the_librarys(void **state)
{
	static uint8_t bytes[2048 + 8];
	uint32_t seed = 1071;

	for (unsigned int fill = 0; fill < 3; fill++) {
		if (fill == 0)
			memset(bytes, 0, sizeof(bytes));
		else if (fill == 1)
			memset(bytes, 0xff, sizeof(bytes));
		else
			for (unsigned int i = 0; i < sizeof(bytes); i++)
				bytes[i] = (uint8_t)nj_test_random(&seed);
		for (unsigned int length = 0; length <= 2048; length++)
			assert_int_equal(nj_sum(bytes + length % 8, length, 0),
				rte_raw_cksum(bytes + length % 8, length));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_1624s_example_holds),
		cmocka_unit_test(a_change_by_difference_equals_a_calculation),
		cmocka_unit_test(addresses_need_no_alignment),
		cmocka_unit_test(many_words_do_not_overflow),
		cmocka_unit_test(a_sum_equals_the_librarys),
	};

	return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
