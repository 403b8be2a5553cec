/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reload: a new policy is read, checked and built beside the one in force, by
 * a thread that no packet waits for; then the manager changes one pointer. The old one is
 * freed when no worker can be using it any more. A bad file changes nothing.
 * Draining an endpoint is the other change of policy, and takes its turn here too.
 */
#ifndef RELOAD_H
#define RELOAD_H

#include <pthread.h>
#include <semaphore.h>

#include "dataplane.h"

#define RELOAD_ERROR_STRLEN 128

struct reloader {
	struct dataplane *dataplane;
	const char *path;
	pthread_mutex_t lock; /* one change at a time */
	pthread_mutex_t turn; /* of those who wait for a reload; before the lock */
	uint64_t generation;
	pthread_mutex_t error_lock;
	char error[RELOAD_ERROR_STRLEN]; /* the last one's first mistake; empty where it went well
					  */
	/* The thread that reloads. */
	pthread_t thread;
	sem_t wanted, done;
	bool stopping;
	bool asked;                /* by who does not wait */
	struct nj_report *waiting; /* of who does; NULL: nobody */
	int result;                /* for who waits */
};

/* Starts the thread. Returns 0 or -errno after logging. Main lcore. */
int reloader_start(struct reloader *reloader, struct dataplane *dataplane, const char *path);
/* Ends it, after a change that may be under way, for which it runs the manager meanwhile. Workers
 * have to be running still. Nothing changes from here on. Main lcore. */
void reloader_stop(struct reloader *reloader);

/* Which load of the file is in force, and why the last one is not; empty where it is. Any thread.
 */
uint64_t reloader_generation(struct reloader *reloader);
void reloader_last_error(struct reloader *reloader, char error[RELOAD_ERROR_STRLEN]);

/* Asks the thread for a reload and does not wait. Any thread. */
void reloader_request(struct reloader *reloader);

/*
 * Has the thread reload and waits until it has. Returns 0, or -EINVAL where the file has mistakes,
 * which are in *report (nj_report_clear() it); other errors are in the report, too; -ESHUTDOWN.
 * Logs either way. Any thread but the manager's and workers'.
 */
int reloader_reload(struct reloader *reloader, struct nj_report *report);

/*
 * Keeps new sessions from an endpoint, or lets them come again. Returns 0, -ENOENT where the policy
 * in force has no such endpoint, -ESHUTDOWN. Any thread but the manager's and workers'.
 */
int reloader_drain(struct reloader *reloader, const struct nj_address *address, bool drain);

#endif
