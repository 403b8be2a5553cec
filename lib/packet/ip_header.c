/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip_header.h"

#include "nj_packet.h"

uint8_t
nj_ip_header_end(bool ipv6)
{
	return ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET;
}

static struct nj_ip_header
read_ipv4(const struct rte_ipv4_hdr *ip)
{
	return (struct nj_ip_header){
		.source = nj_ip_v4(ip->src_addr),
		.destination = nj_ip_v4(ip->dst_addr),
		.length = rte_be_to_cpu_16(ip->total_length) - rte_ipv4_hdr_len(ip),
		.protocol = ip->next_proto_id,
		.hop_limit = ip->time_to_live,
		.traffic_class = ip->type_of_service,
		.id = ip->packet_id,
		.fragment = ip->fragment_offset,
	};
}

static struct nj_ip_header
read_ipv6(const struct rte_ipv6_hdr *ip)
{
	const uint32_t vtc_flow = rte_be_to_cpu_32(ip->vtc_flow);

	return (struct nj_ip_header){
		.source = nj_ip_v6(ip->src_addr),
		.destination = nj_ip_v6(ip->dst_addr),
		.length = rte_be_to_cpu_16(ip->payload_len),
		.protocol = ip->proto,
		.hop_limit = ip->hop_limits,
		.traffic_class = (uint8_t)(vtc_flow >> RTE_IPV6_HDR_TC_SHIFT),
		.flow_label = vtc_flow & RTE_IPV6_HDR_FL_MASK,
	};
}

struct nj_ip_header
nj_ip_header_read(const void *ip)
{
	return *(const uint8_t *)ip >> 4 == IPVERSION ? read_ipv4(ip) : read_ipv6(ip);
}

static void
write_ipv4(struct rte_ipv4_hdr *ip, const struct nj_ip_header *header)
{
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.type_of_service = header->traffic_class,
		.total_length = rte_cpu_to_be_16(sizeof(*ip) + header->length),
		.packet_id = header->id,
		.fragment_offset = header->fragment,
		.time_to_live = header->hop_limit,
		.next_proto_id = header->protocol,
		.src_addr = header->source.v4,
		.dst_addr = header->destination.v4,
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static void
write_ipv6(struct rte_ipv6_hdr *ip, const struct nj_ip_header *header)
{
	ip->vtc_flow = rte_cpu_to_be_32(UINT32_C(6) << 28 |
					(uint32_t)header->traffic_class << RTE_IPV6_HDR_TC_SHIFT |
					header->flow_label);
	ip->payload_len = rte_cpu_to_be_16(header->length);
	ip->proto = header->protocol;
	ip->hop_limits = header->hop_limit;
	memcpy(ip->src_addr, header->source.v6, sizeof(ip->src_addr));
	memcpy(ip->dst_addr, header->destination.v6, sizeof(ip->dst_addr));
}

void
nj_ip_header_write(void *ip, const struct nj_ip_header *header)
{
	if (header->destination.family == AF_INET6)
		write_ipv6(ip, header);
	else
		write_ipv4(ip, header);
}
