/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter_rig.h"
#include "loading.h"

#define HEAD                                                                                       \
	"version: v1alpha1\nclusters: [{endpoints: [{address: \"198.51.100.100:1\"}]}]\n"          \
	"filters:\n"
#define VALUE "  - {name: test.Value, config: {metadataKey: k}}\n"
#define NAME  "name: quilkin.filters.match.v1alpha1.Match"
#define MATCH "  - " NAME "\n    config: "
#define PASS  "name: quilkin.filters.pass.v1alpha1.Pass"
#define DROP  "name: quilkin.filters.drop.v1alpha1.Drop"

struct row {
	const char *payload;
	enum nj_drop drop;
};

/* One by one and in one burst. */
static void
check(struct nj_test_filter_rig *rig, const struct row *rows, unsigned int n)
{
	struct nj_test_frame frames[NJ_PORTS_MAX];
	struct nj_test_outcome outcomes[NJ_PORTS_MAX];

	for (unsigned int i = 0; i < n; i++) {
		if (nj_test_filter_send(rig, 1, rows[i].payload).drop != rows[i].drop)
			fail_msg("%s", rows[i].payload);
		frames[i] = nj_test_frame_udp(rows[i].payload, (uint16_t)strlen(rows[i].payload));
	}
	nj_test_filter_burst(rig, frames, n, outcomes);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(outcomes[i].drop, rows[i].drop);
}

static void
values_of_any_type_are_compared(void **state)
{
	static const struct row rows[] = {
		{"babc", NJ_DROP_NONE},
		{"sabc", NJ_DROP_NONE},
		{"bab", NJ_DROP_DROP_FILTER},
		{"babcd", NJ_DROP_DROP_FILTER},
		{"b", NJ_DROP_NONE},
		{"#7", NJ_DROP_NONE},
		{"#8", NJ_DROP_DROP_FILTER},
		{"b\x07", NJ_DROP_NONE}, /* Quilkin: a number is one byte, too */
		{"b7", NJ_DROP_DROP_FILTER},
		{"s\x07", NJ_DROP_DROP_FILTER},
		{"t", NJ_DROP_NONE},
		{"lx,y", NJ_DROP_NONE},
		{"lx,A", NJ_DROP_NONE},
		{"lx", NJ_DROP_DROP_FILTER},
		{"ly,x", NJ_DROP_DROP_FILTER},
		{"lx,y,z", NJ_DROP_DROP_FILTER},
		{"n", NJ_DROP_MATCH_MISSING},
		{"", NJ_DROP_MATCH_MISSING},
	};
	static const char file[] = HEAD VALUE MATCH
		"{on_read: {metadataKey: k, branches: [{value: abc, " PASS "}, "
		"{value: abc, " DROP "}, {value: \"\", " PASS "}, {value: 7, " PASS "}, "
		"{value: true, " PASS "}, {value: [x, y], " PASS "}, {value: [x, 65], " PASS
		"}]}}\n";
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file);
	check(&rig, rows, RTE_DIM(rows));
	/* On another worker the same again. */
	rig.worker = 1;
	check(&rig, rows, RTE_DIM(rows));
	nj_test_filter_expect_figures(&rig, 1, "read_matched=32 read_fallthrough=32");
	/* Nothing is said of replies: they pass. */
	rig.direction = NJ_UPSTREAM;
	assert_int_equal(nj_test_filter_send(&rig, 1, "n").drop, NJ_DROP_NONE);
	nj_test_filter_stop(&rig);
}

static void
what_falls_through_has_a_filter(void **state)
{
	static const struct row rows[] = {
		{"babc", NJ_DROP_DROP_FILTER},
		{"bx", NJ_DROP_NONE},
		{"n", NJ_DROP_MATCH_MISSING},
	};
	static const char file[] = HEAD VALUE MATCH
		"{on_write: {metadataKey: k, branches: [{value: abc, " DROP ", label: x}], "
		"fallthrough: {" PASS ", config: ~}}, on_read: ~}\n";
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file);
	assert_int_equal(nj_test_filter_send(&rig, 1, "n").drop, NJ_DROP_NONE);
	rig.direction = NJ_UPSTREAM;
	/* Replies meet the list from its end: the value is not there yet. */
	assert_int_equal(nj_test_filter_send(&rig, 1, "bx").drop, NJ_DROP_MATCH_MISSING);
	nj_test_filter_stop(&rig);
	nj_test_filter_start(&rig, HEAD MATCH
		"{on_write: {metadataKey: k, branches: [{value: abc, " DROP ", label: x}], "
		"fallthrough: {" PASS ", config: ~}}, on_read: ~}\n" VALUE);
	rig.direction = NJ_UPSTREAM;
	check(&rig, rows, RTE_DIM(rows));
	nj_test_filter_stop(&rig);
}

