/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors of both families: sent as routers and hosts send them, and compared byte by byte. */
#ifndef ERRORS_H
#define ERRORS_H

#include "peers.h"

/* The first 8 bytes of the message; its family is that of the addresses. */
struct error {
	uint8_t type, code;
	uint32_t rest;
};

#define ERROR4_PORT         ((struct error){3, 3, 0})
#define ERROR4_HOST         ((struct error){3, 1, 0})
#define ERROR4_TOO_BIG(mtu) ((struct error){3, 4, (mtu)})
#define ERROR4_TTL          ((struct error){11, 0, 0})
#define ERROR6_PORT         ((struct error){1, 4, 0})
#define ERROR6_HOST         ((struct error){1, 3, 0})
#define ERROR6_NO_ROUTE     ((struct error){1, 0, 0})
#define ERROR6_TOO_BIG(mtu) ((struct error){2, 0, (mtu)})
#define ERROR6_TTL          ((struct error){3, 0, 0})

#define ERROR_ALL UINT16_MAX /* of the payload, as far as an error may be long */

/* An error from one host to another one about a datagram, of the payload of which so many bytes are
 * quoted. It arrives on queue 0 of the side's port. */
void error_send(struct rig *rig, unsigned int side, const struct nj_ip *from,
	const struct nj_ip *to, struct error error, const struct nj_test_datagram *about,
	uint16_t payload);

/* Takes the next frame that left and compares it with such an error of ours. */
void error_expect(struct rig *rig, unsigned int side, const struct nj_ip *from,
	const struct nj_ip *to, struct error error, const struct nj_test_datagram *about,
	uint16_t payload);

/* The same with the answer to a closed port of ours, about what rig_send() sent. */
void error_expect_refusal(struct rig *rig, unsigned int side, const struct nj_test_frame *about);

#endif
