/* SPDX-License-Identifier: BSD-3-Clause */
#include "message.h"

#include <netinet/in.h>

#include "ip6.h"
#include "link_parts.h"

/* Hop-by-hop options: router alert, "MLD"; and two bytes of padding. */
static const uint8_t router_alert[8] = {IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0};

/* One's complement addition. */
static uint16_t
add(uint16_t a, uint16_t b)
{
	const uint32_t sum = (uint32_t)a + b;

	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static uint16_t
sum_of(const struct rte_ipv6_hdr *ip, const void *icmp, uint16_t length)
{
	struct rte_ipv6_hdr pseudo = *ip;

	pseudo.proto = IPPROTO_ICMPV6;
	pseudo.payload_len = rte_cpu_to_be_16(length);
	return add(rte_ipv6_phdr_cksum(&pseudo, 0), rte_raw_cksum(icmp, length));
}

uint16_t
nj_message_sum(const struct rte_mbuf *m)
{
	return sum_of(rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, NJ_L3_OFFSET),
		rte_pktmbuf_mtod_offset(m, const void *, NJ_UDP6_OFFSET),
		(uint16_t)(rte_pktmbuf_data_len(m) - NJ_UDP6_OFFSET));
}

/* Everything but the checksum. */
static void
write_headers(struct rte_ether_hdr *ether, const struct nj_interface *interface,
	const struct nj_message *message)
{
	const uint16_t options = message->router_alert ? sizeof(router_alert) : 0;
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)(ether + 1);

	ether->dst_addr =
		message->to != NULL ? *message->to : nj_ip6_group_mac(message->destination);
	ether->src_addr = interface->mac;
	ether->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
	ip->vtc_flow = RTE_BE32(UINT32_C(6) << 28);
	ip->payload_len = rte_cpu_to_be_16(options + message->length);
	ip->proto = message->router_alert ? IPPROTO_HOPOPTS : IPPROTO_ICMPV6;
	ip->hop_limits = message->hop_limit;
	memcpy(ip->src_addr, message->source, sizeof(ip->src_addr));
	memcpy(ip->dst_addr, message->destination, sizeof(ip->dst_addr));
	memcpy(ip + 1, router_alert, options);
}

void
nj_message_send(struct nj_link *link, const struct nj_interface *interface,
	const struct nj_message *message)
{
	const uint16_t options = message->router_alert ? sizeof(router_alert) : 0;
	struct rte_mbuf *m = rte_pktmbuf_alloc(link->pool);
	struct rte_ether_hdr *ether;
	struct nj_icmp6 *icmp;

	if (m == NULL)
		return;
	ether = (struct rte_ether_hdr *)rte_pktmbuf_append(
		m, NJ_UDP6_OFFSET + options + message->length);
	if (ether == NULL) {
		rte_pktmbuf_free(m);
		return;
	}
	write_headers(ether, interface, message);
	icmp = rte_pktmbuf_mtod_offset(m, struct nj_icmp6 *, NJ_UDP6_OFFSET + options);
	memcpy(icmp, message->body, message->length);
	icmp->checksum = 0;
	icmp->checksum =
		(uint16_t)~sum_of((struct rte_ipv6_hdr *)(ether + 1), icmp, message->length);
	*nj_packet(m) = (struct nj_packet){
		.kind = NJ_KIND_ICMP6,
		.originated = true,
		.out_port = interface->port,
		.udp_offset = NJ_UDP6_OFFSET,
	};
	link->ops.send(link->ops.context, m);
}
