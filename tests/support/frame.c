/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_udp.h>

#include "eal.h"
#include "nj_packet.h"

const struct rte_ether_addr nj_test_our_mac = {{0x02, 0, 0, 0, 0, 0x0a}};
const struct rte_ether_addr nj_test_peer_mac = {{0x02, 0, 0, 0, 0, 0x4d}};

struct nj_test_frame
nj_test_frame_udp(const void *payload, uint16_t length)
{
	return (struct nj_test_frame){
		.ether_to = nj_test_our_mac,
		.ether_from = nj_test_peer_mac,
		.ethertype = RTE_ETHER_TYPE_IPV4,
		.version = IPVERSION,
		.ihl = NJ_TEST_IHL_RIGHT,
		.ttl = 61,
		.protocol = IPPROTO_UDP,
		.id = 0x1234,
		.total_length = NJ_TEST_RIGHT,
		.ip_checksum = NJ_TEST_RIGHT,
		.src_ip = NJ_TEST_PEER_IP,
		.dst_ip = NJ_TEST_OUR_IP,
		.src_port = NJ_TEST_PEER_PORT,
		.dst_port = NJ_TEST_OUR_PORT,
		.udp_length = NJ_TEST_RIGHT,
		.udp_checksum = NJ_TEST_RIGHT,
		.payload = payload,
		.payload_length = length,
	};
}

/* Room at the end of the frame, filled with a byte that is easy to see. */
static void *
append(struct rte_mbuf *m, uint16_t length)
{
	char *at = rte_pktmbuf_append(m, length);

	if (at == NULL)
		rte_exit(EXIT_FAILURE, "a frame of this length does not fit\n");
	return memset(at, 0xa5, length);
}

static void
append_word(struct rte_mbuf *m, uint16_t word)
{
	const rte_be16_t wire = rte_cpu_to_be_16(word);

	memcpy(append(m, sizeof(wire)), &wire, sizeof(wire));
}

static void
append_ether(struct rte_mbuf *m, const struct nj_test_frame *frame)
{
	memcpy(append(m, RTE_ETHER_ADDR_LEN), &frame->ether_to, RTE_ETHER_ADDR_LEN);
	memcpy(append(m, RTE_ETHER_ADDR_LEN), &frame->ether_from, RTE_ETHER_ADDR_LEN);
	for (unsigned int i = 0; i < frame->n_tags; i++) {
		append_word(m, RTE_ETHER_TYPE_VLAN);
		append_word(m, frame->tags[i]);
	}
	append_word(m, frame->ethertype);
}

static struct rte_ipv4_hdr *
append_ipv4(struct rte_mbuf *m, const struct nj_test_frame *frame, uint16_t length)
{
	struct rte_ipv4_hdr *ip = append(m, sizeof(*ip));
	const uint8_t ihl = (sizeof(*ip) + frame->n_options) / RTE_IPV4_IHL_MULTIPLIER;

	*ip = (struct rte_ipv4_hdr){
		.type_of_service = frame->tos,
		.packet_id = rte_cpu_to_be_16(frame->id),
		.fragment_offset = rte_cpu_to_be_16(frame->fragment),
		.time_to_live = frame->ttl,
		.next_proto_id = frame->protocol,
		.src_addr = rte_cpu_to_be_32(frame->src_ip),
		.dst_addr = rte_cpu_to_be_32(frame->dst_ip),
	};
	ip->version_ihl = frame->version << 4 | ihl;
	ip->total_length = rte_cpu_to_be_16(sizeof(*ip) + frame->n_options + length);
	memcpy(append(m, frame->n_options), frame->options, frame->n_options);
	return ip;
}

/* What the test wants wrong is put in last, so that it spoils nothing that is calculated. */
static void
finish_ipv4(struct rte_ipv4_hdr *ip, const struct nj_test_frame *frame)
{
	if (frame->ihl != NJ_TEST_IHL_RIGHT)
		ip->version_ihl = frame->version << 4 | frame->ihl;
	if (frame->total_length != NJ_TEST_RIGHT)
		ip->total_length = rte_cpu_to_be_16((uint16_t)frame->total_length);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = frame->ip_checksum == NJ_TEST_RIGHT
				   ? rte_ipv4_cksum(ip)
				   : rte_cpu_to_be_16((uint16_t)frame->ip_checksum);
}

