/* SPDX-License-Identifier: BSD-3-Clause */
/* Start and stop: files, EAL, dataplane, a thread for each worker, the manager's loop; and back. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "capturer.h"
#include "confine.h"
#include "dataplane.h"
#include "environment.h"
#include "event_loop.h"
#include "keeper.h"
#include "log_sink.h"
#include "manager.h"
#include "notify.h"
#include "nj_telemetry.h"
#include "options.h"
#include "plan.h"
#include "plugins.h"
#include "reload.h"
#include "worker.h"

NJ_LOG_TYPE(main);

/* How many lcores this DPDK has is chosen when it is built. */
#define WORKERS_MAX ((unsigned int)RTE_MIN(NJ_WORKERS_MAX, RTE_MAX_LCORE - 1))

/* Written by the main lcore alone. */
static bool stopping;

struct files {
	struct nj_appliance *appliance;
	struct nj_policy *policy;
};

/*
 * Both files are read whatever the first one says, so that all their mistakes are seen at once. The
 * first one may name the objects that the second one's filters are in.
 */
static bool
load(const struct options *options, struct files *files)
{
	struct nj_report appliance_report = {0}, policy_report = {0};
	bool good = false;
	int plugins;

	files->appliance = nj_appliance_load(options->appliance_path, &appliance_report);
	plugins = plugins_load(files->appliance, options);
	files->policy = nj_policy_load(options->policy_path, &policy_report);
	if (files->appliance != NULL && files->policy != NULL)
		good = nj_policy_check_loops(files->policy, files->appliance, files->policy->port,
			options->policy_path, &policy_report);
	if (good && options->check)
		nj_policy_check_roles(files->policy, files->appliance, options->appliance_path,
			&appliance_report);
	nj_report_print(&appliance_report, stderr);
	nj_report_print(&policy_report, stderr);
	nj_report_clear(&appliance_report);
	nj_report_clear(&policy_report);
	if (files->policy != NULL) {
		files->policy->generation = 1;
		files->policy->loaded = time(NULL);
	}
	return good && plugins == 0;
}

static void
unload(struct files *files)
{
	nj_policy_free(files->policy);
	nj_appliance_free(files->appliance);
}

static int
run_worker(void *argument)
{
	struct worker *worker = argument;

	while (!__atomic_load_n(&stopping, __ATOMIC_RELAXED))
		worker_poll(worker, nj_clock_ms());
	return 0;
}

static int
launch_workers(struct dataplane *dataplane)
{
	unsigned int lcore, index = 0;

	RTE_LCORE_FOREACH_WORKER (lcore) {
		int ret = rte_eal_remote_launch(run_worker, dataplane->workers[index++], lcore);

		if (ret < 0)
			return nj_err(-ret, "launch a worker on lcore %u", lcore);
	}
	return 0;
}

/* What the telemetry socket may change --------------------------------------------------------- */

static int
reload(void *control, struct nj_report *report, uint64_t *generation)
{
	struct reloader *reloader = control;
	int ret = reloader_reload(reloader, report);

	*generation = reloader_generation(reloader);
	return ret;
}

static void
last_error(void *control, char error[NJ_TELEMETRY_STRLEN])
{
	reloader_last_error(control, error);
}

static int
drain(void *control, const struct nj_address *address, bool on)
{
	return reloader_drain(control, address, on);
}

static int
capture(void *capturer, const char *request, char error[NJ_TELEMETRY_STRLEN])
{
	static_assert(CAPTURE_ERROR_STRLEN == NJ_TELEMETRY_STRLEN, "");
	return capturer_start(capturer, request, error);
}

static bool
captured(void *capturer, uint64_t *written, uint64_t *lost, uint64_t *limited)
{
	struct capture_figures figures;
	bool running = capturer_figures(capturer, &figures);

	*written = figures.written;
	*lost = figures.lost;
	*limited = figures.limited;
	return running;
}

static int
state_error(const void *state)
{
	return state != NULL ? nj_state_error(state) : 0;
}

