/* SPDX-License-Identifier: BSD-3-Clause */
/* Looking into the endpoints that a datagram may still go to. */
#ifndef SELECTION_H
#define SELECTION_H

#include "nj_filter.h"

static inline bool
selection_contains(const struct nj_selection *selection, uint32_t place)
{
	uint32_t low = 0, high = selection->n;

	if (selection->places == NULL)
		return place < selection->n;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (selection->places[middle] < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low < selection->n && selection->places[low] == place;
}

#endif
