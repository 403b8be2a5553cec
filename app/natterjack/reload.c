/* SPDX-License-Identifier: BSD-3-Clause */
#include "reload.h"

#include <bsd/string.h>
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <time.h>

#include <rte_byteorder.h>
#include <rte_lcore.h>

#include "manager.h"
#include "worker.h"

NJ_LOG_TYPE(reload);

/* A number may be given to another endpoint once no session refers to it. */
static bool
number_in_use(void *context, uint32_t number)
{
	const struct dataplane *dataplane = context;
	const struct nj_clusters *clusters = &dataplane->policy->clusters;

	/* Draining is of the address, and must not come upon another one. */
	if (nj_is_draining(dataplane->draining, number))
		return true;
	for (unsigned int i = 0; i < dataplane->n_workers; i++)
		if (nj_session_endpoint(dataplane->workers[i]->sessions, number)->sessions > 0)
			return true;
	for (uint32_t i = 0; i < clusters->n_endpoints; i++)
		if (clusters->endpoints[i].number == number)
			return true;
	return false;
}

static int
prepare(struct reloader *reloader, struct nj_policy *policy)
{
	struct dataplane *dataplane = reloader->dataplane;
	int ret = nj_endpoint_numbers_assign(
		dataplane->numbers, &policy->clusters, number_in_use, dataplane);

	if (ret < 0)
		return nj_err(-ret, "%s: more than %u different endpoints have sessions",
			reloader->path, NJ_ENDPOINTS_MAX);
	ret = nj_chain_open(policy->chain, dataplane->policy->chain, dataplane->n_workers);
	if (ret < 0)
		return ret;
	policy->generation = reloader->generation + 1;
	policy->loaded = time(NULL);
	return 0;
}

static void
publish(struct manager *manager, void *argument)
{
	manager_swap_policy(manager, argument);
}

static void
wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) < 0 && errno == EINTR)
		;
}

/* Returns once the new policy is in force and the old one freed. */
static void
swap(struct reloader *reloader, struct nj_policy *policy)
{
	struct manager *manager = reloader->dataplane->manager;

	control_call(&manager->control, publish, policy);
	wait_for(&manager->retired);
	nj_policy_free(manager->old_policy);
}

static void
set_error(struct reloader *reloader, const char *error)
{
	pthread_mutex_lock(&reloader->error_lock);
	strlcpy(reloader->error, error, sizeof(reloader->error));
	pthread_mutex_unlock(&reloader->error_lock);
}

static void
refuse(struct reloader *reloader, const struct nj_report *report)
{
	const char *first = report->n_errors > 0 ? report->errors[0] : "it could not be prepared";

	set_error(reloader, nj_report_short(reloader->path, first));
	for (unsigned int i = 0; i < report->n_errors; i++)
		NJ_EVENT(ERR, "policy_mistake", "message=%s", report->errors[i]);
	NJ_EVENT(ERR, "policy_refused", "path=%s generation=%" PRIu64, reloader->path,
		reloader->generation);
}

/* The file's port is the listener's where the appliance names none: the one that it had first. */
static void
warn_of_port(const struct reloader *reloader, const struct nj_policy *policy)
{
	const struct dataplane *dataplane = reloader->dataplane;
	uint16_t port = rte_be_to_cpu_16(dataplane->listeners.all[0].port);

	if (dataplane->appliance->n_listeners == 0 && policy->port != port)
		NJ_EVENT(WARNING, "port_kept", "path=%s port=%u", reloader->path, port);
}

/* The file's policy, or NULL where it has mistakes. */
static struct nj_policy *
load(const struct reloader *reloader, struct nj_report *report)
{
	const struct dataplane *dataplane = reloader->dataplane;
	struct nj_policy *policy = nj_policy_load(reloader->path, report);

	if (policy == NULL ||
		nj_policy_check_loops(policy, dataplane->appliance,
			rte_be_to_cpu_16(dataplane->listeners.all[0].port), reloader->path, report))
		return policy;
	nj_policy_free(policy);
	return NULL;
}

static int
reload(struct reloader *reloader, struct nj_report *report)
{
	struct nj_policy *policy = load(reloader, report);

	if (policy == NULL || prepare(reloader, policy) < 0) {
		nj_policy_free(policy);
		refuse(reloader, report);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < report->n_notes; i++)
		NJ_EVENT(NOTICE, "policy_note", "message=%s", report->notes[i]);
	warn_of_port(reloader, policy);
	swap(reloader, policy);
	__atomic_store_n(&reloader->generation, reloader->generation + 1, __ATOMIC_RELAXED);
	set_error(reloader, "");
	NJ_EVENT(NOTICE, "policy_in_force", "path=%s generation=%" PRIu64, reloader->path,
		reloader->generation);
	return 0;
}

/* Takes the report that a thread waits for, or NULL where none waits. Only one caller gets it. */
static struct nj_report *
take_waiting(struct reloader *reloader)
{
	return __atomic_exchange_n(&reloader->waiting, NULL, __ATOMIC_SEQ_CST);
}

