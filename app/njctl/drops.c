/* SPDX-License-Identifier: BSD-3-Clause */
#include "drops.h"

json_t *
drops_list(const json_t *stats)
{
	json_t *list = json_array(), *packets;
	const char *reason;

	json_object_foreach (json_object_get(stats, "dropped"), reason, packets)
		if (json_integer_value(packets) != 0)
			json_array_append_new(list,
				json_pack("{s:s, s:O}", "reason", reason, "packets", packets));
	return list;
}
