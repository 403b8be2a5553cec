/* SPDX-License-Identifier: BSD-3-Clause */
#include "state_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "frame.h"
#include "table.h"

const struct nj_state_time state_rig_now = {STATE_RIG_NOW, STATE_RIG_WALL};

int
state_rig_setup(void **state)
{
	struct state_rig *rig = calloc(1, sizeof(*rig));

	nj_test_sessions_start(&rig->sessions, STATE_RIG_CAPACITY, 1, 0);
	strcpy(rig->folder, "/tmp/nj-state-XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(rig->path, sizeof(rig->path), "%s/sessions", rig->folder);
	*state = rig;
	return 0;
}

const char *
state_rig_beside(const struct state_rig *rig, const char *suffix)
{
	static char path[80];

	snprintf(path, sizeof(path), "%s%s", rig->path, suffix);
	return path;
}

int
state_rig_teardown(void **state)
{
	static const char *const suffixes[] = {"", ".lock", ".new", ".refused"};
	struct state_rig *rig = *state;

	for (unsigned int i = 0; i < RTE_DIM(suffixes); i++)
		unlink(state_rig_beside(rig, suffixes[i]));
	assert_int_equal(rmdir(rig->folder), 0); /* nothing else was left */
	nj_session_table_destroy(rig->tables[1]);
	nj_test_sessions_stop(&rig->sessions);
	free(rig);
	return 0;
}

struct nj_state_tables
state_rig_tables(struct state_rig *rig)
{
	rig->tables[0] = rig->sessions.table;
	return (struct nj_state_tables){&rig->sessions.ownership, rig->tables};
}

struct nj_session *
state_rig_session(struct state_rig *rig, uint16_t port, bool established)
{
	struct nj_session *session = nj_test_session_open(&rig->sessions, port % NJ_TEST_FAMILIES,
		port, 1 + port % NJ_TEST_FAMILIES, STATE_RIG_START + port);

	session->out_port[NJ_DOWNSTREAM] = 1;
	nj_session_touch(
		rig->sessions.table, session, NJ_DOWNSTREAM, 100u + port, STATE_RIG_START + port);
	if (established)
		nj_test_session_establish(
			rig->sessions.table, session, STATE_RIG_START + 100 + port);
	session_rest(rig->sessions.table, session)->packets_carry[NJ_UPSTREAM] = port;
	return session;
}

struct nj_state *
state_rig_open(struct state_rig *rig)
{
	struct nj_state *file = nj_state_open(rig->path);

	assert_non_null(file);
	return file;
}

struct nj_state *
state_rig_begin(struct state_rig *rig)
{
	struct nj_state *file = state_rig_open(rig);
	const struct nj_state_tables all = state_rig_tables(rig);

	assert_int_equal(nj_state_begin(file, &all, state_rig_now), 0);
	return file;
}

void
state_rig_write(struct state_rig *rig, bool clean)
{
	struct nj_state *file = state_rig_begin(rig);

	assert_int_equal(nj_state_save(file, state_rig_now, clean), 0);
	nj_state_close(file);
}

/* Endpoints are numbered as in the rig. */
static bool
is_wanted(void *context, unsigned int worker, struct nj_session_image *image)
{
	const struct nj_ip *ip = &image->endpoint.ip;

	image->flow.endpoint = ip->family == AF_INET6
				       ? ip->v6[15]
				       : rte_be_to_cpu_32(ip->v4) - NJ_TEST_IP(198, 51, 100, 2);
	return context == NULL || image->flow.endpoint != *(const uint32_t *)context;
}

struct nj_state_outcome
state_rig_load_but(struct state_rig *rig, struct nj_state_time time, uint32_t *unwanted)
{
	const struct nj_state_tables all = state_rig_tables(rig);
	struct nj_state *file = state_rig_open(rig);
	struct nj_state_outcome outcome = nj_state_load(file, &all, is_wanted, unwanted, time);

	nj_state_close(file);
	return outcome;
}

struct nj_state_outcome
state_rig_load(struct state_rig *rig, struct nj_state_time time)
{
	nj_test_sessions_again(&rig->sessions);
	return state_rig_load_but(rig, time, NULL);
}

void
state_rig_expect(struct nj_state_outcome outcome, uint64_t restored, uint64_t expired,
	uint64_t refused, uint64_t damaged)
{
	assert_int_equal(outcome.restored, restored);
	assert_int_equal(outcome.expired, expired);
	assert_int_equal(outcome.refused, refused);
	assert_int_equal(outcome.damaged, damaged);
}

struct nj_session *
state_rig_find(struct state_rig *rig, uint16_t port)
{
	const struct nj_session_request request =
		nj_test_session_request(port % NJ_TEST_FAMILIES, port, 1 + port % NJ_TEST_FAMILIES);

	return nj_session_find(rig->sessions.table, &request.flow);
}
