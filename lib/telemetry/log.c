/* SPDX-License-Identifier: BSD-3-Clause */
/* What is logged. */
#include "answer.h"

#include <bsd/string.h>

static void
set(const char *parameters, struct rte_tel_data *data)
{
	char text[NJ_TELEMETRY_STRLEN];
	char *level = text;
	const char *type, *error = NULL;

	cut_string(text, parameters);
	type = strsep(&level, ",");
	if (level == NULL || nj_log_level_parse(level) < 0)
		error = "no such level: emergency, alert, critical, error, warning, notice, info, "
			"debug";
	else if (nj_log_set_level(type, nj_log_level_parse(level)) < 0)
		error = "no such type";
	add_string(data, "result", error == NULL ? "ok" : "refused");
	if (error != NULL)
		add_string(data, "error", error);
}

static int
levels(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	const struct nj_log_type *type = NULL;

	rte_tel_data_start_dict(data);
	if (parameters != NULL && parameters[0] != '\0') {
		set(parameters, data);
		return 0;
	}
	while ((type = nj_log_type_next(type)) != NULL)
		add_string(
			data, type->name, nj_log_level_name(rte_log_get_level((uint32_t)type->id)));
	return 0;
}

const struct command log_commands[] = {
	{"/natterjack/log", levels, "Levels of the log by type. Parameters, to set one: TYPE,LEVEL",
		false},
	{NULL, NULL, NULL, false},
};
