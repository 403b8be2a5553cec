/* SPDX-License-Identifier: BSD-3-Clause */
/* Rewriting where a side is IPv6: the header may have to become one of the other family. */
#include "ip_header.h"
#include "nj_ids.h"
#include "nj_packet.h"

/* RFC 7915, section 5.1: an IPv4 packet up to this fits into what every IPv6 link takes. */
#define UNFRAGMENTED_MAX (RTE_IPV6_MIN_MTU - 20)

/*
 * What an IPv4 header says of fragments has no place in an IPv6 one. A short datagram may be
 * fragmented, as its sender hears of no link that takes less than IPv6's least; a longer one may
 * not, so that its sender does hear, unless it came in fragments already.
 */
static void
become_ipv4(struct nj_ip_header *header, bool fragmented, struct nj_ids *ids)
{
	if (fragmented || sizeof(struct rte_ipv4_hdr) + header->length <= UNFRAGMENTED_MAX)
		header->id = rte_cpu_to_be_16(
			(uint16_t)nj_ids_next(ids, &header->source, &header->destination));
	else
		header->fragment = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
}

/* Moves the begin of the frame so that a header of the family fits in front of UDP. */
static bool
make_room(struct rte_mbuf *m, bool ipv6)
{
	const uint8_t old = nj_packet(m)->udp_offset, new = nj_ip_header_end(ipv6);
	struct rte_ether_hdr *ether;

	if (new > old) {
		if (!nj_make_headroom(m, new - old))
			return false;
		rte_pktmbuf_prepend(m, new - old);
	} else {
		rte_pktmbuf_adj(m, old - new);
	}
	nj_packet(m)->udp_offset = new;
	ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	ether->ether_type = ipv6 ? RTE_BE16(RTE_ETHER_TYPE_IPV6) : RTE_BE16(RTE_ETHER_TYPE_IPV4);
	return true;
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
	const struct nj_address *destination, uint16_t udp_delta, struct nj_ids *ids)
{
	const bool ipv6 = destination->ip.family == AF_INET6;
	const bool was_ipv6 = nj_packet(m)->udp_offset == NJ_UDP6_OFFSET;
	struct nj_ip_header header =
		nj_ip_header_read(rte_pktmbuf_mtod_offset(m, const void *, NJ_L3_OFFSET));
	struct rte_udp_hdr *udp;
	void *ip;

	if (!make_room(m, ipv6))
		return false;
	header.source = source->ip;
	header.destination = destination->ip;
	header.hop_limit = NJ_TTL;
	if (was_ipv6 && !ipv6)
		become_ipv4(&header, nj_packet(m)->fragmented, ids);
	ip = rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET);
	nj_ip_header_write(ip, &header);
	udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, nj_packet(m)->udp_offset);
	udp->src_port = source->port;
	udp->dst_port = destination->port;
	put_checksum(udp, ipv6 ? ip : NULL, udp_delta);
	return true;
}
