/* SPDX-License-Identifier: BSD-3-Clause */
/* Rewriting where a side is IPv6: the header may have to become one of the other family. */
#include <rte_random.h>

#include "nj_packet.h"

/* RFC 7915, section 5.1: a packet that fits into what every IPv6 link takes may be fragmented. */
#define UNFRAGMENTED_MAX 1260

/* What both families' headers say. */
struct meaning {
	uint8_t traffic_class; /* type of service */
	uint16_t udp_length;
	bool dont_fragment;
};

static struct meaning
read_header(struct rte_mbuf *m)
{
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, nj_packet(m)->udp_offset);
	struct meaning meaning = {.udp_length = rte_be_to_cpu_16(udp->dgram_len)};

	if (nj_packet(m)->udp_offset == NJ_UDP6_OFFSET) {
		const struct rte_ipv6_hdr *ip =
			rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, NJ_L3_OFFSET);

		meaning.traffic_class =
			(uint8_t)(rte_be_to_cpu_32(ip->vtc_flow) >> RTE_IPV6_HDR_TC_SHIFT);
		meaning.dont_fragment =
			!nj_packet(m)->fragmented &&
			meaning.udp_length + sizeof(struct rte_ipv4_hdr) > UNFRAGMENTED_MAX;
	} else {
		const struct rte_ipv4_hdr *ip =
			rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);

		meaning.traffic_class = ip->type_of_service;
	}
	return meaning;
}

/* Moves the begin of the frame so that a header of the family fits in front of UDP. */
static bool
make_room(struct rte_mbuf *m, uint8_t udp_offset)
{
	const uint8_t old = nj_packet(m)->udp_offset;
	struct rte_ether_hdr *ether;

	if (udp_offset > old && rte_pktmbuf_prepend(m, udp_offset - old) == NULL)
		return false;
	if (udp_offset < old)
		rte_pktmbuf_adj(m, old - udp_offset);
	nj_packet(m)->udp_offset = udp_offset;
	ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	ether->ether_type = udp_offset == NJ_UDP6_OFFSET ? RTE_BE16(RTE_ETHER_TYPE_IPV6)
							 : RTE_BE16(RTE_ETHER_TYPE_IPV4);
	return true;
}

static void
write_ipv4(struct rte_ipv4_hdr *ip, const struct meaning *meaning, rte_be32_t src, rte_be32_t dst)
{
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.type_of_service = meaning->traffic_class,
		.total_length = rte_cpu_to_be_16(meaning->udp_length + sizeof(*ip)),
		.packet_id = meaning->dont_fragment ? 0 : (rte_be16_t)rte_rand(),
		.fragment_offset = meaning->dont_fragment ? RTE_BE16(RTE_IPV4_HDR_DF_FLAG) : 0,
		.time_to_live = NJ_TTL,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = src,
		.dst_addr = dst,
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static void
write_ipv6(struct rte_ipv6_hdr *ip, const struct meaning *meaning, const uint8_t src[16],
	const uint8_t dst[16])
{
	ip->vtc_flow = rte_cpu_to_be_32(
		UINT32_C(6) << 28 | (uint32_t)meaning->traffic_class << RTE_IPV6_HDR_TC_SHIFT);
	ip->payload_len = rte_cpu_to_be_16(meaning->udp_length);
	ip->proto = IPPROTO_UDP;
	ip->hop_limits = NJ_TTL;
	memcpy(ip->src_addr, src, sizeof(ip->src_addr));
	memcpy(ip->dst_addr, dst, sizeof(ip->dst_addr));
}

static void
put_checksum(struct rte_udp_hdr *udp, const struct rte_ipv6_hdr *ipv6, uint16_t delta)
{
	if (udp->dgram_cksum != 0)
		udp->dgram_cksum = nj_checksum_adjust(udp->dgram_cksum, delta);
	else if (ipv6 != NULL) /* the sender made none, and IPv6 has to have one */
		udp->dgram_cksum = rte_ipv6_udptcp_cksum(ipv6, udp);
	else
		return;
	if (udp->dgram_cksum == 0)
		udp->dgram_cksum = UINT16_MAX;
}

bool
nj_translate_udp(struct rte_mbuf *m, const struct nj_address *source,
	const struct nj_address *destination, uint16_t udp_delta)
{
	const bool ipv6 = destination->ip.family == AF_INET6;
	const struct meaning meaning = read_header(m);
	struct rte_udp_hdr *udp;
	void *ip;

	if (!make_room(m, ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET))
		return false;
	ip = rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET);
	if (ipv6)
		write_ipv6(ip, &meaning, source->ip.v6, destination->ip.v6);
	else
		write_ipv4(ip, &meaning, source->ip.v4, destination->ip.v4);
	udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, nj_packet(m)->udp_offset);
	udp->src_port = source->port;
	udp->dst_port = destination->port;
	put_checksum(udp, ipv6 ? ip : NULL, udp_delta);
	return true;
}
