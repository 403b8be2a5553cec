/* SPDX-License-Identifier: BSD-3-Clause */
/* Good files: what is read of proxy.yaml. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proxy.h"

#define LOOPBACK "is a loopback address, where no network leads\n"

static struct nj_policy *
load(const char *text, const char *notes)
{
	struct loading row = {text, notes};
	struct nj_report report = {0};
	struct nj_policy *policy;
	char path[32];

	write_file(path, text, strlen(text));
	policy = nj_policy_load(path, &report);
	unlink(path);
	check_report(&row, &report, path);
	assert_non_null(policy);
	nj_report_clear(&report);
	return policy;
}

static void
assert_endpoint(const struct nj_policy *policy, uint32_t i, const char *address, uint32_t tokens)
{
	char text[NJ_ADDRESS_STRLEN];

	assert_true(i < policy->clusters.n_endpoints);
	assert_string_equal(
		nj_address_format(&policy->clusters.endpoints[i].address, text), address);
	assert_int_equal(policy->clusters.endpoints[i].n_tokens, tokens);
}

static void
the_first_era_may_have_a_null_id(void **state)
{
	struct nj_policy *policy = load(
		V "proxy: {id: ~}\nstatic: {endpoints: [{address: '192.0.2.21:26000'}]}\n", "");

	assert_int_equal(policy->era, NJ_ERA_1);
	assert_null(policy->id);
	nj_policy_free(policy);
}

static void
the_first_era_is_read(void **state)
{
	struct nj_policy *policy =
		load(V "proxy: {id: p, port: 7001}\nadmin: {address: '[::]:9091'}\nstatic:\n"
		       "  filters: []\n  endpoints:\n"
		       "  - address: 127.0.0.1:26000\n"
		       "    metadata: {quilkin.dev: {tokens: [MXg3aWp5Ng==, MXg, '']}, a: [b]}\n"
		       "  - {address: '[2001:db8::1]:26001', metadata: {}}\n",
			"3:1: note: 'admin' is not used\n"
			"7:14: note: endpoint '127.0.0.1:26000' " LOOPBACK);
	const struct nj_bytes *token;

	assert_int_equal(policy->era, NJ_ERA_1);
	assert_string_equal(policy->id, "p");
	assert_int_equal(policy->port, 7001);
	assert_int_equal(policy->qcmp_port, 0);
	assert_int_equal(policy->clusters.n_clusters, 1);
	assert_null(policy->clusters.clusters[0].locality);
	assert_int_equal(policy->clusters.n_endpoints, 2);
	assert_endpoint(policy, 0, "127.0.0.1:26000", 3);
	assert_endpoint(policy, 1, "[2001:db8::1]:26001", 0);
	token = policy->clusters.endpoints[0].tokens;
	assert_int_equal(token[0].length, 7);
	assert_memory_equal(token[0].bytes, "1x7ijy6", 7);
	assert_int_equal(token[1].length, 2);
	assert_int_equal(token[2].length, 0);
	nj_policy_free(policy);

	policy = load(E1 "'[::1]:26000'\n", "4:16: note: endpoint '[::1]:26000' " LOOPBACK);
	assert_int_equal(policy->port, 7000);
	assert_null(policy->id);
	nj_policy_free(policy);
}

static void
the_second_era_is_read(void **state)
{
	struct nj_policy *policy =
		load(V "id: p\nport: 7001\nqcmp_port: 7600\nicao_code: EDDF\nmaxmind_db: null\n"
		       "filters:\nclusters:\n"
		       "- locality: eu:west\n  endpoints: &some\n"
		       "  - {address: '127.0.0.1:1', metadata: {quilkin.dev: {tokens: [YQ==]}}}\n"
		       "  - address: game-1.example.com:2\n"
		       "- locality: {region: us, zone: east, sub_zone: b}\n  endpoints: []\n"
		       "- locality:\n  endpoints: *some\n",
			"5:1: note: 'icao_code' is not used\n"
			"11:15: note: endpoint '127.0.0.1:1' " LOOPBACK
			"11:15: note: endpoint '127.0.0.1:1' " LOOPBACK);

	assert_int_equal(policy->era, NJ_ERA_2);
	assert_string_equal(policy->id, "p");
	assert_int_equal(policy->port, 7001);
	assert_int_equal(policy->qcmp_port, 7600);
	assert_int_equal(policy->clusters.n_clusters, 3);
	assert_string_equal(policy->clusters.clusters[0].locality, "eu:west");
	assert_string_equal(policy->clusters.clusters[1].locality, "us:east:b");
	assert_int_equal(policy->clusters.clusters[1].n_endpoints, 0);
	assert_null(policy->clusters.clusters[2].locality);
	assert_int_equal(policy->clusters.n_endpoints, 4);
	assert_endpoint(policy, 0, "127.0.0.1:1", 1);
	assert_endpoint(policy, 1, "192.0.2.21:2", 0);
	assert_endpoint(policy, 2, "127.0.0.1:1", 1);
	nj_policy_free(policy);
}

/* Quilkin's socket sends to such an address over IPv4. */
static void
mapped_addresses_are_ipv4_ones(void **state)
{
	struct nj_policy *policy =
		load(E2 "'[::ffff:192.0.2.5]:7'\n    - address: 192.0.2.6:7\n", "");

	assert_endpoint(policy, 0, "192.0.2.5:7", 0);
	assert_endpoint(policy, 1, "192.0.2.6:7", 0);
	nj_policy_free(policy);
}

