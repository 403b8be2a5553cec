/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter_rig.h"
#include "loading.h"
#include "nj_token_index.h"

#define ROUTER "  - name: quilkin.filters.token_router.v1alpha1.TokenRouter\n"
#define VALUE  "  - {name: test.Value, config: {metadataKey: quilkin.dev/capture}}\n"
/* abc: 0 and 1; d: 1 and 2; empty: 2; seventeen bytes: 0. */
#define ENDPOINTS                                                                                  \
	"version: v1alpha1\n"                                                                      \
	"clusters:\n"                                                                              \
	"  - endpoints:\n"                                                                         \
	"    - {address: \"198.51.100.100:1\", metadata: {quilkin.dev: {tokens: [YWJj, "           \
	"QUFBQUFBQUFBQUFBQUFBQUE=]}}}\n"                                                           \
	"    - {address: \"198.51.100.101:1\", metadata: {quilkin.dev: {tokens: [YWJj, ZA==]}}}\n" \
	"    - {address: \"198.51.100.102:1\", metadata: {quilkin.dev: {tokens: [\"\", ZA==]}}}\n" \
	"filters:\n"

struct row {
	const char *payload;
	enum nj_drop drop;
	uint32_t n, places[3];
};

static const struct row rows[] = {
	{"babc", NJ_DROP_NONE, 2, {0, 1}},
	{"bd", NJ_DROP_NONE, 2, {1, 2}},
	{"b", NJ_DROP_NONE, 1, {2}},
	{"bAAAAAAAAAAAAAAAAA", NJ_DROP_NONE, 1, {0}},
	{"bAAAAAAAAAAAAAAAA", NJ_DROP_TOKEN_UNKNOWN},
	{"bab", NJ_DROP_TOKEN_UNKNOWN},
	{"babcd", NJ_DROP_TOKEN_UNKNOWN},
	{"n", NJ_DROP_TOKEN_MISSING},
	{"", NJ_DROP_TOKEN_MISSING},
	{"sabc", NJ_DROP_TOKEN_TYPE},
	{"labc,d", NJ_DROP_TOKEN_TYPE},
	{"#1", NJ_DROP_TOKEN_TYPE},
	{"t", NJ_DROP_TOKEN_TYPE},
};

static void
check(const struct row *row, const struct nj_test_outcome *outcome)
{
	assert_int_equal(outcome->drop, row->drop);
	assert_int_equal(outcome->n, row->n);
	for (uint32_t i = 0; i < row->n; i++)
		assert_int_equal(outcome->places[i], row->places[i]);
}

/* One by one, and all in one burst. */
static void
check_rows(const char *file)
{
	struct nj_test_frame frames[RTE_DIM(rows)];
	struct nj_test_outcome outcomes[RTE_DIM(rows)];
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file);
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct nj_test_outcome outcome = nj_test_filter_send(&rig, 1, rows[i].payload);

		check(&rows[i], &outcome);
		frames[i] = nj_test_frame_udp(rows[i].payload, (uint16_t)strlen(rows[i].payload));
	}
	nj_test_filter_burst(&rig, frames, RTE_DIM(rows), outcomes);
	for (unsigned int i = 0; i < RTE_DIM(rows); i++)
		check(&rows[i], &outcomes[i]);
	rig.direction = NJ_UPSTREAM;
	assert_int_equal(nj_test_filter_send(&rig, 1, "n").drop, NJ_DROP_NONE);
	nj_test_filter_stop(&rig);
}

static void
keeps_the_endpoints_of_the_token(void **state)
{
	check_rows(ENDPOINTS VALUE ROUTER);
	check_rows(ENDPOINTS VALUE
		"  - {name: quilkin.filters.token_router.v1alpha1.HashedTokenRouter}\n");
	check_rows(ENDPOINTS "  - {name: test.Value, config: {metadataKey: k}}\n" ROUTER
			     "    config: {metadataKey: k}\n");
	/* The same once more changes nothing. */
	check_rows(ENDPOINTS VALUE ROUTER ROUTER);
}

static void
the_first_era_has_its_own_key(void **state)
{
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig,
		"version: v1alpha1\n"
		"static:\n"
		"  endpoints:\n"
		"  - {address: \"198.51.100.100:1\", metadata: {quilkin.dev: {tokens: [YQ==]}}}\n"
		"  filters:\n"
		"  - {name: test.Value, config: {metadataKey: quilkin.dev/captured_bytes}}\n"
		"  - name: quilkin.extensions.filters.token_router.v1alpha1.TokenRouter\n");
	assert_int_equal(nj_test_filter_send(&rig, 1, "ba").drop, NJ_DROP_NONE);
	assert_int_equal(nj_test_filter_send(&rig, 1, "bb").drop, NJ_DROP_TOKEN_UNKNOWN);
	nj_test_filter_stop(&rig);
}

