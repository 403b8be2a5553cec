/* SPDX-License-Identifier: BSD-3-Clause */
/* The two files, and which load of them is in force. */
#include "answer.h"

#define ERRORS_IN_ANSWER 64 /* of at most 130 bytes */

static int
config(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	const struct nj_policy *policy = __atomic_load_n(source->policy, __ATOMIC_ACQUIRE);
	char error[NJ_TELEMETRY_STRLEN];

	source->last_error(source->control, error);
	rte_tel_data_start_dict(data);
	add_string(data, "appliance", source->appliance_path);
	add_string(data, "proxy", source->policy_path);
	add_u64(data, "generation", policy->generation);
	add_u64(data, "loaded", (uint64_t)policy->loaded);
	add_string(data, "error", error);
	return 0;
}

/* The mistakes as a list of strings, as far as they fit into an answer. */
static void
add_errors(struct rte_tel_data *data, const char *path, const struct nj_report *report)
{
	struct rte_tel_data *list = rte_tel_data_alloc();

	if (list == NULL)
		return;
	rte_tel_data_start_array(list, RTE_TEL_STRING_VAL);
	for (unsigned int i = 0; i < report->n_errors && i < ERRORS_IN_ANSWER; i++) {
		char text[NJ_TELEMETRY_STRLEN];

		cut_string(text, nj_report_short(path, report->errors[i]));
		rte_tel_data_add_array_string(list, text);
	}
	if (rte_tel_data_add_dict_container(data, "errors", list, 0) < 0)
		rte_tel_data_free(list);
}

static int
reload(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	struct nj_report report = {0};
	uint64_t generation;
	int ret = source->reload(source->control, &report, &generation);

	rte_tel_data_start_dict(data);
	if (ret == 0) {
		add_string(data, "result", "ok");
		add_u64(data, "generation", generation);
	} else {
		add_string(data, "result", "refused");
		add_errors(data, source->policy_path, &report);
	}
	nj_report_clear(&report);
	return 0;
}

const struct command config_commands[] = {
	{"/natterjack/config", config, "Files and the policy's generation. No parameters", false},
	{"/natterjack/reload", reload, "Reads the proxy file again. No parameters", true},
	{NULL, NULL, NULL, false},
};
