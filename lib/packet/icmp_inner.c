/* SPDX-License-Identifier: BSD-3-Clause */
/* The datagram that an ICMP error is about, as much as came of it. */
#include <netinet/in.h>

#include "icmp_error.h"

/* Bytes of header in front of UDP, in `room` bytes; 0 where there is no UDP behind it. */
static uint32_t
ipv4_header(const struct rte_ipv4_hdr *ip, uint32_t room)
{
	uint8_t length;

	if (room < sizeof(*ip) || ip->version_ihl >> 4 != IPVERSION)
		return 0;
	length = rte_ipv4_hdr_len(ip);
	if (length < sizeof(*ip) || ip->next_proto_id != IPPROTO_UDP ||
		(ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) != 0)
		return 0;
	return length;
}

/* Bytes of one extension header, of which 8 are there; 0 where no UDP can follow. */
static uint32_t
extension(uint8_t protocol, const uint8_t *bytes)
{
	switch (protocol) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return (bytes[1] + 1u) * 8;
	case IPPROTO_FRAGMENT: /* only the first has the ports */
		return bytes[2] == 0 && (bytes[3] & RTE_IPV6_EHDR_FO_MASK) == 0 ? 8 : 0;
	default:
		return 0;
	}
}

static uint32_t
ipv6_header(const uint8_t *ip, uint32_t room)
{
	const struct rte_ipv6_hdr *header = (const struct rte_ipv6_hdr *)ip;
	uint32_t at = sizeof(*header), length;
	uint8_t protocol;

	if (room < sizeof(*header) || ip[0] >> 4 != 6)
		return 0;
	for (protocol = header->proto; protocol != IPPROTO_UDP; at += length) {
		length = at + 8 <= room ? extension(protocol, ip + at) : 0;
		if (length == 0)
			return 0;
		protocol = ip[at];
	}
	return at;
}

/* RFC 4884: where what is quoted ends, if something else follows it. */
static uint32_t
quoted(const struct icmp_error_header *icmp, bool ipv6)
{
	uint32_t length = 0;

	if (ipv6 && (icmp->type == ICMP6_UNREACHABLE || icmp->type == ICMP6_TIME_EXCEEDED))
		length = icmp->rest[0] * 8u;
	else if (!ipv6)
		length = icmp->rest[1] * 4u;
	return length == 0 ? UINT16_MAX : length;
}

/* Whether a UDP header says a length that it can have, in an IP packet of either family. */
static bool
is_sound(const struct rte_udp_hdr *udp)
{
	const uint16_t length = rte_be_to_cpu_16(udp->dgram_len);

	return length >= sizeof(*udp) && length <= UINT16_MAX - sizeof(struct rte_ipv4_hdr);
}

bool
nj_icmp_error_inner(struct rte_mbuf *m, struct icmp_error_inner *inner)
{
	const bool ipv6 = nj_packet(m)->udp_offset == NJ_UDP6_OFFSET;
	const struct icmp_error_header *icmp = icmp_error_header(m);
	const uint32_t at = nj_packet(m)->udp_offset + sizeof(*icmp);
	const void *ip = icmp + 1;
	uint32_t room, header, packet;

	if (rte_pktmbuf_data_len(m) <= at)
		return false;
	room = RTE_MIN(rte_pktmbuf_data_len(m) - at, quoted(icmp, ipv6));
	header = ipv6 ? ipv6_header(ip, room) : ipv4_header(ip, room);
	if (header == 0)
		return false;
	packet = ipv6 ? rte_be_to_cpu_16(((const struct rte_ipv6_hdr *)ip)->payload_len) +
				 sizeof(struct rte_ipv6_hdr)
		      : rte_be_to_cpu_16(((const struct rte_ipv4_hdr *)ip)->total_length);
	room = RTE_MIN(room, packet);
	if (room < header + sizeof(struct rte_udp_hdr) || !is_sound(RTE_PTR_ADD(ip, header)))
		return false;
	*inner = (struct icmp_error_inner){
		.ip = nj_ip_header_read(ip),
		.packet = (uint16_t)RTE_MIN(packet, (uint32_t)UINT16_MAX),
		.udp = (uint16_t)(at + header),
		.length = (uint16_t)(room - header),
	};
	return true;
}
