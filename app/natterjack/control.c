/* SPDX-License-Identifier: BSD-3-Clause */
#include "control.h"

#include <errno.h>
#include <stddef.h>

void
control_init(struct control *control)
{
	*control = (struct control){.turn = PTHREAD_MUTEX_INITIALIZER};
	sem_init(&control->done, 0, 0);
}

void
control_call(struct control *control, void (*call)(struct manager *manager, void *argument),
	void *argument)
{
	pthread_mutex_lock(&control->turn);
	control->argument = argument;
	__atomic_store_n(&control->call, call, __ATOMIC_RELEASE);
	while (sem_wait(&control->done) < 0 && errno == EINTR)
		;
	pthread_mutex_unlock(&control->turn);
}

void
control_serve(struct control *control, struct manager *manager)
{
	void (*call)(struct manager *, void *) = __atomic_load_n(&control->call, __ATOMIC_ACQUIRE);

	if (call == NULL)
		return;
	__atomic_store_n(&control->call, NULL, __ATOMIC_RELAXED);
	call(manager, control->argument);
	sem_post(&control->done);
}
