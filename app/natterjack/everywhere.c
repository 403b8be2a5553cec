/* SPDX-License-Identifier: BSD-3-Clause */
#include "everywhere.h"

#include <dirent.h>
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 1024
#define WAIT_S      5

static void (*to_run)(void);
static sem_t ran;

struct threads {
	unsigned int n;
	pid_t all[THREADS_MAX];
};

static void
on_signal(int number)
{
	const int saved = errno;

	to_run();
	sem_post(&ran);
	errno = saved;
}

static bool
is_among(const struct threads *threads, pid_t thread)
{
	for (unsigned int i = 0; i < threads->n; i++)
		if (threads->all[i] == thread)
			return true;
	return false;
}

/* Returns 0 also where the thread has ended before it could. */
static int
run_in(pid_t thread)
{
	struct timespec end;

	if (thread == gettid()) {
		to_run();
		return 0;
	}
	if (tgkill(getpid(), thread, SIGRTMAX) < 0)
		return errno == ESRCH ? 0 : -errno;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += WAIT_S;
	while (sem_timedwait(&ran, &end) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Those that are there now; returns how many were new, or -errno. */
static int
run_in_new(struct threads *threads)
{
	DIR *folder = opendir("/proc/self/task");
	struct dirent *entry;
	int n = 0, ret = 0;

	if (folder == NULL)
		return -errno;
	while (ret == 0 && (entry = readdir(folder)) != NULL) {
		const pid_t thread = atoi(entry->d_name); /* 0 of . and .. */

		if (thread == 0 || is_among(threads, thread))
			continue;
		if (threads->n == THREADS_MAX) {
			ret = -ENOSPC;
			break;
		}
		threads->all[threads->n++] = thread;
		ret = run_in(thread);
		n++;
	}
	closedir(folder);
	return ret < 0 ? ret : n;
}

/* A thread that begins has what the one had that began it: once none is new, none is left out. */
int
everywhere(void (*function)(void))
{
	const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	static struct threads threads;
	struct sigaction before;
	int ret;

	to_run = function;
	threads.n = 0;
	sem_init(&ran, 0, 0);
	sigaction(SIGRTMAX, &action, &before);
	do {
		ret = run_in_new(&threads);
	} while (ret > 0);
	sigaction(SIGRTMAX, &before, NULL);
	return ret;
}
