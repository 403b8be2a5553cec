/* SPDX-License-Identifier: BSD-3-Clause */
/* From the file to the tables. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state.h"

NJ_LOG_TYPE(state);

#define BURST NJ_SESSION_BULK_MAX

struct loading {
	struct nj_state *state;
	const struct nj_state_tables *tables;
	nj_state_wanted_t *is_wanted;
	void *context;
	nj_ms_t now;
	uint64_t away_ms; /* how long no process ran */
	struct nj_state_outcome outcome;
	/* Sessions of one worker that are opened together. */
	unsigned int owner, n_burst;
	struct nj_session_image burst[BURST];
	/* Sessions that are not established wait until all others are there. */
	uint32_t n_waiting, max_waiting;
	struct nj_session_image *waiting;
};

/* Time ------------------------------------------------------------------------------------- */

/* A calendar that was put back has not run at all. No session outlives 49 days. */
static uint64_t
time_away(const struct state_head *head, struct nj_state_time now)
{
	if (head->saved.wall_ms < 0 || now.wall_ms <= head->saved.wall_ms)
		return 0;
	return RTE_MIN((uint64_t)(now.wall_ms - head->saved.wall_ms), (uint64_t)UINT32_MAX);
}

/* How long ago something was, in all. Both clocks of the head are of one moment, so it does not
 * matter which: a session can well have been seen after it. */
static uint64_t
time_since(const struct loading *loading, nj_ms_t saved)
{
	const int32_t before = (int32_t)nj_ms_since(loading->state->old_head.saved.ms, saved);
	const int64_t since = (int64_t)loading->away_ms + before;

	return since > 0 ? (uint64_t)since : 0;
}

/*
 * As the clock of this process has it. After a kill a session may have been seen later than the
 * file knows, and is given the time for that.
 */
static void
set_times(const struct loading *loading, struct nj_session_image *image)
{
	const uint64_t lag = loading->state->old_head.saved.clean ? 0 : NJ_STATE_LAG_MS;
	const uint64_t idle = time_since(loading, image->last_seen_ms);
	/* Unsigned: a session can be older than half of what the clock counts. */
	const uint64_t age =
		loading->away_ms + nj_ms_since(loading->state->old_head.saved.ms, image->opened_ms);

	image->last_seen_ms =
		loading->now - (nj_ms_t)RTE_MIN(idle - RTE_MIN(idle, lag), (uint64_t)INT32_MAX);
	image->opened_ms = loading->now - (nj_ms_t)RTE_MIN(age, (uint64_t)UINT32_MAX);
}

/* Sessions --------------------------------------------------------------------------------- */

static void
count(struct nj_state_outcome *outcome, int ret)
{
	switch (ret) {
	case 0:
		outcome->restored++;
		return;
	case -ETIME:
		outcome->expired++;
		return;
	default:
		outcome->refused++;
	}
}

/*
 * In a large table each look-up misses the cache, several times. Those of a bulk do so at the same
 * time, and find nothing; then each session's own find what they need at hand.
 */
static void
fetch(const struct nj_session_table *table, const struct nj_session_image *images, unsigned int n)
{
	const struct nj_flow *flows[BURST], *replies[BURST];
	struct nj_flow reply[BURST];
	struct nj_session *found[BURST];

	for (unsigned int i = 0; i < n; i++) {
		reply[i] = nj_session_image_flow(&images[i], NJ_UPSTREAM);
		flows[i] = &images[i].flow;
		replies[i] = &reply[i];
	}
	nj_session_find_bulk(table, flows, n, found);
	nj_session_find_bulk(table, replies, n, found);
}

/* Of the worker that its replies come to. */
static struct nj_session_table *
replies_table(const struct loading *loading, const struct nj_session_image *image)
{
	const struct nj_flow reply = nj_session_image_flow(image, NJ_UPSTREAM);

	return loading->tables->by_worker[nj_flow_owner(loading->tables->ownership, &reply)];
}

/* Its endpoint may still send to a port whose session does not come back. */
static void
leave_out(const struct loading *loading, const struct nj_session_image *image)
{
	nj_session_rest_port(replies_table(loading, image), image, loading->now);
}

static void
restore_burst(struct loading *loading)
{
	struct nj_session_table *table = loading->tables->by_worker[loading->owner];

	fetch(table, loading->burst, loading->n_burst);
	for (unsigned int i = 0; i < loading->n_burst; i++) {
		const struct nj_session_image *image = &loading->burst[i];
		const int ret = nj_session_restore(
			table, replies_table(loading, image), image, loading->now);

		count(&loading->outcome, ret);
		if (ret < 0)
			leave_out(loading, image);
	}
	loading->n_burst = 0;
}

static void
restore(struct loading *loading, unsigned int owner, const struct nj_session_image *image)
{
	if (loading->n_burst == BURST || owner != loading->owner)
		restore_burst(loading);
	loading->owner = owner;
	loading->burst[loading->n_burst++] = *image;
}

