/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * appliance.yaml, and whether the endpoints of a proxy file would lead back to it.
 *
 * Input: the file.
 */
#include <string.h>

#include "chains.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char proxy[] =
	"version: v1alpha1\nclusters: [{endpoints: [{address: '198.51.100.100:26000'}, "
	"{address: '192.0.2.10:7777'}, {address: '[2001:db8::a]:7777'}]}]\n";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nj_policy *policy;
	struct nj_report report = {0};
	struct nj_appliance *appliance;

	if (policy == NULL)
		policy = chains_load(proxy, strlen(proxy));
	FUZZ_CHECK(policy != NULL);
	appliance = nj_appliance_load(fuzz_file(data, size), &report);
	FUZZ_CHECK((appliance == NULL) == (report.n_errors > 0));
	for (unsigned int i = 0; i < report.n_errors; i++)
		FUZZ_CHECK(report.error_places[i].line > 0 && report.error_places[i].column > 0);
	nj_report_clear(&report);
	if (appliance != NULL) {
		FUZZ_CHECK(appliance->n_ports > 0);
		FUZZ_CHECK(appliance->sessions.port_min <= appliance->sessions.port_max);
		nj_policy_check_loops(policy, appliance, policy->port, "proxy.yaml", &report);
		nj_report_clear(&report);
	}
	nj_appliance_free(appliance);
	return 0;
}
