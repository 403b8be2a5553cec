/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_filter.h"

#include <string.h>

/* The headers move with the payload's begin, so that they always stand right before it. */
static void
move_headers(struct rte_mbuf *m, uint8_t *from)
{
	memmove(rte_pktmbuf_mtod(m, uint8_t *), from, NJ_PAYLOAD4_OFFSET);
}

bool
nj_payload_append(struct nj_datagram *datagram, const uint8_t *bytes, uint16_t length)
{
	char *end = rte_pktmbuf_append(datagram->m, length);

	if (end == NULL)
		return false;
	memcpy(end, bytes, length);
	datagram->changed = true;
	return true;
}

/* Where there is no room in front any more, the payload makes way to the back. */
static bool
prepend_backwards(struct nj_datagram *datagram, const uint8_t *bytes, uint16_t length)
{
	uint16_t old = nj_payload_length(datagram);
	uint8_t *payload;

	if (rte_pktmbuf_append(datagram->m, length) == NULL)
		return false;
	payload = nj_payload(datagram);
	memmove(payload + length, payload, old);
	memcpy(payload, bytes, length);
	return true;
}

bool
nj_payload_prepend(struct nj_datagram *datagram, const uint8_t *bytes, uint16_t length)
{
	uint8_t *headers = rte_pktmbuf_mtod(datagram->m, uint8_t *);

	if (rte_pktmbuf_prepend(datagram->m, length) != NULL) {
		move_headers(datagram->m, headers);
		memcpy(nj_payload(datagram), bytes, length);
	} else if (!prepend_backwards(datagram, bytes, length)) {
		return false;
	}
	datagram->changed = true;
	return true;
}

bool
nj_payload_replace(struct nj_datagram *datagram, const uint8_t *bytes, uint16_t length)
{
	uint16_t old = nj_payload_length(datagram);

	if (length > old && rte_pktmbuf_append(datagram->m, length - old) == NULL)
		return false;
	if (length < old)
		rte_pktmbuf_trim(datagram->m, old - length);
	memcpy(nj_payload(datagram), bytes, length);
	datagram->changed = true;
	return true;
}

void
nj_payload_cut_head(struct nj_datagram *datagram, uint16_t length)
{
	uint8_t *headers = rte_pktmbuf_mtod(datagram->m, uint8_t *);

	rte_pktmbuf_adj(datagram->m, length);
	move_headers(datagram->m, headers);
	datagram->changed = true;
}

void
nj_payload_cut_tail(struct nj_datagram *datagram, uint16_t length)
{
	rte_pktmbuf_trim(datagram->m, length);
	datagram->changed = true;
}
