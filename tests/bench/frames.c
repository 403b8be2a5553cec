/* SPDX-License-Identifier: BSD-3-Clause */
#include "frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_udp.h>

#include "peers.h"

#define PAYLOAD (2 + FRAMES_TOKEN) /* what makes an IPv4 frame of 64 bytes */
#define PORT    1024               /* a client's first */

struct payload {
	char bytes[PAYLOAD];
};

struct frame4 {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
	struct payload payload;
} __rte_packed __rte_aligned(2);

struct frame6 {
	struct rte_ether_hdr ether;
	struct rte_ipv6_hdr ip;
	struct rte_udp_hdr udp;
	struct payload payload;
} __rte_packed __rte_aligned(2);

static_assert(sizeof(struct frame4) + FRAMES_ETHER_CHECKSUM == 64, "the smallest frame");

/* Who talks to whom -------------------------------------------------------------------------- */

void
frames_token(char token[FRAMES_TOKEN], unsigned int n)
{
	char text[FRAMES_TOKEN + 1];

	snprintf(text, sizeof(text), "player-%09u", n);
	memcpy(token, text, FRAMES_TOKEN);
}

unsigned int
frames_clients(const struct frames *frames)
{
	return (frames->n + FRAMES_PORTS - 1) / FRAMES_PORTS;
}

struct nj_ip
frames_client(bool ipv6, unsigned int n)
{
	struct nj_ip ip = peer_client(ipv6 ? AF_INET6 : AF_INET, 0).ip;

	if (ipv6)
		ip.v6[15] += (uint8_t)n;
	else
		ip.v4 = rte_cpu_to_be_32(rte_be_to_cpu_32(ip.v4) + n);
	return ip;
}

static struct nj_address
client_of(const struct frames *frames, uint32_t session)
{
	return (struct nj_address){frames->clients[session / FRAMES_PORTS],
		rte_cpu_to_be_16((uint16_t)(PORT + session % FRAMES_PORTS))};
}

struct nj_flow
frames_flow(const struct frames *frames, uint32_t session, enum nj_direction direction)
{
	const struct frames_session *known = &frames->sessions[session];
	const struct frames_endpoint *endpoint = &frames->endpoints[known->endpoint];
	const struct nj_address client = client_of(frames, session);
	const struct nj_address listener = {frames->us, RTE_BE16(LISTENER)};
	const struct nj_address upstream = {frames->sources[known->source], known->port};
	struct nj_flow flow;

	if (direction == NJ_UPSTREAM)
		return nj_flow_between(&endpoint->address, &upstream);
	flow = nj_flow_between(&client, &listener);
	flow.endpoint = endpoint->number;
	return flow;
}

struct frames *
frames_create(uint32_t n, bool ipv6)
{
	struct frames *frames = calloc(1, sizeof(*frames));

	if (frames != NULL)
		frames->sessions = calloc(n, sizeof(*frames->sessions));
	if (frames == NULL || frames->sessions == NULL) {
		fprintf(stderr, "no memory for %u sessions\n", n);
		exit(EXIT_FAILURE);
	}
	frames->n = n;
	frames->ipv6 = ipv6;
	frames->us = peer_us(CLIENTS, ipv6 ? AF_INET6 : AF_INET, 0).ip;
	for (unsigned int i = 0; i < frames_clients(frames); i++)
		frames->clients[i] = frames_client(ipv6, i);
	for (unsigned int i = 0; i < FRAMES_TOKENS; i++)
		frames_token(frames->tokens[i], i);
	return frames;
}

void
frames_destroy(struct frames *frames)
{
	free(frames->sessions);
	free(frames);
}

unsigned int
frames_bytes(bool ipv6)
{
	return (ipv6 ? sizeof(struct frame6) : sizeof(struct frame4)) + FRAMES_ETHER_CHECKSUM;
}

/* Into a frame ------------------------------------------------------------------------------- */

static struct payload
payload_of(const struct frames *frames, uint32_t session)
{
	struct payload payload = {"hi"};

	memcpy(payload.bytes + PAYLOAD - FRAMES_TOKEN, frames->tokens[session % FRAMES_TOKENS],
		FRAMES_TOKEN);
	return payload;
}

static struct rte_udp_hdr
udp_of(const struct nj_flow *flow)
{
	return (struct rte_udp_hdr){.src_port = flow->src_port,
		.dst_port = flow->dst_port,
		.dgram_len = RTE_BE16(sizeof(struct rte_udp_hdr) + PAYLOAD)};
}

/* The session's low bits are the identification, which passes through. */
static void
write4(struct frame4 *frame, const struct nj_flow *flow, uint32_t session)
{
	frame->ether.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	frame->ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = RTE_BE16(sizeof(*frame) - NJ_L3_OFFSET),
		.packet_id = rte_cpu_to_be_16((uint16_t)session),
		.time_to_live = 61,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = flow->src_ip,
		.dst_addr = flow->dst_ip,
	};
	frame->ip.hdr_checksum = rte_ipv4_cksum(&frame->ip);
	frame->udp = udp_of(flow);
	frame->udp.dgram_cksum = rte_ipv4_udptcp_cksum(&frame->ip, &frame->udp);
}

