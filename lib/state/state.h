/* SPDX-License-Identifier: BSD-3-Clause */
/* A state file in use, as the files of this folder share it. */
#ifndef STATE_H
#define STATE_H

#include "format.h"

#define RUN_MAX 1024 /* records that are read or written at once */

struct nj_state {
	char *path, *new_path;
	int lock;
	int old; /* the file of before, to be read; -1: none */
	struct state_head old_head;
	struct state_addresses old_addresses;
	/* From nj_state_begin() on. */
	int fd; /* -1: not yet */
	struct state_head head;
	struct state_addresses addresses;
	bool in_place;    /* it has taken the old one's */
	int error;        /* why the last pass could not be written, of errno; 0: it was */
	nj_ms_t tried_ms; /* when making the file was tried last */
	struct nj_state_tables tables;
	struct nj_session_stamp *saved; /* by record: what the new file has; all zero: none */
	/* Records that follow on each other and are to be written. */
	uint64_t run_first;
	unsigned int n_run;
	struct state_record run[RUN_MAX];
};

/* Takes the lock. Returns 0 or -errno without logging: -EWOULDBLOCK where another process has it.
 */
int state_lock(struct nj_state *state);

/* Says that the file is made later, as it cannot be now. */
void state_postpone(struct nj_state *state, int ret);

/* Where a record begins. */
static inline int64_t
record_offset(uint64_t record)
{
	return (int64_t)(FORMAT_HEAD_BYTES + record * sizeof(struct state_record));
}

#endif
