/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_malloc.h>

#include "eal.h"
#include "filter_rig.h"
#include "firewall_acl.h"
#include "loading.h"

#define HEAD                                                                                       \
	"version: v1alpha1\nclusters: [{endpoints: [{address: \"198.51.100.100:1\"}]}]\n"          \
	"filters:\n"                                                                               \
	"  - name: quilkin.filters.firewall.v1alpha1.Firewall\n"                                   \
	"    config: "
#define READ(rules) HEAD "{on_write: [], on_read: [" rules "]}\n"

struct row {
	const char *file;
	struct {
		uint32_t ip;
		uint16_t port;
		bool passes;
	} from[8];
};

#define FROM(a, b, c, d, port, passes)                                                             \
	{                                                                                          \
		NJ_TEST_IP(a, b, c, d), port, passes                                               \
	}

static const struct row rows[] = {
	{READ("{action: ALLOW, sources: [192.168.75.0/24], ports: [\"10-100\"]}"),
		{FROM(192, 168, 75, 20, 80, true), FROM(192, 168, 75, 20, 2000, false),
			FROM(192, 168, 75, 0, 10, true), FROM(192, 168, 75, 255, 99, true),
			FROM(192, 168, 75, 1, 100, false), FROM(192, 168, 75, 1, 9, false),
			FROM(192, 168, 74, 255, 80, false), FROM(192, 168, 76, 1, 80, false)}},
	{READ(""), {FROM(192, 0, 2, 1, 80, false)}},
	/* The first that matches. */
	{READ("{action: DENY, sources: [10.0.0.0/8], ports: [\"80\"]}, "
	      "{action: ALLOW, sources: [10.1.0.0/16], ports: [\"0-1000\"]}, "
	      "{action: DENY, sources: [0.0.0.0/0], ports: [\"1-65535\"]}, "
	      "{action: ALLOW, sources: [0.0.0.0/0], ports: [\"65535\"]}"),
		{FROM(10, 1, 0, 1, 80, false), FROM(10, 1, 0, 1, 81, true),
			FROM(10, 2, 0, 1, 81, false), FROM(192, 0, 2, 1, 65535, true),
			FROM(192, 0, 2, 1, 65534, false), FROM(10, 2, 0, 1, 65535, true)}},
	/* A host, host bits, a netmask, any order of ports; two of each. */
	{READ("{action: ALLOW, sources: [192.0.2.7, 192.0.3.9/24], ports: [\"7\", \"5-6\"]}, "
	      "{action: ALLOW, sources: [10.9.0.0/255.255.0.0], ports: [\"+9\"]}"),
		{FROM(192, 0, 2, 7, 7, true), FROM(192, 0, 2, 8, 7, false),
			FROM(192, 0, 3, 1, 5, true), FROM(192, 0, 3, 1, 6, false),
			FROM(10, 9, 255, 1, 9, true), FROM(10, 8, 0, 1, 9, false)}},
	/* IPv6 networks are none of IPv4's, but for the mapped. */
	{READ("{action: ALLOW, sources: [\"::/0\", \"2001:db8::/32\"], ports: [\"0-65535\"]}"),
		{FROM(192, 0, 2, 7, 7, false)}},
	{READ("{action: ALLOW, sources: [\"::ffff:192.0.2.0/120\", \"::1\"], ports: [\"7\"]}"),
		{FROM(192, 0, 2, 7, 7, true), FROM(192, 0, 3, 7, 7, false)}},
	/* Rules that match nothing. */
	{READ("{action: ALLOW, sources: [], ports: [\"7\"]}, "
	      "{action: ALLOW, sources: [0.0.0.0/0], ports: []}"),
		{FROM(192, 0, 2, 7, 7, false)}},
};

static void
check_row(const struct row *row)
{
	struct nj_test_frame frames[RTE_DIM(row->from)];
	struct nj_test_outcome outcomes[RTE_DIM(row->from)];
	struct nj_test_filter_rig rig;
	unsigned int n = 0;

	nj_test_filter_start(&rig, row->file);
	for (; n < RTE_DIM(row->from) && row->from[n].port != 0; n++) {
		frames[n] = nj_test_frame_udp("", 0);
		frames[n].src_ip = row->from[n].ip;
		frames[n].src_port = row->from[n].port;
	}
	nj_test_filter_burst(&rig, frames, n, outcomes);
	for (unsigned int i = 0; i < n; i++)
		if (outcomes[i].drop !=
			(row->from[i].passes ? NJ_DROP_NONE : NJ_DROP_FIREWALL_DENIED))
			fail_msg("%s\n%x:%u %s", row->file, row->from[i].ip, row->from[i].port,
				nj_drop_name(outcomes[i].drop));
	rig.direction = NJ_UPSTREAM;
	assert_int_equal(nj_test_filter_send(&rig, 1, "x").drop, NJ_DROP_FIREWALL_DENIED);
	nj_test_filter_stop(&rig);
}

