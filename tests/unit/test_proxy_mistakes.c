/* SPDX-License-Identifier: BSD-3-Clause */
/* Mistakes in proxy.yaml, and what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proxy.h"

#define E1_ADDRESS "'address' must be an IP address and a port, like 192.0.2.1:26000, not "
#define E2_ADDRESS                                                                                 \
	"'address' must be an IP address or host name and a port, like 192.0.2.1:26000, not "

static const struct loading bad[] = {
	/* Both eras. */
	{"- x\n", "1:1: 'proxy.yaml' must be a map, not a list\n"},
	{"id: x\n", "1:1: missing key 'version'\n"},
	{"version: v1\n", "1:10: 'version' must be v1alpha1, not 'v1'\n"},
	{"version: [v1alpha1]\n", "1:10: 'version' must be v1alpha1, not a list\n"},
	{V V, "2:1: duplicate key 'version', first on line 1\n"},
	{V "clusterz: []\n", "2:1: unknown key 'clusterz', did you mean 'clusters'?\n"},
	{V "statc: {}\n", "2:1: unknown key 'statc', did you mean 'static'?\n"},
	{E1 "1.2.3.4:5\nclusters: []\nid: x\n",
		"5:1: 'clusters' is a key of Quilkin 0.3 and later, 'static' on line 2 of 0.1 and "
		"0.2: a file is one or the other\n"},
	/* The first era. */
	{V "proxy: {}\n", "1:1: missing key 'static'\n"},
	{V "admin: {}\n", "1:1: missing key 'static'\n2:1: note: 'admin' is not used\n"},
	{V "dynamic: {management_servers: []}\n",
		"2:1: 'dynamic' (a control plane) is not supported: list the endpoints in this "
		"file, under 'static:', and reload it with SIGHUP when they change\n"},
	{V "static: []\n", "2:9: 'static' must be a map, not a list\n"},
	{V "static: {}\n", "2:9: missing key 'endpoints'\n"},
	{V "static: {endpoint: []}\n", "2:10: unknown key 'endpoint', did you mean 'endpoints'?\n"},
	{V "static: {endpoints: []}\n", "2:21: 'endpoints' must not be empty\n"},
	{V "static: {endpoints: {}}\n", "2:21: 'endpoints' must be a list, not a map\n"},
	{V "static: {endpoints: [x]}\n", "2:22: each of 'endpoints' must be a map, not 'x'\n"},
	{V "static: {endpoints: [{}]}\n", "2:22: missing key 'address'\n"},
	{V "proxy: {id: [], port: 0, host: x}\nstatic: {endpoints: [{address: '1.2.3.4:5'}]}\n",
		"2:13: 'id' must be a string, not a list\n"
		"2:23: 'port' must be a whole number from 1 to 65535, not '0'\n"
		"2:26: unknown key 'host'\n"},
	{E1 "1.2.3.4\n", "4:16: " E1_ADDRESS "'1.2.3.4'\n"},
	{E1 "game-1.example.com:5\n", "4:16: " E1_ADDRESS "'game-1.example.com:5'\n"},
	{E1 "[a]\n", "4:16: 'address' must be a string, not a list\n"},
	{E1 "1.2.3.4:5\n      adress: x\n", "5:7: unknown key 'adress', did you mean 'address'?\n"},
	{E1 "1.2.3.4:5\n    - address: 1.2.3.4:5\n",
		"5:16: endpoint '1.2.3.4:5' is there twice, first on line 4\n"},
	{E1 "1.2.3.4:0\n", "4:16: endpoint '1.2.3.4:0' has port 0\n"},
	{E1 "0.0.0.0:5\n", "4:16: endpoint '0.0.0.0:5' is the unspecified address\n"},
	{E1 "'[::]:5'\n", "4:16: endpoint '[::]:5' is the unspecified address\n"},
	{E1 "'[ff02::1]:5'\n", "4:16: endpoint '[ff02::1]:5' is a multicast address\n"},
	{E1 "239.0.0.1:5\n", "4:16: endpoint '239.0.0.1:5' is a multicast address\n"},
	{E1 "255.255.255.255:5\n", "4:16: endpoint '255.255.255.255:5' is the broadcast address\n"},
	/* The second. */
	{V "id: []\nport: 65536\nqcmp_port: x\n",
		"2:5: 'id' must be a string, not a list\n"
		"3:7: 'port' must be a whole number from 1 to 65535, not '65536'\n"
		"4:12: 'qcmp_port' must be a whole number from 1 to 65535, not 'x'\n"},
	{V "management_servers: [{address: x}]\n",
		"2:1: 'management_servers' (a control plane) is not supported: list the endpoints "
		"in this file, and reload it with SIGHUP when they change\n"},
	{V "clusters: x\n", "2:11: 'clusters' must be a list of clusters, not 'x'\n"},
	{V "clusters: [x]\n", "2:12: each of 'clusters' must be a map, not 'x'\n"},
	{V "clusters: [{}]\n", "2:12: missing key 'endpoints'\n"},
	{V "clusters: [{endpoints: [], name: x}]\n", "2:28: unknown key 'name'\n"},
	{V "clusters: [{endpoints: [], locality: 4}]\n",
		"2:38: 'locality' must be a string, like region:zone:sub_zone, not '4'\n"},
	{V "clusters: [{endpoints: [], locality: {regio: x}}]\n",
		"2:39: unknown key 'regio', did you mean 'region'?\n"},
	{V "clusters:\n  - {endpoints: []}\n  - {endpoints: []}\n",
		"4:5: a second cluster without a locality, first on line 3\n"},
	{V "clusters:\n  - {locality: a, endpoints: []}\n  - {locality: a, endpoints: []}\n",
		"4:5: locality 'a' is there twice, first on line 3\n"},
	{V "clusters: {default: []}\n", "2:21: 'default' must be a map, not a list\n"},
	{V "clusters: {default: {localitys: []}}\n",
		"2:22: unknown key 'localitys', did you mean 'localities'?\n"},
	{V "clusters: {default: {localities: {}}}\n",
		"2:34: 'localities' must be a list, not a map\n"},
	{V "clusters: {default: {localities: [x]}}\n",
		"2:35: each of 'localities' must be a map, not 'x'\n"},
	{V "clusters: {default: {endpoints: [{address: x}]}}\n", "2:44: " E2_ADDRESS "'x'\n"},
	{E2 "game-2.example.com:5\n",
		"4:16: address 'game-2.example.com:5' does not resolve: Name or service not "
		"known\n"},
	{E2 "'game-1.example.com:'\n", "4:16: " E2_ADDRESS "'game-1.example.com:'\n"},
	{E2 "game-1.example.com:65536\n", "4:16: " E2_ADDRESS "'game-1.example.com:65536'\n"},
	{E2 "1.2.3:5\n", "4:16: " E2_ADDRESS "'1.2.3:5'\n"},
	{E2 "a b:5\n", "4:16: " E2_ADDRESS "'a b:5'\n"},
	{E2 "tcp://1.2.3.4:5\n", "4:16: " E2_ADDRESS "'tcp://1.2.3.4:5'\n"},
	{E2 "game-1.example.com:0\n", "4:16: endpoint 'game-1.example.com:0' has port 0\n"},
	/* Tokens. */
	{E1 "1.2.3.4:5\n      metadata: x\n", "5:17: 'metadata' must be a map, not 'x'\n"},
	{E1 "1.2.3.4:5\n      metadata: {quilkin.dev: []}\n",
		"5:31: 'quilkin.dev' must be a map, not a list\n"},
	{E1 "1.2.3.4:5\n      metadata: {quilkin.dev: {}}\n", "5:31: missing key 'tokens'\n"},
	{E1 "1.2.3.4:5\n      metadata: {quilkin.dev: {token: []}}\n",
		"5:32: unknown key 'token', did you mean 'tokens'?\n"},
	{E1 "1.2.3.4:5" TOKENS("abcd"), "5:40: 'tokens' must be a list, not 'abcd'\n"},
	{E1 "1.2.3.4:5" TOKENS("[1234, true, {}]"),
		"5:41: each of 'tokens' must be a base64 string, not '1234'\n"
		"5:47: each of 'tokens' must be a base64 string, not 'true'\n"
		"5:53: each of 'tokens' must be a base64 string, not a map\n"},
	{E1 "1.2.3.4:5" TOKENS("[YQ==, YQ==, YR==, Y, Y=Q=, 'Y Q=', YQ===, Y_Q=]"),
		"5:47: token 'YQ==' is on this endpoint twice\n"
		"5:53: each of 'tokens' must be a base64 string, not 'YR=='\n"
		"5:59: each of 'tokens' must be a base64 string, not 'Y'\n"
		"5:62: each of 'tokens' must be a base64 string, not 'Y=Q='\n"
		"5:68: each of 'tokens' must be a base64 string, not 'Y Q='\n"
		"5:76: each of 'tokens' must be a base64 string, not 'YQ==='\n"
		"5:83: each of 'tokens' must be a base64 string, not 'Y_Q='\n"},
	{E2 "1.2.3.4:5" TOKENS("[YQ, YWI, '', '']"),
		"5:41: each of 'tokens' must be a base64 string, not 'YQ'\n"
		"5:45: each of 'tokens' must be a base64 string, not 'YWI'\n"
		"5:54: token '' is on this endpoint twice\n"},
	/* Filters: none is known yet, and what an entry looks like is checked all the same. */
	{V "filters: [{name: a.b.C, label: x, config: {y: 1}}, {name: D}]\n",
		"2:18: unknown filter 'a.b.C'\n2:59: unknown filter 'D'\n"},
	{V "filters: [{}, {name: [], label: {}, conf: 1}, 7]\n",
		"2:11: missing key 'name'\n2:22: 'name' must be a string, not a list\n"
		"2:33: 'label' must be a string, not a map\n"
		"2:37: unknown key 'conf', did you mean 'config'?\n"
		"2:47: each of 'filters' must be a map, not '7'\n"},
	{V "filters: {}\n", "2:10: 'filters' must be a list, not a map\n"},
	{V "static: {filters: [{name: a, label: b}], endpoints: [{address: '1.2.3.4:5'}]}\n",
		"2:27: unknown filter 'a'\n2:30: unknown key 'label'\n"},
	/* All at once, notes in their places. */
	{"icao_code: EDDF\n" V "clusters:\n- endpoints:\n  - address: 1.2.3.4:0\n"
	 "  - address: 1.2.3.4:1\n  - address: 1.2.3.4:1\nfoo: 1\n",
		"1:1: note: 'icao_code' is not used\n"
		"5:14: endpoint '1.2.3.4:0' has port 0\n"
		"7:14: note: endpoint '1.2.3.4:1' is there twice; the first counts, on line 6\n"
		"8:1: unknown key 'foo'\n"},
};

static void
each_mistake_is_reported_in_its_place(void **state)
{
	CHECK_BAD(bad, nj_policy_load);
}

static void
endpoints_have_a_bound(void **state)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	struct loading row[1];

	fprintf(out, "%sstatic:\n  endpoints:\n", V);
	for (unsigned int i = 0; i < NJ_ENDPOINTS_MAX + 10; i++)
		fprintf(out, "  - address: 10.%u.%u.%u:1\n", i >> 16, i >> 8 & 0xff, i & 0xff);
	fclose(out);
	row[0].text = text;
	row[0].report = "131076:14: there are more than 131072 endpoints\n";
	CHECK_BAD(row, nj_policy_load);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_reported_in_its_place),
		cmocka_unit_test(endpoints_have_a_bound),
	};

	return cmocka_run_group_tests_name("proxy_mistakes", tests, NULL, NULL);
}
