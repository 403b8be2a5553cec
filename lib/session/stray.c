/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports that endpoints send to though nobody has them now: they have to rest before anybody gets
 * them. */
#include "table.h"

#define NOTED_MS (PORT_REST_MS / 4) /* one that rests for less than this need not begin again */

/* Who pretends to be an endpoint may put ports to rest at random. With half of them in a second,
 * half of all are still left for PORT_REST_MS or more at any time. */
static uint32_t
strays_per_second(const struct nj_session_table *table)
{
	return RTE_MAX(table->ports.n / 2 / table->config.ownership->n_workers, 1u);
}

void
nj_session_stray(struct nj_session_table *table, const struct nj_flow *reply, nj_ms_t now)
{
	const uint32_t most = strays_per_second(table);

	if (!upstream_port_is_one(table, reply) ||
		port_rest_age(&table->port_rest, reply, now) < NOTED_MS ||
		!nj_bucket_take(&table->strays, most, most, now))
		return;
	port_rest_begin(&table->port_rest, reply, now, now);
}

void
nj_session_rest_port(
	struct nj_session_table *replies, const struct nj_session_image *image, nj_ms_t now)
{
	const struct nj_flow reply = nj_session_image_flow(image, NJ_UPSTREAM);

	if (upstream_port_is_one(replies, &reply))
		port_rest_begin(&replies->port_rest, &reply, now, now);
}