static void
the_first_rule_that_matches_decides(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(rows); i++)
		check_row(&rows[i]);
}

static void
replies_are_matched_by_their_endpoint(void **state)
{
	static const char file[] =
		HEAD "{on_read: [], on_write: [{action: ALLOW, sources: [192.0.2.0/24], "
		     "ports: [\"26000\"]}]}\n";
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file);
	assert_int_equal(nj_test_filter_send(&rig, 26000, "x").drop, NJ_DROP_FIREWALL_DENIED);
	rig.direction = NJ_UPSTREAM;
	assert_int_equal(nj_test_filter_send(&rig, 26000, "x").drop, NJ_DROP_NONE);
	assert_int_equal(nj_test_filter_send(&rig, 26001, "x").drop, NJ_DROP_FIREWALL_DENIED);
	nj_test_filter_stop(&rig);
}

/* Against a list that is gone through one by one. */
static bool
is_allowed(const struct firewall_rule *rules, unsigned int n, uint32_t ip, uint16_t port)
{
	struct nj_ip address = nj_ip_v4(rte_cpu_to_be_32(ip));

	for (unsigned int i = 0; i < n; i++) {
		bool source = false, ports = false;

		for (unsigned int s = 0; s < rules[i].n_sources; s++)
			source |= nj_prefix_contains(&rules[i].sources[s], &address);
		for (unsigned int p = 0; p < rules[i].n_ports; p++)
			ports |= port >= rules[i].ports[p].first && port <= rules[i].ports[p].last;
		if (source && ports)
			return rules[i].action == FIREWALL_ALLOW;
	}
	return false;
}

#define RULES 1000
#define EACH  4

static void
fill(struct firewall_rule *rules, struct nj_prefix *sources, struct firewall_ports *ports,
	uint32_t *random)
{
	for (unsigned int i = 0; i < RULES * EACH; i++) {
		uint32_t ip = NJ_TEST_IP(10, 0, 0, 0) | (nj_test_random(random) & 0xffffff);
		uint16_t a = (uint16_t)nj_test_random(random), b = (uint16_t)nj_test_random(random);

		sources[i] = (struct nj_prefix){nj_ip_v4(rte_cpu_to_be_32(ip)),
			(uint8_t)(12 + nj_test_random(random) % 21)};
		ports[i] = (struct firewall_ports){RTE_MIN(a, b), RTE_MAX(a, b)};
		rules[i / EACH] = (struct firewall_rule){i / EACH % 2, EACH,
			&sources[i / EACH * EACH], EACH, &ports[i / EACH * EACH]};
	}
}

static void
a_thousand_rules_decide_as_one_by_one(void **state)
{
	static struct firewall_rule rules[RULES];
	static struct nj_prefix sources[RULES * EACH];
	static struct firewall_ports ports[RULES * EACH];
	uint32_t random = 22;
	struct firewall_acl *acl, *second;

	nj_test_eal(0);
	fill(rules, sources, ports, &random);
	acl = firewall_acl_create(rules, RULES);
	assert_non_null(acl);
	second = firewall_acl_create(rules, RULES); /* as during a reload */
	assert_non_null(second);
	firewall_acl_free(second);
	for (unsigned int i = 0; i < 3000; i++) {
		uint32_t ip = NJ_TEST_IP(10, 0, 0, 0) | (nj_test_random(&random) & 0xffffff);
		uint16_t port = (uint16_t)nj_test_random(&random);
		struct nj_flow key = {.src_ip = rte_cpu_to_be_32(ip),
			.src_port = rte_cpu_to_be_16(port),
			.dst_port = (rte_be16_t)nj_test_random(&random)};
		const struct nj_flow *keys[] = {&key};
		bool allowed;

		firewall_acl_classify(acl, keys, 1, &allowed);
		assert_int_equal(allowed, is_allowed(rules, RULES, ip, port));
	}
	firewall_acl_free(acl);
	firewall_acl_free(NULL);
}

