/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors read and made. */
#include "icmp_error.h"

#include <netinet/in.h>

#include "nj_icmp.h"

/* Reading ---------------------------------------------------------------------------------- */

/* RFC 792, RFC 1122 and RFC 1812 have given out these codes. */
static enum nj_icmp_error_type
read_unreachable4(uint8_t code)
{
	switch (code) {
	case 1:
	case 7:  /* host unknown */
	case 12: /* not with this type of service */
		return NJ_ICMP_ERROR_HOST;
	case ICMP4_PROTOCOL:
		return NJ_ICMP_ERROR_PARAMETER;
	case 3:
		return NJ_ICMP_ERROR_PORT;
	case ICMP4_FRAGMENTATION:
		return NJ_ICMP_ERROR_TOO_BIG;
	case 9:
	case 10:
	case 13:
	case 14:
	case 15:
		return NJ_ICMP_ERROR_ADMIN;
	default:
		return NJ_ICMP_ERROR_NO_ROUTE;
	}
}

static enum nj_icmp_error_type
read_unreachable6(uint8_t code)
{
	switch (code) {
	case 1:
	case 5: /* the source address, and a route that rejects: subsets of code 1 */
	case 6:
		return NJ_ICMP_ERROR_ADMIN;
	case 3:
		return NJ_ICMP_ERROR_HOST;
	case 4:
		return NJ_ICMP_ERROR_PORT;
	default:
		return NJ_ICMP_ERROR_NO_ROUTE;
	}
}

static enum nj_icmp_error_type
read_type(const struct icmp_error_header *icmp, bool ipv6)
{
	if (icmp->type == (ipv6 ? ICMP6_UNREACHABLE : ICMP4_UNREACHABLE))
		return ipv6 ? read_unreachable6(icmp->code) : read_unreachable4(icmp->code);
	if (icmp->type == (ipv6 ? ICMP6_TIME_EXCEEDED : ICMP4_TIME_EXCEEDED))
		return icmp->code == 1 ? NJ_ICMP_ERROR_REASSEMBLY : NJ_ICMP_ERROR_HOP_LIMIT;
	if (ipv6 && icmp->type == ICMP6_TOO_BIG)
		return NJ_ICMP_ERROR_TOO_BIG;
	return NJ_ICMP_ERROR_PARAMETER;
}

uint16_t
nj_icmp_error_plateau(uint16_t packet)
{
	/* RFC 1191, section 7, table 7-1, from the least. */
	static const uint16_t plateaus[] = {
		68, 296, 508, 1006, 1492, 2002, 4352, 8166, 17914, 32000, 65535};
	unsigned int i = 0;

	while (i + 1 < RTE_DIM(plateaus) && plateaus[i + 1] < packet)
		i++;
	return plateaus[i];
}

/* An MTU of 0 is that of a router from before RFC 1191. */
static uint16_t
read_mtu(const struct icmp_error_header *icmp, bool ipv6, uint16_t packet)
{
	rte_be32_t mtu;

	memcpy(&mtu, icmp->rest, sizeof(mtu));
	if (ipv6)
		return (uint16_t)RTE_MIN(rte_be_to_cpu_32(mtu), UINT16_MAX);
	mtu = rte_be_to_cpu_32(mtu) & UINT16_MAX;
	return mtu == 0 ? nj_icmp_error_plateau(packet) : (uint16_t)mtu;
}

struct nj_icmp_error
nj_icmp_error_read(struct rte_mbuf *m)
{
	const bool ipv6 = nj_packet(m)->udp_offset == NJ_UDP6_OFFSET;
	struct nj_icmp_error error = {.type = read_type(icmp_error_header(m), ipv6)};
	struct icmp_error_inner inner;

	if (error.type != NJ_ICMP_ERROR_TOO_BIG)
		return error;
	error.packet = nj_icmp_error_inner(m, &inner) ? inner.packet : 0;
	error.mtu = read_mtu(icmp_error_header(m), ipv6, error.packet);
	return error;
}

/* Making ----------------------------------------------------------------------------------- */

uint16_t
nj_icmp_error_room(bool ipv6)
{
	const uint16_t packet = ipv6 ? ICMP6_PACKET_MAX : ICMP4_PACKET_MAX;

	return packet - (nj_ip_header_end(ipv6) - NJ_L3_OFFSET) - sizeof(struct icmp_error_header);
}

