/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

struct row6 {
	const char *file;
	const char *passes[6], *denied[6];
};

static const struct row6 rows6[] = {
	{READ("{action: ALLOW, sources: [\"2001:db8:5::/48\"], ports: [\"10-100\"]}"),
		{"[2001:db8:5::]:10", "[2001:db8:5:ffff:ffff:ffff:ffff:ffff]:99"},
		{"[2001:db8:5::]:9", "[2001:db8:5::]:100", "[2001:db8:4:ffff::]:10",
			"[2001:db8:6::]:10", "192.0.2.1:10"}},
	/* The first that matches, of whichever family; each network is of its own. */
	{READ("{action: DENY, sources: [\"2001:db8::7\", 192.0.2.7], ports: [\"0-65535\"]}, "
	      "{action: ALLOW, sources: [\"2001:db8::/64\"], ports: [\"7\", \"9\"]}, "
	      "{action: ALLOW, sources: [192.0.2.0/24], ports: [\"8\"]}"),
		{"[2001:db8::1]:7", "[2001:db8::8]:9", "192.0.2.1:8"},
		{"[2001:db8::7]:7", "192.0.2.7:8", "[2001:db8::1]:8", "192.0.2.1:7",
			"[2001:db8:0:1::1]:7"}},
	/* Every length that ends within a word, or at its end. */
	{READ("{action: ALLOW, sources: [\"2001:db8::ff/33\", \"fd00:1:2:3::/61\", "
	      "\"fd00:9::4:0/127\", \"fe80::/10\"], ports: [\"7\"]}"),
		{"[2001:db8:7fff::1]:7", "[fd00:1:2:7:8::]:7", "[fd00:9::4:1]:7", "[febf::1]:7"},
		{"[2001:db8:8000::]:7", "[fd00:1:2:8::]:7", "[fd00:9::4:2]:7", "[fec0::1]:7"}},
	{READ("{action: ALLOW, sources: [\"::/0\"], ports: [\"0-65535\"]}"),
		{"[::1]:1", "[2001:db8::1]:65534"}, {"[2001:db8::1]:65535", "192.0.2.1:7"}},
	{READ("{action: ALLOW, sources: [0.0.0.0/0], ports: [\"0-65535\"]}"), {"192.0.2.1:7"},
		{"[2001:db8::1]:7"}},
	/* Mapped addresses stand for IPv4's. */
	{READ("{action: ALLOW, sources: [\"::ffff:192.0.2.0/120\"], ports: [\"7\"]}"),
		{"192.0.2.1:7"}, {"192.0.3.1:7", "[2001:db8::1]:7"}},
};

static void
ipv6_sources_are_matched_too(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(rows6); i++) {
		const struct row6 *row = &rows6[i];
		struct nj_test_filter_rig rig;

		nj_test_filter_start(&rig, row->file);
		for (unsigned int k = 0; k < RTE_DIM(row->passes) && row->passes[k] != NULL; k++)
			if (nj_test_filter_send_from(&rig, row->passes[k]).drop != NJ_DROP_NONE)
				fail_msg("%s\ndenies %s", row->file, row->passes[k]);
		for (unsigned int k = 0; k < RTE_DIM(row->denied) && row->denied[k] != NULL; k++)
			if (nj_test_filter_send_from(&rig, row->denied[k]).drop !=
				NJ_DROP_FIREWALL_DENIED)
				fail_msg("%s\nallows %s", row->file, row->denied[k]);
		nj_test_filter_stop(&rig);
	}
}

/* Across families a reply's sender is of the other one than the client. */
static void
replies_are_matched_by_an_ipv6_endpoint(void **state)
{
	static const char file[] =
		HEAD "{on_read: [{action: ALLOW, sources: [192.0.2.0/24], ports: [\"7\"]}], "
		     "on_write: [{action: ALLOW, sources: [\"2001:db8:1::/64\"], ports: "
		     "[\"26000\"]}]}\n";
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file);
	assert_int_equal(nj_test_filter_send_from(&rig, "192.0.2.1:7").drop, NJ_DROP_NONE);
	rig.direction = NJ_UPSTREAM;
	assert_int_equal(
		nj_test_filter_send_from(&rig, "[2001:db8:1::1]:26000").drop, NJ_DROP_NONE);
	assert_int_equal(nj_test_filter_send_from(&rig, "[2001:db8:2::1]:26000").drop,
		NJ_DROP_FIREWALL_DENIED);
	assert_int_equal(nj_test_filter_send_from(&rig, "[2001:db8:1::1]:26001").drop,
		NJ_DROP_FIREWALL_DENIED);
	assert_int_equal(
		nj_test_filter_send_from(&rig, "192.0.2.1:7").drop, NJ_DROP_FIREWALL_DENIED);
	nj_test_filter_stop(&rig);
}

