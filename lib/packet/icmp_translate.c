/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors that go on to who sent what they are about, in that one's family and words. */
#include <netinet/in.h>

#include "icmp_error.h"
#include "nj_icmp.h"

/* By how much a packet becomes longer as an IPv6 one. */
#define FAMILIES_DIFFER (sizeof(struct rte_ipv6_hdr) - sizeof(struct rte_ipv4_hdr))

#define NOTHING 0xff /* the other family has no such thing */

/* Types and codes: RFC 7915 ----------------------------------------------------------------- */

/* Bytes of the IPv4 header to the IPv6 header's fields with the same meaning; figure 3. */
static const uint8_t pointers_to_ipv6[] = {0, 1, 4, 4, NOTHING, NOTHING, NOTHING, NOTHING, 7, 6,
	NOTHING, NOTHING, 8, 8, 8, 8, 24, 24, 24, 24};

/* And back; figure 6. */
static const uint8_t pointers_to_ipv4[] = {0, 1, NOTHING, NOTHING, 2, 2, 9, 8, 12, 12, 12, 12, 12,
	12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16,
	16, 16, 16, 16};

static_assert(sizeof(pointers_to_ipv6) == sizeof(struct rte_ipv4_hdr), "a pointer for each byte");
static_assert(sizeof(pointers_to_ipv4) == sizeof(struct rte_ipv6_hdr), "a pointer for each byte");

static uint32_t
rest_of(const struct icmp_error_header *icmp)
{
	rte_be32_t rest;

	memcpy(&rest, icmp->rest, sizeof(rest));
	return rte_be_to_cpu_32(rest);
}

static bool
become(struct icmp_error_header *icmp, uint8_t type, uint8_t code, uint32_t rest)
{
	const rte_be32_t wire = rte_cpu_to_be_32(rest);

	*icmp = (struct icmp_error_header){.type = type, .code = code};
	memcpy(icmp->rest, &wire, sizeof(wire));
	return code != NOTHING;
}

/* An IPv4 network may take less than the least of IPv6, whose hosts are never told so. */
static bool
too_big_to_ipv6(struct icmp_error_header *icmp, uint16_t packet)
{
	uint32_t mtu = rest_of(icmp) & UINT16_MAX;

	if (mtu == 0)
		mtu = nj_icmp_error_plateau(packet);
	mtu = RTE_MAX(mtu + FAMILIES_DIFFER, (uint32_t)RTE_IPV6_MIN_MTU);
	return become(icmp, ICMP6_TOO_BIG, 0, mtu);
}

/* Section 4.2. `packet` is the inner packet's length. */
static bool
to_ipv6(struct icmp_error_header *icmp, uint16_t packet)
{
	static const uint8_t unreachable[] = {
		0, 0, NOTHING, 4, NOTHING, 0, 0, 0, 0, 1, 1, 0, 0, 1, NOTHING, 1};
	const uint8_t code = icmp->code, pointer = icmp->rest[0];

	switch (icmp->type) {
	case ICMP4_UNREACHABLE:
		if (code == ICMP4_FRAGMENTATION)
			return too_big_to_ipv6(icmp, packet);
		if (code == ICMP4_PROTOCOL)
			return become(icmp, ICMP6_PARAMETER, ICMP6_UNKNOWN_PROTOCOL,
				offsetof(struct rte_ipv6_hdr, proto));
		return code < sizeof(unreachable) &&
		       become(icmp, ICMP6_UNREACHABLE, unreachable[code], 0);
	case ICMP4_TIME_EXCEEDED:
		return become(icmp, ICMP6_TIME_EXCEEDED, code, 0);
	case ICMP4_PARAMETER: /* codes 0 and 2 point at a field */
		return (code == 0 || code == 2) && pointer < sizeof(pointers_to_ipv6) &&
		       pointers_to_ipv6[pointer] != NOTHING &&
		       become(icmp, ICMP6_PARAMETER, 0, pointers_to_ipv6[pointer]);
	default:
		return false;
	}
}

/* Section 5.2. */
static bool
to_ipv4(struct icmp_error_header *icmp)
{
	static const uint8_t unreachable[] = {1, 10, 1, 1, 3};
	const uint32_t rest = rest_of(icmp);
	const uint8_t code = icmp->code;
	uint8_t pointer;

	switch (icmp->type) {
	case ICMP6_UNREACHABLE:
		return code < sizeof(unreachable) &&
		       become(icmp, ICMP4_UNREACHABLE, unreachable[code], 0);
	case ICMP6_TOO_BIG:
		return become(icmp, ICMP4_UNREACHABLE, ICMP4_FRAGMENTATION,
			RTE_MIN(rest - FAMILIES_DIFFER, (size_t)UINT16_MAX));
	case ICMP6_TIME_EXCEEDED:
		return become(icmp, ICMP4_TIME_EXCEEDED, code, 0);
	case ICMP6_PARAMETER:
		if (code == ICMP6_UNKNOWN_PROTOCOL)
			return become(icmp, ICMP4_UNREACHABLE, ICMP4_PROTOCOL, 0);
		if (code != 0 || rest >= sizeof(pointers_to_ipv4))
			return false;
		pointer = pointers_to_ipv4[rest];
		return pointer != NOTHING &&
		       become(icmp, ICMP4_PARAMETER, 0, (uint32_t)pointer << 24);
	default:
		return false;
	}
}