static void
reloads_leave_nothing_behind(void **state)
{
	static const char *const files[] = {
		READ("{action: ALLOW, sources: [192.0.2.0/24], ports: [\"1-9\"]}"),
		READ("{action: ALLOW, sources: [192.0.2.0/24], ports: [\"1-8\"]}"),
	};
	struct rte_malloc_socket_stats before, after;
	struct nj_test_filter_rig rig;

	nj_test_eal(0);
	nj_test_filter_start(&rig, files[0]);
	nj_test_filter_stop(&rig);
	rte_malloc_get_socket_stats(0, &before);
	nj_test_filter_start(&rig, files[0]);
	for (unsigned int i = 0; i < 50; i++) {
		/* The same twice: what is compiled goes on, with another's settings. */
		nj_test_filter_reload(&rig, files[i / 2 % 2]);
		assert_int_equal(nj_test_filter_send(&rig, 8, "x").drop,
			i / 2 % 2 == 0 ? NJ_DROP_NONE : NJ_DROP_FIREWALL_DENIED);
	}
	nj_test_filter_stop(&rig);
	rte_malloc_get_socket_stats(0, &after);
	assert_int_equal(before.heap_allocsz_bytes, after.heap_allocsz_bytes);
}

#define PORT "must be a string with a port or a range, like \"10\" or \"1000-7000\", not "
#define RULE(rest)                                                                                 \
	HEAD "\n      on_write: []\n      on_read: [{action: ALLOW, sources: [10.0.0.0/8], " rest  \
	     "}]\n"

static void
mistakes_are_reported(void **state)
{
	static const struct loading bad[] = {
		{RULE("ports: [~]"), "7:64: each of 'ports' " PORT "'~'\n"},
		{RULE("ports: [\"65536\"]"), "7:64: each of 'ports' " PORT "'65536'\n"},
		{RULE("ports: [\"a-b\", \"\", \"1-\", \"-1\", \"1-2-3\"]"),
			"7:64: each of 'ports' " PORT "'a-b'\n"
			"7:71: each of 'ports' " PORT "''\n"
			"7:75: each of 'ports' " PORT "'1-'\n"
			"7:81: each of 'ports' " PORT "'-1'\n"
			"7:87: each of 'ports' " PORT "'1-2-3'\n"},
		{RULE("ports: [\"10-10\", \"1-0\"]"),
			"7:64: the range '10-10' is empty: its end, which is not part of it, must "
			"be above its start\n"
			"7:73: the range '1-0' is empty: its end, which is not part of it, must be "
			"above its start\n"},
		{RULE("port: []"), "7:56: unknown key 'port', did you mean 'ports'?\n"},
		{HEAD "{on_read: []}\n", "5:13: missing key 'on_write'\n"},
		{HEAD "{on_read: [], on_write: [{action: allow, sources: [10.0.0.0/33, "
		      "10.0.0.0/255.0.255.0, 1, x], ports: []}]}\n",
			"5:47: 'action' must be ALLOW or DENY, not 'allow'\n"
			"5:64: each of 'sources' must be an IP address or a network, like "
			"192.0.2.0/24 or 2001:db8::/32, not '10.0.0.0/33'\n"
			"5:77: each of 'sources' must be an IP address or a network, like "
			"192.0.2.0/24 or 2001:db8::/32, not '10.0.0.0/255.0.255.0'\n"
			"5:99: each of 'sources' must be an IP address or a network, like "
			"192.0.2.0/24 or 2001:db8::/32, not '1'\n"
			"5:102: each of 'sources' must be an IP address or a network, like "
			"192.0.2.0/24 or 2001:db8::/32, not 'x'\n"},
		{HEAD "{on_read: [{}], on_write: ~}\n",
			"5:24: missing key 'action'\n5:24: missing key 'sources'\n"
			"5:24: missing key 'ports'\n5:39: 'on_write' must be a list, not '~'\n"},
	};

	CHECK_BAD(bad, nj_policy_load);
}

/* It is seen where a file is only checked, without the EAL. */
static void
a_list_has_a_largest_size(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct loading bad[1] = {{.report = "5:13: 'on_write' has 1048577 pairs of a source and "
					    "ports, and may have at most 1048576\n"}};

	fputs(HEAD "{on_read: [], on_write: [{action: DENY, ports: ['1'", out);
	for (unsigned int i = 1; i < 1024; i++)
		fputs(", '1'", out);
	fputs("], sources: [192.0.2.0/24", out);
	for (unsigned int i = 1; i < 1024; i++)
		fputs(", 192.0.2.0/24", out);
	fputs("]}, {action: ALLOW, sources: [192.0.2.1], ports: ['1']}]}\n", out);
	fclose(out);
	bad[0].text = text;
	CHECK_BAD(bad, nj_policy_load);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_rule_that_matches_decides),
		cmocka_unit_test(replies_are_matched_by_their_endpoint),
		cmocka_unit_test(a_thousand_rules_decide_as_one_by_one),
		cmocka_unit_test(reloads_leave_nothing_behind),
		cmocka_unit_test(mistakes_are_reported),
		cmocka_unit_test(a_list_has_a_largest_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
