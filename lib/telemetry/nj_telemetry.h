/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What operators see: commands under /natterjack/ on DPDK's telemetry socket.
 *
 * The socket's own threads call in here. They only read: counters with relaxed
 * loads, sessions through nj_session_copy(), policy as one more of its readers.
 * What changes something goes through the calls of the source.
 */
#ifndef NJ_TELEMETRY_H
#define NJ_TELEMETRY_H

#include <time.h>

#include <rte_rcu_qsbr.h>

#include "nj_base.h"
#include "nj_link.h"
#include "nj_policy.h"
#include "nj_session.h"

#define NJ_TELEMETRY_STRLEN 128 /* the longest string that DPDK's socket takes, and a NUL */

/* Where the figures come from. Everything pointed to has to live until nj_telemetry_stop(). */
struct nj_telemetry_source {
	const struct nj_appliance *appliance;
	struct nj_policy *const *policy; /* the pointer that changes with a reload */
	const char *appliance_path, *policy_path;
	time_t started; /* seconds of the wall clock */
	const struct nj_link *link;
	unsigned int n_ports;
	uint16_t port_ids[NJ_PORTS_MAX]; /* in the appliance file's order */
	unsigned int n_workers;
	const struct nj_counters *worker_counters[NJ_WORKERS_MAX];
	const struct nj_session_table *sessions[NJ_WORKERS_MAX];
	const struct nj_counters *manager_counters;
	struct rte_rcu_qsbr *qsbr; /* readers of policy; telemetry is the one numbered n_workers */
	void *control;             /* of the calls below, which wait for the manager */
	/* Returns 0 and the generation in force, or -errno and why not in *report. */
	int (*reload)(void *control, struct nj_report *report, uint64_t *generation);
	/* The last reload's first mistake; empty where it went well. */
	void (*last_error)(void *control, char error[NJ_TELEMETRY_STRLEN]);
	/* Returns 0, or -ENOENT where there is no such endpoint. */
	int (*drain)(void *control, const struct nj_address *address, bool drain);
	const struct nj_draining *draining;
	const uint8_t *stalled; /* by worker: not 0 where it does not poll any more */
	/* Why the state file is not written, a number of errno; 0: it is, or there is none. */
	int (*state_error)(const void *state);
	const void *state;
	const nj_ms_t *manager_now; /* when the manager's last round began */
	void *capturer;             /* of the calls below */
	/* Begins a capture. Returns 0, or -errno and why in `error`. */
	int (*capture)(void *capturer, const char *request, char error[NJ_TELEMETRY_STRLEN]);
	/* What became of the last capture's packets, or of this one's so far; whether it goes on.
	 */
	bool (*captured)(void *capturer, uint64_t *written, uint64_t *lost, uint64_t *limited);
};

/* Registers the commands; *source is copied. Returns 0, or -errno after logging. Main lcore. */
int nj_telemetry_start(const struct nj_telemetry_source *source);

/* From here on every command answers with nothing, and nothing of the source is used. Waits for
 * the source's calls that have not returned, which must not need the manager any more. Main lcore.
 */
void nj_telemetry_stop(void);

#endif