/* The length that RFC 4884 has in there is that of something in front of what is left out. */
static void
forget_extensions(struct icmp_error_header *icmp, bool ipv6)
{
	if (!ipv6)
		icmp->rest[1] = 0;
	else if (icmp->type == ICMP6_UNREACHABLE || icmp->type == ICMP6_TIME_EXCEEDED)
		icmp->rest[0] = 0;
}

static bool
change_header(struct icmp_error_header *icmp, bool from_ipv6, bool ipv6, uint16_t packet)
{
	if (from_ipv6 && icmp->type == ICMP6_TOO_BIG && rest_of(icmp) < RTE_IPV6_MIN_MTU)
		return false;
	if (from_ipv6 != ipv6)
		return ipv6 ? to_ipv6(icmp, packet) : to_ipv4(icmp);
	forget_extensions(icmp, ipv6);
	return true;
}

/* The inner datagram ------------------------------------------------------------------------ */

/* Moves the begin and the end of the frame, so that the inner UDP header lies where it has to. */
static bool
make_room(struct rte_mbuf *m, const struct icmp_error_inner *inner, bool ipv6)
{
	const uint16_t header = nj_ip_header_end(ipv6) - NJ_L3_OFFSET;
	const uint16_t udp = NJ_L3_OFFSET + 2 * header + sizeof(struct icmp_error_header);
	const uint16_t length = RTE_MIN(inner->length, nj_icmp_error_room(ipv6) - header);
	struct rte_ether_hdr *ether;

	if (udp > inner->udp && rte_pktmbuf_prepend(m, udp - inner->udp) == NULL)
		return false;
	if (udp < inner->udp)
		rte_pktmbuf_adj(m, inner->udp - udp);
	rte_pktmbuf_trim(m, rte_pktmbuf_data_len(m) - udp - length);
	nj_packet(m)->udp_offset = nj_ip_header_end(ipv6);
	ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	ether->ether_type = ipv6 ? RTE_BE16(RTE_ETHER_TYPE_IPV6) : RTE_BE16(RTE_ETHER_TYPE_IPV4);
	return true;
}

static uint16_t
ip_sum(const struct nj_ip *ip)
{
	return ip->family == AF_INET6 ? rte_raw_cksum(ip->v6, sizeof(ip->v6))
				      : rte_raw_cksum(&ip->v4, sizeof(ip->v4));
}

/* New ports, and a checksum that is as right as it was before: most of the payload may be missing.
 */
static void
change_udp(struct rte_udp_hdr *udp, const struct nj_ip_header *ip, const struct nj_address *source,
	const struct nj_address *destination)
{
	const uint16_t from[] = {
		ip_sum(&ip->source), ip_sum(&ip->destination), udp->src_port, udp->dst_port};
	const uint16_t to[] = {
		ip_sum(&source->ip), ip_sum(&destination->ip), source->port, destination->port};

	udp->src_port = source->port;
	udp->dst_port = destination->port;
	if (udp->dgram_cksum == 0)
		return;
	udp->dgram_cksum =
		nj_checksum_adjust(udp->dgram_cksum, nj_checksum_delta(from, to, RTE_DIM(from)));
	if (udp->dgram_cksum == 0)
		udp->dgram_cksum = UINT16_MAX;
}

/* The header that the datagram had when it was sent, whole. */
static struct nj_ip_header
inner_header(const struct icmp_error_inner *inner, const struct icmp_error_header *icmp,
	const struct rte_udp_hdr *udp)
{
	struct nj_ip_header header = inner->ip;

	header.length = rte_be_to_cpu_16(udp->dgram_len);
	header.protocol = IPPROTO_UDP;
	if (header.source.family == AF_INET)
		header.fragment &= RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
	else if (icmp->type == ICMP4_UNREACHABLE && icmp->code == ICMP4_FRAGMENTATION)
		header.fragment =
			RTE_BE16(RTE_IPV4_HDR_DF_FLAG); /* what else was it too big for? */
	return header;
}

bool
nj_icmp_error_translate(struct rte_mbuf *m, const struct nj_ip *source,
	const struct nj_ip *destination, const struct nj_address *inner_source,
	const struct nj_address *inner_destination)
{
	const bool ipv6 = destination->family == AF_INET6;
	const bool from_ipv6 = nj_packet(m)->udp_offset == NJ_UDP6_OFFSET;
	const void *l3 = rte_pktmbuf_mtod_offset(m, const void *, NJ_L3_OFFSET);
	const uint8_t traffic_class = nj_ip_header_read(l3).traffic_class;
	struct icmp_error_header icmp = *icmp_error_header(m);
	struct icmp_error_inner inner;
	struct nj_ip_header header;
	struct rte_udp_hdr *udp;

	if (!nj_icmp_error_inner(m, &inner) ||
		!change_header(&icmp, from_ipv6, ipv6, inner.packet) || !make_room(m, &inner, ipv6))
		return false;
	*icmp_error_header(m) = icmp;
	udp = rte_pktmbuf_mtod_offset(
		m, struct rte_udp_hdr *, 2 * nj_ip_header_end(ipv6) - NJ_L3_OFFSET + sizeof(icmp));
	header = inner_header(&inner, &icmp, udp);
	change_udp(udp, &inner.ip, inner_source, inner_destination);
	header.source = inner_source->ip;
	header.destination = inner_destination->ip;
	nj_ip_header_write(icmp_error_header(m) + 1, &header);
	nj_icmp_error_finish(m, source, destination, traffic_class);
	return true;
}