/* Against a list that is gone through one by one. */
static bool
is_allowed(const struct firewall_rule *rules, unsigned int n, const struct nj_flow *flow)
{
	const struct nj_ip address = nj_flow_source(flow).ip;
	const uint16_t port = rte_be_to_cpu_16(flow->src_port);

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

/* Addresses that lie close enough to be met by rules: 24 random bits. */
static struct nj_ip
random_ip(bool ipv6, uint32_t *random)
{
	uint32_t bits = nj_test_random(random);
	struct nj_ip ip;

	if (!ipv6)
		return nj_ip_v4(rte_cpu_to_be_32(NJ_TEST_IP(10, 0, 0, 0) | (bits & 0xffffff)));
	assert_int_equal(nj_ip_parse("2001:db8::", &ip), 0);
	for (unsigned int i = 0; i < 12; i++) /* two bits in each byte */
		ip.v6[4 + i] = (uint8_t)((bits >> 2 * i & 3) * 0x41);
	return ip;
}

static void
fill(struct firewall_rule *rules, struct nj_prefix *sources, struct firewall_ports *ports,
	uint32_t *random)
{
	for (unsigned int i = 0; i < RULES * EACH; i++) {
		const bool ipv6 = nj_test_random(random) % 2;
		uint16_t a = (uint16_t)nj_test_random(random), b = (uint16_t)nj_test_random(random);

		sources[i] = (struct nj_prefix){random_ip(ipv6, random),
			(uint8_t)(ipv6 ? 40 + nj_test_random(random) % 89
				       : 12 + nj_test_random(random) % 21)};
		ports[i] = (struct firewall_ports){RTE_MIN(a, b), RTE_MAX(a, b)};
		rules[i / EACH] = (struct firewall_rule){i / EACH % 2, EACH,
			&sources[i / EACH * EACH], EACH, &ports[i / EACH * EACH]};
	}
}

static struct nj_flow
random_flow(bool ipv6, uint32_t *random)
{
	const struct nj_ip ip = random_ip(ipv6, random);
	struct nj_flow flow = {.src_port = (rte_be16_t)nj_test_random(random),
		.dst_port = (rte_be16_t)nj_test_random(random),
		.ipv6 = ipv6};

	if (ipv6)
		memcpy(flow.src_ip6, ip.v6, sizeof(flow.src_ip6));
	else
		flow.src_ip = ip.v4;
	return flow;
}

/* In bursts of any length, of one family or of both. */
static void
check_bursts(const struct firewall_acl *acl, const struct firewall_rule *rules, uint32_t *random)
{
	unsigned int n_allowed[2] = {0};

	for (unsigned int n = 0; n <= NJ_BATCH_MAX; n++) {
		struct nj_flow flows[NJ_BATCH_MAX];
		const struct nj_flow *keys[NJ_BATCH_MAX];
		bool allowed[NJ_BATCH_MAX];

		for (unsigned int i = 0; i < n; i++) {
			flows[i] = random_flow(
				n % 3 == 2 ? nj_test_random(random) % 2 : n % 3, random);
			keys[i] = &flows[i];
		}
		firewall_acl_classify(acl, keys, n, allowed);
		for (unsigned int i = 0; i < n; i++) {
			assert_int_equal(allowed[i], is_allowed(rules, RULES, keys[i]));
			n_allowed[keys[i]->ipv6] += allowed[i];
		}
	}
	assert_true(n_allowed[0] > 100 && n_allowed[1] > 100);
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
	check_bursts(acl, rules, &random);
	firewall_acl_free(acl);
	firewall_acl_free(NULL);
}

static void
reloads_leave_nothing_behind(void **state)
{
	static const char *const files[] = {
		READ("{action: ALLOW, sources: [192.0.2.0/24, \"::/1\"], ports: [\"1-9\"]}"),
		READ("{action: ALLOW, sources: [192.0.2.0/24, \"::/1\"], ports: [\"1-8\"]}"),
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
		cmocka_unit_test(ipv6_sources_are_matched_too),
		cmocka_unit_test(replies_are_matched_by_an_ipv6_endpoint),
		cmocka_unit_test(a_thousand_rules_decide_as_one_by_one),
		cmocka_unit_test(reloads_leave_nothing_behind),
		cmocka_unit_test(mistakes_are_reported),
		cmocka_unit_test(a_list_has_a_largest_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
