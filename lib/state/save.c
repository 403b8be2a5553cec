/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the tables to the file. With write() and not through a mapping: a full or broken disk is an
 * error then and no signal, and a record that a kill interrupts is the old one or the new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state.h"

NJ_LOG_TYPE(state);

#define TRY_MS             60000
#define GENERATION_UNKNOWN 2 /* even, so of no open session, and not 0: it is written again */

static int
write_all(int fd, const void *bytes, size_t length, int64_t offset)
{
	for (size_t done = 0; done < length;) {
		const ssize_t ret = pwrite(
			fd, (const uint8_t *)bytes + done, length - done, offset + (int64_t)done);

		if (ret > 0)
			done += (size_t)ret;
		else if (ret == 0 || errno != EINTR)
			return ret == 0 ? -EIO : -errno;
	}
	return 0;
}

static int
write_head(struct nj_state *state, struct nj_state_time now, bool clean)
{
	int ret = write_all(
		state->fd, &state->addresses, sizeof(state->addresses), FORMAT_ADDRESSES_OFFSET);

	if (ret < 0)
		return ret;
	state->head.saved.ms = now.ms;
	state->head.saved.wall_ms = now.wall_ms;
	state->head.saved.clean = clean;
	format_seal_head(&state->head);
	return write_all(state->fd, &state->head, sizeof(state->head), 0);
}

/* The file is as long as it will ever be, but takes up only what is written. */
static int
create(struct nj_state *state, struct nj_state_time now)
{
	int ret;

	unlink(state->new_path); /* of one that was killed */
	state->fd = open(state->new_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (state->fd < 0)
		return -errno;
	ret = ftruncate(state->fd, (off_t)format_size(&state->head)) < 0
		      ? -errno
		      : write_head(state, now, false);
	if (ret < 0) {
		close(state->fd);
		state->fd = -1;
		unlink(state->new_path);
	}
	return ret;
}

/* The start had no room for it, or no right to make it. */
static int
create_again(struct nj_state *state, struct nj_state_time now, bool last)
{
	int ret = 0;

	if (!last && nj_ms_since(now.ms, state->tried_ms) < TRY_MS)
		return -state->error;
	state->tried_ms = now.ms;
	if (state->lock < 0)
		ret = state_lock(state);
	return ret == 0 ? create(state, now) : ret;
}

int
nj_state_begin(
	struct nj_state *state, const struct nj_state_tables *tables, struct nj_state_time now)
{
	int ret;

	state->tables = *tables;
	state->head.n_workers = tables->ownership->n_workers;
	state->head.capacity = nj_session_capacity(tables->by_worker[0]);
	memcpy(state->head.rss_key, tables->ownership->rss_key, sizeof(state->head.rss_key));
	state->saved =
		calloc((size_t)state->head.n_workers * state->head.capacity, sizeof(*state->saved));
	if (state->saved == NULL)
		return nj_err(ENOMEM, "state file %s", state->path);
	state->tried_ms = now.ms;
	if (state->error != 0) /* nj_state_open() has said why */
		return 0;
	ret = create(state, now);
	if (ret < 0) {
		nj_err(-ret, "state file %s: make %s", state->path, state->new_path);
		state_postpone(state, ret);
	}
	return 0;
}

/* One pass --------------------------------------------------------------------------------- */

static int
flush(struct nj_state *state)
{
	const int ret = write_all(state->fd, state->run, state->n_run * sizeof(state->run[0]),
		record_offset(state->run_first));

	for (unsigned int i = 0; ret < 0 && i < state->n_run; i++)
		state->saved[state->run_first + i].generation = GENERATION_UNKNOWN;
	state->n_run = 0;
	return ret;
}

/* Has a record written, with those that stand right in front of it. */
static int
put(struct nj_state *state, uint64_t at, const struct state_record *record)
{
	int ret = 0;

	if (state->n_run == RUN_MAX || at != state->run_first + state->n_run)
		ret = flush(state);
	if (state->n_run == 0)
		state->run_first = at;
	state->run[state->n_run++] = *record;
	return ret;
}

static bool
is_same(const struct nj_session_stamp *left, const struct nj_session_stamp *right)
{
	return left->generation == right->generation && left->last_seen_ms == right->last_seen_ms &&
	       left->state == right->state;
}

static int
save_one(struct nj_state *state, const struct nj_session_table *table, uint32_t number, uint64_t at)
{
	const struct nj_session_stamp stamp = nj_session_stamp(table, number);
	struct nj_session_stamp *saved = &state->saved[at];
	struct state_record record = {0};
	struct nj_session_image image;

	if (is_same(saved, &stamp))
		return 0;
	*saved = stamp;
	if (nj_session_copy(table, number, &image))
		record = format_record(&image);
	else
		*saved = (struct nj_session_stamp){0}; /* it is gone by now */
	return put(state, at, &record);
}

/* Goes on where something could not be written: the rest may fit in. The first error counts. */
static int
save_all(struct nj_state *state)
{
	int first = 0, ret;

	for (unsigned int worker = 0; worker < state->head.n_workers; worker++) {
		const struct nj_session_table *table = state->tables.by_worker[worker];
		const uint64_t begin = (uint64_t)worker * state->head.capacity;
		const uint32_t used = nj_session_used(table);

		for (uint32_t number = 0; number < used; number++) {
			ret = save_one(state, table, number, begin + number);
			first = first < 0 ? first : ret;
		}
	}
	ret = flush(state);
	return first < 0 ? first : ret;
}

/* The new file is complete. */
static int
take_place(struct nj_state *state)
{
	if (state->in_place)
		return 0;
	if (rename(state->new_path, state->path) < 0)
		return -errno;
	state->in_place = true;
	return 0;
}

int
nj_state_save(struct nj_state *state, struct nj_state_time now, bool last)
{
	int ret = state->fd < 0 ? create_again(state, now, last) : 0;

	if (ret == 0)
		ret = save_all(state);
	if (ret == 0)
		ret = write_head(state, now, last);
	if (ret == 0)
		ret = take_place(state);
	if (ret < 0 && state->error == 0)
		nj_err(-ret, "state file %s: write it", state->path);
	if (ret == 0 && state->error != 0)
		NJ_LOG(NOTICE, "state file %s: sessions are kept again", state->path);
	__atomic_store_n(&state->error, -ret, __ATOMIC_RELAXED);
	return ret;
}