static void
write6(struct frame6 *frame, const struct nj_flow *flow, uint32_t session)
{
	frame->ether.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
	frame->ip = (struct rte_ipv6_hdr){
		.vtc_flow = rte_cpu_to_be_32(UINT32_C(6) << 28 | (session & UINT16_MAX)),
		.payload_len = RTE_BE16(sizeof(struct rte_udp_hdr) + PAYLOAD),
		.proto = IPPROTO_UDP,
		.hop_limits = 61,
	};
	memcpy(frame->ip.src_addr, flow->src_ip6, sizeof(frame->ip.src_addr));
	memcpy(frame->ip.dst_addr, flow->dst_ip6, sizeof(frame->ip.dst_addr));
	frame->udp = udp_of(flow);
	frame->udp.dgram_cksum = rte_ipv6_udptcp_cksum(&frame->ip, &frame->udp);
}

void
frames_write(const struct frames *frames, struct rte_mbuf *m, uint32_t session,
	enum nj_direction direction)
{
	const struct nj_flow flow = frames_flow(frames, session, direction);
	const unsigned int side = direction == NJ_DOWNSTREAM ? CLIENTS : SERVERS;
	struct rte_ether_hdr *ether;

	rte_pktmbuf_reset(m);
	if (frames->ipv6) {
		struct frame6 *frame = (struct frame6 *)rte_pktmbuf_append(m, sizeof(*frame));

		frame->payload = payload_of(frames, session);
		write6(frame, &flow, session);
	} else {
		struct frame4 *frame = (struct frame4 *)rte_pktmbuf_append(m, sizeof(*frame));

		frame->payload = payload_of(frames, session);
		write4(frame, &flow, session);
	}
	ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	ether->dst_addr = frames->macs[side];
	ether->src_addr = nj_test_peer_mac;
	m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
}

/* Out of a frame ----------------------------------------------------------------------------- */

/* The tuple of a frame that came out, and which session it says it is of: its low 16 bits. */
static struct nj_flow
read_frame(const struct rte_mbuf *m, bool ipv6, uint16_t *session)
{
	const struct frame4 *frame4 = rte_pktmbuf_mtod(m, const struct frame4 *);
	const struct frame6 *frame6 = rte_pktmbuf_mtod(m, const struct frame6 *);
	const struct rte_udp_hdr *udp = ipv6 ? &frame6->udp : &frame4->udp;
	struct nj_flow flow = {.src_port = udp->src_port, .dst_port = udp->dst_port, .ipv6 = ipv6};

	if (ipv6) {
		memcpy(flow.src_ip6, frame6->ip.src_addr, sizeof(flow.src_ip6));
		memcpy(flow.dst_ip6, frame6->ip.dst_addr, sizeof(flow.dst_ip6));
		*session = (uint16_t)rte_be_to_cpu_32(frame6->ip.vtc_flow);
	} else {
		flow.src_ip = frame4->ip.src_addr;
		flow.dst_ip = frame4->ip.dst_addr;
		*session = rte_be_to_cpu_16(frame4->ip.packet_id);
	}
	return flow;
}

/* Their places, new ones behind the others. */
static unsigned int
place_of_endpoint(struct frames *frames, const struct rig *rig, const struct nj_address *address)
{
	unsigned int i = 0;

	while (i < frames->n_endpoints && !nj_address_equal(&frames->endpoints[i].address, address))
		i++;
	if (i == frames->n_endpoints && i < FRAMES_ENDPOINTS_MAX)
		frames->endpoints[frames->n_endpoints++] = (struct frames_endpoint){
			*address, nj_endpoint_numbers_find(rig->dataplane->numbers, address)};
	return i;
}

static unsigned int
place_of_source(struct frames *frames, const struct nj_ip *ip)
{
	unsigned int i = 0;

	while (i < frames->n_sources && !nj_ip_equal(&frames->sources[i], ip))
		i++;
	if (i == frames->n_sources && i < FRAMES_SOURCES_MAX)
		frames->sources[frames->n_sources++] = *ip;
	return i;
}

bool
frames_learn(
	struct frames *frames, const struct rig *rig, const struct rte_mbuf *m, uint32_t session)
{
	uint16_t id;
	const struct nj_flow sent = read_frame(m, frames->ipv6, &id);
	const struct nj_address upstream = nj_flow_source(&sent);
	const struct nj_address address = nj_flow_destination(&sent);
	const unsigned int endpoint = place_of_endpoint(frames, rig, &address);
	const unsigned int source = place_of_source(frames, &upstream.ip);

	if (id != (uint16_t)session || !nj_test_checksums_right(m) ||
		endpoint == FRAMES_ENDPOINTS_MAX || source == FRAMES_SOURCES_MAX)
		return false;
	frames->sessions[session] =
		(struct frames_session){(uint8_t)endpoint, (uint8_t)source, upstream.port};
	return frames->endpoints[endpoint].number != 0;
}

bool
frames_came_back(const struct frames *frames, const struct rte_mbuf *m, uint32_t session)
{
	const struct nj_address client = client_of(frames, session);
	uint16_t id;
	const struct nj_flow flow = read_frame(m, frames->ipv6, &id);
	const struct nj_address source = nj_flow_source(&flow);
	const struct nj_address destination = nj_flow_destination(&flow);

	return id == (uint16_t)session && nj_test_checksums_right(m) &&
	       nj_ip_equal(&source.ip, &frames->us) && source.port == RTE_BE16(LISTENER) &&
	       nj_ip_equal(&destination.ip, &client.ip) && destination.port == client.port;
}
