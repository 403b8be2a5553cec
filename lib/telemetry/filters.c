/* SPDX-License-Identifier: BSD-3-Clause */
/* The chain, filter by filter. */
#include "answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#define ANSWER_BYTES 16000 /* of the 16 KiB that an answer has */
#define FILTER_BYTES 400   /* of one filter at most, without its strings and its own counters */
#define FIGURE_BYTES 26    /* beside the name: the value, quotation marks, colon, comma */

/* One filter, or one inside of it, as the answer has it. */
struct entry {
	const struct nj_filter *filter;
	char path[NJ_TELEMETRY_STRLEN], label[NJ_TELEMETRY_STRLEN];
	struct nj_filter_counters counters;
	struct nj_filter_figures figures;
};

static void
entry_fill(struct entry *entry, const struct nj_chain *chain, unsigned int i)
{
	entry->filter = nj_chain_filter(chain, i, &entry->counters);
	nj_chain_figures(chain, i, &entry->figures);
	cut_string(entry->path, nj_chain_path(chain, i));
	cut_string(entry->label, entry->filter->label != NULL ? entry->filter->label : "");
}

/* How long it is as text, at most: each letter of a label may have a backslash in front. */
static size_t
entry_bytes(const struct entry *entry)
{
	size_t bytes = FILTER_BYTES + strlen(entry->path) + 2 * strlen(entry->label) +
		       strlen(entry->filter->type->name);

	for (unsigned int i = 0; i < entry->figures.n; i++)
		bytes += FIGURE_BYTES + strlen(entry->figures.figure[i].name);
	return bytes;
}

static uint64_t
nanoseconds(uint64_t cycles)
{
	return (uint64_t)((double)cycles / (double)rte_get_tsc_hz() * NS_PER_S);
}

static int
add_entry(struct rte_tel_data *data, const struct entry *entry)
{
	const struct nj_filter_counters *counters = &entry->counters;
	struct rte_tel_data *dict = append_dict(data), *figures;

	if (dict == NULL)
		return -ENOMEM;
	add_u64(dict, "filter", strtoul(entry->path, NULL, 10));
	add_string(dict, "path", entry->path);
	add_string(dict, "name", entry->filter->type->name);
	add_string(dict, "label", entry->label);
	add_u64(dict, "read_packets", counters->packets[NJ_DOWNSTREAM]);
	add_u64(dict, "read_dropped", counters->dropped[NJ_DOWNSTREAM]);
	add_u64(dict, "write_packets", counters->packets[NJ_UPSTREAM]);
	add_u64(dict, "write_dropped", counters->dropped[NJ_UPSTREAM]);
	add_u64(dict, "read_timed", counters->timed[NJ_DOWNSTREAM]);
	add_u64(dict, "read_ns", nanoseconds(counters->cycles[NJ_DOWNSTREAM]));
	add_u64(dict, "write_timed", counters->timed[NJ_UPSTREAM]);
	add_u64(dict, "write_ns", nanoseconds(counters->cycles[NJ_UPSTREAM]));
	figures = add_dict(dict, "counters");
	if (figures == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < entry->figures.n; i++)
		add_u64(figures, entry->figures.figure[i].name, entry->figures.figure[i].value);
	return 0;
}

/* A page ends where the answer is full, too. */
static int
filters(const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	const struct nj_policy *policy = __atomic_load_n(source->policy, __ATOMIC_ACQUIRE);
	struct page page;
	size_t bytes = 0;

	if (page_parse(&page, parameters, UINT32_MAX) < 0)
		return -EINVAL;
	rte_tel_data_start_array(data, RTE_TEL_CONTAINER);
	for (unsigned int i = 0; i < nj_chain_length(policy->chain); i++) {
		struct entry entry;

		if (!page_takes(&page))
			continue;
		entry_fill(&entry, policy->chain, i);
		bytes += entry_bytes(&entry);
		if (bytes > ANSWER_BYTES)
			break;
		if (add_entry(data, &entry) < 0)
			return -ENOMEM;
	}
	return 0;
}

const struct command filter_commands[] = {
	{"/natterjack/filters", filters, "The chain and its counters. Parameters: OFFSET,COUNT",
		false},
	{NULL, NULL, NULL, false},
};
