/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_telemetry.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "answer.h"

NJ_LOG_TYPE(telemetry);

/*
 * DPDK keeps a command for good, and calls it from a thread for each client.
 * The lock is what keeps an answer from outliving its source; no lcore waits
 * for it but the main one at its end.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct nj_telemetry_source current;
static bool running;

static const struct command *const tables[] = {
	config_commands,
	endpoint_commands,
	info_commands,
	neighbor_commands,
	session_commands,
	stats_commands,
};

static const struct command *
find(const char *path)
{
	for (unsigned int i = 0; i < RTE_DIM(tables); i++)
		for (const struct command *command = tables[i]; command->path != NULL; command++)
			if (strcmp(command->path, path) == 0)
				return command;
	return NULL;
}

static int
call(const char *path, const char *parameters, struct rte_tel_data *data)
{
	const struct command *command = find(path);
	int ret = -ESHUTDOWN;

	pthread_mutex_lock(&lock);
	if (running && command != NULL)
		ret = command->answer(&current, parameters, data);
	pthread_mutex_unlock(&lock);
	return ret;
}

int
nj_telemetry_start(const struct nj_telemetry_source *source)
{
	current = *source;
	running = true;
	for (unsigned int i = 0; i < RTE_DIM(tables); i++) {
		for (const struct command *command = tables[i]; command->path != NULL; command++) {
			int ret = rte_telemetry_register_cmd(command->path, call, command->help);

			if (ret < 0)
				return nj_err(-ret, "telemetry command %s", command->path);
		}
	}
	return 0;
}

void
nj_telemetry_stop(void)
{
	pthread_mutex_lock(&lock);
	running = false;
	pthread_mutex_unlock(&lock);
}
