/* SPDX-License-Identifier: BSD-3-Clause */
#include "affix.h"

#include <string.h>

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

bool
nj_affix_capture(const struct nj_affix *affix, struct nj_batch *batch, struct nj_datagram *datagram,
	struct nj_value *value)
{
	uint16_t length = nj_payload_length(datagram);
	uint8_t *copy;

	if (length < affix->size) {
		nj_batch_drop(batch, datagram, NJ_DROP_CAPTURE_MISS);
		return false;
	}
	if (affix->size > NJ_PAYLOAD_MAX) {
		nj_batch_drop(batch, datagram, NJ_DROP_TOO_BIG);
		return false;
	}
	copy = nj_batch_scratch(batch, affix->size);
	if (copy == NULL) {
		nj_batch_drop(batch, datagram, NJ_DROP_FILTER_MEMORY);
		return false;
	}
	memcpy(copy, nj_payload(datagram) + (affix->at_end ? length - affix->size : 0),
		affix->size);
	*value = (struct nj_value){
		.type = NJ_VALUE_BYTES, .length = (uint16_t)affix->size, .bytes = copy};
	if (affix->remove && affix->size > 0)
		cut(affix, datagram);
	return true;
}
