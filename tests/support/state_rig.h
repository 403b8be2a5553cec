/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A state file in a folder of its own, and the sessions of one worker to write to it and to read
 * from it. A session is named by its client's port, which says its families and endpoint, too.
 */
#ifndef STATE_RIG_H
#define STATE_RIG_H

#include "nj_state.h"
#include "session_rig.h"

#define STATE_RIG_CAPACITY 64
#define STATE_RIG_START    1000 /* when sessions are opened: a little later, by the port */
#define STATE_RIG_NOW      5000 /* when they are written and read */
#define STATE_RIG_WALL     INT64_C(1700000000000)

struct state_rig {
	struct nj_test_sessions sessions;
	struct nj_session_table *tables[2]; /* the second one is a test's own */
	char folder[32], path[64];
};

extern const struct nj_state_time state_rig_now;

/* For cmocka. The end checks that nothing is left in the folder but the file and those beside it.
 */
int state_rig_setup(void **state);
int state_rig_teardown(void **state);

struct nj_session *state_rig_session(struct state_rig *rig, uint16_t port, bool established);
struct nj_session *state_rig_find(struct state_rig *rig, uint16_t port); /* or NULL */

/* The file's path with something behind it; good until the next call. */
const char *state_rig_beside(const struct state_rig *rig, const char *suffix);
struct nj_state_tables state_rig_tables(struct state_rig *rig);
struct nj_state *state_rig_open(struct state_rig *rig);
struct nj_state *state_rig_begin(struct state_rig *rig);

/* Writes all that there is, as at an orderly end or (not clean) before a kill. */
void state_rig_write(struct state_rig *rig, bool clean);

/* Reads it into an empty table; or into the present one, but for an endpoint (NULL: none). */
struct nj_state_outcome state_rig_load(struct state_rig *rig, struct nj_state_time time);
struct nj_state_outcome state_rig_load_but(
	struct state_rig *rig, struct nj_state_time time, uint32_t *unwanted);
void state_rig_expect(struct nj_state_outcome outcome, uint64_t restored, uint64_t expired,
	uint64_t refused, uint64_t damaged);

#endif
