/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How other threads (telemetry's, the reloader's) get something done by the
 * manager, who is the only writer of policy: they wait, it never does. They take
 * turns.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <pthread.h>
#include <semaphore.h>

struct manager;

struct control {
	pthread_mutex_t turn; /* of those who ask; the manager does not touch it */
	sem_t done;
	void (*call)(struct manager *manager, void *argument); /* NULL: nothing to do */
	void *argument;
};

void control_init(struct control *control);

/* Has the manager call a function and waits until it has. Any thread but the manager's and
 * workers'. */
void control_call(struct control *control, void (*call)(struct manager *manager, void *argument),
	void *argument);

/* Does what is asked for, if anything. Manager. */
void control_serve(struct control *control, struct manager *manager);

#endif
