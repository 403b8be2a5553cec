/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_qcmp.h"

#include <string.h>

#include <rte_byteorder.h>

/* All of a ping up to the nonce: magic, version, type, length. */
static const uint8_t ping_header[] = {'Q', 'L', 'K', 'N', 0, 0, 0, 9};
static const uint8_t reply_header[] = {'Q', 'L', 'K', 'N', 0, 1, 0, 25};

#define RECEIVED_OFFSET 17
#define SENT_OFFSET     25

bool
nj_qcmp_is_ping(const uint8_t *payload, uint16_t length)
{
	return length == NJ_QCMP_PING_BYTES &&
	       memcmp(payload, ping_header, sizeof(ping_header)) == 0;
}

static void
put_time(uint8_t *at, int64_t ns)
{
	rte_be64_t wire = rte_cpu_to_be_64((uint64_t)ns);

	memcpy(at, &wire, sizeof(wire));
}

void
nj_qcmp_reply(uint8_t *payload, int64_t received_ns, int64_t sent_ns)
{
	memcpy(payload, reply_header, sizeof(reply_header));
	put_time(payload + RECEIVED_OFFSET, received_ns);
	put_time(payload + SENT_OFFSET, sent_ns);
}
