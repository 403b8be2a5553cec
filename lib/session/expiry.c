/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

/*
 * Signed, as the sweeping thread's clock may be read before the worker's: a
 * session that was seen in the future is not an old one.
 */
bool
session_is_idle(const struct nj_session_table *table, enum nj_session_state state,
	nj_ms_t last_seen, nj_ms_t now)
{
	int32_t idle = (int32_t)nj_ms_since(now, last_seen);

	switch (state) {
	case NJ_SESSION_FREE:
		return false;
	case NJ_SESSION_HALF_OPEN:
		return idle >= (int32_t)table->config.unreplied_ttl_ms;
	case NJ_SESSION_ESTABLISHED:
		return idle >= (int32_t)table->config.ttl_ms;
	}
	return false;
}

static bool
is_idle(const struct nj_session_table *table, const struct nj_session *session, nj_ms_t now)
{
	nj_ms_t last_seen = __atomic_load_n(&session->last_seen_ms, __ATOMIC_RELAXED);

	return session_is_idle(table,
		(enum nj_session_state)__atomic_load_n(&session->state, __ATOMIC_RELAXED),
		last_seen, now);
}

uint32_t
nj_session_sweep(const struct nj_session_table *table, uint32_t *cursor, uint32_t slots,
	nj_ms_t now, uint32_t *numbers, uint32_t max)
{
	uint32_t end = __atomic_load_n(&table->used_max, __ATOMIC_RELAXED);
	uint32_t n = 0;

	slots = RTE_MIN(slots, end);
	while (slots-- > 0 && n < max) {
		uint32_t number = *cursor < end ? *cursor : 0;

		if (is_idle(table, &table->sessions[number], now))
			numbers[n++] = number;
		*cursor = number + 1;
	}
	return n;
}

bool
nj_session_expire(struct nj_session_table *table, uint32_t number, nj_ms_t now)
{
	struct nj_session *session = &table->sessions[number];

	if (!is_idle(table, session, now))
		return false;
	session_end(table, session, now);
	table->counters->sessions_expired++;
	return true;
}
