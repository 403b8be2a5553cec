/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starts and ends captures: an operator's program listens at a socket and asks over telemetry,
 * natterjack connects and writes pcapng until enough is captured, or the other side wants no more:
 * it closes its half, and gets what is still on the way. Whose file it becomes is not our matter.
 *
 * One capture at a time, with a thread of its own, which no packet waits for.
 */
#ifndef CAPTURER_H
#define CAPTURER_H

#include <pthread.h>

#include "capture_stream.h"

struct capturer {
	struct dataplane *dataplane;
	pthread_mutex_t lock; /* for who asks: telemetry's threads */
	bool started;         /* there is a thread to join */
	bool running;         /* it works still: the thread ends it, who asks begins it */
	bool stopping;
	uint8_t mark; /* the last capture's */
	pthread_t thread;
	struct capture *capture;
	struct capture_stream stream;
	int fd;
	pthread_mutex_t figures_lock;
	struct capture_figures figures; /* of the last capture, or of this one so far */
};

void capturer_init(struct capturer *capturer, struct dataplane *dataplane);
/* Ends a capture that is going on, running the manager meanwhile. Workers have to be running still.
 * None begins from here on. Main lcore. */
void capturer_stop(struct capturer *capturer);

/*
 * Begins a capture (see capture_spec_parse()). Returns 0, or -errno and why in `error`. Any thread
 * but the manager's and workers'.
 */
int capturer_start(
	struct capturer *capturer, const char *request, char error[CAPTURE_ERROR_STRLEN]);

/* Returns whether a capture is going on. Any thread. */
bool capturer_figures(struct capturer *capturer, struct capture_figures *figures);

/* The manager's part, also for tests: a capture (NULL: none) for all lcores from now on. The one
 * before is in use until every worker was quiescent. */
void capturer_publish(struct manager *manager, void *capture);

#endif