/* Two keys cannot be set from one payload, so the second is what the first byte is not. */
static void
two_routers_keep_what_both_say(void **state)
{
	static const struct row both[] = {
		{"babc", NJ_DROP_NONE, 2, {0, 1}},
		{"bxyz", NJ_DROP_TOKEN_UNKNOWN},
	};
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, ENDPOINTS VALUE
		"  - {name: test.Value, config: {metadataKey: other}}\n" ROUTER ROUTER
		"    config: {metadataKey: other}\n");
	for (unsigned int i = 0; i < RTE_DIM(both); i++) {
		struct nj_test_outcome outcome = nj_test_filter_send(&rig, 1, both[i].payload);

		check(&both[i], &outcome);
	}
	nj_test_filter_stop(&rig);
}

/* A balancer in front leaves one endpoint, which has the token or not. */
static void
a_single_endpoint_has_it_or_not(void **state)
{
	static const enum nj_drop turns[] = {NJ_DROP_NONE, NJ_DROP_NONE, NJ_DROP_TOKEN_UNKNOWN};
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, ENDPOINTS VALUE
		"  - {name: quilkin.filters.load_balancer.v1alpha1.LoadBalancer, config: {}}\n" ROUTER);
	for (unsigned int i = 0; i < 9; i++) {
		struct nj_test_outcome outcome = nj_test_filter_send(&rig, 1, "babc");

		assert_int_equal(outcome.drop, turns[i % 3]);
		if (outcome.drop == NJ_DROP_NONE)
			assert_int_equal(outcome.places[0], i % 3);
	}
	nj_test_filter_stop(&rig);
}

static void
a_million_tokens(void **state)
{
	struct nj_clusters clusters = {0};
	const struct nj_token_index *index;
	struct nj_token_query queries[NJ_TOKEN_BULK_MAX];
	uint32_t token[4] = {0};

	assert_int_equal(nj_clusters_add(&clusters, NULL), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		struct nj_address to = {.ip = nj_ip_v4(i + 1), .port = 1};
		struct nj_endpoint *endpoint = nj_clusters_add_endpoint(&clusters, &to);

		for (token[0] = i * 1000; token[0] < (i + 1) * 1000; token[0]++)
			assert_int_equal(
				nj_endpoint_add_token(endpoint, (uint8_t *)token, sizeof(token)),
				0);
	}
	index = nj_token_index_get(&clusters);
	assert_non_null(index);
	assert_ptr_equal(index, nj_token_index_get(&clusters));
	nj_token_index_put(index);
	for (uint32_t i = 0; i < 1000064; i += NJ_TOKEN_BULK_MAX) {
		uint32_t tokens[NJ_TOKEN_BULK_MAX][4] = {0};

		for (uint32_t j = 0; j < NJ_TOKEN_BULK_MAX; j++) {
			tokens[j][0] = i + j;
			queries[j] = (struct nj_token_query){(uint8_t *)tokens[j], 16};
		}
		nj_token_index_find(index, queries, NJ_TOKEN_BULK_MAX);
		for (uint32_t j = 0; j < NJ_TOKEN_BULK_MAX; j++) {
			assert_int_equal(queries[j].n, i + j < 1000000 ? 1 : 0);
			if (queries[j].n == 1)
				assert_int_equal(queries[j].places[0], (i + j) / 1000);
		}
	}
	nj_token_index_put(index);
	nj_token_index_put(NULL);
	nj_clusters_clear(&clusters);
}

#define BAD(config) ENDPOINTS ROUTER "    config: " config "\n"

static void
mistakes_are_reported(void **state)
{
	static const struct loading bad[] = {
		{BAD("{metadataKey: {}}"), "9:27: 'metadataKey' must be a string, not a map\n"},
		{BAD("{metadataKey: ~}"), "9:27: 'metadataKey' must be a string, not '~'\n"},
		{BAD("{metadatakey: k}"),
			"9:14: unknown key 'metadatakey', did you mean 'metadataKey'?\n"},
	};

	CHECK_BAD(bad, nj_policy_load);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_endpoints_of_the_token),
		cmocka_unit_test(the_first_era_has_its_own_key),
		cmocka_unit_test(two_routers_keep_what_both_say),
		cmocka_unit_test(a_single_endpoint_has_it_or_not),
		cmocka_unit_test(a_million_tokens),
		cmocka_unit_test(mistakes_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