int
reloader_reload(struct reloader *reloader, struct nj_report *report)
{
	int ret = -ESHUTDOWN;

	pthread_mutex_lock(&reloader->turn);
	__atomic_store_n(&reloader->waiting, report, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&reloader->stopping, __ATOMIC_SEQ_CST) ||
		take_waiting(reloader) == NULL) {
		sem_post(&reloader->wanted);
		wait_for(&reloader->done);
		ret = reloader->result;
	}
	pthread_mutex_unlock(&reloader->turn);
	return ret;
}

static void
answer(struct reloader *reloader, int result)
{
	reloader->result = result;
	sem_post(&reloader->done);
}

uint64_t
reloader_generation(struct reloader *reloader)
{
	return __atomic_load_n(&reloader->generation, __ATOMIC_RELAXED);
}

/* Not under the reload's lock, which may be held for seconds. */
void
reloader_last_error(struct reloader *reloader, char error[RELOAD_ERROR_STRLEN])
{
	pthread_mutex_lock(&reloader->error_lock);
	strlcpy(error, reloader->error, RELOAD_ERROR_STRLEN);
	pthread_mutex_unlock(&reloader->error_lock);
}

struct drain_request {
	uint32_t number;
	bool drain;
};

static void
set_draining(struct manager *manager, void *argument)
{
	const struct drain_request *request = argument;

	nj_set_draining(manager->dataplane->draining, request->number, request->drain);
}

static bool
is_in_force(const struct dataplane *dataplane, uint32_t number)
{
	const struct nj_clusters *clusters = &dataplane->policy->clusters;

	for (uint32_t i = 0; i < clusters->n_endpoints; i++)
		if (clusters->endpoints[i].number == number)
			return true;
	return false;
}

int
reloader_drain(struct reloader *reloader, const struct nj_address *address, bool drain)
{
	struct dataplane *dataplane = reloader->dataplane;
	struct drain_request request = {.drain = drain};
	char text[NJ_ADDRESS_STRLEN];
	int ret = -ESHUTDOWN;

	pthread_mutex_lock(&reloader->lock);
	if (__atomic_load_n(&reloader->stopping, __ATOMIC_ACQUIRE))
		goto unlock;
	request.number = nj_endpoint_numbers_find(dataplane->numbers, address);
	ret = request.number != 0 && is_in_force(dataplane, request.number) ? 0 : -ENOENT;
	if (ret < 0)
		goto unlock;
	control_call(&dataplane->manager->control, set_draining, &request);
	NJ_EVENT(NOTICE, drain ? "endpoint_draining" : "endpoint_active", "address=%s",
		nj_address_format(address, text));
unlock:
	pthread_mutex_unlock(&reloader->lock);
	return ret;
}

/*
 * Every reload is done here: the C library gives each thread that allocates an arena of its own,
 * and telemetry has a thread for each connection. What the old policy and the reading of the file
 * took goes back to the machine, or policies that come and go would leave holes as large as they
 * are.
 */
static void
serve(struct reloader *reloader)
{
	const bool asked = __atomic_exchange_n(&reloader->asked, false, __ATOMIC_SEQ_CST);
	struct nj_report *waiting = take_waiting(reloader), unread = {0};
	int ret;

	if (!asked && waiting == NULL)
		return;
	pthread_mutex_lock(&reloader->lock);
	ret = reload(reloader, waiting != NULL ? waiting : &unread);
	pthread_mutex_unlock(&reloader->lock);
	nj_report_clear(&unread);
	malloc_trim(0);
	if (waiting != NULL)
		answer(reloader, ret);
}

static void *
run(void *argument)
{
	struct reloader *reloader = argument;

	for (;;) {
		wait_for(&reloader->wanted);
		if (__atomic_load_n(&reloader->stopping, __ATOMIC_ACQUIRE))
			return NULL;
		serve(reloader);
	}
}

int
reloader_start(struct reloader *reloader, struct dataplane *dataplane, const char *path)
{
	int ret;

	*reloader = (struct reloader){.dataplane = dataplane,
		.path = path,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.turn = PTHREAD_MUTEX_INITIALIZER,
		.error_lock = PTHREAD_MUTEX_INITIALIZER,
		.generation = 1};
	sem_init(&reloader->wanted, 0, 0);
	sem_init(&reloader->done, 0, 0);
	ret = rte_ctrl_thread_create(&reloader->thread, "nj-reload", NULL, run, reloader);
	return ret != 0 ? nj_err(abs(ret), "start the reload thread") : 0;
}

void
reloader_request(struct reloader *reloader)
{
	__atomic_store_n(&reloader->asked, true, __ATOMIC_SEQ_CST);
	sem_post(&reloader->wanted);
}

void
reloader_stop(struct reloader *reloader)
{
	struct manager *manager = reloader->dataplane->manager;

	__atomic_store_n(&reloader->stopping, true, __ATOMIC_SEQ_CST);
	sem_post(&reloader->wanted);
	while (pthread_tryjoin_np(reloader->thread, NULL) != 0)
		manager_step(manager, nj_clock_ms());
	if (take_waiting(reloader) != NULL)
		answer(reloader, -ESHUTDOWN);
	/* A thread may be draining an endpoint. */
	while (pthread_mutex_trylock(&reloader->lock) != 0)
		manager_step(manager, nj_clock_ms());
	pthread_mutex_unlock(&reloader->lock);
}
