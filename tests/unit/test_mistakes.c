/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every key of both files with each mistake that there can be, by the tables that the reader works
 * from: a wrong type, out of its bounds, missing, and there twice. Each is to be an error with its
 * line and column. A key that no example here has is a fault, so that a new one gets its turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <netdb.h>

#include "mistake.h"

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **result);
void __wrap_freeaddrinfo(struct addrinfo *info);

/* No name of a host is known. */
int
__wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **result)
{
	return EAI_NONAME;
}

void
__wrap_freeaddrinfo(struct addrinfo *info)
{
}

/* Examples ------------------------------------------------------------------------------------- */

/* Good files, in YAML's flow style, which can be cut and filled at any place. */
static const char appliance[] =
	"{id: edge, eal: [-l], watch: true, confine: true, qcmp: {port: 7600},\n"
	" reverse_path: strict,\n"
	" ports: [{device: net_null0, addresses: [192.0.2.10/24, 2001:db8::a/64],\n"
	"  gateways: [192.0.2.1], routes: [{to: 203.0.113.0/24, via: 192.0.2.2}], vlan: 5,\n"
	"  mtu: 1500, role: both, descriptors: {rx: 512, tx: 512}}],\n"
	" listeners: [{port: 7777, address: 192.0.2.10}], telemetry: {group: operators},\n"
	" sessions: {capacity: 1000, ttl: 60s, unreplied_ttl: 10s, ports: 20000-30000,\n"
	"  source_addresses: [198.51.100.1], state_file: sessions},\n"
	" limits: {new_sessions_per_second: 1, sessions_per_source: 1, sessions_per_prefix: 1}}\n";

#define V         "{version: v1alpha1, "
#define ENDPOINTS "endpoints: [{address: '192.0.2.20:26000'}]"
#define METADATA  "metadata: {quilkin.dev: {tokens: [YWJj]}}"
#define LOCALITY  "locality: {region: a, zone: b, sub_zone: c}"

static const char *const first_era =
	V "proxy: {id: a, port: 7000}, admin: {address: '127.0.0.1:9091'}, dynamic: [],\n"
	  " static: {filters: [{name: quilkin.extensions.filters.debug.v1alpha1.Debug,\n"
	  "  config: {id: a}}], endpoints: [{address: '192.0.2.20:26000', " METADATA "}]}}\n";

static const char *const second_era[] = {
	V "id: a, port: 7777, icao_code: abcd, qcmp_port: 7600, maxmind_db: none, admin: {},\n"
	  " management_servers: [], filters: [{name: quilkin.filters.debug.v1alpha1.Debug,\n"
	  "  label: a, config: {id: a}}],\n"
	  " clusters: [{" LOCALITY ", endpoints: [{address: '192.0.2.20:26000', " METADATA
	  "}]}]}\n",
	V "clusters: {a: {localities: [{" LOCALITY ", " ENDPOINTS "}]}}}\n",
	V "clusters: {a: {" ENDPOINTS "}}}\n",
};

static const struct filter_example {
	enum nj_era era;
	const char *name, *config;
} filters[] = {
#define ERA_1(name, config)                                                                        \
	{                                                                                          \
		NJ_ERA_1, "quilkin.extensions.filters." name, config                               \
	}
#define ERA_2(name, config)                                                                        \
	{                                                                                          \
		NJ_ERA_2, "quilkin.filters." name, config                                          \
	}
#define DEBUG  "name: quilkin.filters.debug.v1alpha1.Debug, label: a, config: {id: a}"
#define RULES  "[{action: ALLOW, sources: [192.0.2.0/24], ports: ['10', '20-30']}]"
#define BRANCH "{metadataKey: a, branches: [{value: a, " DEBUG "}], fallthrough: {" DEBUG "}}"
	ERA_1("capture_bytes.v1alpha1.CaptureBytes",
		"{strategy: PREFIX, size: 3, metadataKey: a, remove: true}"),
	ERA_1("compress.v1alpha1.Compress",
		"{mode: SNAPPY, on_read: COMPRESS, on_write: DECOMPRESS}"),
	ERA_1("concatenate_bytes.v1alpha1.ConcatenateBytes",
		"{on_read: APPEND, on_write: PREPEND, bytes: YWJj}"),
	ERA_1("debug.v1alpha1.Debug", "{id: a}"),
	ERA_1("load_balancer.v1alpha1.LoadBalancer", "{policy: RANDOM, sticky: true}"),
	ERA_1("local_rate_limit.v1alpha1.LocalRateLimit", "{max_packets: 1, period: '1s'}"),
	ERA_1("token_router.v1alpha1.TokenRouter", "{metadataKey: a}"),
	ERA_2("capture.v1alpha1.Capture", "{metadataKey: a, prefix: {size: 3, remove: true}}"),
	ERA_2("capture.v1alpha1.Capture", "{suffix: {size: 3, remove: true}}"),
	ERA_2("capture.v1alpha1.Capture", "{regex: {pattern: a}}"),
	ERA_2("compress.v1alpha1.Compress", "{mode: LZ4, on_read: COMPRESS, on_write: DECOMPRESS}"),
	ERA_2("concatenate.v1alpha1.Concatenate",
		"{on_read: APPEND, on_write: PREPEND, bytes: YWJj}"),
	ERA_2("debug.v1alpha1.Debug", "{id: a}"),
	ERA_2("firewall.v1alpha1.Firewall", "{on_read: " RULES ", on_write: " RULES "}"),
	ERA_2("load_balancer.v1alpha1.LoadBalancer", "{policy: RANDOM, sticky: true}"),
	ERA_2("local_rate_limit.v1alpha1.LocalRateLimit", "{max_packets: 1, period: 1}"),
	ERA_2("match.v1alpha1.Match", "{on_read: " BRANCH ", on_write: " BRANCH "}"),
	ERA_2("timestamp.v1alpha1.Timestamp", "{metadataKey: a}"),
	ERA_2("token_router.v1alpha1.TokenRouter", "{metadataKey: a}"),
};