static void
clusters_may_be_a_map(void **state)
{
	struct nj_policy *policy =
		load(V "admin: {address: '[::]:9091'}\nmanagement_servers: []\nclusters:\n"
		       "  default:\n    localities:\n"
		       "    - endpoints: [{address: '1.2.3.4:1'}, {address: '1.2.3.4:1'}]\n"
		       "    - locality: {region: eu}\n      endpoints: [{address: '1.2.3.4:1'}]\n"
		       "  more: {endpoints: [{address: 'udp://six:3/'}]}\n",
			"2:1: note: 'admin' is not used\n"
			"7:53: note: endpoint '1.2.3.4:1' is there twice; the first counts, on "
			"line 7\n");

	assert_int_equal(policy->era, NJ_ERA_2);
	assert_int_equal(policy->port, 7777);
	assert_int_equal(policy->clusters.n_clusters, 3);
	assert_string_equal(policy->clusters.clusters[1].locality, "eu");
	assert_int_equal(policy->clusters.n_endpoints, 3);
	assert_endpoint(policy, 0, "1.2.3.4:1", 0);
	assert_endpoint(policy, 1, "1.2.3.4:1", 0);
	assert_endpoint(policy, 2, "[2000::]:3", 0);
	nj_policy_free(policy);
}

static void
the_second_era_needs_no_endpoints(void **state)
{
	static const char *const texts[] = {V, V "id: x\n", V "clusters: []\n", V "clusters: {}\n",
		V "clusters: [{endpoints: []}]\n", V "filters: []\n"};

	for (size_t i = 0; i < RTE_DIM(texts); i++) {
		struct nj_policy *policy = load(texts[i], "");

		assert_int_equal(policy->era, NJ_ERA_2);
		assert_int_equal(policy->clusters.n_endpoints, 0);
		nj_policy_free(policy);
	}
}

static void
a_string_is_what_it_is_for_quilkin(void **state)
{
	struct nj_policy *policy =
		load(E2 "1.2.3.4:1" TOKENS("[0123, 'true', '1234', 1e10, 123456w=]"), "");

	nj_policy_free(policy);
}

static void
the_examples_load_clean(void **state)
{
	static const struct {
		const char *path;
		enum nj_era era;
	} rows[] = {
		{NJ_CONFIG "/proxy.yaml", NJ_ERA_2},
		{NJ_CONFIG "/examples/quilkin-0.2.yaml", NJ_ERA_1},
		{NJ_CONFIG "/examples/quilkin-0.9.yaml", NJ_ERA_2},
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		struct nj_report report = {0};
		struct nj_policy *policy = nj_policy_load(rows[i].path, &report);

		nj_report_print(&report, stderr);
		assert_non_null(policy);
		assert_int_equal(policy->era, rows[i].era);
		assert_int_equal(report.n_notes, 0);
		nj_policy_free(policy);
		nj_report_clear(&report);
	}
}

static void
find_key(void *context, const char *path, const struct nj_field *field)
{
	const char **wanted = context;

	if (*wanted != NULL && strcmp(path, *wanted) == 0)
		*wanted = NULL;
}

static void
keys_can_be_listed(void **state)
{
	static const struct {
		enum nj_era era;
		const char *path;
	} rows[] = {
		{NJ_ERA_1, "proxy.port"},
		{NJ_ERA_1, "static.filters[].config"},
		{NJ_ERA_1, "static.endpoints[].metadata.quilkin.dev.tokens"},
		{NJ_ERA_2, "filters[].label"},
		{NJ_ERA_2, "clusters[].locality.region"},
		{NJ_ERA_2, "clusters[].endpoints[].address"},
		{NJ_ERA_2, "clusters.*.localities[].endpoints[].address"},
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		const char *wanted = rows[i].path;

		nj_policy_keys(rows[i].era, find_key, &wanted);
		if (wanted != NULL)
			fail_msg("%s is not listed", wanted);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_era_may_have_a_null_id),
		cmocka_unit_test(the_first_era_is_read),
		cmocka_unit_test(the_second_era_is_read),
		cmocka_unit_test(mapped_addresses_are_ipv4_ones),
		cmocka_unit_test(clusters_may_be_a_map),
		cmocka_unit_test(the_second_era_needs_no_endpoints),
		cmocka_unit_test(a_string_is_what_it_is_for_quilkin),
		cmocka_unit_test(the_examples_load_clean),
		cmocka_unit_test(keys_can_be_listed),
	};

	return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
