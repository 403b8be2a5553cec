/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter_rig.h"
#include "loading.h"

#define FIRST                                                                                      \
	"version: v1alpha1\nstatic:\n  endpoints: [{address: \"198.51.100.100:1\"}]\n  filters:\n" \
	"  - name: quilkin.extensions.filters.local_rate_limit.v1alpha1.LocalRateLimit\n"          \
	"    config: "
#define SECOND                                                                                      \
	"version: v1alpha1\nclusters: [{endpoints: [{address: \"198.51.100.100:1\"}]}]\nfilters:\n" \
	"  - name: quilkin.filters.local_rate_limit.v1alpha1.LocalRateLimit\n"                      \
	"    config: "

/* How many of `n` from this client get through. */
static unsigned int
count(struct nj_test_filter_rig *rig, uint16_t client_port, unsigned int n)
{
	unsigned int passed = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct nj_test_outcome outcome = nj_test_filter_send(rig, client_port, "x");

		passed += outcome.drop == NJ_DROP_NONE;
		if (outcome.drop != NJ_DROP_NONE)
			assert_int_equal(outcome.drop, NJ_DROP_RATE_LIMITED);
	}
	return passed;
}

static void
first_era_has_one_bucket_for_all(void **state)
{
	struct nj_test_filter_rig rig;

	/* Two workers: three each. */
	nj_test_filter_start(&rig, FIRST "{max_packets: 5, period: 500ms}\n");
	rig.now = UINT32_MAX - 600;
	assert_int_equal(count(&rig, 1, 2) + count(&rig, 2, 9), 3);
	rig.worker = 1;
	assert_int_equal(count(&rig, 1, 9), 3);
	rig.worker = 0;
	rig.now += 499;
	assert_int_equal(count(&rig, 1, 9), 0);
	rig.now += 1;
	assert_int_equal(count(&rig, 1, 2), 2);
	/* Periods do not begin anew with a packet, and what is left over is not kept. */
	rig.now += 750;
	assert_int_equal(count(&rig, 1, 9), 3);
	rig.now += 250;
	assert_int_equal(count(&rig, 1, 9), 3);
	nj_test_filter_reload(&rig, FIRST "{max_packets: 5, period: 500ms}\n");
	assert_int_equal(count(&rig, 1, 9), 0);
	nj_test_filter_reload(&rig, FIRST "{max_packets: 1, period: 500ms}\n");
	assert_int_equal(count(&rig, 1, 9), 1);
	nj_test_filter_stop(&rig);
}

static void
second_era_has_one_for_each_client(void **state)
{
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, SECOND "{max_packets: 2, period: 1}\n");
	rig.now = 900;
	assert_int_equal(count(&rig, 1, 9), 2);
	assert_int_equal(count(&rig, 2, 1), 1);
	rig.now = 1900; /* one second of the clock later: not more than a period */
	assert_int_equal(count(&rig, 1, 9), 0);
	assert_int_equal(count(&rig, 2, 9), 1);
	rig.now = 1999;
	assert_int_equal(count(&rig, 1, 9), 0);
	rig.now = 2000;
	assert_int_equal(count(&rig, 1, 9), 2);
	assert_int_equal(count(&rig, 2, 9), 2);
	rig.now = 3999;
	assert_int_equal(count(&rig, 1, 9), 0);
	nj_test_filter_reload(&rig, SECOND "{max_packets: 2, period: 1}\n");
	assert_int_equal(count(&rig, 1, 9), 0);
	rig.now = 4000;
	assert_int_equal(count(&rig, 1, 9), 2);
	nj_test_filter_stop(&rig);
}

/* Addresses whose words come to the same, and the same port in both families. */
static void
ipv6_clients_have_one_each(void **state)
{
	static const char *const clients[] = {"[2001:db8::1:0:2]:7", "[2001:db8::2:0:1]:7",
		"[2001:db8::1:0:2]:8", "[::c000:201]:7", "192.0.2.1:7", "[2001:db8:0:1::2]:7",
		"[c000:201::]:7"};
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, SECOND "{max_packets: 2, period: 1}\n");
	for (unsigned int i = 0; i < 4; i++)
		for (unsigned int c = 0; c < RTE_DIM(clients); c++)
			assert_int_equal(nj_test_filter_send_from(&rig, clients[c]).drop,
				i < 2 ? NJ_DROP_NONE : NJ_DROP_RATE_LIMITED);
	nj_test_filter_stop(&rig);
}