static bool
is_good_appliance(const char *path, struct nj_report *report)
{
	struct nj_appliance *loaded = nj_appliance_load(path, report);

	nj_appliance_free(loaded);
	return loaded != NULL;
}

static bool
is_good_proxy(const char *path, struct nj_report *report)
{
	struct nj_policy *loaded = nj_policy_load(path, report);

	nj_policy_free(loaded);
	return loaded != NULL;
}

/* Keys ----------------------------------------------------------------------------------------- */

#define FIELDS_MAX 512

/* Those that an example had. */
static const struct nj_field *met[FIELDS_MAX];
static unsigned int n_met;

static bool
is_met(const struct nj_field *field)
{
	for (unsigned int i = 0; i < n_met; i++)
		if (met[i] == field)
			return true;
	return false;
}

/* The key is not there; its map is where that is said. */
static void
check_missing(const struct example *example, const yaml_node_t *map, const yaml_node_t *key,
	const yaml_node_t *value)
{
	size_t end = value->end_mark.index;

	end += strspn(example->text + end, " \n");
	end += example->text[end] == ',';
	expect_error(example, MISSING, key->start_mark.index, end, "", map->start_mark.index);
}

/* The key is there again, right behind itself. */
static void
check_twice(const struct example *example, const yaml_node_t *key, const yaml_node_t *value)
{
	size_t from = key->start_mark.index, to = value->end_mark.index;
	char *again;

	assert_true(asprintf(&again, ", %.*s", (int)(to - from), example->text + from) > 0);
	expect_error(example, TWICE, to, to, again, to + 2);
	free(again);
}

static void sweep(struct example *example, const struct nj_table *table, yaml_node_t *map);

/* What is below a value: of a map, of each item of a list, of each name. */
static void
sweep_below(struct example *example, const struct nj_field *field, yaml_node_t *value)
{
	const struct nj_field *item = field->item;

	if (field->table != NULL)
		sweep(example, field->table, value);
	for (unsigned int i = 0; item != NULL && i < nj_document_length(value); i++) {
		yaml_node_t *node = nj_document_item(&example->document, value, i);

		check_types(example, item, node);
		check_bounds(example, item, node);
		sweep_below(example, item, node);
	}
	if (field->named == NULL || value->type != YAML_MAPPING_NODE)
		return;
	for (yaml_node_pair_t *pair = value->data.mapping.pairs.start;
		pair < value->data.mapping.pairs.top; pair++)
		sweep(example, field->named,
			yaml_document_get_node(&example->document.yaml, pair->value));
}

static void
sweep_key(struct example *example, const struct nj_field *field, const yaml_node_t *map,
	const yaml_node_t *key, yaml_node_t *value)
{
	if (!is_met(field)) {
		assert_true(n_met < FIELDS_MAX);
		met[n_met++] = field;
	}
	check_types(example, field, value);
	check_bounds(example, field, value);
	check_twice(example, key, value);
	if (field->required)
		check_missing(example, map, key, value);
	sweep_below(example, field, value);
}

/* All keys of a map that an example has. */
static void
sweep(struct example *example, const struct nj_table *table, yaml_node_t *map)
{
	if (map->type != YAML_MAPPING_NODE)
		return;
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start;
		pair < map->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(&example->document.yaml, pair->key);
		yaml_node_t *value = yaml_document_get_node(&example->document.yaml, pair->value);
		const struct nj_field *field = nj_table_find(table, nj_node_text(key));

		assert_non_null(field);
		sweep_key(example, field, map, key, value);
	}
}

