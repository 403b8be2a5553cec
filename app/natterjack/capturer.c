/* SPDX-License-Identifier: BSD-3-Clause */
#include "capturer.h"

#include <bsd/string.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_lcore.h>

#include "manager.h"
#include "worker.h"

NJ_LOG_TYPE(capture);

#define TICK_MS     5    /* how long copies wait in their lanes */
#define PATIENCE_MS 2000 /* for who reads, at the end */
#define MARK_MAX    127

void
capturer_init(struct capturer *capturer, struct dataplane *dataplane)
{
	*capturer = (struct capturer){.dataplane = dataplane,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.figures_lock = PTHREAD_MUTEX_INITIALIZER};
}

void
capturer_publish(struct manager *manager, void *capture)
{
	__atomic_store_n(&manager->dataplane->capture, capture, __ATOMIC_RELEASE);
}

/* The thread --------------------------------------------------------------------------------- */

static void
set_figures(struct capturer *capturer)
{
	pthread_mutex_lock(&capturer->figures_lock);
	capturer->figures = capture_stream_figures(&capturer->stream);
	pthread_mutex_unlock(&capturer->figures_lock);
}

/* Whether the other side wants no more: it has nothing to say but that. */
static bool
wants_no_more(struct capturer *capturer, bool waiting, int timeout_ms)
{
	struct pollfd event = {.fd = capturer->fd, .events = POLLIN};
	char byte;

	/* Where it takes nothing, what is in the lanes can wait; else look after them soon. */
	event.events = (short)(event.events | (waiting ? POLLOUT : 0));
	if (poll(&event, 1, timeout_ms) <= 0)
		return false;
	if (event.revents & (POLLHUP | POLLERR))
		capturer->stream.broken = true;
	if (event.revents & POLLIN)
		return recv(capturer->fd, &byte, 1, 0) == 0 || capturer->stream.broken;
	return capturer->stream.broken;
}

static void
capture_all(struct capturer *capturer)
{
	struct capture_stream *stream = &capturer->stream;
	const nj_ms_t begun = nj_clock_ms();
	const uint32_t ms = stream->capture->spec.seconds * 1000;
	bool waiting = false;

	while (!__atomic_load_n(&capturer->stopping, __ATOMIC_ACQUIRE) &&
		!capture_stream_is_full(stream) && nj_ms_since(nj_clock_ms(), begun) < ms &&
		!wants_no_more(capturer, waiting, TICK_MS)) {
		waiting = !capture_stream_step(stream, nj_clock_ms());
		set_figures(capturer);
	}
}

/* From here on no lcore copies. */
static void
retire(struct capturer *capturer)
{
	struct dataplane *dataplane = capturer->dataplane;
	uint64_t token;

	control_call(&dataplane->manager->control, capturer_publish, NULL);
	token = rte_rcu_qsbr_start(dataplane->qsbr);
	while (rte_rcu_qsbr_check(dataplane->qsbr, token, false) != 1)
		poll(NULL, 0, 1);
}

/* What is on the way still, to who may have gone. */
static void
finish(struct capturer *capturer)
{
	struct capture_stream *stream = &capturer->stream;
	const nj_ms_t begun = nj_clock_ms();
	bool ended = false;

	while (!stream->broken && nj_ms_since(nj_clock_ms(), begun) < PATIENCE_MS) {
		struct pollfd event = {.fd = capturer->fd, .events = POLLOUT};

		if (capture_stream_step(stream, nj_clock_ms())) {
			if (ended)
				return;
			capture_stream_end(stream);
			ended = true;
		}
		poll(&event, 1, TICK_MS);
	}
}

static void *
run(void *argument)
{
	struct capturer *capturer = argument;

	capture_all(capturer);
	retire(capturer);
	finish(capturer);
	set_figures(capturer);
	NJ_EVENT(NOTICE, "capture_ended", "written=%" PRIu64 " lost=%" PRIu64 " over_rate=%" PRIu64,
		capturer->figures.written, capturer->figures.lost, capturer->figures.limited);
	capture_destroy(capturer->capture);
	__atomic_store_n(&capturer->running, false, __ATOMIC_RELEASE);
	close(capturer->fd);
	return NULL;
}

/* Who asks ----------------------------------------------------------------------------------- */

static int
fail(int err, char error[CAPTURE_ERROR_STRLEN], const char *what)
{
	snprintf(error, CAPTURE_ERROR_STRLEN, "%s: %s", what, strerror(err));
	return -err;
}

