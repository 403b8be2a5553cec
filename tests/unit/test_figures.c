/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nj_chain.h"

static void
equal_names_add_up(void **state)
{
	struct nj_filter_figures figures = {0};

	nj_filter_figure(&figures, "read_hits", 1);
	nj_filter_figure(&figures, "write_hits", 5);
	nj_filter_figure(&figures, "read_hits", 2);
	assert_int_equal(figures.n, 2);
	assert_string_equal(figures.figure[0].name, "read_hits");
	assert_int_equal(figures.figure[0].value, 3);
	assert_int_equal(figures.figure[1].value, 5);
}

/* DPDK's telemetry would refuse them. */
static void
what_is_no_name_is_left_out(void **state)
{
	static const char *const names[] = {
		"", "a b", "a-b", "a.b", "\xc3\xa4", "\"", "a_name_that_has_thirty_two_chars"};
	struct nj_filter_figures figures = {0};

	for (unsigned int i = 0; i < RTE_DIM(names); i++)
		nj_filter_figure(&figures, names[i], 1);
	assert_int_equal(figures.n, 0);
	nj_filter_figure(&figures, "a_name/that_has_thirty_one_char", 1);
	assert_int_equal(figures.n, 1);
}

static void
there_is_a_largest_number(void **state)
{
	struct nj_filter_figures figures = {0};
	char name[NJ_FIGURE_STRLEN];

	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < NJ_FIGURES_MAX + 10; i++) {
			snprintf(name, sizeof(name), "n%u", i);
			nj_filter_figure(&figures, name, i);
		}
	assert_int_equal(figures.n, NJ_FIGURES_MAX);
	assert_int_equal(figures.figure[NJ_FIGURES_MAX - 1].value, 2 * (NJ_FIGURES_MAX - 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_names_add_up),
		cmocka_unit_test(what_is_no_name_is_left_out),
		cmocka_unit_test(there_is_a_largest_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