static void
open_example(struct example *example)
{
	struct nj_report report = {0};
	char path[32];

	if (is_refused(example, example->text, SIZE_MAX))
		fail_msg("no good example: %s", example->text);
	write_file(path, example->text, strlen(example->text));
	assert_true(nj_document_open(&example->document, path, &report));
	unlink(path);
	nj_report_clear(&report);
}

/* Files ---------------------------------------------------------------------------------------- */

/* The keys at the top of a file. */
struct top {
	struct nj_field fields[64];
	struct nj_table table;
};

/* Keys below others have longer paths than names. */
static void
add_to_top(void *context, const char *path, const struct nj_field *field)
{
	struct top *top = context;

	if (strcmp(path, field->name) != 0)
		return;
	assert_true(top->table.n_fields < RTE_DIM(top->fields));
	top->fields[top->table.n_fields++] = *field;
	top->table.fields = top->fields;
}

static void
expect_met(void *context, const char *path, const struct nj_field *field)
{
	if (strcmp(path, field->name) != 0 && !is_met(field))
		fail_msg("no example has %s's %s", (const char *)context, path);
}

/* Each key at the top, too. */
static void
expect_top_met(const struct top *top)
{
	for (unsigned int i = 0; i < top->table.n_fields; i++)
		if (!is_met(&top->fields[i]))
			fail_msg("no example has %s", top->fields[i].name);
}

static void
sweep_file(const char *text, const struct top *top,
	bool (*is_good)(const char *path, struct nj_report *report))
{
	struct example example = {.text = text, .is_good = is_good};

	open_example(&example);
	sweep(&example, &top->table, nj_document_root(&example.document));
	nj_document_close(&example.document);
}

static void
test_appliance(void **state)
{
	struct top top = {0};

	nj_appliance_keys(add_to_top, &top);
	sweep_file(appliance, &top, is_good_appliance);
	expect_top_met(&top);
	nj_appliance_keys(expect_met, (void *)(uintptr_t) "appliance.yaml");
}

static void
test_first_era(void **state)
{
	struct top top = {0};

	nj_policy_keys(NJ_ERA_1, add_to_top, &top);
	sweep_file(first_era, &top, is_good_proxy);
	expect_top_met(&top);
	nj_policy_keys(NJ_ERA_1, expect_met, (void *)(uintptr_t) "the first era");
}

static void
test_second_era(void **state)
{
	struct top top = {0};

	nj_policy_keys(NJ_ERA_2, add_to_top, &top);
	for (size_t i = 0; i < RTE_DIM(second_era); i++)
		sweep_file(second_era[i], &top, is_good_proxy);
	expect_top_met(&top);
	nj_policy_keys(NJ_ERA_2, expect_met, (void *)(uintptr_t) "the second era");
}

/* Filters -------------------------------------------------------------------------------------- */

static void
sweep_filter(const struct filter_example *row)
{
	const struct nj_filter_type *type = nj_filter_find(row->name, row->era);
	struct example example = {.is_good = is_good_proxy};
	yaml_node_t *node;
	char *text;

	assert_non_null(type);
	assert_true(asprintf(&text, V "%s filters: [{name: %s,\n config: %s}], %s}%s\n",
			    row->era == NJ_ERA_1 ? "static: {" : "", row->name, row->config,
			    row->era == NJ_ERA_1 ? ENDPOINTS : "clusters: [{" ENDPOINTS "}]",
			    row->era == NJ_ERA_1 ? "}" : "") > 0);
	example.text = text;
	open_example(&example);
	node = nj_document_root(&example.document);
	if (row->era == NJ_ERA_1)
		node = nj_document_find(&example.document, node, "static");
	node = nj_document_find(&example.document, node, "filters");
	node = nj_document_item(&example.document, node, 0);
	sweep(&example, type->table, nj_document_find(&example.document, node, "config"));
	nj_document_close(&example.document);
	free(text);
}

static void
expect_filter_met(void *context, const char *path, const struct nj_field *field)
{
	if (!is_met(field))
		fail_msg("no example has %s's %s", (const char *)context, path);
}

static void
test_filters(void **state)
{
	for (size_t i = 0; i < RTE_DIM(filters); i++)
		sweep_filter(&filters[i]);
	for (const struct nj_filter_type *type = nj_filter_first(); type != NULL; type = type->next)
		if (type->table != NULL)
			nj_table_keys(
				type->table, expect_filter_met, (void *)(uintptr_t)type->name);
}

static void
test_figures(void **state)
{
	print_message("%u keys: %u with a wrong type, %u out of bounds, %u missing, %u twice\n",
		n_met, n_cases[WRONG_TYPE], n_cases[OUT_OF_BOUNDS], n_cases[MISSING],
		n_cases[TWICE]);
	for (unsigned int kind = 0; kind < KINDS; kind++)
		assert_true(n_cases[kind] > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_appliance),
		cmocka_unit_test(test_first_era),
		cmocka_unit_test(test_second_era),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
