/* SPDX-License-Identifier: BSD-3-Clause */
#include "event_loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "manager.h"

NJ_LOG_TYPE(manager);

/* Workers never make a system call, so what they send is picked up by a tick: this is ARP's
 * latency. */
#define TICK_NS 1000000

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
open_timer(void)
{
	const struct itimerspec tick = {
		.it_interval.tv_nsec = TICK_NS, .it_value.tv_nsec = TICK_NS};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0 && timerfd_settime(fd, 0, &tick, NULL) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return fd < 0 ? -1 : epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Returns whether the signal asks to stop. */
static bool
take_signal(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo == SIGHUP) {
		NJ_LOG(NOTICE, "SIGHUP: reloading is not known yet, nothing changes");
		return false;
	}
	return true;
}

static int
loop(struct dataplane *dataplane, int epoll, int timer, int signals)
{
	for (;;) {
		struct epoll_event event;
		uint64_t ticks;
		int n = epoll_wait(epoll, &event, 1, -1);

		if (n < 0 && errno != EINTR)
			return nj_err(errno, "wait for events");
		if (n <= 0)
			continue;
		if (event.data.fd == signals && take_signal(signals))
			return 0;
		if (event.data.fd == timer && read(timer, &ticks, sizeof(ticks)) == sizeof(ticks))
			manager_step(dataplane->manager, nj_clock_ms());
	}
}

int
event_loop_run(struct dataplane *dataplane)
{
	sigset_t set = our_signals();
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int timer = open_timer();
	int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	int ret;

	if (watch(epoll, timer) < 0 || watch(epoll, signals) < 0)
		ret = nj_err(errno, "set up the manager's events");
	else
		ret = loop(dataplane, epoll, timer, signals);
	close(signals);
	close(timer);
	close(epoll);
	return ret;
}
