/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding the file, and who may have it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rte_errno.h>

#include "state.h"

NJ_LOG_TYPE(state);

struct nj_state_time
nj_state_time_now(void)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct nj_state_time){
		nj_clock_ms(), (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000};
}

/* A path with something behind it; NULL: no memory. */
static char *
with(const char *path, const char *suffix)
{
	char *made;

	return asprintf(&made, "%s%s", path, suffix) < 0 ? NULL : made;
}

/* The folder of the file, where its own folder is there. */
static void
make_folder(const char *path)
{
	char *folder = strdup(path);
	char *end = folder != NULL ? strrchr(folder, '/') : NULL;

	if (end != NULL && end != folder) {
		*end = '\0';
		mkdir(folder, 0700); /* where that fails, the next step says why */
	}
	free(folder);
}

static void
close_if_open(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A file beside it, as the state file itself is replaced while it is in use. */
int
state_lock(struct nj_state *state)
{
	char *path = with(state->path, ".lock");
	int ret = 0;

	if (path == NULL)
		return -ENOMEM;
	state->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (state->lock < 0 || flock(state->lock, LOCK_EX | LOCK_NB) < 0)
		ret = -errno;
	if (ret < 0)
		close_if_open(&state->lock);
	free(path);
	return ret;
}

static int
lock(struct nj_state *state)
{
	const int ret = state_lock(state);

	if (ret == -EWOULDBLOCK)
		nj_err(EWOULDBLOCK, "state file %s: another process has it", state->path);
	else if (ret < 0)
		nj_err(-ret, "state file %s: open %s.lock", state->path, state->path);
	return ret;
}

/* Puts a file that is none aside; it would be replaced otherwise. */
static int
refuse(struct nj_state *state, const char *fault)
{
	char *aside = with(state->path, ".refused");
	int ret = 0;

	close_if_open(&state->old);
	if (aside == NULL || rename(state->path, aside) < 0)
		ret = nj_err(aside == NULL ? ENOMEM : errno,
			"state file %s %s, and cannot be put aside", state->path, fault);
	else
		NJ_LOG(ERR, "state file %s %s: it is %s now, and no session comes back",
			state->path, fault, aside);
	free(aside);
	return ret;
}

static int
read_head(struct nj_state *state)
{
	char buffer[FORMAT_FAULT_STRLEN];
	const char *fault;
	struct stat stat;
	ssize_t got;

	if (fstat(state->old, &stat) < 0)
		return nj_err(errno, "state file %s", state->path);
	if (!S_ISREG(stat.st_mode))
		return nj_err(EINVAL, "state file %s: it is not a file", state->path);
	got = pread(state->old, &state->old_head, sizeof(state->old_head), 0);
	if (got < 0)
		return nj_err(errno, "state file %s: read it", state->path);
	fault = format_fault(&state->old_head, (uint64_t)got, (uint64_t)stat.st_size, buffer);
	if (fault != NULL)
		return refuse(state, fault);
	if (pread(state->old, &state->old_addresses, sizeof(state->old_addresses),
		    FORMAT_ADDRESSES_OFFSET) < 0)
		return nj_err(errno, "state file %s: read it", state->path);
	return 0;
}

/* Without one all sessions are new. */
static int
open_old(struct nj_state *state)
{
	state->old = open(state->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* it may be a pipe */
	if (state->old >= 0)
		return read_head(state);
	return errno == ENOENT ? 0 : nj_err(errno, "state file %s: open it", state->path);
}

/* What will not go away by itself, or is nothing to go on without. */
static bool
is_final(int ret)
{
	return ret == -EWOULDBLOCK || ret == -EINVAL || ret == -ENOMEM;
}

void
state_postpone(struct nj_state *state, int ret)
{
	__atomic_store_n(&state->error, -ret, __ATOMIC_RELAXED);
	NJ_LOG(WARNING,
		"state file %s: sessions are not kept until it can be made, which is tried every "
		"minute",
		state->path);
}

/* On a file system that is read only nobody writes the file, and its sessions can come back. */
static int
find(struct nj_state *state)
{
	const int locked = lock(state);
	const int opened = locked == 0 || locked == -EROFS ? open_old(state) : 0;

	if (opened < 0)
		close_if_open(&state->old);
	return locked < 0 ? locked : opened;
}

struct nj_state *
nj_state_open(const char *path)
{
	struct nj_state *state = calloc(1, sizeof(*state));
	int ret;

	if (state == NULL)
		goto no_memory;
	state->lock = state->old = state->fd = -1;
	state->path = strdup(path);
	state->new_path = with(path, ".new");
	if (state->path == NULL || state->new_path == NULL)
		goto no_memory;
	make_folder(path);
	ret = find(state);
	if (is_final(ret)) {
		nj_state_close(state);
		rte_errno = -ret;
		return NULL;
	}
	if (ret < 0)
		state_postpone(state, ret);
	return state;

no_memory:
	nj_err(ENOMEM, "state file %s", path);
	nj_state_close(state);
	rte_errno = ENOMEM;
	return NULL;
}

void
nj_state_close(struct nj_state *state)
{
	if (state == NULL)
		return;
	close_if_open(&state->fd);
	close_if_open(&state->old);
	close_if_open(&state->lock);
	free(state->saved);
	free(state->new_path);
	free(state->path);
	free(state);
}

int
nj_state_error(const struct nj_state *state)
{
	return __atomic_load_n(&state->error, __ATOMIC_RELAXED);
}

const uint8_t *
nj_state_rss_key(const struct nj_state *state)
{
	return state->old >= 0 ? state->old_head.rss_key : NULL;
}
