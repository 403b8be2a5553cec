/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker knows of endpoints, by their numbers. */
#include "table.h"

#define PATH_MTU_MS 600000 /* until the path may be thought better again (RFC 8201, section 4) */

/* Writes only where there is something to forget: most of the array was never touched. */
void
endpoint_forget(struct nj_session_table *table, nj_ms_t now)
{
	const uint32_t number = table->endpoint_cursor;
	struct nj_endpoint_counters *counters = &table->endpoints[number];

	if (counters->path_mtu != 0 && nj_session_path_mtu(table, number, now) == UINT16_MAX)
		counters->path_mtu = 0;
	if (counters->no_ports_ms != 0 && !upstream_port_pauses(table, number, now))
		counters->no_ports_ms = 0;
	table->endpoint_cursor = number < table->endpoint_max ? number + 1 : 0;
}

const struct nj_endpoint_counters *
nj_session_endpoint(const struct nj_session_table *table, uint32_t endpoint)
{
	return &table->endpoints[endpoint];
}

uint16_t
nj_session_path_mtu(const struct nj_session_table *table, uint32_t endpoint, nj_ms_t now)
{
	const struct nj_endpoint_counters *counters = &table->endpoints[endpoint];

	if (counters->path_mtu == 0 || nj_ms_since(now, counters->path_mtu_ms) >= PATH_MTU_MS)
		return UINT16_MAX;
	return counters->path_mtu;
}

void
nj_session_set_path_mtu(
	struct nj_session_table *table, uint32_t endpoint, uint16_t mtu, nj_ms_t now)
{
	struct nj_endpoint_counters *counters = &table->endpoints[endpoint];

	if (mtu >= nj_session_path_mtu(table, endpoint, now))
		return;
	counters->path_mtu = mtu;
	counters->path_mtu_ms = now;
}

void
nj_session_count_unreachable(struct nj_session_table *table, uint32_t endpoint)
{
	table->endpoints[endpoint].unreachable++;
}
