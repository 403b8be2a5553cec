/* SPDX-License-Identifier: BSD-3-Clause */
/* Captures: how to begin one, and what became of it. */
#include "answer.h"

static void
begin(const struct nj_telemetry_source *source, const char *request, struct rte_tel_data *data)
{
	char error[NJ_TELEMETRY_STRLEN] = "";
	const int ret = source->capture(source->capturer, request, error);

	add_string(data, "result", ret == 0 ? "ok" : "refused");
	if (ret < 0)
		add_string(data, "error", error);
}

static int
capture(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	uint64_t written, lost, limited;
	bool running;

	rte_tel_data_start_dict(data);
	if (parameters != NULL && parameters[0] != '\0') {
		begin(source, parameters, data);
		return 0;
	}
	running = source->captured(source->capturer, &written, &lost, &limited);
	add_u64(data, "running", running);
	add_u64(data, "written", written);
	add_u64(data, "lost", lost);
	add_u64(data, "over_rate", limited);
	return 0;
}

const struct command capture_commands[] = {
	{"/natterjack/capture", capture,
		"The last capture's figures, or begins one. Parameters: see docs/njctl.md", true},
	{NULL, NULL, NULL, false},
};
