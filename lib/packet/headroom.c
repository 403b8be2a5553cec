/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "nj_packet.h"

bool
nj_make_headroom(struct rte_mbuf *m, uint16_t n)
{
	const uint16_t headroom = rte_pktmbuf_headroom(m);
	char *frame = rte_pktmbuf_mtod(m, char *);
	uint16_t lacking;

	if (n <= headroom)
		return true;
	lacking = n - headroom;
	if (lacking > rte_pktmbuf_tailroom(m))
		return false;
	memmove(frame + lacking, frame, rte_pktmbuf_data_len(m));
	m->data_off += lacking;
	return true;
}
