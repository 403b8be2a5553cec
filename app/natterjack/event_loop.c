/* SPDX-License-Identifier: BSD-3-Clause */
#include "event_loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "manager.h"
#include "notify.h"
#include "readiness.h"
#include "watch.h"

NJ_LOG_TYPE(manager);

/*
 * Workers never make a system call, so what they send is picked up by a tick: this is ARP's and a
 * ping's latency. On a virtual machine a tick takes 40 us of the CPU that the manager shares with
 * others, so there are fewer of them when nothing has come for long: the first ping waits.
 */
#define TICK_NS       1000000
#define IDLE_TICK_NS  4000000
#define IDLE_AFTER_MS 2000

static sigset_t
our_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	return set;
}

void
event_loop_block_signals(void)
{
	sigset_t set = our_signals();

	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int
set_timer(int fd, long nanoseconds)
{
	const struct itimerspec tick = {
		.it_interval.tv_nsec = nanoseconds, .it_value.tv_nsec = nanoseconds};

	return timerfd_settime(fd, 0, &tick, NULL);
}

static int
open_timer(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0 && set_timer(fd, TICK_NS) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

struct events {
	struct dataplane *dataplane;
	struct reloader *reloader;
	int epoll, timer, signals;
	struct watch *watch; /* NULL: none */
	nj_ms_t watchdog;    /* how often to tell systemd that we are alive; 0: never */
	nj_ms_t told;        /* when it was told last */
	nj_ms_t worked;      /* when the manager last had something to do */
	bool idle;           /* the slower tick is set */
	struct readiness readiness;
};

static int
add(const struct events *events, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return fd < 0 ? -1 : epoll_ctl(events->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Returns whether the signal asks to stop. */
static bool
take_signal(const struct events *events)
{
	struct signalfd_siginfo info;

	if (read(events->signals, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGHUP)
		return true;
	reloader_request(events->reloader);
	return false;
}

/* Chooses the tick. A timer that cannot be set stays as it is. */
static void
pace(struct events *events, bool busy, nj_ms_t now)
{
	bool idle;

	if (busy)
		events->worked = now;
	idle = nj_ms_since(now, events->worked) >= IDLE_AFTER_MS;
	if (idle == events->idle)
		return;
	if (set_timer(events->timer, idle ? IDLE_TICK_NS : TICK_NS) == 0)
		events->idle = idle;
}

static void
take_tick(struct events *events)
{
	nj_ms_t now = nj_clock_ms();

	pace(events, manager_step(events->dataplane->manager, now), now);
	readiness_step(&events->readiness, events->dataplane);
	nj_log_tick();
	if (events->watchdog == 0 || !events->readiness.said ||
		nj_ms_since(now, events->told) < events->watchdog)
		return;
	/* Nothing but a new start helps a worker that is stuck: systemd sees to that. */
	if (events->dataplane->manager->liveness.n_stalled > 0)
		return;
	notify("WATCHDOG=1");
	events->told = now;
}

/* Returns whether it is time to stop. */
static bool
take_event(struct events *events, int fd)
{
	uint64_t ticks;

	if (fd == events->signals)
		return take_signal(events);
	if (fd == events->timer && read(fd, &ticks, sizeof(ticks)) == sizeof(ticks))
		take_tick(events);
	if (events->watch != NULL && fd == watch_fd(events->watch) && watch_changed(events->watch))
		reloader_request(events->reloader);
	return false;
}

static int
loop(struct events *events)
{
	for (;;) {
		struct epoll_event event;
		int n = epoll_wait(events->epoll, &event, 1, -1);

		if (n < 0 && errno != EINTR)
			return nj_err(errno, "wait for events");
		if (n > 0 && take_event(events, event.data.fd))
			return 0;
	}
}

int
event_loop_run(struct dataplane *dataplane, struct reloader *reloader, bool watch)
{
	sigset_t set = our_signals();
	struct events events = {
		.dataplane = dataplane,
		.reloader = reloader,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.timer = open_timer(),
		.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
		.watch = watch ? watch_create(reloader->path) : NULL,
		.watchdog = notify_watchdog_ms(),
		.told = nj_clock_ms(),
		.worked = nj_clock_ms(),
	};
	int ret;

	if (add(&events, events.timer) < 0 || add(&events, events.signals) < 0 ||
		(watch && (events.watch == NULL || add(&events, watch_fd(events.watch)) < 0)))
		ret = nj_err(errno, "set up the manager's events");
	else
		ret = loop(&events);
	watch_destroy(events.watch);
	close(events.signals);
	close(events.timer);
	close(events.epoll);
	return ret;
}
