/* SPDX-License-Identifier: BSD-3-Clause */
/* Drop: nothing goes through, in either direction. */
#include "nj_filter.h"

static void
drop(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	for (unsigned int i = 0; i < batch->n; i++)
		nj_batch_drop(batch, batch->datagrams[i], NJ_DROP_DROP_FILTER);
	nj_batch_compact(batch);
}

static struct nj_filter_type type = {
	.name = "drop.v1alpha1.Drop",
	.eras = NJ_IN_ERA_2,
	.read = drop,
	.write = drop,
};

NJ_FILTER_REGISTER(type)
