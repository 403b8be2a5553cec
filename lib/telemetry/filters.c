/* SPDX-License-Identifier: BSD-3-Clause */
/* The chain, filter by filter. */
#include "answer.h"

#include <errno.h>

#define FILTERS_IN_ANSWER 64 /* of some 200 bytes; an answer has 16 KiB */

static int
filters(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	const struct nj_policy *policy = __atomic_load_n(source->policy, __ATOMIC_ACQUIRE);
	struct page page;

	if (page_parse(&page, parameters, FILTERS_IN_ANSWER) < 0)
		return -EINVAL;
	rte_tel_data_start_array(data, RTE_TEL_CONTAINER);
	for (unsigned int i = 0; i < nj_chain_length(policy->chain); i++) {
		struct nj_filter_counters counters;
		const struct nj_filter *filter = nj_chain_filter(policy->chain, i, &counters);
		struct rte_tel_data *dict;

		if (!page_takes(&page))
			continue;
		dict = append_dict(data);
		if (dict == NULL)
			return -ENOMEM;
		add_u64(dict, "filter", i);
		add_string(dict, "name", filter->type->name);
		add_string(dict, "label", filter->label != NULL ? filter->label : "");
		add_u64(dict, "read_packets", counters.packets[NJ_DOWNSTREAM]);
		add_u64(dict, "read_dropped", counters.dropped[NJ_DOWNSTREAM]);
		add_u64(dict, "write_packets", counters.packets[NJ_UPSTREAM]);
		add_u64(dict, "write_dropped", counters.dropped[NJ_UPSTREAM]);
	}
	return 0;
}

const struct command filter_commands[] = {
	{"/natterjack/filters", filters, "The chain and its counters. Parameters: OFFSET,COUNT",
		false},
	{NULL, NULL, NULL, false},
};
