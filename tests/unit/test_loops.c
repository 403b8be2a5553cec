/* SPDX-License-Identifier: BSD-3-Clause */
/* Endpoints against what the appliance file makes ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "loading.h"

#define PORTS                                                                                      \
	"ports:\n  - {device: a, addresses: [192.0.2.10/24, '2001:db8::10/64']}\n"                 \
	"  - {device: b, addresses: [198.51.100.10/24]}\n"
#define LISTENERS                                                                                  \
	PORTS "listeners: [{port: 7001}, {port: 7002, address: 192.0.2.10}, "                      \
	      "{port: 7003, address: '2001:db8::10'}]\n"
#define SOURCES PORTS "sessions: {source_addresses: [198.51.100.11, '2001:db8::11']}\n"

#define OURS   " is a listener of ours\n"
#define NOBODY " is at an address of ours, where nobody answers\n"

static const struct {
	const char *appliance;
	const char *endpoints[2];
	const char *report; /* the first endpoint is on line 4, the second on line 5 */
} rows[] = {
	{PORTS, {"192.0.2.11:7777", "[2001:db8::11]:7777"}, ""},
	/* The proxy file's own port. */
	{PORTS, {"192.0.2.10:7777", "[2001:db8::10]:7777"},
		"4:16: endpoint 192.0.2.10:7777" OURS "5:16: endpoint [2001:db8::10]:7777" OURS},
	{PORTS, {"198.51.100.10:7777", "192.0.2.10:7776"},
		"4:16: endpoint 198.51.100.10:7777" OURS
		"5:16: note: endpoint 192.0.2.10:7776" NOBODY},
	{PORTS, {"[2001:db8:0::10]:7777", "[::ffff:192.0.2.10]:7777"},
		"4:16: endpoint [2001:db8::10]:7777" OURS "5:16: endpoint 192.0.2.10:7777" OURS},
	/* Listeners of the appliance file, on every address and on one. */
	{LISTENERS, {"192.0.2.10:7777", "[2001:db8::10]:7002"},
		"4:16: note: endpoint 192.0.2.10:7777" NOBODY
		"5:16: note: endpoint [2001:db8::10]:7002" NOBODY},
	{LISTENERS, {"198.51.100.10:7001", "[2001:db8::10]:7001"},
		"4:16: endpoint 198.51.100.10:7001" OURS "5:16: endpoint [2001:db8::10]:7001" OURS},
	{LISTENERS, {"192.0.2.10:7002", "198.51.100.10:7002"},
		"4:16: endpoint 192.0.2.10:7002" OURS
		"5:16: note: endpoint 198.51.100.10:7002" NOBODY},
	{LISTENERS, {"[2001:db8::10]:7003", "192.0.2.10:7003"},
		"4:16: endpoint [2001:db8::10]:7003" OURS
		"5:16: note: endpoint 192.0.2.10:7003" NOBODY},
	/* Source addresses are ours, too. */
	{SOURCES, {"198.51.100.11:7777", "[2001:db8::11]:1"},
		"4:16: endpoint 198.51.100.11:7777" OURS
		"5:16: note: endpoint [2001:db8::11]:1" NOBODY},
};

static void
check_row(unsigned int i)
{
	struct nj_appliance *appliance = load_appliance(rows[i].appliance);
	struct nj_report report = {0};
	struct loading row = {.report = rows[i].report};
	struct nj_policy *policy;
	char path[32], text[256];
	bool good;

	snprintf(text, sizeof(text),
		"version: v1alpha1\nclusters:\n  - endpoints:\n    - address: '%s'\n"
		"    - address: '%s'\n",
		rows[i].endpoints[0], rows[i].endpoints[1]);
	row.text = text;
	write_file(path, text, strlen(text));
	policy = nj_policy_load(path, &report);
	unlink(path);
	assert_non_null(policy);
	good = nj_policy_check_loops(policy, appliance, policy->port, path, &report);
	assert_int_equal(good, report.n_errors == 0);
	check_report(&row, &report, path);
	nj_report_clear(&report);
	nj_policy_free(policy);
	nj_appliance_free(appliance);
}

static void
endpoints_are_not_ourselves(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(rows); i++)
		check_row(i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints_are_not_ourselves),
	};

	return cmocka_run_group_tests_name("loops", tests, NULL, NULL);
}