/* Filters in branches keep their own state, and work on what comes to them alone. */
static void
a_match_may_be_in_a_match(void **state)
{
	static const struct row rows[] = {
		{"ba", NJ_DROP_NONE},
		{"bb", NJ_DROP_DROP_FILTER},
		{"bc", NJ_DROP_RATE_LIMITED},
		{"ba", NJ_DROP_NONE},
		{"bc", NJ_DROP_RATE_LIMITED},
		{"bd", NJ_DROP_NONE},
	};
	static const char file[] = HEAD VALUE MATCH
		"{on_read: {metadataKey: k, branches: [{value: a, " PASS "}, {value: b, " NAME
		", config: {on_read: {metadataKey: k, branches: []}}}], fallthrough: {" NAME
		", config: {on_read: {metadataKey: k, branches: [{value: c, "
		"name: quilkin.filters.local_rate_limit.v1alpha1.LocalRateLimit, "
		"config: {max_packets: 0, period: 1}}], fallthrough: {" PASS "}}}}}}\n";
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file);
	check(&rig, rows, RTE_DIM(rows));
	nj_test_filter_stop(&rig);
}

/* Filters in branches are listed behind the Match, with what came to each. */
static void
what_is_in_branches_is_listed(void **state)
{
	static const struct row rows[] = {
		{"ba", NJ_DROP_NONE}, {"ba", NJ_DROP_NONE}, {"bb", NJ_DROP_DROP_FILTER}};
	static const struct {
		const char *path, *label, *figures;
		uint64_t packets, dropped;
	} expected[] = {
		{"0", NULL, "", 6, 0},
		{"1", NULL, "read_matched=6 read_fallthrough=0 write_matched=0 write_fallthrough=0",
			6, 2},
		{"1/on_read/0", "in", "", 4, 0},
		{"1/on_read/1", NULL, "read_matched=0 read_fallthrough=2", 2, 2},
		{"1/on_read/1/on_read/fallthrough", NULL, "", 2, 2},
		{"1/on_read/fallthrough", NULL, "", 0, 0},
		{"1/on_write/fallthrough", NULL, "", 0, 0},
		{"2", NULL, "", 4, 0},
	};
	static const char file[] = HEAD VALUE MATCH
		"{on_read: {metadataKey: k, branches: [{value: a, label: in, " PASS
		"}, {value: b, " NAME ", config: {on_read: {metadataKey: k, branches: []}}}]}, "
		"on_write: {metadataKey: k, branches: []}}\n  - {" PASS "}\n";
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file);
	check(&rig, rows, RTE_DIM(rows));
	assert_int_equal(nj_chain_length(rig.policy->chain), RTE_DIM(expected));
	for (unsigned int i = 0; i < RTE_DIM(expected); i++) {
		struct nj_filter_counters counters;
		const struct nj_filter *filter = nj_chain_filter(rig.policy->chain, i, &counters);

		assert_string_equal(nj_chain_path(rig.policy->chain, i), expected[i].path);
		assert_true((filter->label == NULL) == (expected[i].label == NULL));
		if (filter->label != NULL)
			assert_string_equal(filter->label, expected[i].label);
		nj_test_filter_expect_figures(&rig, i, expected[i].figures);
		assert_int_equal(counters.packets[NJ_DOWNSTREAM], expected[i].packets);
		assert_int_equal(counters.dropped[NJ_DOWNSTREAM], expected[i].dropped);
	}
	nj_test_filter_stop(&rig);
}