/* RFC 768's sum over what the UDP header says, whatever stands around it. */
static uint16_t
udp_checksum(const struct rte_ipv4_hdr *ip, const struct rte_udp_hdr *udp, bool partial)
{
	struct rte_ipv4_hdr plain = {
		.version_ihl = RTE_IPV4_VHL_DEF,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = ip->src_addr,
		.dst_addr = ip->dst_addr,
	};

	plain.total_length = rte_cpu_to_be_16(sizeof(plain) + rte_be_to_cpu_16(udp->dgram_len));
	return partial ? rte_ipv4_phdr_cksum(&plain, 0) : rte_ipv4_udptcp_cksum(&plain, udp);
}

static void
append_payload(struct rte_mbuf *m, const struct nj_test_frame *frame)
{
	memcpy(append(m, frame->payload_length), frame->payload, frame->payload_length);
}

static void
append_udp(struct rte_mbuf *m, const struct rte_ipv4_hdr *ip, const struct nj_test_frame *frame)
{
	struct rte_udp_hdr *udp = append(m, sizeof(*udp));

	udp->src_port = rte_cpu_to_be_16(frame->src_port);
	udp->dst_port = rte_cpu_to_be_16(frame->dst_port);
	udp->dgram_len = rte_cpu_to_be_16(sizeof(*udp) + frame->payload_length);
	udp->dgram_cksum = 0;
	append_payload(m, frame);
	if (frame->udp_checksum < 0)
		udp->dgram_cksum = udp_checksum(ip, udp, frame->udp_checksum == NJ_TEST_PARTIAL);
	else
		udp->dgram_cksum = rte_cpu_to_be_16((uint16_t)frame->udp_checksum);
	if (frame->udp_length != NJ_TEST_RIGHT)
		udp->dgram_len = rte_cpu_to_be_16((uint16_t)frame->udp_length);
}

struct rte_mbuf *
nj_test_frame_build(const struct nj_test_frame *frame)
{
	struct rte_mbuf *m = nj_test_mbuf(NULL, 0);
	const bool udp = frame->protocol == IPPROTO_UDP;
	const uint16_t header = udp ? sizeof(struct rte_udp_hdr) : 0;
	struct rte_ipv4_hdr *ip;

	append_ether(m, frame);
	if (frame->ethertype == RTE_ETHER_TYPE_IPV4) {
		ip = append_ipv4(m, frame, header + frame->payload_length + frame->surplus);
		if (udp)
			append_udp(m, ip, frame);
		else
			append_payload(m, frame);
		append(m, frame->surplus);
		finish_ipv4(ip, frame);
	} else {
		append_payload(m, frame);
	}
	append(m, frame->padding);
	nj_packet(m)->udp_offset = NJ_UDP4_OFFSET; /* what tests without the parser need of it */
	return m;
}

struct rte_mbuf *
nj_test_mbuf(const void *bytes, uint16_t length)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(nj_test_pool());

	if (m == NULL)
		rte_exit(EXIT_FAILURE, "no mbuf left\n");
	memset(nj_packet(m), 0x5a, sizeof(struct nj_packet));
	if (length > 0)
		memcpy(append(m, length), bytes, length);
	return m;
}

bool
nj_test_checksums_right(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, NJ_UDP4_OFFSET);
	const uint16_t found = udp->dgram_cksum;
	uint16_t right;

	udp->dgram_cksum = 0;
	right = rte_ipv4_udptcp_cksum(ip, udp);
	udp->dgram_cksum = found;
	return rte_raw_cksum(ip, sizeof(*ip)) == UINT16_MAX && (found == 0 || found == right);
}

uint32_t
nj_test_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}
