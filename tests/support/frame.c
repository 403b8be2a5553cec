/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame.h"

#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_udp.h>

#include "eal.h"
#include "nj_packet.h"

const struct rte_ether_addr nj_test_our_mac = {{0x02, 0, 0, 0, 0, 0x0a}};
const struct rte_ether_addr nj_test_peer_mac = {{0x02, 0, 0, 0, 0, 0x4d}};

const uint8_t nj_test_our_ip6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x0a};
const uint8_t nj_test_peer_ip6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x4d};

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

struct nj_test_frame
nj_test_frame_udp6(const void *payload, uint16_t length)
{
	struct nj_test_frame frame = nj_test_frame_udp(payload, length);

	frame.ethertype = RTE_ETHER_TYPE_IPV6;
	frame.version = 6;
	memcpy(frame.src_ip6, nj_test_peer_ip6, sizeof(frame.src_ip6));
	memcpy(frame.dst_ip6, nj_test_our_ip6, sizeof(frame.dst_ip6));
	return frame;
}

struct nj_test_frame
nj_test_frame_icmp(const void *message, uint16_t length)
{
	struct nj_test_frame frame = nj_test_frame_udp(message, length);

	frame.protocol = IPPROTO_ICMP;
	frame.icmp_checksum = true;
	return frame;
}