static struct nj_telemetry_source
telemetry_source(struct dataplane *dataplane, struct reloader *reloader, struct capturer *capturer,
	const struct options *options)
{
	struct nj_telemetry_source source = {
		.appliance = dataplane->appliance,
		.policy = &dataplane->policy,
		.appliance_path = options->appliance_path,
		.policy_path = options->policy_path,
		.started = time(NULL),
		.link = dataplane->link,
		.n_workers = dataplane->n_workers,
		.n_ports = dataplane->n_ports,
		.manager_counters = &dataplane->manager->counters,
		.qsbr = dataplane->qsbr,
		.control = reloader,
		.reload = reload,
		.last_error = last_error,
		.drain = drain,
		.draining = dataplane->draining,
		.stalled = dataplane->manager->liveness.stalled,
		.state_error = state_error,
		.state = dataplane->state,
		.manager_now = &dataplane->manager->now,
		.capturer = capturer,
		.capture = capture,
		.captured = captured,
	};

	for (unsigned int i = 0; i < dataplane->n_ports; i++)
		source.port_ids[i] = dataplane->ports[i].id;
	for (unsigned int i = 0; i < dataplane->n_workers; i++) {
		source.worker_counters[i] = &dataplane->workers[i]->counters;
		source.sessions[i] = dataplane->workers[i]->sessions;
	}
	return source;
}

/* Returns when the manager was told to stop. */
static int
forward(struct dataplane *dataplane, struct reloader *reloader, struct keeper *keeper)
{
	int ret = keeper_start(keeper);

	if (ret == 0)
		ret = confine(dataplane);
	if (ret == 0) {
		ret = event_loop_run(dataplane, reloader, dataplane->appliance->watch);
		notify("STOPPING=1");
		NJ_EVENT(NOTICE, "stopping", "pid=%d", getpid());
	}
	return ret;
}

/* Neighbors are asked about our addresses while the sessions of before come back. */
static int
begin(struct dataplane *dataplane, struct keeper *keeper)
{
	int ret = launch_workers(dataplane);

	if (ret < 0)
		return ret;
	keeper_start_link(dataplane, nj_state_time_now());
	return keeper_load(keeper, dataplane, nj_state_time_now(), nj_clock_ms);
}

static void
finish(struct keeper *keeper)
{
	__atomic_store_n(&stopping, true, __ATOMIC_RELAXED);
	rte_eal_mp_wait_lcore();
	keeper_stop(keeper);
}

static int
run(struct files *files, const struct options *options)
{
	unsigned int n_workers = rte_lcore_count() - 1;
	struct nj_telemetry_source source;
	struct reloader reloader;
	static struct capturer capturer; /* too large for a stack */
	struct dataplane *dataplane;
	struct keeper keeper = {0};
	int ret;

	if (n_workers == 0 || n_workers > WORKERS_MAX)
		return nj_err(EINVAL,
			"1 to %u workers are needed, one on each lcore but the main one; there are %u "
			"(see the EAL's -l and --lcores)",
			WORKERS_MAX, n_workers);
	dataplane = dataplane_create(files->appliance, files->policy, n_workers);
	if (dataplane == NULL)
		return -ENODEV;
	ret = confine_telemetry(files->appliance->telemetry_group);
	if (ret == 0)
		ret = begin(dataplane, &keeper);
	if (ret == 0)
		ret = reloader_start(&reloader, dataplane, options->policy_path);
	if (ret < 0)
		goto finish;
	capturer_init(&capturer, dataplane);
	source = telemetry_source(dataplane, &reloader, &capturer, options);
	ret = nj_telemetry_start(&source);
	if (ret == 0)
		ret = forward(dataplane, &reloader, &keeper);
	reloader_stop(&reloader);
	capturer_stop(&capturer);
	nj_telemetry_stop();
finish:
	finish(&keeper);
	files->policy = dataplane->policy; /* a reload may have changed it */
	dataplane_destroy(dataplane);
	return ret;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct files files;
	int status = EXIT_USAGE;
	bool started = false;

	options_parse(&options, argc, argv);
	log_sink_open(options.syslog);
	if (!load(&options, &files))
		goto unload;
	status = EXIT_SUCCESS;
	if (options.plan) {
		plan_print(files.appliance);
		goto unload;
	}
	if (options.check) {
		printf("%s: ok\n%s: ok\n", options.appliance_path, options.policy_path);
		goto unload;
	}
	status = EXIT_DEVICE;
	event_loop_block_signals();
	if (environment_start(argv[0], files.appliance, &options) < 0)
		goto unload;
	started = true;
	if (log_sink_start() == 0 && run(&files, &options) == 0)
		status = EXIT_SUCCESS;
unload:
	unload(&files); /* filters hold memory of the EAL's */
	if (started)
		rte_eal_cleanup();
	return status;
}
