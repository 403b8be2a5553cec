/* SPDX-License-Identifier: BSD-3-Clause */
/* The two files, and which load of them is in force. */
#include "answer.h"

static int
config(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	const struct nj_policy *policy = __atomic_load_n(source->policy, __ATOMIC_ACQUIRE);

	rte_tel_data_start_dict(data);
	add_string(data, "appliance", source->appliance_path);
	add_string(data, "proxy", source->policy_path);
	add_u64(data, "generation", policy->generation);
	add_u64(data, "loaded", (uint64_t)policy->loaded);
	add_string(data, "error", "");
	return 0;
}

const struct command config_commands[] = {
	{"/natterjack/config", config, "Files and the policy's generation. No parameters"},
	{NULL, NULL, NULL},
};
