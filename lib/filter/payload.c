/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_filter.h"

#include <string.h>

/*
 * The one's complement sum of the bytes' words, as stored in memory; eight bytes at a time, as most
 * often they are few. 2^16 is 1 modulo 2^16 - 1, and so is 2^64: carries come back in as 1.
 */
static uint16_t
sum_of_words(const uint8_t *bytes, uint16_t length)
{
	uint64_t sum = 0, word;

	for (; length >= sizeof(word); bytes += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		sum += word;
		sum += sum < word;
	}
	if (length > 0) {
		word = 0;
		memcpy(&word, bytes, length);
		sum += word;
		sum += sum < word;
	}
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)((sum & UINT16_MAX) + (sum >> 16));
}

/*
 * Bytes that come or go at the end change the checksum by their own sum, given
 * whether they begin at an even place; so do an even number of bytes in front.
 */
static uint16_t
sum_of(const uint8_t *bytes, uint16_t length, uint16_t place)
{
	uint16_t sum = sum_of_words(bytes, length);

	return place % 2 == 0 ? sum : rte_bswap16(sum);
}

static void
comes(struct nj_datagram *datagram, const uint8_t *bytes, uint16_t length, uint16_t place)
{
	datagram->delta += sum_of(bytes, length, place);
	datagram->changed = true;
}

static void
goes(struct nj_datagram *datagram, const uint8_t *bytes, uint16_t length, uint16_t place)
{
	datagram->delta += (uint16_t)~sum_of(bytes, length, place);
	datagram->changed = true;
}

/* The headers move with the payload's begin, so that they always stand right before it. */
static void
move_headers(struct rte_mbuf *m, uint8_t *from)
{
	memmove(rte_pktmbuf_mtod(m, uint8_t *), from, nj_payload_offset(m));
}

bool
nj_payload_append(struct nj_datagram *datagram, const uint8_t *bytes, uint16_t length)
{
	uint16_t old = nj_payload_length(datagram);
	char *end = rte_pktmbuf_append(datagram->m, length);

	if (end == NULL)
		return false;
	memcpy(end, bytes, length);
	comes(datagram, bytes, length, old);
	return true;
}

bool
nj_payload_prepend(struct nj_datagram *datagram, const uint8_t *bytes, uint16_t length)
{
	uint8_t *headers;

	if (!nj_make_headroom(datagram->m, length))
		return false;
	headers = rte_pktmbuf_mtod(datagram->m, uint8_t *);
	rte_pktmbuf_prepend(datagram->m, length);
	move_headers(datagram->m, headers);
	memcpy(nj_payload(datagram), bytes, length);
	comes(datagram, bytes, length, 0);
	datagram->reordered |= length % 2 != 0;
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
	datagram->changed = datagram->reordered = true;
	return true;
}

void
nj_payload_cut_head(struct nj_datagram *datagram, uint16_t length)
{
	uint8_t *headers = rte_pktmbuf_mtod(datagram->m, uint8_t *);

	goes(datagram, nj_payload(datagram), length, 0);
	datagram->reordered |= length % 2 != 0;
	rte_pktmbuf_adj(datagram->m, length);
	move_headers(datagram->m, headers);
}

void
nj_payload_cut_tail(struct nj_datagram *datagram, uint16_t length)
{
	uint16_t left = nj_payload_length(datagram) - length;

	goes(datagram, nj_payload(datagram) + left, length, left);
	/* There is one segment, and it has as much: rte_pktmbuf_trim() would look for both. */
	datagram->m->data_len -= length;
	datagram->m->pkt_len -= length;
}

void
nj_datagram_refit(const struct nj_datagram *datagram)
{
	if (!datagram->changed)
		return;
	if (datagram->reordered)
		nj_refit_udp(datagram->m);
	else
		nj_refit_udp_by(datagram->m, datagram->delta);
}