static void
none_is_none(void **state)
{
	static const char *const files[] = {
		FIRST "{max_packets: 0}\n",
		SECOND "{max_packets: 0, period: 1}\n",
	};
	struct nj_test_filter_rig rig;

	for (unsigned int i = 0; i < RTE_DIM(files); i++) {
		nj_test_filter_start(&rig, files[i]);
		for (unsigned int j = 0; j < 5; j++, rig.now += 10000)
			assert_int_equal(count(&rig, 1, 5), 0);
		rig.direction = NJ_UPSTREAM;
		assert_int_equal(count(&rig, 1, 100), 100);
		nj_test_filter_stop(&rig);
	}
}

/* More clients than the table has room for; the limit of one who keeps sending holds. */
static void
the_table_is_bounded(void **state)
{
	struct nj_test_filter_rig rig;
	struct nj_test_outcome outcomes[NJ_PORTS_MAX];
	struct nj_test_frame frames[NJ_PORTS_MAX];
	uint32_t ip = NJ_TEST_IP(10, 0, 0, 0);

	nj_test_filter_start(&rig, SECOND "{max_packets: 1, period: 100}\n");
	assert_int_equal(count(&rig, 1, 2), 1);
	for (unsigned int i = 0; i < 400000 / NJ_PORTS_MAX; i++) {
		for (unsigned int j = 0; j < NJ_PORTS_MAX; j++) {
			frames[j] = nj_test_frame_udp("x", 1);
			frames[j].src_ip = ++ip;
		}
		rig.now++;
		nj_test_filter_burst(&rig, frames, NJ_PORTS_MAX, outcomes);
		for (unsigned int j = 0; j < NJ_PORTS_MAX; j++)
			assert_int_equal(outcomes[j].drop, NJ_DROP_NONE);
		assert_int_equal(count(&rig, 1, 1), 0);
	}
	nj_test_filter_stop(&rig);
}

static void
durations_are_as_in_rust(void **state)
{
	static const char *const files[] = {
		FIRST "{max_packets: 2, period: 1m 30s}\n",
		FIRST "{max_packets: 2, period: 90sec}\n",
		FIRST "{max_packets: 2, period: \"1minute30000ms\"}\n",
		FIRST "{max_packets: 2, period: 90000000 usec}\n",
	};
	struct nj_test_filter_rig rig;

	for (unsigned int i = 0; i < RTE_DIM(files); i++) {
		nj_test_filter_start(&rig, files[i]);
		assert_int_equal(count(&rig, 1, 2), 1);
		rig.now += 89999;
		assert_int_equal(count(&rig, 1, 2), 0);
		rig.now++;
		assert_int_equal(count(&rig, 1, 2), 1);
		nj_test_filter_stop(&rig);
	}
}

#define DURATION                                                                                   \
	"'period' must be a duration with its unit, like 500ms, 1s or 1m 30s, of at least 100ms, " \
	"not "

static void
mistakes_are_reported(void **state)
{
	static const struct loading bad[] = {
		{FIRST "{max_packets: 1, period: 99ms}\n", "6:38: " DURATION "'99ms'\n"},
		{FIRST "{max_packets: 1, period: 1}\n", "6:38: " DURATION "'1'\n"},
		{FIRST "{max_packets: 1, period: 1 fortnight}\n",
			"6:38: " DURATION "'1 fortnight'\n"},
		{FIRST "{max_packets: 1, period: \"\"}\n", "6:38: " DURATION "''\n"},
		{FIRST "{max_packets: 1, period: 99999999999years}\n",
			"6:38: " DURATION "'99999999999years'\n"},
		{FIRST "{max_packets: -1}\n",
			"6:27: 'max_packets' must be a whole number, 0 or more, not '-1'\n"},
		{FIRST "{}\n", "6:13: missing key 'max_packets'\n"},
		{SECOND "{max_packets: 1}\n", "5:13: missing key 'period'\n"},
		{SECOND "{max_packets: 1, period: 0}\n",
			"5:38: 'period' must be a whole number from 1 to 4294967295, not '0'\n"},
		{SECOND "{max_packets: 1, period: 1s}\n",
			"5:38: 'period' must be a whole number from 1 to 4294967295, not '1s'\n"},
		{SECOND "{max_packet: 1, period: 1}\n",
			"5:14: unknown key 'max_packet', did you mean 'max_packets'?\n"},
	};

	CHECK_BAD(bad, nj_policy_load);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_era_has_one_bucket_for_all),
		cmocka_unit_test(second_era_has_one_for_each_client),
		cmocka_unit_test(ipv6_clients_have_one_each),
		cmocka_unit_test(none_is_none),
		cmocka_unit_test(the_table_is_bounded),
		cmocka_unit_test(durations_are_as_in_rust),
		cmocka_unit_test(mistakes_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
