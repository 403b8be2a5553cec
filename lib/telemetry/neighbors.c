/* SPDX-License-Identifier: BSD-3-Clause */
/* Link-layer addresses of next hops. */
#include "answer.h"

#include <errno.h>

#define NEIGHBORS_IN_ANSWER 96 /* of some 130 bytes; an answer has 16 KiB */

static int
neighbors(
	const struct nj_telemetry_source *source, const char *parameters, struct rte_tel_data *data)
{
	uint32_t capacity = nj_link_neighbors_capacity(source->link);
	struct page page;

	if (page_parse(&page, parameters, NEIGHBORS_IN_ANSWER) < 0)
		return -EINVAL;
	rte_tel_data_start_array(data, RTE_TEL_CONTAINER);
	for (uint32_t number = 0; number < capacity && page.count > 0; number++) {
		struct nj_neighbor_info info;
		struct rte_tel_data *neighbor;

		if (!nj_neighbor_info(source->link, number, nj_clock_ms(), &info) ||
			!page_takes(&page))
			continue;
		neighbor = append_dict(data);
		if (neighbor == NULL)
			return -ENOMEM;
		add_ip(neighbor, "address", &info.ip);
		add_mac(neighbor, "mac", &info.mac);
		add_string(neighbor, "state", nj_neighbor_state_name(info.state));
		add_u64(neighbor, "port", info.port);
		add_u64(neighbor, "age", info.age_ms / 1000);
	}
	return 0;
}

const struct command neighbor_commands[] = {
	{"/natterjack/neighbors", neighbors, "Neighbors and their state. Parameters: OFFSET,COUNT",
		false},
	{NULL, NULL, NULL, false},
};
