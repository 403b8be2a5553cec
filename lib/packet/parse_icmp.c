/* SPDX-License-Identifier: BSD-3-Clause */
#include "parse.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <rte_icmp.h>

#include "checksum.h"

/*
 * The local stack verifies the checksums of what it gets, so that is done here for errors alone;
 * one that is wrong goes to it as well, and ends there.
 *
 * An error quotes the datagram that it is about: headers, and as much behind them as it likes. None
 * of the quote's lengths needs to be there, or to be true. Datagrams of ours bear no options and no
 * extension headers but that of a fragment, so a quote with others is of none of ours.
 */

/* The ports of an answer to the quoted datagram, of which all 8 bytes of the UDP header are there.
 */
static bool
read_ports(const struct rte_udp_hdr *quote, struct nj_flow *answer)
{
	if (nj_check_udp(quote, UINT16_MAX) != NJ_DROP_NONE)
		return false;
	answer->src_port = quote->dst_port;
	answer->dst_port = quote->src_port;
	return true;
}

static bool
read_quote4(const void *quote, uint16_t length, struct nj_flow *answer)
{
	const struct rte_ipv4_hdr *ip = quote;
	const uint16_t least = sizeof(*ip) + sizeof(struct rte_udp_hdr);

	if (length < least || ip->version_ihl != RTE_IPV4_VHL_DEF ||
		rte_be_to_cpu_16(ip->total_length) < least)
		return false;
	if (ip->next_proto_id != IPPROTO_UDP ||
		(ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) != 0)
		return false;
	answer->src_ip = ip->dst_addr;
	answer->dst_ip = ip->src_addr;
	return read_ports((const struct rte_udp_hdr *)(ip + 1), answer);
}

/* The UDP header behind a fragment's, if that is the first fragment's; `length` bytes are there. */
static const struct rte_udp_hdr *
behind_fragment(const struct rte_ipv6_fragment_ext *fragment, uint16_t length)
{
	if (length < sizeof(*fragment) + sizeof(struct rte_udp_hdr) ||
		fragment->next_header != IPPROTO_UDP ||
		(fragment->frag_data & RTE_BE16((uint16_t)RTE_IPV6_EHDR_FO_MASK)) != 0)
		return NULL;
	return (const struct rte_udp_hdr *)(fragment + 1);
}

static bool
read_quote6(const void *quote, uint16_t length, struct nj_flow *answer)
{
	const struct rte_ipv6_hdr *ip = quote;
	const struct rte_udp_hdr *udp = NULL;

	if (length < sizeof(*ip) || rte_be_to_cpu_32(ip->vtc_flow) >> 28 != 6)
		return false;
	length = RTE_MIN(length - sizeof(*ip), (size_t)rte_be_to_cpu_16(ip->payload_len));
	if (ip->proto == IPPROTO_FRAGMENT)
		udp = behind_fragment((const struct rte_ipv6_fragment_ext *)(ip + 1), length);
	else if (ip->proto == IPPROTO_UDP && length >= sizeof(*udp))
		udp = (const struct rte_udp_hdr *)(ip + 1);
	if (udp == NULL)
		return false;
	memcpy(answer->src_ip6, ip->dst_addr, sizeof(answer->src_ip6));
	memcpy(answer->dst_ip6, ip->src_addr, sizeof(answer->dst_ip6));
	answer->ipv6 = true;
	return read_ports(udp, answer);
}

static bool
is_error4(uint8_t type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB;
}

static bool
is_error6(uint8_t type)
{
	return type == ICMP6_DST_UNREACH || type == ICMP6_PACKET_TOO_BIG ||
	       type == ICMP6_TIME_EXCEEDED || type == ICMP6_PARAM_PROB;
}

/* Whether it is an error about a datagram, whose answer's tuple is *answer then. */
static bool
read_error4(const struct rte_icmp_hdr *icmp, uint16_t length, struct nj_flow *answer)
{
	return is_error4(icmp->icmp_type) && rte_raw_cksum(icmp, length) == UINT16_MAX &&
	       read_quote4(icmp + 1, length - sizeof(*icmp), answer);
}

/* Errors go from one host to another one. */
static bool
read_error6(const struct rte_ipv6_hdr *ip, const struct rte_icmp_hdr *icmp, uint16_t length,
	struct nj_flow *answer)
{
	if (length < sizeof(*icmp) || !is_error6(icmp->icmp_type))
		return false;
	if (nj_is_group6(ip->dst_addr) || nj_is_unspecified6(ip->src_addr))
		return false;
	return nj_checksum_icmp6(ip, icmp) && read_quote6(icmp + 1, length - sizeof(*icmp), answer);
}

enum nj_drop
nj_parse_icmp4(struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	const struct rte_icmp_hdr *icmp = (const struct rte_icmp_hdr *)(ip + 1);
	const uint16_t length = rte_pktmbuf_data_len(m) - NJ_UDP4_OFFSET;
	struct nj_packet *packet = nj_packet(m);
	struct nj_flow answer = {0};

	if (length < sizeof(*icmp))
		return NJ_DROP_ICMP_MALFORMED;
	packet->udp_offset = NJ_UDP4_OFFSET;
	if (read_error4(icmp, length, &answer)) {
		packet->flow = answer;
		packet->kind = NJ_KIND_ICMP_ERROR;
	} else {
		packet->flow = (struct nj_flow){.src_ip = ip->src_addr, .dst_ip = ip->dst_addr};
		packet->kind = NJ_KIND_ICMP;
	}
	return NJ_DROP_NONE;
}

/* The outer addresses stand in the flow already. */
enum nj_drop
nj_parse_icmp6(struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	/* Both families' messages begin alike; the shortest of ICMPv6 ends behind the checksum. */
	const struct rte_icmp_hdr *icmp = (const struct rte_icmp_hdr *)(ip + 1);
	const uint16_t length = rte_pktmbuf_data_len(m) - NJ_UDP6_OFFSET;
	struct nj_packet *packet = nj_packet(m);
	struct nj_flow answer = {0};

	if (length < offsetof(struct rte_icmp_hdr, icmp_ident))
		return NJ_DROP_ICMP_MALFORMED;
	packet->udp_offset = NJ_UDP6_OFFSET;
	packet->kind = NJ_KIND_ICMP6;
	if (read_error6(ip, icmp, length, &answer)) {
		packet->flow = answer;
		packet->kind = NJ_KIND_ICMP_ERROR;
	}
	return NJ_DROP_NONE;
}
