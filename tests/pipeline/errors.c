/* SPDX-License-Identifier: BSD-3-Clause */
#include "errors.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "eal.h"

#define ERROR4_MAX 576 /* RFC 1812, section 4.3.2.3 */
#define ERROR6_MAX 1280

/* The message, with as much of the packet as it has room for. */
static struct nj_test_datagram
message(const struct nj_ip *from, const struct nj_ip *to, struct error error, const void *packet,
	uint16_t length)
{
	static uint8_t bytes[ERROR6_MAX];
	const bool ipv6 = to->family == AF_INET6;
	const uint16_t room = ipv6 ? ERROR6_MAX - 40 - 8 : ERROR4_MAX - 20 - 8;
	const rte_be32_t rest = rte_cpu_to_be_32(error.rest);

	memset(bytes, 0, 8);
	bytes[0] = error.type;
	bytes[1] = error.code;
	memcpy(bytes + 4, &rest, sizeof(rest));
	length = RTE_MIN(length, room);
	memcpy(bytes + 8, packet, length);
	return (struct nj_test_datagram){
		.source.ip = *from,
		.destination.ip = *to,
		.payload = bytes,
		.length = 8 + length,
		.protocol = ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
		.hop_limit = NJ_TTL,
		.fragment = DF,
	};
}

static struct nj_test_datagram
message_about(const struct nj_ip *from, const struct nj_ip *to, struct error error,
	const struct nj_test_datagram *about, uint16_t payload)
{
	struct rte_mbuf *m = peer_build(about);
	const uint16_t headers =
		about->source.ip.family == AF_INET6 ? NJ_PAYLOAD6_OFFSET : NJ_PAYLOAD4_OFFSET;
	const struct nj_test_datagram made =
		message(from, to, error, rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET),
			headers - NJ_L3_OFFSET + RTE_MIN(payload, about->length));

	rte_pktmbuf_free(m);
	return made;
}

void
error_send(struct rig *rig, unsigned int side, const struct nj_ip *from, const struct nj_ip *to,
	struct error error, const struct nj_test_datagram *about, uint16_t payload)
{
	struct nj_test_datagram sent = message_about(from, to, error, about, payload);

	sent.hop_limit = 60;
	peer_send(rig, side, &sent);
}

void
error_expect(struct rig *rig, unsigned int side, const struct nj_ip *from, const struct nj_ip *to,
	struct error error, const struct nj_test_datagram *about, uint16_t payload)
{
	const struct nj_test_datagram wanted = message_about(from, to, error, about, payload);

	peer_expect(rig, side, &wanted);
}

void
error_expect_refusal(struct rig *rig, unsigned int side, const struct nj_test_frame *about)
{
	const struct nj_ip us = nj_ip_v4(rte_cpu_to_be_32(about->dst_ip));
	const struct nj_ip peer = nj_ip_v4(rte_cpu_to_be_32(about->src_ip));
	struct rte_mbuf *m = nj_test_frame_build(about);
	const struct nj_test_datagram wanted =
		message(&us, &peer, ERROR4_PORT, rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET),
			rte_pktmbuf_data_len(m) - NJ_L3_OFFSET);

	rte_pktmbuf_free(m);
	peer_expect(rig, side, &wanted);
}