static void
wait_for_others(struct loading *loading, const struct nj_session_image *image)
{
	if (loading->n_waiting == loading->max_waiting) {
		const uint32_t max = RTE_MAX(2 * loading->max_waiting, 1024u);
		void *waiting = realloc(loading->waiting, max * sizeof(*loading->waiting));

		if (waiting == NULL) {
			loading->outcome.refused++;
			leave_out(loading, image);
			return;
		}
		loading->waiting = waiting;
		loading->max_waiting = max;
	}
	loading->waiting[loading->n_waiting++] = *image;
}

static void
take(struct loading *loading, const struct state_record *record)
{
	struct nj_session_image image;
	unsigned int owner;

	switch (format_read(record, &image)) {
	case FORMAT_NONE:
		return;
	case FORMAT_DAMAGED:
		loading->outcome.damaged++;
		return;
	case FORMAT_SESSION:
		break;
	}
	set_times(loading, &image);
	owner = nj_flow_owner(loading->tables->ownership, &image.flow);
	if (!loading->is_wanted(loading->context, owner, &image)) {
		loading->outcome.refused++;
		leave_out(loading, &image);
	} else if (image.state != NJ_SESSION_ESTABLISHED) {
		wait_for_others(loading, &image);
	} else {
		restore(loading, owner, &image);
	}
}

static int
oldest_first(const void *a, const void *b, void *context)
{
	const struct nj_session_image *left = a, *right = b;
	const nj_ms_t now = *(const nj_ms_t *)context;
	const nj_ms_t left_age = nj_ms_since(now, left->opened_ms);
	const nj_ms_t right_age = nj_ms_since(now, right->opened_ms);

	return left_age > right_age ? -1 : left_age < right_age;
}

static void
take_waiting(struct loading *loading)
{
	if (loading->n_waiting > 0)
		qsort_r(loading->waiting, loading->n_waiting, sizeof(*loading->waiting),
			oldest_first, &loading->now);
	for (uint32_t i = 0; i < loading->n_waiting; i++)
		restore(loading,
			nj_flow_owner(loading->tables->ownership, &loading->waiting[i].flow),
			&loading->waiting[i]);
	restore_burst(loading);
	free(loading->waiting);
}

/* The file --------------------------------------------------------------------------------- */

/* Most of a large file may never have been written: to the next record that was. */
static uint64_t
skip_hole(int fd, uint64_t record, uint64_t n)
{
	const off_t data = lseek(fd, record_offset(record), SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? n : record; /* nothing but holes, or nobody knows */
	return RTE_MAX(record, ((uint64_t)data - FORMAT_HEAD_BYTES) / sizeof(struct state_record));
}

static void
read_records(struct loading *loading)
{
	const struct state_head *head = &loading->state->old_head;
	const uint64_t n = (uint64_t)head->n_workers * head->capacity;
	const int fd = loading->state->old;
	struct state_record *records = loading->state->run;

	for (uint64_t at = skip_hole(fd, 0, n); at < n; at = skip_hole(fd, at, n)) {
		const size_t wanted = RTE_MIN(n - at, (uint64_t)RUN_MAX) * sizeof(*records);
		const ssize_t got = pread(fd, records, wanted, record_offset(at));

		if (got < (ssize_t)sizeof(*records)) {
			nj_err(got < 0 ? errno : EIO, "state file %s: read it from record %" PRIu64,
				loading->state->path, at);
			loading->outcome.damaged += n - at;
			return;
		}
		for (size_t i = 0; i < (size_t)got / sizeof(*records); i++)
			take(loading, &records[i]);
		at += (size_t)got / sizeof(*records);
	}
}

struct nj_state_outcome
nj_state_load(struct nj_state *state, const struct nj_state_tables *tables,
	nj_state_wanted_t *is_wanted, void *context, struct nj_state_time now)
{
	struct loading loading = {
		.state = state,
		.tables = tables,
		.is_wanted = is_wanted,
		.context = context,
		.now = now.ms,
	};
	const struct nj_state_outcome *outcome = &loading.outcome;

	if (state->old < 0)
		return loading.outcome;
	loading.away_ms = time_away(&state->old_head, now);
	read_records(&loading);
	take_waiting(&loading);
	close(state->old);
	state->old = -1;
	NJ_LOG(NOTICE,
		"state file %s, of %" PRIu64 ".%03u s ago: %" PRIu64 " sessions are back; %" PRIu64
		" had expired, %" PRIu64 " do not fit in any more, %" PRIu64 " are damaged",
		state->path, loading.away_ms / 1000, (unsigned int)(loading.away_ms % 1000),
		outcome->restored, outcome->expired, outcome->refused, outcome->damaged);
	return loading.outcome;
}
