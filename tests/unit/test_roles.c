/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports' roles against where endpoints are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "loading.h"

#define A         "{device: a, addresses: [192.0.2.10/24, '2001:db8::10/64']"
#define B         "{device: b, addresses: [10.1.0.10/16, '2001:db8:1::10/64']"
#define GATEWAYS  ", gateways: [192.0.2.1]"
#define ROUTES    ", routes: [{to: 10.2.0.0/16, via: 10.1.0.1}]"
#define CLIENTS   ", role: clients"
#define ENDPOINTS ", role: endpoints"
/* The first port is on line 2, the second on line 3. */
#define PORTS(a, b) "ports:\n  - " A a "}\n  - " B b "}\n"

#define FITS(here, there)                                                                          \
	here ":5: note: every endpoint is reached over the port on line " there                    \
	     ": with 'role: endpoints' there and 'role: clients' here nobody on this side can "    \
	     "pretend to be one\n"
#define LOST(here, endpoint)                                                                       \
	here ":5: note: endpoint " endpoint                                                        \
	     " is reached over this port, whose role is clients: what it answers here is "         \
	     "dropped\n"

static const struct {
	const char *appliance, *endpoints[2];
	const char *report;
} rows[] = {
	/* A default route on one side, and all endpoints on the other. */
	{PORTS(GATEWAYS, ROUTES), {"10.1.0.20:1", "10.2.0.20:1"}, FITS("2", "3")},
	{PORTS(GATEWAYS, ROUTES), {"10.1.0.20:1", "[2001:db8:1::20]:1"}, FITS("2", "3")},
	{PORTS(GATEWAYS, ROUTES), {"10.1.0.20:1", "10.3.0.20:1"}, ""},
	{PORTS(GATEWAYS, ROUTES), {"10.1.0.20:1", "192.0.2.20:1"}, ""},
	{PORTS(GATEWAYS, ROUTES), {"10.1.0.20:1", "[2001:db9::1]:1"}, ""}, /* nowhere */
	{PORTS(GATEWAYS, ""), {"203.0.113.1:1", "192.0.2.20:1"}, ""},
	{PORTS(GATEWAYS, ", gateways: ['2001:db8:1::1']"), {"10.1.0.20:1", "10.1.0.21:1"}, ""},
	{PORTS("", ", routes: [{to: 0.0.0.0/0, via: 10.1.0.1}]"), {"192.0.2.20:1", "192.0.2.21:1"},
		FITS("3", "2")},
	/* Nothing says where clients are, but all listeners are. */
	{PORTS("", ""), {"10.1.0.20:1", "10.1.0.21:1"}, ""},
	{PORTS("", "") "listeners: [{port: 7777}]\n", {"10.1.0.20:1", "10.1.0.21:1"}, ""},
	{PORTS("", "") "listeners: [{port: 7777, address: 192.0.2.10}]\n",
		{"10.1.0.20:1", "10.1.0.21:1"}, FITS("2", "3")},
	{PORTS("",
		 "") "listeners: [{port: 1, address: 192.0.2.10}, {port: 2, address: 10.1.0.10}]\n",
		{"10.1.0.20:1", "10.1.0.21:1"}, ""},
	{PORTS(GATEWAYS, "") "listeners: [{port: 7777, address: 10.1.0.10}]\n",
		{"203.0.113.1:1", "192.0.2.20:1"}, FITS("3", "2")},
	/* One port, and three. */
	{"ports:\n  - " A GATEWAYS "}\n", {"10.1.0.20:1", "10.2.0.20:1"}, ""},
	{PORTS(GATEWAYS, ROUTES) "  - {device: c, addresses: [10.9.0.1/24]}\n",
		{"10.1.0.20:1", "10.2.0.20:1"}, ""},
	/* Who has said it is told what does not fit. */
	{PORTS(GATEWAYS CLIENTS, ROUTES ENDPOINTS), {"10.1.0.20:1", "10.2.0.20:1"}, ""},
	{PORTS(GATEWAYS CLIENTS, ROUTES), {"10.1.0.20:1", "10.2.0.20:1"}, ""},
	{PORTS(GATEWAYS CLIENTS, ROUTES ENDPOINTS), {"10.3.0.20:1", "10.4.0.20:1"},
		LOST("2", "10.3.0.20:1")},
	{PORTS(GATEWAYS, ROUTES CLIENTS), {"192.0.2.20:1", "[2001:db8:1::20]:1"},
		LOST("3", "[2001:db8:1::20]:1")},
};

static void
check_row(unsigned int i)
{
	struct nj_appliance *appliance = load_appliance(rows[i].appliance);
	struct nj_report report = {0};
	const struct loading row = {rows[i].appliance, rows[i].report};
	struct nj_policy *policy;
	char path[32], text[256];

	snprintf(text, sizeof(text),
		"version: v1alpha1\nclusters: [{endpoints: [{address: '%s'}, {address: '%s'}]}]\n",
		rows[i].endpoints[0], rows[i].endpoints[1]);
	write_file(path, text, strlen(text));
	policy = nj_policy_load(path, &report);
	unlink(path);
	assert_non_null(policy);
	nj_policy_check_roles(policy, appliance, path, &report);
	assert_int_equal(report.n_errors, 0);
	check_report(&row, &report, path);
	nj_report_clear(&report);
	nj_policy_free(policy);
	nj_appliance_free(appliance);
}

static void
roles_that_would_fit_are_named(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(rows); i++)
		check_row(i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles_that_would_fit_are_named),
	};

	return cmocka_run_group_tests_name("roles", tests, NULL, NULL);
}
