/* SPDX-License-Identifier: BSD-3-Clause */
#include "affix.h"

#include <rte_memcpy.h>

size_t
nj_affix_scratch(const struct nj_affix *affix)
{
	/* No payload has more; a larger size never matches. */
	return RTE_MIN(affix->size, (uint32_t)NJ_PAYLOAD_MAX);
}

static void
cut(const struct nj_affix *affix, struct nj_datagram *datagram)
{
	if (affix->at_end)
		nj_payload_cut_tail(datagram, (uint16_t)affix->size);
	else
		nj_payload_cut_head(datagram, (uint16_t)affix->size);
}

/* The payload is long enough. */
static void
capture(const struct nj_affix *affix, struct nj_datagram *datagram, uint8_t *copy,
	struct nj_value *value)
{
	uint16_t size = (uint16_t)affix->size;
	uint16_t from = affix->at_end ? nj_payload_length(datagram) - size : 0;

	rte_memcpy(copy, nj_payload(datagram) + from, size);
	*value = (struct nj_value){.type = NJ_VALUE_BYTES, .length = size, .bytes = copy};
	if (affix->remove && size > 0)
		cut(affix, datagram);
}

void
nj_affix_capture(const struct nj_affix *affix, struct nj_batch *batch, unsigned int slot)
{
	for (unsigned int i = 0; i < batch->n; i++) {
		struct nj_datagram *datagram = batch->datagrams[i];
		uint8_t *copy = NULL;

		if (nj_payload_length(datagram) < affix->size)
			nj_batch_drop(batch, datagram, NJ_DROP_CAPTURE_MISS);
		else if (affix->size > NJ_PAYLOAD_MAX)
			nj_batch_drop(batch, datagram, NJ_DROP_TOO_BIG);
		else if ((copy = nj_batch_scratch(batch, affix->size)) == NULL)
			nj_batch_drop(batch, datagram, NJ_DROP_FILTER_MEMORY);
		else
			capture(affix, datagram, copy, &datagram->values[slot]);
	}
}
