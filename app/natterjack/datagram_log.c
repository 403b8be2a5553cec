/* SPDX-License-Identifier: BSD-3-Clause */
#include "datagram_log.h"

#include <ctype.h>
#include <stdio.h>

#include "nj_packet.h"
#include "nj_session.h"

NJ_LOG_TYPE(debug);

#define SHOWN_BYTES 256 /* of the payload */

static bool
is_text(const uint8_t *bytes, unsigned int length)
{
	for (unsigned int i = 0; i < length; i++)
		if (!isprint(bytes[i]))
			return false;
	return true;
}

static void
format_hex(char *out, size_t size, const uint8_t *bytes, unsigned int length)
{
	size_t used = 0;

	for (unsigned int i = 0; i < length && used + 3 < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%02x", bytes[i]);
}

void
datagram_log(struct rte_mbuf *m)
{
	const struct nj_packet *packet = nj_packet(m);
	const struct nj_address from = nj_flow_source(&packet->flow);
	const struct nj_address to = nj_flow_destination(&packet->flow);
	/* What was put together may have more than one segment; what is shown is in the first. */
	unsigned int length = rte_pktmbuf_pkt_len(m) - nj_payload_offset(m);
	char from_text[NJ_ADDRESS_STRLEN], to_text[NJ_ADDRESS_STRLEN];
	const uint8_t *bytes = rte_pktmbuf_mtod_offset(m, const uint8_t *, nj_payload_offset(m));
	const unsigned int shown = RTE_MIN(length, (unsigned int)SHOWN_BYTES);
	const bool text = is_text(bytes, shown);
	char content[2 * SHOWN_BYTES + 1];

	if (text)
		snprintf(content, sizeof(content), "%.*s", (int)shown, (const char *)bytes);
	else
		format_hex(content, sizeof(content), bytes, shown);
	NJ_EVENT(INFO, "datagram", "id=%s direction=%s from=%s to=%s bytes=%u %s=%s",
		packet->log_id != NULL ? packet->log_id : "-",
		packet->log_direction == NJ_DOWNSTREAM ? "read" : "write",
		nj_address_format(&from, from_text), nj_address_format(&to, to_text), length,
		text ? "text" : "hex", content);
}