/* Of filters of the list, and of those in branches, which have one of the two each. */
static void
one_burst_in_some_is_timed(void **state)
{
	static const char file[] =
		HEAD VALUE MATCH "{on_read: {metadataKey: k, branches: [{value: a, " PASS "}]}}\n";
	struct nj_test_frame frames[] = {nj_test_frame_udp("ba", 2), nj_test_frame_udp("bx", 2)};
	struct nj_test_outcome outcomes[RTE_DIM(frames)];
	struct nj_filter_counters counters;
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file);
	for (unsigned int burst = 1; burst <= 3 * NJ_FILTER_TIMED + 1; burst++) {
		const unsigned int timed = (burst + NJ_FILTER_TIMED - 1) / NJ_FILTER_TIMED;

		nj_test_filter_burst(&rig, frames, RTE_DIM(frames), outcomes);
		for (unsigned int i = 0; i < nj_chain_length(rig.policy->chain); i++) {
			nj_chain_filter(rig.policy->chain, i, &counters);
			assert_int_equal(counters.timed[NJ_DOWNSTREAM], timed * (i < 2 ? 2 : 1));
			assert_true(counters.cycles[NJ_DOWNSTREAM] > 0);
			assert_int_equal(counters.timed[NJ_UPSTREAM], 0);
			assert_int_equal(counters.cycles[NJ_UPSTREAM], 0);
		}
	}
	nj_test_filter_stop(&rig);
}

static void
a_branch_may_route(void **state)
{
	static const char file[] =
		"version: v1alpha1\nclusters: [{endpoints: [{address: \"198.51.100.100:1\"}, "
		"{address: \"198.51.100.101:1\"}]}]\nfilters:\n" VALUE MATCH
		"{on_read: {metadataKey: k, fallthrough: {" PASS "}, branches: [{value: one, "
		"name: quilkin.filters.load_balancer.v1alpha1.LoadBalancer, config: {}}]}}\n";
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file);
	for (uint32_t i = 0; i < 6; i++) {
		struct nj_test_outcome outcome = nj_test_filter_send(&rig, 1, "bone");

		assert_int_equal(outcome.n, 1);
		assert_int_equal(outcome.places[0], i % 2);
		assert_int_equal(nj_test_filter_send(&rig, 1, "ball").n, 2);
	}
	nj_test_filter_stop(&rig);
}

static void
mistakes_are_reported(void **state)
{
	static const struct loading bad[] = {
		{HEAD MATCH "{}\n", "5:13: Match needs 'on_read', 'on_write' or both\n"},
		{HEAD MATCH "{on_read: ~}\n", "5:13: Match needs 'on_read', 'on_write' or both\n"},
		{HEAD "  - " NAME "\n", "4:11: filter 'match.v1alpha1.Match' needs a 'config'\n"},
		{HEAD MATCH "{on_read: {}}\n",
			"5:23: missing key 'metadataKey'\n5:23: missing key 'branches'\n"},
		{HEAD MATCH "{on_read: {metadataKey: k, branches: [{value: ~, " PASS
			    "}, {value: {}, " PASS "}, {value: [1.5], " PASS "}]}}\n",
			"5:59: 'value' must be a string, a whole number, true or false, or a list "
			"of these, not '~'\n"
			"5:113: 'value' must be a string, a whole number, true or false, or a list "
			"of these, not a map\n"
			"5:169: 'value' must be a string, a whole number, true or false, or a list "
			"of these, not '1.5'\n"},
		{HEAD MATCH "{on_read: {metadataKey: k, branches: [{value: a}]}}\n",
			"5:51: missing key 'name'\n"},
		{HEAD MATCH "{on_read: {metadataKey: k, branches: [{value: a, name: x}]}}\n",
			"5:68: unknown filter 'x'\n"},
		{HEAD MATCH "{on_read: {metadataKey: k, branches: [], fallthrough: {" PASS
			    ", config: {}}}}\n",
			"5:118: filter 'pass.v1alpha1.Pass' takes no 'config'\n"},
		{HEAD MATCH "{on_read: {metadataKey: k, branches: [], fallthrough: ~}}\n",
			"5:67: 'fallthrough' must be a map, not '~'\n"},
		{HEAD MATCH "{on_reads: {metadataKey: k, branches: []}}\n",
			"5:14: unknown key 'on_reads', did you mean 'on_read'?\n"},
	};

	CHECK_BAD(bad, nj_policy_load);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_any_type_are_compared),
		cmocka_unit_test(what_falls_through_has_a_filter),
		cmocka_unit_test(a_match_may_be_in_a_match),
		cmocka_unit_test(what_is_in_branches_is_listed),
		cmocka_unit_test(one_burst_in_some_is_timed),
		cmocka_unit_test(a_branch_may_route),
		cmocka_unit_test(mistakes_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
