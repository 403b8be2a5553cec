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

/* Calls that change something and have not returned: they wait for the manager, so not under the
 * lock. */
static unsigned int n_changing;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static const struct command *const tables[] = {
	capture_commands,
	config_commands,
	endpoint_commands,
	filter_commands,
	histogram_commands,
	info_commands,
	log_commands,
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

/* Returns whether it may. */
static bool
begin_change(void)
{
	bool may;

	pthread_mutex_lock(&lock);
	may = running;
	n_changing += may;
	pthread_mutex_unlock(&lock);
	return may;
}

static void
end_change(void)
{
	pthread_mutex_lock(&lock);
	if (--n_changing == 0)
		pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

static int
change(const struct command *command, const char *parameters, struct rte_tel_data *data)
{
	int ret;

	if (!begin_change())
		return -ESHUTDOWN;
	ret = command->answer(&current, parameters, data);
	end_change();
	return ret;
}

static int
call(const char *path, const char *parameters, struct rte_tel_data *data)
{
	const struct command *command = find(path);
	int ret = -ESHUTDOWN;

	if (command == NULL)
		return -ENOENT;
	if (command->changes)
		return change(command, parameters, data);
	pthread_mutex_lock(&lock);
	if (running) {
		rte_rcu_qsbr_thread_online(current.qsbr, current.n_workers);
		ret = command->answer(&current, parameters, data);
		rte_rcu_qsbr_thread_offline(current.qsbr, current.n_workers);
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

int
nj_telemetry_start(const struct nj_telemetry_source *source)
{
	pthread_mutex_lock(&lock);
	current = *source;
	running = true;
	pthread_mutex_unlock(&lock);
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
	while (n_changing > 0)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}
