/* SPDX-License-Identifier: BSD-3-Clause */
#include "frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

/* From the client; the endpoint's number is learned with the rest. */
static void
fill(struct nj_flow *flow, bool ipv6, uint32_t session)
{
	const struct nj_ip client = frames_client(ipv6, session / FRAMES_PORTS);
	const struct nj_ip us = peer_us(CLIENTS, ipv6 ? AF_INET6 : AF_INET, 0).ip;

	flow->ipv6 = ipv6;
	flow->src_port = rte_cpu_to_be_16((uint16_t)(PORT + session % FRAMES_PORTS));
	flow->dst_port = RTE_BE16(LISTENER);
	if (ipv6) {
		memcpy(flow->src_ip6, client.v6, sizeof(flow->src_ip6));
		memcpy(flow->dst_ip6, us.v6, sizeof(flow->dst_ip6));
	} else {
		flow->src_ip = client.v4;
		flow->dst_ip = us.v4;
	}
}

struct frames *
frames_create(uint32_t n, bool ipv6)
{
	struct frames *frames = calloc(1, sizeof(*frames));
	const size_t size = (size_t)n * sizeof(*frames->sessions);

	if (frames != NULL)
		frames->sessions = aligned_alloc(1 << 21, RTE_ALIGN_CEIL(size, (size_t)1 << 21));
	if (frames == NULL || frames->sessions == NULL) {
		fprintf(stderr, "no memory for %u sessions\n", n);
		exit(EXIT_FAILURE);
	}
	madvise(frames->sessions, size, MADV_HUGEPAGE); /* ours, not what is measured */
	memset(frames->sessions, 0, size);
	frames->n = n;
	frames->ipv6 = ipv6;
	for (uint32_t i = 0; i < n; i++)
		fill(&frames->sessions[i].flow[NJ_DOWNSTREAM], ipv6, i);
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
	const struct nj_flow *flow = &frames->sessions[session].flow[direction];
	const unsigned int side = direction == NJ_DOWNSTREAM ? CLIENTS : SERVERS;
	struct rte_ether_hdr *ether;

	rte_pktmbuf_reset(m);
	if (frames->ipv6) {
		struct frame6 *frame = (struct frame6 *)rte_pktmbuf_append(m, sizeof(*frame));

		frame->payload = payload_of(frames, session);
		write6(frame, flow, session);
	} else {
		struct frame4 *frame = (struct frame4 *)rte_pktmbuf_append(m, sizeof(*frame));

		frame->payload = payload_of(frames, session);
		write4(frame, flow, session);
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

bool
frames_learn(
	struct frames *frames, const struct rig *rig, const struct rte_mbuf *m, uint32_t session)
{
	struct nj_flow *reply = &frames->sessions[session].flow[NJ_UPSTREAM];
	struct nj_address endpoint;
	uint16_t id;
	const struct nj_flow sent = read_frame(m, frames->ipv6, &id);

	if (id != (uint16_t)session || !nj_test_checksums_right(m))
		return false;
	*reply = (struct nj_flow){
		.src_port = sent.dst_port, .dst_port = sent.src_port, .ipv6 = sent.ipv6};
	if (sent.ipv6) {
		memcpy(reply->src_ip6, sent.dst_ip6, sizeof(reply->src_ip6));
		memcpy(reply->dst_ip6, sent.src_ip6, sizeof(reply->dst_ip6));
	} else {
		reply->src_ip = sent.dst_ip;
		reply->dst_ip = sent.src_ip;
	}
	endpoint = nj_flow_source(reply);
	frames->sessions[session].flow[NJ_DOWNSTREAM].endpoint =
		nj_endpoint_numbers_find(rig->dataplane->numbers, &endpoint);
	return frames->sessions[session].flow[NJ_DOWNSTREAM].endpoint != 0;
}

bool
frames_came_back(const struct frames *frames, const struct rte_mbuf *m, uint32_t session)
{
	const struct nj_flow *asked = &frames->sessions[session].flow[NJ_DOWNSTREAM];
	const struct nj_address client = nj_flow_source(asked), us = nj_flow_destination(asked);
	uint16_t id;
	const struct nj_flow flow = read_frame(m, frames->ipv6, &id);
	const struct nj_address source = nj_flow_source(&flow);
	const struct nj_address destination = nj_flow_destination(&flow);

	return id == (uint16_t)session && nj_test_checksums_right(m) &&
	       nj_ip_equal(&source.ip, &us.ip) && source.port == us.port &&
	       nj_ip_equal(&destination.ip, &client.ip) && destination.port == client.port;
}
