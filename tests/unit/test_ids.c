/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nj_ids.h"

#define WORKERS 4

static struct nj_ids all, parts[WORKERS];

static int
setup(void **state)
{
	nj_ids_init(&all);
	for (unsigned int i = 0; i < WORKERS; i++)
		nj_ids_init_part(&parts[i], &all, i, WORKERS);
	return 0;
}

/* Of either family, by number. */
static struct nj_ip
address(int family, uint32_t n)
{
	struct nj_ip ip = nj_ip_v4(rte_cpu_to_be_32(n));

	ip.family = (uint8_t)family;
	return ip;
}

static uint32_t
next(struct nj_ids *ids, int family, uint32_t source, uint32_t destination)
{
	const struct nj_ip from = address(family, source), to = address(family, destination);

	return nj_ids_next(ids, &from, &to);
}

/* IPv4's 16 bits are all given before one comes again, whichever worker gives them. */
static void
none_comes_again_before_all_others(void **state)
{
	static bool given[UINT16_MAX + 1];

	memset(given, 0, sizeof(given));
	for (uint32_t i = 0; i <= UINT16_MAX; i++) {
		const uint16_t id = (uint16_t)next(&parts[i % WORKERS], AF_INET, 1, 2);

		assert_false(given[id]);
		given[id] = true;
	}
}

/* Who sees one pair's knows nothing of another's, be it the same addresses the other way. */
static void
pairs_do_not_follow_each_other(void **state)
{
	static const int families[] = {AF_INET, AF_INET6};

	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		unsigned int near = 0;

		for (uint32_t n = 2; n < 1000; n++) {
			const uint32_t one = next(&all, families[f], 1, n);

			near += next(&all, families[f], 1, n + 1) - one < 1 << 16;
			near += next(&all, families[f], n, 1) - one < 1 << 16;
		}
		assert_true(near < 5); /* of 1,996, by chance one in 65,536 */
	}
}

static void
each_process_begins_elsewhere(void **state)
{
	unsigned int same = 0;

	for (unsigned int i = 0; i < 20; i++) {
		const uint32_t before = next(&all, AF_INET, 1, 2);

		nj_ids_init(&all);
		same += next(&all, AF_INET, 1, 2) - before < 100;
	}
	assert_true(same < 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(none_comes_again_before_all_others, setup),
		cmocka_unit_test_setup(pairs_do_not_follow_each_other, setup),
		cmocka_unit_test_setup(each_process_begins_elsewhere, setup),
	};

	return cmocka_run_group_tests_name("ids", tests, NULL, NULL);
}
