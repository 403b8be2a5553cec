/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * QCMP, Quilkin's ping: how a client measures the way to a proxy. Big endian:
 *
 *	 0  4  "QLKN"
 *	 4  1  version, 0
 *	 5  1  type: 0 ping, 1 reply
 *	 6  2  length of the rest: 9 (ping), 25 (reply)
 *	 8  1  nonce
 *	 9  8  the client's time, signed Unix nanoseconds
 *	17  8  reply: when the ping was received
 *	25  8  reply: when the reply was sent
 *
 * Pure functions of bytes; any lcore. Source: Quilkin 0.9, src/codec/qcmp.rs.
 */
#ifndef NJ_QCMP_H
#define NJ_QCMP_H

#include <stdbool.h>
#include <stdint.h>

#define NJ_QCMP_PING_BYTES  17
#define NJ_QCMP_REPLY_BYTES 33

/* Whether the payload is a ping and nothing else. */
bool nj_qcmp_is_ping(const uint8_t *payload, uint16_t length);

/* Makes a reply of a ping, in place; there are NJ_QCMP_REPLY_BYTES. Times in Unix nanoseconds. */
void nj_qcmp_reply(uint8_t *payload, int64_t received_ns, int64_t sent_ns);

#endif
