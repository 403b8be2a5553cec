/* SPDX-License-Identifier: BSD-3-Clause */
#include "peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_ip.h>
#include <rte_udp.h>

#include "nj_packet.h"

static const uint8_t first_endpoint6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 1, [13] = 1};

struct nj_address
peer_endpoint(uint32_t number)
{
	struct nj_address address = {.port = RTE_BE16(SERVER_PORT)};

	if (number < ENDPOINTS_EACH) {
		address.ip = nj_ip_v4(rte_cpu_to_be_32(SERVER_IP(number)));
	} else {
		address.ip = nj_ip_v6(first_endpoint6);
		address.ip.v6[15] = (uint8_t)(number - ENDPOINTS_EACH);
	}
	return address;
}

uint32_t
peer_endpoint_number(const struct nj_address *address)
{
	for (uint32_t number = 0; number < 2 * ENDPOINTS_EACH; number++) {
		const struct nj_address endpoint = peer_endpoint(number);

		if (nj_address_equal(&endpoint, address))
			return number;
	}
	return UINT32_MAX;
}

struct rte_ether_addr
peer_mac(const struct nj_ip *ip)
{
	rte_be32_t last = ip->v4;

	if (ip->family == AF_INET6)
		memcpy(&last, ip->v6 + 12, sizeof(last));
	return rig_peer_mac(rte_be_to_cpu_32(last));
}

struct nj_ip
peer_proxy_ip(const struct rig *rig, unsigned int side, uint8_t family)
{
	return family == AF_INET6 ? rig->addresses6[side].ip : rig->addresses[side].ip;
}

/* An IPv6 packet from a peer, but for what is behind its header. */
struct packet6 {
	struct rte_ether_hdr ether;
	struct rte_ipv6_hdr ip;
	uint8_t payload[2048];
} __rte_packed __rte_aligned(2);

static void
start_packet6(struct packet6 *packet, const struct nj_ip *from, const struct nj_ip *to,
	uint8_t protocol, uint16_t length)
{
	*packet = (struct packet6){
		.ether = {.src_addr = peer_mac(from), .ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6)},
		.ip = {.vtc_flow = RTE_BE32(0x60000000),
			.payload_len = rte_cpu_to_be_16(length),
			.proto = protocol,
			.hop_limits = 255}};
	memcpy(packet->ip.src_addr, from->v6, sizeof(from->v6));
	memcpy(packet->ip.dst_addr, to->v6, sizeof(to->v6));
}

static void
put_packet6(struct rig *rig, unsigned int side, const struct packet6 *packet)
{
	const uint16_t length = rte_be_to_cpu_16(packet->ip.payload_len);
	struct rte_mbuf *m =
		nj_test_mbuf(packet, (uint16_t)(offsetof(struct packet6, payload) + length));

	assert_int_equal(rte_ring_enqueue(rig->in[rig_port_of(rig, side)][0], m), 0);
}

/* Neighbor solicitation (RFC 4861, section 4.3), with the source's link-layer address. */
struct solicitation {
	uint8_t type, code;
	rte_be16_t checksum;
	uint32_t reserved;
	uint8_t target[16];
	uint8_t option, option_length;
	struct rte_ether_addr mac;
};

static void
introduce6(struct rig *rig, unsigned int side, const struct nj_ip *peer)
{
	const struct nj_ip ours = peer_proxy_ip(rig, side, AF_INET6);
	struct solicitation question = {
		.type = 135, .option = 1, .option_length = 1, .mac = peer_mac(peer)};
	struct packet6 packet;
	struct rte_mbuf *answer;

	start_packet6(&packet, peer, &ours, IPPROTO_ICMPV6, sizeof(question));
	packet.ether.dst_addr = rig_mac(rig, rig_port_of(rig, side));
	memcpy(question.target, ours.v6, sizeof(question.target));
	memcpy(packet.payload, &question, sizeof(question));
	question.checksum = rte_ipv6_udptcp_cksum(&packet.ip, packet.payload);
	memcpy(packet.payload, &question, sizeof(question));
	put_packet6(rig, side, &packet);
	rig_run(rig);
	while ((answer = rig_take(rig, side)) != NULL)
		rte_pktmbuf_free(answer);
}

void
peer_introduce(struct rig *rig, unsigned int side, const struct nj_ip *ip)
{
	if (ip->family == AF_INET6)
		introduce6(rig, side, ip);
	else
		rig_introduce(rig, side, rte_be_to_cpu_32(ip->v4));
}

static void
send6(struct rig *rig, unsigned int side, const struct nj_address *from,
	const struct nj_address *to, const struct nj_bytes *payload)
{
	struct rte_udp_hdr udp = {.src_port = from->port,
		.dst_port = to->port,
		.dgram_len = rte_cpu_to_be_16(sizeof(udp) + payload->length)};
	struct packet6 packet;

	start_packet6(&packet, &from->ip, &to->ip, IPPROTO_UDP, sizeof(udp) + payload->length);
	packet.ether.dst_addr = rig_mac(rig, rig_port_of(rig, side));
	memcpy(packet.payload, &udp, sizeof(udp));
	memcpy(packet.payload + sizeof(udp), payload->bytes, payload->length);
	udp.dgram_cksum = rte_ipv6_udptcp_cksum(&packet.ip, packet.payload);
	memcpy(packet.payload, &udp, sizeof(udp));
	put_packet6(rig, side, &packet);
}

void
peer_send(struct rig *rig, unsigned int side, const struct nj_address *from,
	const struct nj_address *to, const struct nj_bytes *payload)
{
	struct nj_test_frame frame = nj_test_frame_udp(payload->bytes, payload->length);

	if (from->ip.family == AF_INET6) {
		send6(rig, side, from, to, payload);
		return;
	}
	frame.src_ip = rte_be_to_cpu_32(from->ip.v4);
	frame.dst_ip = rte_be_to_cpu_32(to->ip.v4);
	frame.src_port = rte_be_to_cpu_16(from->port);
	frame.dst_port = rte_be_to_cpu_16(to->port);
	frame.fragment = RTE_IPV4_HDR_DF_FLAG; /* what is too big is dropped */
	rig_send(rig, side, &frame);
}