/* A session's flows, as its datagrams arrive. */
static int
find_session(const struct dataplane *dataplane, struct capture_spec *spec)
{
	const unsigned int index = (unsigned int)(spec->session_id % dataplane->n_workers);
	const uint64_t number = spec->session_id / dataplane->n_workers;
	const struct nj_session_table *table = dataplane->workers[index]->sessions;
	struct nj_session_image session;

	if (number >= nj_session_capacity(table) ||
		!nj_session_copy(table, (uint32_t)number, &session))
		return -ENOENT;
	for (unsigned int direction = NJ_DOWNSTREAM; direction <= NJ_UPSTREAM; direction++)
		spec->session[direction] = nj_session_image_flow(&session, direction);
	return 0;
}

/* Packets are for root, and for whom we run as: other users may ask us, but not have these. */
static bool
is_trusted(int fd)
{
	struct ucred listener;
	socklen_t length = sizeof(listener);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &listener, &length) == 0 &&
	       (listener.uid == 0 || listener.uid == geteuid());
}

/* Returns a socket or -errno. */
static int
connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err = 0;

	strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		err = errno;
	else if (!is_trusted(fd))
		err = EPERM;
	if (err == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -err;
}

static int
begin(struct capturer *capturer, const struct capture_spec *spec, const char *path,
	char error[CAPTURE_ERROR_STRLEN])
{
	struct dataplane *dataplane = capturer->dataplane;
	int ret;

	capturer->fd = connect_to(path);
	if (capturer->fd < 0)
		return fail(-capturer->fd, error, path);
	capturer->mark = capturer->mark % MARK_MAX + 1;
	capturer->capture = capture_create(spec, capturer->mark, dataplane->n_workers + 1);
	if (capturer->capture == NULL) {
		close(capturer->fd);
		return fail(rte_errno, error, "buffers for copies");
	}
	capture_stream_begin(&capturer->stream, capturer->capture, dataplane, capturer->fd);
	control_call(&dataplane->manager->control, capturer_publish, capturer->capture);
	capturer->running = true;
	ret = rte_ctrl_thread_create(&capturer->thread, "nj-capture", NULL, run, capturer);
	if (ret == 0) {
		capturer->started = true;
		return 0;
	}
	retire(capturer);
	capture_destroy(capturer->capture);
	close(capturer->fd);
	capturer->running = false;
	return fail(abs(ret), error, "a thread for the capture");
}

static int
start(struct capturer *capturer, const char *request, char error[CAPTURE_ERROR_STRLEN])
{
	char path[CAPTURE_PATH_STRLEN];
	struct capture_spec spec;
	int ret;

	if (__atomic_load_n(&capturer->running, __ATOMIC_ACQUIRE)) {
		strlcpy(error, "another capture is going on", CAPTURE_ERROR_STRLEN);
		return -EBUSY;
	}
	ret = capture_spec_parse(&spec, path, request, error);
	if (ret < 0)
		return ret;
	if (spec.by_session && find_session(capturer->dataplane, &spec) < 0) {
		strlcpy(error, "no such session", CAPTURE_ERROR_STRLEN);
		return -ENOENT;
	}
	if (capturer->started)
		pthread_join(capturer->thread, NULL);
	capturer->started = false;
	return begin(capturer, &spec, path, error);
}

int
capturer_start(struct capturer *capturer, const char *request, char error[CAPTURE_ERROR_STRLEN])
{
	int ret = -ESHUTDOWN;

	strlcpy(error, "natterjack is stopping", CAPTURE_ERROR_STRLEN);
	pthread_mutex_lock(&capturer->lock);
	if (!__atomic_load_n(&capturer->stopping, __ATOMIC_ACQUIRE))
		ret = start(capturer, request, error);
	pthread_mutex_unlock(&capturer->lock);
	if (ret == 0)
		NJ_EVENT(NOTICE, "capture_begun", "request=%s", request);
	return ret;
}

bool
capturer_figures(struct capturer *capturer, struct capture_figures *figures)
{
	pthread_mutex_lock(&capturer->figures_lock);
	*figures = capturer->figures;
	pthread_mutex_unlock(&capturer->figures_lock);
	return __atomic_load_n(&capturer->running, __ATOMIC_ACQUIRE);
}

void
capturer_stop(struct capturer *capturer)
{
	struct manager *manager = capturer->dataplane->manager;

	__atomic_store_n(&capturer->stopping, true, __ATOMIC_RELEASE);
	while (pthread_mutex_trylock(&capturer->lock) != 0)
		manager_step(manager, nj_clock_ms());
	while (capturer->started && pthread_tryjoin_np(capturer->thread, NULL) != 0)
		manager_step(manager, nj_clock_ms());
	capturer->started = false;
	pthread_mutex_unlock(&capturer->lock);
}
