/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics.h"

#include <string.h>

#include "njctl.h"
#include "page.h"

enum status
answers_gather(struct answers *answers, struct socket *sock)
{
	const struct {
		json_t **answer;
		const char *path, *key;
		bool list;
	} parts[] = {
		{&answers->info, "/natterjack/info", NULL, false},
		{&answers->config, "/natterjack/config", NULL, false},
		{&answers->stats, "/natterjack/stats", NULL, false},
		{&answers->workers, "/natterjack/workers", "worker", true},
		{&answers->ports, "/natterjack/ports", "port", true},
		{&answers->clusters, "/natterjack/clusters", NULL, true},
		{&answers->filters, "/natterjack/filters", "path", true},
		{&answers->neighbors, "/natterjack/neighbors", NULL, true},
		{&answers->histograms, "/natterjack/histograms", NULL, false},
	};
	enum status status = STATUS_OK;

	memset(answers, 0, sizeof(*answers));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && status == STATUS_OK; i++) {
		if (parts[i].list)
			status = page_all(
				sock, parts[i].path, parts[i].key, NULL, NULL, parts[i].answer);
		else
			status = socket_ask(sock, parts[i].path, parts[i].answer);
	}
	return status;
}

void
answers_clear(struct answers *answers)
{
	json_decref(answers->info);
	json_decref(answers->config);
	json_decref(answers->stats);
	json_decref(answers->workers);
	json_decref(answers->ports);
	json_decref(answers->clusters);
	json_decref(answers->filters);
	json_decref(answers->neighbors);
	json_decref(answers->histograms);
}

void
metrics_no_labels(struct labels *labels, const json_t *object)
{
}

void
metrics_write(FILE *out, const struct answers *answers)
{
	metrics_write_info(out, answers);
	metrics_write_traffic(out, answers);
	metrics_write_endpoints(out, answers);
	metrics_write_filters(out, answers);
	metrics_write_histograms(out, answers);
}

/* Nothing is written unless all is there: half a page would look like counters that vanish. */
enum status
run_metrics(struct context *context)
{
	struct answers answers;
	enum status status;

	if (context->json)
		return complain(STATUS_USAGE, "metrics are no JSON: leave out -j");
	status = answers_gather(&answers, &context->socket);
	if (status == STATUS_OK)
		metrics_write(stdout, &answers);
	answers_clear(&answers);
	return status;
}
