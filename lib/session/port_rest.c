/* SPDX-License-Identifier: BSD-3-Clause */
#include "port_rest.h"

#include <errno.h>

#include <rte_malloc.h>
#include <rte_prefetch.h>

#include "flow_table.h"
#include "nj_hash.h"

int
port_rest_init(struct port_rest *rest, uint32_t n_sessions, int socket)
{
	rest->n = RTE_MAX(n_sessions, UINT16_MAX + 1u);
	rest->left_ms = rte_zmalloc_socket(
		"nj_port_rest", rest->n * sizeof(*rest->left_ms), RTE_CACHE_LINE_SIZE, socket);
	return rest->left_ms == NULL ? -ENOMEM : 0;
}

void
port_rest_fini(struct port_rest *rest)
{
	rte_free(rest->left_ms);
}

static nj_ms_t *
place_of(const struct port_rest *rest, const struct nj_flow *reply)
{
	return &rest->left_ms[nj_hash_place(flow_table_hash(reply), rest->n)];
}

/* By their ages: of two times alone nobody can say which is the later one. */
void
port_rest_begin(struct port_rest *rest, const struct nj_flow *reply, nj_ms_t since, nj_ms_t now)
{
	nj_ms_t *left = place_of(rest, reply);

	if (*left == 0 || nj_ms_since(now, since) < nj_ms_since(now, *left))
		*left = since != 0 ? since : 1;
}

uint32_t
port_rest_age(const struct port_rest *rest, const struct nj_flow *reply, nj_ms_t now)
{
	const nj_ms_t left = *place_of(rest, reply);

	return left == 0 ? UINT32_MAX : nj_ms_since(now, left);
}

void
port_rest_forget(struct port_rest *rest, uint32_t enough_ms, nj_ms_t now)
{
	nj_ms_t *left = &rest->left_ms[rest->cursor];

	if (*left != 0 && nj_ms_since(now, *left) >= enough_ms)
		*left = 0;
	rest->cursor = rest->cursor + 1 < rest->n ? rest->cursor + 1 : 0;
}

void
port_rest_prefetch(const struct port_rest *rest, const struct nj_flow *reply)
{
	rte_prefetch0(place_of(rest, reply));
}
