/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker knows of endpoints, by their numbers. */
#include "table.h"

#define PATH_MTU_MS 600000 /* until the path may be thought better again (RFC 8201, section 4) */

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
