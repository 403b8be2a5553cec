/* SPDX-License-Identifier: BSD-3-Clause */
#include "parse.h"

#include <netinet/in.h>
#include <string.h>

#include "checksum.h"

/* Real packets have one or two extension headers; a walk over more would only waste time. */
#define EXTENSIONS_MAX  8
#define EXTENSION_UNITS 8 /* bytes; every extension header is at least one such unit long */

/* What stands behind the IPv6 header and its extension headers. */
struct chain {
	uint16_t extensions; /* bytes of extension headers that come off */
	uint16_t length;     /* bytes behind them */
	uint8_t next;        /* what those are: IPPROTO_FRAGMENT, or an upper layer */
	bool fragmented;     /* a fragment header came off */
};

/* Lengths only: after this, `payload_len` bytes behind the header are known to be there. */
static enum nj_drop
check_lengths(const struct rte_ipv6_hdr *ip, uint16_t room)
{
	if (room < sizeof(*ip))
		return NJ_DROP_IPV6_TRUNCATED;
	if (rte_be_to_cpu_32(ip->vtc_flow) >> 28 != 6)
		return NJ_DROP_IPV6_VERSION;
	if (rte_be_to_cpu_16(ip->payload_len) > room - sizeof(*ip))
		return NJ_DROP_IPV6_LENGTH;
	return NJ_DROP_NONE;
}

/* Extension headers ---------------------------------------------------------------------------- */

static bool
is_whole(const uint8_t *header)
{
	struct rte_ipv6_fragment_ext fragment;

	memcpy(&fragment, header, sizeof(fragment));
	return (fragment.frag_data & RTE_BE16(RTE_IPV6_FRAG_USED_MASK)) == 0;
}

/*
 * Whether this header, number `n` in its chain, may come off, and how many bytes it has. What
 * follows the first unit may not be there yet. A route that is not at its end is not for us (RFC
 * 8200, section 4.4: we are no router), and options for every hop come first or not at all (4.1).
 */
static enum nj_drop
measure(const uint8_t *header, uint8_t type, unsigned int n, uint16_t *bytes)
{
	const uint8_t segments_left = header[3];

	if (type == IPPROTO_FRAGMENT) {
		*bytes = sizeof(struct rte_ipv6_fragment_ext);
		return NJ_DROP_NONE;
	}
	if (type == IPPROTO_HOPOPTS && n > 0)
		return NJ_DROP_IPV6_EXTENSION;
	if (type == IPPROTO_ROUTING && segments_left > 0)
		return NJ_DROP_IPV6_EXTENSION;
	*bytes = (header[1] + 1) * EXTENSION_UNITS;
	return NJ_DROP_NONE;
}

static bool
is_extension(uint8_t type)
{
	return type == IPPROTO_HOPOPTS || type == IPPROTO_ROUTING || type == IPPROTO_DSTOPTS ||
	       type == IPPROTO_FRAGMENT;
}

/*
 * Goes over the extension headers at `at`, of which `chain` says the first's type and how many
 * bytes there are in all, up to the upper layer or to the header of a real fragment. That of a
 * datagram that is whole (RFC 6946) comes off like the others, and may be there once.
 */
static enum nj_drop
walk(const uint8_t *at, struct chain *chain)
{
	for (unsigned int n = 0; is_extension(chain->next); n++) {
		const uint8_t *header = at + chain->extensions;
		enum nj_drop drop;
		uint16_t bytes;

		if (n == EXTENSIONS_MAX || (chain->fragmented && chain->next == IPPROTO_FRAGMENT))
			return NJ_DROP_IPV6_EXTENSION;
		if (chain->length < EXTENSION_UNITS)
			return NJ_DROP_IPV6_TRUNCATED;
		if (chain->next == IPPROTO_FRAGMENT) {
			if (!is_whole(header))
				return NJ_DROP_NONE;
			chain->fragmented = true;
		}
		drop = measure(header, chain->next, n, &bytes);
		if (drop != NJ_DROP_NONE)
			return drop;
		if (chain->length < bytes)
			return NJ_DROP_IPV6_TRUNCATED;
		chain->next = header[0];
		chain->extensions += bytes;
		chain->length -= bytes;
	}
	return NJ_DROP_NONE;
}

/* Addresses ------------------------------------------------------------------------------------ */

/* Unspecified, loopback, or an IPv4 address in disguise (RFC 4291, sections 2.5.2, 2.5.3, 2.5.5.2;
 * RFC 4942, section 2.2). */
static bool
is_nobodys(const uint8_t ip[16])
{
	static const uint8_t loopback[16] = {[15] = 1}, mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (ip[0] != 0)
		return false;
	return nj_is_unspecified6(ip) || memcmp(ip, loopback, sizeof(loopback)) == 0 ||
	       memcmp(ip, mapped, sizeof(mapped)) == 0;
}

/*
 * Who has no address yet says so with ICMPv6 (RFC 4862, section 5.4.2), and groups are for ICMPv6
 * alone. A frame for a group of stations holds a packet for a group of hosts, or it is a trick.
 */
