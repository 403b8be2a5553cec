/* SPDX-License-Identifier: BSD-3-Clause */
#include "keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <rte_lcore.h>

#include "manager.h"
#include "worker.h"

NJ_LOG_TYPE(state);

/* Between two passes. With one million sessions that all have traffic a pass takes less than the
 * rest of NJ_STATE_LAG_MS. */
#define PAUSE_MS 500

/* After so many sessions, far less than a millisecond, the manager looks for neighbors' answers. */
#define LISTEN_EVERY 256

/* Loading ---------------------------------------------------------------------------------- */

struct loading {
	const struct dataplane *dataplane;
	nj_ms_t now;
	nj_ms_t (*clock_ms)(void);
	uint32_t n; /* sessions so far */
};

/* Routes may have changed; and a router that advertises itself has not been heard yet. */
static bool
find_way(const struct nj_link *link, const struct nj_ip *destination, uint16_t *port)
{
	struct nj_route route;

	if (nj_link_route(link, destination, *port, &route) == 0)
		*port = route.port;
	return nj_link_interface(link, *port) != NULL;
}

/* What a new session would have to be, too, but for the endpoint: those that the proxy file does
 * not have any more keep their sessions, as after a reload. */
static bool
is_wanted(void *context, unsigned int worker, struct nj_session_image *image)
{
	struct loading *loading = context;
	const struct dataplane *dataplane = loading->dataplane;
	const struct nj_address client = nj_flow_source(&image->flow);

	if (loading->n++ % LISTEN_EVERY == 0)
		manager_listen(dataplane->manager, loading->clock_ms());
	if (!dataplane_is_from_client(dataplane, &image->flow) ||
		nj_link_is_from_us(dataplane->link, &image->flow) ||
		dataplane_is_endpoint(dataplane, &client) ||
		dataplane_is_ours(dataplane, &image->endpoint.ip) ||
		!find_way(dataplane->link, &image->endpoint.ip, &image->out_port[NJ_DOWNSTREAM]) ||
		!find_way(dataplane->link, &client.ip, &image->out_port[NJ_UPSTREAM]))
		return false;
	image->flow.endpoint = nj_endpoint_numbers_take(dataplane->numbers, &image->endpoint);
	if (image->flow.endpoint == 0)
		return false;
	nj_chain_restore(dataplane->policy->chain, worker, &image->flow, &image->endpoint,
		image->last_seen_ms, loading->now);
	return true;
}

static int
load(struct keeper *keeper, struct nj_state_time now, nj_ms_t (*clock_ms)(void))
{
	struct dataplane *dataplane = keeper->dataplane;
	const struct nj_state_tables tables = {
		.ownership = &dataplane->ownership,
		.by_worker = keeper->tables,
	};
	struct loading loading = {.dataplane = dataplane, .now = now.ms, .clock_ms = clock_ms};

	for (unsigned int i = 0; i < dataplane->n_workers; i++)
		keeper->tables[i] = dataplane->workers[i]->sessions;
	nj_state_load(dataplane->state, &tables, is_wanted, &loading, now);
	return nj_state_begin(dataplane->state, &tables, now);
}

void
keeper_start_link(const struct dataplane *dataplane, struct nj_state_time now)
{
	struct nj_ip kept[NJ_STATE_ADDRESSES_MAX];
	const unsigned int n =
		dataplane->state != NULL ? nj_state_addresses(dataplane->state, now, kept) : 0;

	nj_link_restart(dataplane->link, kept, n, now.ms);
}

int
keeper_load(struct keeper *keeper, struct dataplane *dataplane, struct nj_state_time now,
	nj_ms_t (*clock_ms)(void))
{
	int ret;

	*keeper = (struct keeper){.dataplane = dataplane};
	ret = dataplane->state != NULL ? load(keeper, now, clock_ms) : 0;
	if (ret == 0)
		__atomic_store_n(&dataplane->loaded, true, __ATOMIC_RELEASE);
	return ret;
}

/* Saving ----------------------------------------------------------------------------------- */

/* Returns whether it is time to stop. */
static bool
pause_is_last(struct keeper *keeper)
{
	struct timespec until;
	int ret;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += PAUSE_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	do
		ret = sem_clockwait(&keeper->stop, CLOCK_MONOTONIC, &until);
	while (ret < 0 && errno == EINTR);
	return ret == 0;
}

int
keeper_save(const struct keeper *keeper, struct nj_state_time now, bool last)
{
	const struct dataplane *dataplane = keeper->dataplane;
	struct nj_ip ips[NJ_STATE_ADDRESSES_MAX], ip;
	enum nj_own_state state;
	unsigned int n = 0;

	for (unsigned int i = 0; nj_link_address(dataplane->link, i, &ip, &state); i++)
		if (state == NJ_OWN_VALID && n < RTE_DIM(ips))
			ips[n++] = ip;
	nj_state_set_addresses(dataplane->state, ips, n);
	return nj_state_save(dataplane->state, now, last);
}

static void *
run(void *argument)
{
	struct keeper *keeper = argument;

	do
		keeper_save(keeper, nj_state_time_now(), false);
	while (!pause_is_last(keeper));
	return NULL;
}

int
keeper_start(struct keeper *keeper)
{
	int ret;

	if (keeper->dataplane->state == NULL)
		return 0;
	sem_init(&keeper->stop, 0, 0);
	ret = rte_ctrl_thread_create(&keeper->thread, "nj-state", NULL, run, keeper);
	if (ret != 0)
		return nj_err(abs(ret), "start the thread that writes the state file");
	keeper->running = true;
	return 0;
}

void
keeper_stop(struct keeper *keeper)
{
	if (!keeper->running)
		return;
	sem_post(&keeper->stop);
	pthread_join(keeper->thread, NULL);
	keeper->running = false;
	keeper_save(keeper, nj_state_time_now(), true);
}
