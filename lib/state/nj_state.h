/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state file: sessions on disk, so that they outlive the process.
 *
 * One thread at a time, and neither a worker's nor the manager's: a write may wait for the disk.
 * It reads workers' tables as any other thread does, so no worker ever waits for it.
 *
 * The file is found (nj_state_open), its sessions are opened again (nj_state_load) before workers
 * touch any, and from nj_state_begin() on those that there are are written, in passes over all of
 * them that write what changed. The file of before stays in its place until the first pass is
 * complete, so there is always a whole one, whenever the process is killed.
 */
#ifndef NJ_STATE_H
#define NJ_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "nj_session.h"

/* Passes have to begin and end so often that what is older than this is in the file. */
#define NJ_STATE_LAG_MS 1000

/* One moment on two clocks: the one that sessions go by, and that of the calendar, which alone goes
 * on while no process runs. */
struct nj_state_time {
	nj_ms_t ms;
	int64_t wall_ms; /* since 1970 */
};

/* The present. Any thread, after rte_eal_init. */
struct nj_state_time nj_state_time_now(void);

struct nj_state;

/*
 * Locks the state file and looks whether it is one. What is not is renamed to PATH.refused, with
 * one line in the log that says why, and it is as if there were none. The same where there can be
 * no file at present, for want of room or of the right to make one: that is logged, and tried again
 * by nj_state_save(). Returns NULL with rte_errno after logging: EWOULDBLOCK where another process
 * has it, EINVAL where it is a folder or another thing that is no file, ENOMEM.
 */
struct nj_state *nj_state_open(const char *path);
/* Ends it all; what was written stays. Takes NULL. */
void nj_state_close(struct nj_state *state);

/* Why sessions are not written at present, a number of errno; 0: they are. Any thread. */
int nj_state_error(const struct nj_state *state);

/* The RSS key that upstream ports of the file's sessions were chosen by; NULL where there are none.
 */
const uint8_t *nj_state_rss_key(const struct nj_state *state);

#define NJ_STATE_ADDRESSES_MAX 200 /* addresses of ours that are remembered */

/* For how long the network may be taken to be as it was: a restart or an upgrade takes seconds,
 * while nobody hands an address that is missed for less than a minute to another host. */
#define NJ_STATE_ADDRESSES_MS 60000

/*
 * Copies the addresses that were ours alone when the file was written, and returns how many they
 * are: none where that is longer ago than NJ_STATE_ADDRESSES_MS, or the calendar was put back, or
 * there was no file. Before and after nj_state_load().
 */
unsigned int nj_state_addresses(const struct nj_state *state, struct nj_state_time now,
	struct nj_ip ips[NJ_STATE_ADDRESSES_MAX]);

/* The addresses that are ours alone now, for the next pass to write. */
void nj_state_set_addresses(struct nj_state *state, const struct nj_ip *ips, unsigned int n);

/* The sessions' tables. */
struct nj_state_tables {
	const struct nj_ownership *ownership;      /* kept, not copied */
	struct nj_session_table *const *by_worker; /* all of one capacity; kept, not copied */
};

/*
 * Says whether a session of this worker is still wanted, and fills in what only the caller knows:
 * the endpoint's number (in ->flow), and where packets leave now.
 */
typedef bool nj_state_wanted_t(void *context, unsigned int worker, struct nj_session_image *image);

/* What became of the sessions in a file. */
struct nj_state_outcome {
	uint64_t restored;
	uint64_t expired; /* their time to live was over meanwhile */
	uint64_t refused; /* not wanted, no room, or the address or port is not for sessions now */
	uint64_t damaged; /* their records are */
};

/*
 * Opens the file's sessions again: established ones first, then the others, oldest first. The
 * upstream ports of those that do not come back rest. A file that could not be read to its end
 * counts the rest as damaged. Before workers touch any.
 */
struct nj_state_outcome nj_state_load(struct nj_state *state, const struct nj_state_tables *tables,
	nj_state_wanted_t *is_wanted, void *context, struct nj_state_time now);

/*
 * Makes the new file, beside the one that is there; where that fails, which is logged,
 * nj_state_save() tries it again. Returns 0, or -ENOMEM after logging. Before the first
 * nj_state_save().
 */
int nj_state_begin(
	struct nj_state *state, const struct nj_state_tables *tables, struct nj_state_time now);

/*
 * One pass: writes what changed since the last one. `last` says that workers have stopped, and that
 * nothing will change any more. Returns 0, or -errno where something could not be written, which is
 * logged once and tried again in the next pass; where there is no file yet, every minute.
 */
int nj_state_save(struct nj_state *state, struct nj_state_time now, bool last);

#endif
