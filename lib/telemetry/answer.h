/* SPDX-License-Identifier: BSD-3-Clause */
/* How this folder's files make their answers. */
#ifndef ANSWER_H
#define ANSWER_H

#include <rte_telemetry.h>

#include "nj_telemetry.h"

/* Fills an answer. Returns 0, or -errno (then the answer is null). The source stays valid
 * meanwhile. */
typedef int (*answer_fn)(const struct nj_telemetry_source *source, const char *parameters,
	struct rte_tel_data *data);

struct command {
	const char *path;
	answer_fn answer;
	const char *help;
	bool changes; /* it waits for the manager, so it must not count as a reader of policy */
};

/* One file each; the last entry has no path. */
extern const struct command capture_commands[], config_commands[], endpoint_commands[],
	filter_commands[], histogram_commands[], info_commands[], log_commands[],
	neighbor_commands[], session_commands[], stats_commands[];

/* A part of a list: what does not fit into one answer is asked for page by page. */
struct page {
	uint32_t offset, count;
};

/*
 * Reads "OFFSET,COUNT"; either may be left out. At most `max` in one page, which is also the
 * default. Returns 0 or -EINVAL.
 */
int page_parse(struct page *page, const char *parameters, uint32_t max);

/* Whether the next of the list is on the page: the offset counts down, then the count. */
bool page_takes(struct page *page);

/* For a dictionary; names as rte_tel_data_add_dict_* takes them. */
void add_u64(struct rte_tel_data *data, const char *name, uint64_t value);
void add_string(struct rte_tel_data *data, const char *name, const char *value);
void add_ip(struct rte_tel_data *data, const char *name, const struct nj_ip *ip);
void add_address(struct rte_tel_data *data, const char *name, const struct nj_address *address);
void add_mac(struct rte_tel_data *data, const char *name, const struct rte_ether_addr *mac);

/* Copies a text and makes of it what the socket takes: not too long, and in ASCII. */
void cut_string(char out[NJ_TELEMETRY_STRLEN], const char *text);

/* A dictionary inside of `data`, or appended to the array that `data` is; NULL if memory is short.
 */
struct rte_tel_data *add_dict(struct rte_tel_data *data, const char *name);
struct rte_tel_data *append_dict(struct rte_tel_data *data);

#endif
