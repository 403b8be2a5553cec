/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nj_random.h"

/* What Rust's DefaultHasher, which has this function with a key of zeros, says of eight bytes. */
static void
siphash_is_what_others_have(void **state)
{
	static const uint64_t key[2];
	static const uint64_t vectors[][2] = {
		{0, UINT64_C(0xbd60acb658c79e45)},
		{1, UINT64_C(0x1e9f734161d62dd9)},
		{UINT64_C(0x0706050403020100), UINT64_C(0xead411e67ebe2eea)},
	};

	for (unsigned int i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		assert_true(nj_siphash(key, vectors[i][0]) == vectors[i][1]);
}

static void
generators_differ_and_do_not_repeat(void **state)
{
	struct nj_random a, b;
	uint64_t seen[256];

	nj_random_init(&a);
	nj_random_init(&b);
	for (unsigned int i = 0; i < 256; i++) {
		seen[i] = nj_random_next(&a);
		assert_true(seen[i] != nj_random_next(&b));
		for (unsigned int j = 0; j < i; j++)
			assert_true(seen[i] != seen[j]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_is_what_others_have),
		cmocka_unit_test(generators_differ_and_do_not_repeat),
	};

	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
