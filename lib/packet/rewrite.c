/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_packet.h"

#include <arpa/inet.h>
#include <string.h>

/* The checksum after its words changed by a sum that is not folded yet, of less than 2^31. */
static uint16_t
adjust_by_sum(uint16_t checksum, uint32_t sum)
{
	sum += (uint16_t)~checksum;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Sets the time to live; what that does to the header's sum, less than 2^17. */
static uint32_t
renew_ttl(struct rte_ipv4_hdr *ip)
{
	const rte_be16_t before = htons((uint16_t)(ip->time_to_live << 8));

	ip->time_to_live = NJ_TTL;
	return (uint16_t)~before + (uint32_t)RTE_BE16(NJ_TTL << 8);
}

static inline void
adjust_udp(struct rte_udp_hdr *udp, uint16_t delta)
{
	udp->dgram_cksum = nj_checksum_adjust(udp->dgram_cksum, delta);
	if (udp->dgram_cksum == 0)
		udp->dgram_cksum = UINT16_MAX;
}

void
nj_rewrite_udp4(struct rte_mbuf *m, const struct nj_rewrite *rewrite)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, NJ_UDP4_OFFSET);

	ip->src_addr = rewrite->src_ip;
	ip->dst_addr = rewrite->dst_ip;
	ip->hdr_checksum = adjust_by_sum(ip->hdr_checksum, rewrite->ip_delta + renew_ttl(ip));
	udp->src_port = rewrite->src_port;
	udp->dst_port = rewrite->dst_port;
	if (udp->dgram_cksum != 0) /* else the sender made none */
		adjust_udp(udp, rewrite->udp_delta);
}

void
nj_rewrite_udp6(struct rte_mbuf *m, const struct nj_rewrite6 *rewrite)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, NJ_UDP6_OFFSET);

	memcpy(ip->src_addr, rewrite->src_ip6, sizeof(ip->src_addr));
	memcpy(ip->dst_addr, rewrite->dst_ip6, sizeof(ip->dst_addr));
	ip->hop_limits = NJ_TTL;
	udp->src_port = rewrite->src_port;
	udp->dst_port = rewrite->dst_port;
	adjust_udp(udp, rewrite->udp_delta);
}

/*
 * Writes all lengths and the IPv4 checksum. Returns by how much the length has changed the sums,
 * less than 2^17.
 */
static uint32_t
refit_lengths(struct rte_mbuf *m, struct rte_udp_hdr *udp)
{
	struct nj_packet *packet = nj_packet(m);
	void *l3 = rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET);
	const uint16_t length = (uint16_t)(rte_pktmbuf_data_len(m) - packet->udp_offset);
	const uint32_t delta = (uint16_t)~udp->dgram_len + (uint32_t)rte_cpu_to_be_16(length);

	udp->dgram_len = rte_cpu_to_be_16(length);
	packet->payload_length = length - sizeof(*udp);
	if (packet->udp_offset == NJ_UDP6_OFFSET) {
		((struct rte_ipv6_hdr *)l3)->payload_len = udp->dgram_len;
	} else {
		struct rte_ipv4_hdr *ip = l3;
		const rte_be16_t total = rte_cpu_to_be_16(length + sizeof(*ip));

		ip->hdr_checksum = adjust_by_sum(
			ip->hdr_checksum, (uint16_t)~ip->total_length + (uint32_t)total);
		ip->total_length = total;
	}
	return delta;
}

void
nj_refit_udp(struct rte_mbuf *m)
{
	const bool ipv6 = nj_packet(m)->udp_offset == NJ_UDP6_OFFSET;
	const void *l3 = rte_pktmbuf_mtod_offset(m, const void *, NJ_L3_OFFSET);
	struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, nj_packet(m)->udp_offset);

	refit_lengths(m, udp);
	if (udp->dgram_cksum == 0) /* the sender made none */
		return;
	udp->dgram_cksum = 0;
	udp->dgram_cksum = ipv6 ? rte_ipv6_udptcp_cksum(l3, udp) : rte_ipv4_udptcp_cksum(l3, udp);
}

void
nj_refit_udp_by(struct rte_mbuf *m, uint32_t payload_delta)
{
	struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, nj_packet(m)->udp_offset);
	const uint32_t length_delta = refit_lengths(m, udp);

	if (udp->dgram_cksum == 0)
		return;
	/* The length stands in the header and in the pseudo-header. */
	udp->dgram_cksum = adjust_by_sum(udp->dgram_cksum, 2 * length_delta + payload_delta);
	if (udp->dgram_cksum == 0)
		udp->dgram_cksum = UINT16_MAX;
}