struct nj_test_frame
nj_test_frame_icmp6(const void *message, uint16_t length)
{
	struct nj_test_frame frame = nj_test_frame_udp6(message, length);

	frame.protocol = IPPROTO_ICMPV6;
	frame.icmp_checksum = true;
	return frame;
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

/* The type of the extension header with this number, or the protocol behind the last one. */
static uint8_t
next_header(const struct nj_test_frame *frame, unsigned int number)
{
	return number < frame->n_extensions ? frame->extensions[number].type : frame->protocol;
}

static void
append_ipv6(struct rte_mbuf *m, const struct nj_test_frame *frame, uint16_t length)
{
	struct rte_ipv6_hdr *ip = append(m, sizeof(*ip));

	ip->vtc_flow =
		rte_cpu_to_be_32((uint32_t)frame->version << 28 | (uint32_t)frame->tos << 20);
	ip->proto = next_header(frame, 0);
	ip->hop_limits = frame->ttl;
	memcpy(ip->src_addr, frame->src_ip6, sizeof(ip->src_addr));
	memcpy(ip->dst_addr, frame->dst_ip6, sizeof(ip->dst_addr));
	for (unsigned int i = 0; i < frame->n_extensions; i++) {
		const struct nj_test_extension *extension = &frame->extensions[i];
		const uint16_t more =
			extension->type == IPPROTO_FRAGMENT ? 0 : extension->units * 8;
		uint8_t *bytes = append(m, 8);

		bytes[0] = next_header(frame, i + 1);
		bytes[1] = extension->units;
		memcpy(bytes + 2, extension->bytes, sizeof(extension->bytes));
		memset(append(m, more), 0, more);
		length += 8 + more;
	}
	ip->payload_len = rte_cpu_to_be_16(
		frame->total_length == NJ_TEST_RIGHT ? length : (uint16_t)frame->total_length);
}

/* A sum over addresses, length and protocol, whatever stands in the headers; with layer 4's bytes,
 * it is that one's checksum. */
static uint16_t
checksum(const struct nj_test_frame *frame, uint8_t protocol, const void *l4, uint16_t length)
{
	if (frame->ethertype == RTE_ETHER_TYPE_IPV6) {
		struct rte_ipv6_hdr plain = {
			.proto = protocol, .payload_len = rte_cpu_to_be_16(length)};

		memcpy(plain.src_addr, frame->src_ip6, sizeof(plain.src_addr));
		memcpy(plain.dst_addr, frame->dst_ip6, sizeof(plain.dst_addr));
		return l4 == NULL ? rte_ipv6_phdr_cksum(&plain, 0)
				  : rte_ipv6_udptcp_cksum(&plain, l4);
	} else {
		struct rte_ipv4_hdr plain = {
			.version_ihl = RTE_IPV4_VHL_DEF,
			.next_proto_id = protocol,
			.total_length = rte_cpu_to_be_16(sizeof(plain) + length),
			.src_addr = rte_cpu_to_be_32(frame->src_ip),
			.dst_addr = rte_cpu_to_be_32(frame->dst_ip),
		};

		return l4 == NULL ? rte_ipv4_phdr_cksum(&plain, 0)
				  : rte_ipv4_udptcp_cksum(&plain, l4);
	}
}

static uint8_t *
append_payload(struct rte_mbuf *m, const struct nj_test_frame *frame)
{
	return memcpy(append(m, frame->payload_length), frame->payload, frame->payload_length);
}

static void
append_udp(struct rte_mbuf *m, const struct nj_test_frame *frame)
{
	struct rte_udp_hdr *udp = append(m, sizeof(*udp));
	const uint16_t length = sizeof(*udp) + frame->payload_length;

	udp->src_port = rte_cpu_to_be_16(frame->src_port);
	udp->dst_port = rte_cpu_to_be_16(frame->dst_port);
	udp->dgram_len = rte_cpu_to_be_16(length);
	udp->dgram_cksum = 0;
	append_payload(m, frame);
	if (frame->udp_checksum < 0)
		udp->dgram_cksum = checksum(frame, IPPROTO_UDP,
			frame->udp_checksum == NJ_TEST_PARTIAL ? NULL : udp, length);
	else
		udp->dgram_cksum = rte_cpu_to_be_16((uint16_t)frame->udp_checksum);
	if (frame->udp_length != NJ_TEST_RIGHT)
		udp->dgram_len = rte_cpu_to_be_16((uint16_t)frame->udp_length);
}

/* ICMP's checksum has no pseudo-header, ICMPv6's has. */
static void
append_icmp(struct rte_mbuf *m, const struct nj_test_frame *frame)
{
	uint8_t *message = append_payload(m, frame);
	uint16_t sum = 0;

	if (!frame->icmp_checksum || frame->payload_length < 4)
		return;
	memcpy(message + 2, &sum, sizeof(sum));
	if (frame->ethertype == RTE_ETHER_TYPE_IPV6)
		sum = checksum(frame, IPPROTO_ICMPV6, message, frame->payload_length);
	else
		sum = (uint16_t)~rte_raw_cksum(message, frame->payload_length);
	memcpy(message + 2, &sum, sizeof(sum));
}

static void
append_l4(struct rte_mbuf *m, const struct nj_test_frame *frame)
{
	if (frame->protocol == IPPROTO_UDP)
		append_udp(m, frame);
	else
		append_icmp(m, frame);
	append(m, frame->surplus);
}

struct rte_mbuf *
nj_test_frame_build(const struct nj_test_frame *frame)
{
	struct rte_mbuf *m = nj_test_mbuf(NULL, 0);
	const uint16_t header = frame->protocol == IPPROTO_UDP ? sizeof(struct rte_udp_hdr) : 0;
	const uint16_t length = header + frame->payload_length + frame->surplus;
	const bool ipv6 = frame->ethertype == RTE_ETHER_TYPE_IPV6;
	struct rte_ipv4_hdr *ip;

	append_ether(m, frame);
	if (frame->ethertype == RTE_ETHER_TYPE_IPV4) {
		ip = append_ipv4(m, frame, length);
		append_l4(m, frame);
		finish_ipv4(ip, frame);
	} else if (ipv6) {
		append_ipv6(m, frame, length);
		append_l4(m, frame);
	} else {
		append_payload(m, frame);
	}
	append(m, frame->padding);
	/* What tests without the parser need of it. */
	nj_packet(m)->udp_offset = ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET;
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

static bool
checksum6_right(const struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, NJ_L3_OFFSET);

	/* With the checksum in it, the sum is that of nothing; UDP's nothing is written as all
	 * ones. */
	return rte_ipv6_udptcp_cksum(ip, ip + 1) == (ip->proto == IPPROTO_UDP ? UINT16_MAX : 0) &&
	       (ip->proto != IPPROTO_UDP ||
		       ((const struct rte_udp_hdr *)(ip + 1))->dgram_cksum != 0);
}

bool
nj_test_checksums_right(const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, NJ_UDP4_OFFSET);
	const uint16_t found = udp->dgram_cksum;
	uint16_t right;

	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return checksum6_right(m);
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
