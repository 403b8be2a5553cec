/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#define FORGET_MAX 64u /* places in one call, however long ago the last one was */

/*
 * Signed, as the clock of the lcore that opened sessions again may have been read after the
 * worker's: a session that was seen in the future is not an old one.
 */
bool
session_is_idle(const struct nj_session_table *table, enum nj_session_state state,
	nj_ms_t last_seen, nj_ms_t now)
{
	int32_t idle = (int32_t)nj_ms_since(now, last_seen);

	switch (state) {
	case NJ_SESSION_FREE:
	case NJ_SESSION_REDIRECT: /* ends with the session that it leads to */
		return false;
	case NJ_SESSION_HALF_OPEN:
	case NJ_SESSION_ANSWERED:
		return idle >= (int32_t)table->config.unreplied_ttl_ms;
	case NJ_SESSION_ESTABLISHED:
		return idle >= (int32_t)table->config.ttl_ms;
	}
	return false;
}

bool
session_expire(struct nj_session_table *table, uint32_t number, nj_ms_t now)
{
	struct nj_session *session = &table->sessions[number];

	if (unlikely(session->state == NJ_SESSION_REDIRECT))
		return redirect_expire(table, session, now);
	if (!session_is_idle(
		    table, (enum nj_session_state)session->state, session->last_seen_ms, now))
		return false;
	session_end(table, session, now);
	table->counters->sessions_expired++;
	return true;
}

/* Times that matter no more, before the clock has wrapped and they look recent. */
static void
forget(struct nj_session_table *table, nj_ms_t now)
{
	const uint32_t elapsed = nj_ms_since(now, table->sweep.last_ms);

	for (uint32_t i = 0; i < RTE_MIN(elapsed, FORGET_MAX); i++) {
		port_rest_forget(&table->port_rest, table->config.unreplied_ttl_ms, now);
		endpoint_forget(table, now);
	}
}

/* A worker that had no time is never behind by more than a round. */
static void
count_due(struct sweep *sweep, uint32_t used, nj_ms_t now)
{
	const uint64_t elapsed =
		RTE_MIN(nj_ms_since(now, sweep->last_ms), (uint32_t)NJ_SESSION_SWEEP_MS);

	sweep->last_ms = now;
	sweep->due += RTE_MIN(used, (uint32_t)NJ_SESSION_SWEEP_SLOTS) * elapsed;
	sweep->due = RTE_MIN(sweep->due, (uint64_t)used * NJ_SESSION_SWEEP_MS);
}

/* From when on a slot is worth a closer look, by its state; a redirect is at any time. */
static void
set_worth(const struct nj_session_config *config, int32_t worth_ms[NJ_SESSION_REDIRECT + 1])
{
	worth_ms[NJ_SESSION_FREE] = INT32_MAX;
	worth_ms[NJ_SESSION_HALF_OPEN] = (int32_t)config->unreplied_ttl_ms;
	worth_ms[NJ_SESSION_ANSWERED] = (int32_t)config->unreplied_ttl_ms;
	worth_ms[NJ_SESSION_ESTABLISHED] = (int32_t)config->ttl_ms;
	worth_ms[NJ_SESSION_REDIRECT] = INT32_MIN;
}

/* Nearly all slots are passed over, at a load and a comparison each. */
static uint32_t
sweep_range(struct nj_session_table *table, uint32_t first, uint32_t n, nj_ms_t now)
{
	int32_t worth_ms[NJ_SESSION_REDIRECT + 1];
	uint32_t closed = 0;

	set_worth(&table->config, worth_ms);
	for (uint32_t number = first; number < first + n; number++) {
		const struct nj_session *session = &table->sessions[number];
		const int32_t idle = (int32_t)nj_ms_since(now, session->last_seen_ms);

		if (unlikely(idle >= worth_ms[session->state]))
			closed += session_expire(table, number, now);
	}
	return closed;
}

uint32_t
nj_session_sweep(struct nj_session_table *table, uint32_t max, nj_ms_t now)
{
	struct sweep *sweep = &table->sweep;
	uint32_t closed = 0;

	if (now != sweep->last_ms) {
		forget(table, now);
		count_due(sweep, table->used_max, now);
	}
	while (max > 0 && sweep->due >= NJ_SESSION_SWEEP_MS) {
		const uint64_t due = sweep->due / NJ_SESSION_SWEEP_MS;
		uint32_t n;

		sweep->cursor = sweep->cursor < table->used_max ? sweep->cursor : 0;
		n = (uint32_t)RTE_MIN(due, (uint64_t)RTE_MIN(max, table->used_max - sweep->cursor));
		closed += sweep_range(table, sweep->cursor, n, now);
		sweep->cursor += n;
		sweep->due -= (uint64_t)n * NJ_SESSION_SWEEP_MS;
		max -= n;
	}
	return closed;
}
