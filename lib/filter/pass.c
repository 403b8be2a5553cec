/* SPDX-License-Identifier: BSD-3-Clause */
/* Pass: everything goes through, as if the filter were not there. */
#include "nj_filter.h"

static struct nj_filter_type type = {
	.name = "pass.v1alpha1.Pass",
	.eras = NJ_IN_ERA_2,
};

NJ_FILTER_REGISTER(type)