void
nj_icmp_error_finish(struct rte_mbuf *m, const struct nj_ip *source,
	const struct nj_ip *destination, uint8_t traffic_class)
{
	const bool ipv6 = destination->family == AF_INET6;
	const struct nj_ip_header header = {
		.source = *source,
		.destination = *destination,
		.length = rte_pktmbuf_data_len(m) - nj_ip_header_end(ipv6),
		.protocol = ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
		.hop_limit = NJ_TTL,
		.traffic_class = traffic_class,
		/* Nobody has to cut what every host takes, so it needs no identification (RFC
		 * 6864). */
		.fragment = RTE_BE16(RTE_IPV4_HDR_DF_FLAG),
	};
	struct icmp_error_header *icmp = icmp_error_header(m);
	void *ip = rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET);

	nj_ip_header_write(ip, &header);
	icmp->checksum = 0;
	icmp->checksum = ipv6 ? rte_ipv6_udptcp_cksum(ip, icmp)
			      : (uint16_t)~rte_raw_cksum(icmp, header.length);
}

static struct icmp_error_header
wire_form(const struct nj_icmp_error *error, bool ipv6)
{
	static const struct icmp_error_header forms[][2] = {
		[NJ_ICMP_ERROR_NO_ROUTE] = {{ICMP4_UNREACHABLE, 0}, {ICMP6_UNREACHABLE, 0}},
		[NJ_ICMP_ERROR_HOST] = {{ICMP4_UNREACHABLE, 1}, {ICMP6_UNREACHABLE, 3}},
		[NJ_ICMP_ERROR_PORT] = {{ICMP4_UNREACHABLE, 3}, {ICMP6_UNREACHABLE, 4}},
		[NJ_ICMP_ERROR_ADMIN] = {{ICMP4_UNREACHABLE, 13}, {ICMP6_UNREACHABLE, 1}},
		[NJ_ICMP_ERROR_TOO_BIG] = {{ICMP4_UNREACHABLE, ICMP4_FRAGMENTATION},
			{ICMP6_TOO_BIG, 0}},
		[NJ_ICMP_ERROR_HOP_LIMIT] = {{ICMP4_TIME_EXCEEDED, 0}, {ICMP6_TIME_EXCEEDED, 0}},
		[NJ_ICMP_ERROR_REASSEMBLY] = {{ICMP4_TIME_EXCEEDED, 1}, {ICMP6_TIME_EXCEEDED, 1}},
		[NJ_ICMP_ERROR_PARAMETER] = {{ICMP4_PARAMETER, 0}, {ICMP6_PARAMETER, 0}},
	};
	struct icmp_error_header icmp = forms[error->type][ipv6];
	const rte_be32_t mtu = rte_cpu_to_be_32(error->mtu);

	if (error->type == NJ_ICMP_ERROR_TOO_BIG) /* in IPv4 the upper half is zero */
		memcpy(icmp.rest, &mtu, sizeof(mtu));
	return icmp;
}

/* As the parser would see it: about a datagram of the receiver's, so as an answer to that one. */
static void
fill_packet(struct rte_mbuf *m, struct rte_mbuf *about)
{
	const struct nj_packet *of = nj_packet(about);
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(about, const struct rte_udp_hdr *, of->udp_offset);
	const struct nj_ip_header ip =
		nj_ip_header_read(rte_pktmbuf_mtod_offset(about, const void *, NJ_L3_OFFSET));
	const struct nj_address from = {ip.destination, udp->dst_port},
				to = {ip.source, udp->src_port};

	*nj_packet(m) = (struct nj_packet){
		.flow = nj_flow_between(&from, &to),
		.udp_offset = of->udp_offset,
		.kind = NJ_KIND_ICMP_ERROR,
		.originated = true,
	};
	m->port = about->port;
}

struct rte_mbuf *
nj_icmp_error_make(struct rte_mempool *pool, const struct nj_icmp_error *error,
	struct rte_mbuf *about, const struct nj_ip *source)
{
	const bool ipv6 = source->family == AF_INET6;
	const uint16_t packet = rte_pktmbuf_data_len(about) - NJ_L3_OFFSET;
	const uint16_t length = RTE_MIN(packet, nj_icmp_error_room(ipv6));
	const uint16_t inner = nj_ip_header_end(ipv6) + sizeof(struct icmp_error_header);
	const void *l3 = rte_pktmbuf_mtod_offset(about, const void *, NJ_L3_OFFSET);
	const struct nj_ip destination = nj_ip_header_read(l3).source;
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr *ether;

	if (m == NULL || rte_pktmbuf_append(m, inner + length) == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	*ether = (struct rte_ether_hdr){
		.ether_type = ipv6 ? RTE_BE16(RTE_ETHER_TYPE_IPV6) : RTE_BE16(RTE_ETHER_TYPE_IPV4)};
	fill_packet(m, about);
	*icmp_error_header(m) = wire_form(error, ipv6);
	memcpy(rte_pktmbuf_mtod_offset(m, void *, inner), l3, length);
	nj_icmp_error_finish(m, source, &destination, 0);
	return m;
}
