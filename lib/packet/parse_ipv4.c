/* SPDX-License-Identifier: BSD-3-Clause */
#include "parse.h"

#include <netinet/in.h>
#include <string.h>

#include "checksum.h"

/* Lengths only: after this, header and payload are known to lie in the frame. */
static enum nj_drop
check_lengths(const struct rte_ipv4_hdr *ip, uint16_t room)
{
	uint16_t total, header;

	if (room < sizeof(*ip))
		return NJ_DROP_IPV4_TRUNCATED;
	if (ip->version_ihl >> 4 != IPVERSION)
		return NJ_DROP_IPV4_VERSION;
	header = rte_ipv4_hdr_len(ip);
	if (header < sizeof(*ip))
		return NJ_DROP_IPV4_HEADER_LENGTH;
	if (header > room)
		return NJ_DROP_IPV4_TRUNCATED;
	total = rte_be_to_cpu_16(ip->total_length);
	if (total < header || total > room)
		return NJ_DROP_IPV4_TOTAL_LENGTH;
	return NJ_DROP_NONE;
}

static enum nj_drop
check_fields(const struct rte_ipv4_hdr *ip, uint64_t ol_flags)
{
	const uint64_t verdict = ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;

	if (verdict != RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
		(verdict == RTE_MBUF_F_RX_IP_CKSUM_BAD || !nj_checksum_ipv4(ip)))
		return NJ_DROP_IPV4_CHECKSUM;
	if (nj_is_nobodys4(ip->src_addr))
		return NJ_DROP_IPV4_SOURCE;
	if (nj_is_nobodys4(ip->dst_addr))
		return NJ_DROP_IPV4_DESTINATION;
	if (ip->next_proto_id != IPPROTO_UDP && ip->next_proto_id != IPPROTO_ICMP)
		return NJ_DROP_IPV4_PROTOCOL;
	return NJ_DROP_NONE;
}

/* Takes the options off, and writes the header's lengths and checksum anew. */
static __rte_cold void
repair(struct rte_mbuf *m, uint16_t total)
{
	char *frame = rte_pktmbuf_mtod(m, char *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + NJ_L3_OFFSET);
	const uint16_t options = rte_ipv4_hdr_len(ip) - sizeof(*ip);

	if (options > 0)
		m->ol_flags &= ~RTE_MBUF_F_RX_RSS_HASH; /* devices may not look behind options */
	memmove(frame + options, frame, NJ_L3_OFFSET + sizeof(*ip));
	rte_pktmbuf_adj(m, options);
	ip = (struct rte_ipv4_hdr *)(frame + options + NJ_L3_OFFSET);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(total);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* The one shape: a header of 20 bytes, `length` bytes of layer 4, and nothing behind. */
static void
shape(struct rte_mbuf *m, uint16_t length)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	const uint16_t total = sizeof(*ip) + length;

	if (unlikely(ip->version_ihl != RTE_IPV4_VHL_DEF ||
		     ip->total_length != rte_cpu_to_be_16(total)))
		repair(m, total);
	/* There is one segment: rte_pktmbuf_trim() would look for the last. */
	m->data_len = NJ_L3_OFFSET + total;
	m->pkt_len = m->data_len;
}

static enum nj_drop
parse_udp(struct rte_mbuf *m, struct rte_udp_hdr *udp, uint16_t length)
{
	const struct rte_ipv4_hdr *ip;
	const enum nj_drop drop = nj_check_udp(udp, length);

	if (drop != NJ_DROP_NONE)
		return drop;
	shape(m, rte_be_to_cpu_16(udp->dgram_len));
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	/* A device may call a checksum bad that is only partial, so its "bad" is looked at again.
	 */
	if (udp->dgram_cksum != 0 &&
		(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) != RTE_MBUF_F_RX_L4_CKSUM_GOOD &&
		!nj_checksum_udp4(ip, udp))
		return NJ_DROP_UDP_CHECKSUM;
	nj_packet_udp4(nj_packet(m), ip, udp);
	return NJ_DROP_NONE;
}

static __rte_cold enum nj_drop
parse_icmp(struct rte_mbuf *m, uint16_t length)
{
	shape(m, length);
	return nj_parse_icmp4(m);
}

static __rte_cold enum nj_drop
parse_fragment(struct rte_mbuf *m, const struct rte_ipv4_hdr *ip, uint16_t length)
{
	const uint16_t field = rte_be_to_cpu_16(ip->fragment_offset);
	const uint32_t offset =
		(field & RTE_IPV4_HDR_OFFSET_MASK) * (uint32_t)RTE_IPV4_HDR_OFFSET_UNITS;

	if (!nj_fragment_is_possible(
		    rte_ipv4_hdr_len(ip), offset, length, (field & RTE_IPV4_HDR_MF_FLAG) != 0))
		return NJ_DROP_FRAGMENT_MALFORMED;
	nj_packet(m)->flow = (struct nj_flow){.src_ip = ip->src_addr, .dst_ip = ip->dst_addr};
	shape(m, length);
	nj_mark_fragment(m, NJ_UDP4_OFFSET);
	return NJ_DROP_NONE;
}

enum nj_drop
nj_parse_ipv4(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	enum nj_drop drop = check_lengths(ip, rte_pktmbuf_data_len(m) - NJ_L3_OFFSET);
	uint16_t header, length;

	if (drop == NJ_DROP_NONE)
		drop = check_fields(ip, m->ol_flags);
	if (drop != NJ_DROP_NONE)
		return drop;
	header = rte_ipv4_hdr_len(ip);
	length = rte_be_to_cpu_16(ip->total_length) - header;
	if (nj_is_fragment4(ip))
		return parse_fragment(m, ip, length);
	if (ip->next_proto_id == IPPROTO_UDP)
		return parse_udp(m, RTE_PTR_ADD(ip, header), length);
	return parse_icmp(m, length);
}