static enum nj_drop
check_addresses(struct rte_mbuf *m, const struct rte_ipv6_hdr *ip, uint8_t next)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const bool icmp = next == IPPROTO_ICMPV6;

	if (nj_is_group6(ip->src_addr))
		return NJ_DROP_IPV6_SOURCE;
	if (is_nobodys(ip->src_addr) && !(icmp && nj_is_unspecified6(ip->src_addr)))
		return NJ_DROP_IPV6_SOURCE;
	if (is_nobodys(ip->dst_addr))
		return NJ_DROP_IPV6_DESTINATION;
	if (nj_is_group6(ip->dst_addr))
		return icmp ? NJ_DROP_NONE : NJ_DROP_IPV6_DESTINATION;
	return rte_is_multicast_ether_addr(&ether->dst_addr) ? NJ_DROP_IPV6_DESTINATION
							     : NJ_DROP_NONE;
}

/* Upper layers --------------------------------------------------------------------------------- */

/*
 * The one shape: a header, `length` bytes of what the chain ends in, and nothing behind. Returns
 * the header, which may have moved.
 */
static struct rte_ipv6_hdr *
shape(struct rte_mbuf *m, const struct chain *chain, uint16_t length)
{
	char *frame = rte_pktmbuf_mtod(m, char *);
	struct rte_ipv6_hdr *ip;

	if (chain->extensions > 0) {
		m->ol_flags &= ~RTE_MBUF_F_RX_RSS_HASH; /* devices may not look behind them */
		memmove(frame + chain->extensions, frame, NJ_L3_OFFSET + sizeof(*ip));
		frame = rte_pktmbuf_adj(m, chain->extensions);
	}
	ip = (struct rte_ipv6_hdr *)(frame + NJ_L3_OFFSET);
	ip->proto = chain->next;
	ip->payload_len = rte_cpu_to_be_16(length);
	rte_pktmbuf_trim(m, rte_pktmbuf_data_len(m) - NJ_UDP6_OFFSET - length);
	return ip;
}

static enum nj_drop
parse_udp(struct rte_mbuf *m, const struct chain *chain, struct rte_udp_hdr *udp)
{
	const enum nj_drop drop = nj_check_udp(udp, chain->length);
	const struct rte_ipv6_hdr *ip;

	if (drop != NJ_DROP_NONE)
		return drop;
	if (udp->dgram_cksum == 0)
		return NJ_DROP_UDP_CHECKSUM; /* IPv6 has none of its own (RFC 8200, section 8.1) */
	ip = shape(m, chain, rte_be_to_cpu_16(udp->dgram_len));
	/* A device may call a checksum bad that is only partial. */
	if ((m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) != RTE_MBUF_F_RX_L4_CKSUM_GOOD &&
		!nj_checksum_udp6(ip, udp))
		return NJ_DROP_UDP_CHECKSUM;
	nj_packet_udp6(nj_packet(m), ip, udp);
	return NJ_DROP_NONE;
}

/* What a datagram that came in fragments may begin with. */
static enum nj_drop
check_fragmented(uint8_t next)
{
	if (next == IPPROTO_HOPOPTS || next == IPPROTO_FRAGMENT)
		return NJ_DROP_IPV6_EXTENSION;
	if (next == IPPROTO_UDP || next == IPPROTO_ICMPV6 || is_extension(next))
		return NJ_DROP_NONE;
	return NJ_DROP_IPV6_PROTOCOL;
}

/*
 * Where the fragment is the first, its header may be followed by more extension headers: those are
 * looked at in the whole.
 */
static enum nj_drop
parse_fragment(struct rte_mbuf *m, const struct chain *chain, const uint8_t *header)
{
	struct rte_ipv6_fragment_ext fragment;
	enum nj_drop drop;
	uint16_t field;

	memcpy(&fragment, header, sizeof(fragment));
	drop = check_fragmented(fragment.next_header);
	if (drop != NJ_DROP_NONE)
		return drop;
	field = rte_be_to_cpu_16(fragment.frag_data);
	if (!nj_fragment_is_possible(0, field & (uint16_t)RTE_IPV6_EHDR_FO_MASK,
		    chain->length - sizeof(fragment), RTE_IPV6_GET_MF(field)))
		return NJ_DROP_FRAGMENT_MALFORMED;
	nj_packet_addresses6(nj_packet(m), shape(m, chain, chain->length));
	nj_mark_fragment(m, NJ_UDP6_OFFSET);
	return NJ_DROP_NONE;
}

static enum nj_drop
parse_icmp(struct rte_mbuf *m, const struct chain *chain)
{
	nj_packet_addresses6(nj_packet(m), shape(m, chain, chain->length));
	nj_packet(m)->fragmented = chain->fragmented;
	return nj_parse_icmp6(m);
}

enum nj_drop
nj_parse_ipv6(struct rte_mbuf *m)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	enum nj_drop drop = check_lengths(ip, rte_pktmbuf_data_len(m) - NJ_L3_OFFSET);
	struct chain chain;
	void *upper;

	if (drop != NJ_DROP_NONE)
		return drop;
	chain = (struct chain){
		.length = rte_be_to_cpu_16(ip->payload_len),
		.next = ip->proto,
	};
	drop = walk((const uint8_t *)(ip + 1), &chain);
	if (drop == NJ_DROP_NONE)
		drop = check_addresses(m, ip, chain.next);
	if (drop != NJ_DROP_NONE)
		return drop;
	upper = RTE_PTR_ADD(ip + 1, chain.extensions);
	switch (chain.next) {
	case IPPROTO_UDP:
		return parse_udp(m, &chain, upper);
	case IPPROTO_ICMPV6:
		return parse_icmp(m, &chain);
	case IPPROTO_FRAGMENT:
		return parse_fragment(m, &chain, upper);
	default:
		return NJ_DROP_IPV6_PROTOCOL;
	}
}
