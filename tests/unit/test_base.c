/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nj_base.h"

static void
addresses_are_read_and_written_back(void **state)
{
	static const char *const good[] = {"192.0.2.1:0", "1.2.3.4:65535", "[2001:db8::1]:7777"};
	static const char *const bad[] = {"", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536",
		"1.2.3.4:-1", "1.2.3.4: 1", "2001:db8::1:7", "[1.2.3.4]:7", "[2001:db8::1:7",
		"1.2.3:7", "[]:7", "x:7"};
	char text[NJ_ADDRESS_STRLEN];
	struct nj_address address;

	for (size_t i = 0; i < RTE_DIM(good); i++) {
		assert_int_equal(nj_address_parse(good[i], &address), 0);
		assert_string_equal(nj_address_format(&address, text), good[i]);
	}
	for (size_t i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(nj_address_parse(bad[i], &address), -EINVAL);
}

static void
prefixes_hold_what_is_in_them(void **state)
{
	static const struct {
		const char *prefix, *ip;
		bool in;
	} rows[] = {
		{"10.1.2.3/8", "10.255.0.1", true},
		{"10.1.2.3/8", "11.0.0.1", false},
		{"10.1.2.0/25", "10.1.2.127", true},
		{"10.1.2.0/25", "10.1.2.128", false},
		{"0.0.0.0/0", "255.255.255.255", true},
		{"10.0.0.1/32", "10.0.0.1", true},
		{"10.0.0.1/32", "10.0.0.0", false},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"::/0", "10.0.0.1", false},
	};
	static const char *const bad[] = {
		"10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1"};
	struct nj_prefix prefix;
	struct nj_ip ip;

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		assert_int_equal(nj_prefix_parse(rows[i].prefix, &prefix), 0);
		assert_int_equal(nj_ip_parse(rows[i].ip, &ip), 0);
		assert_int_equal(nj_prefix_contains(&prefix, &ip), rows[i].in);
	}
	for (size_t i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(nj_prefix_parse(bad[i], &prefix), -EINVAL);
}

static void
every_drop_reason_has_a_name_of_its_own(void **state)
{
	for (unsigned int a = 0; a < NJ_DROP_COUNT; a++) {
		assert_non_null(nj_drop_name(a));
		for (unsigned int b = 0; b < a; b++)
			assert_string_not_equal(nj_drop_name(a), nj_drop_name(b));
	}
}

static void
the_law_is_a_sum(void **state)
{
	struct nj_counters one = {0}, sum = {0};

	one.port[3].rx_packets = 10;
	one.port[3].copied = 2;
	one.port[3].tx_packets = 5;
	one.port[3].local = 1;
	one.port[3].dropped[NJ_DROP_NO_LISTENER] = 4;
	one.polls_busy = 7;
	nj_counters_add(&sum, &one);
	nj_counters_add(&sum, &one);
	assert_int_equal(nj_counters_missing(&sum.port[3]), 4);
	assert_int_equal(sum.polls_busy, 14);
	sum.port[3].dropped[NJ_DROP_STOPPING] = 4;
	assert_int_equal(nj_counters_missing(&sum.port[3]), 0);
}

static void
a_value_is_in_the_first_bucket_that_it_fits(void **state)
{
	const uint64_t *bounds = nj_duration_bounds_ms;
	struct nj_histogram histogram = {0};

	for (unsigned int i = 0; i < NJ_HISTOGRAM_BOUNDS; i++) {
		assert_true(i == 0 || bounds[i] > bounds[i - 1]);
		assert_true(i == 0 || nj_processing_bounds_ns[i] > nj_processing_bounds_ns[i - 1]);
		nj_histogram_add(&histogram, bounds, bounds[i], 3);
		nj_histogram_add(&histogram, bounds, bounds[i] + 1, 5);
	}
	assert_int_equal(histogram.values[0], 3);
	for (unsigned int i = 1; i < NJ_HISTOGRAM_BOUNDS; i++)
		assert_int_equal(histogram.values[i], 8);
	assert_int_equal(histogram.values[NJ_HISTOGRAM_BOUNDS], 5);
	histogram.sum = 0;
	nj_histogram_add(&histogram, bounds, UINT64_C(1) << 40, 64);
	assert_true(histogram.sum == UINT64_C(1) << 46);
	assert_int_equal(histogram.values[NJ_HISTOGRAM_BOUNDS], 69);
}

static void
a_pace_goes_after_what_comes(void **state)
{
	struct nj_pace pace = {0};
	uint64_t now = 1000;

	nj_pace_add(&pace, now);
	assert_int_equal(pace.interval, 0); /* after what? */
	nj_pace_add(&pace, now += 1600);
	assert_int_equal(pace.interval, 1600);
	nj_pace_add(&pace, now += 3200);
	assert_int_equal(pace.interval, 1600 + 1600 / 16);
	nj_pace_add(&pace, now += 100);
	assert_int_equal(pace.interval, 1700 - 1600 / 16);
	for (unsigned int i = 0; i < 1000; i++)
		nj_pace_add(&pace, now += 50);
	assert_in_range(pace.interval, 50, 50 + 15);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_and_written_back),
		cmocka_unit_test(prefixes_hold_what_is_in_them),
		cmocka_unit_test(every_drop_reason_has_a_name_of_its_own),
		cmocka_unit_test(the_law_is_a_sum),
		cmocka_unit_test(a_value_is_in_the_first_bucket_that_it_fits),
		cmocka_unit_test(a_pace_goes_after_what_comes),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
