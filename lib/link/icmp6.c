/* SPDX-License-Identifier: BSD-3-Clause */
#include "icmp6.h"

#include "echo.h"
#include "ip6.h"
#include "link_parts.h"
#include "message.h"
#include "ndp.h"

#define ECHO_REQUEST 128
#define ECHO_REPLY   129
#define ECHO_LENGTH  8 /* at least: identifier and sequence number */

/* The request becomes its reply, in the same mbuf, but for the link-layer addresses. */
static void
turn_around(struct rte_mbuf *m, const struct nj_ip *us)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	struct nj_icmp6 *icmp = (struct nj_icmp6 *)(ip + 1);

	memcpy(ip->dst_addr, ip->src_addr, sizeof(ip->dst_addr));
	memcpy(ip->src_addr, us->v6, sizeof(ip->src_addr));
	ip->vtc_flow = RTE_BE32(UINT32_C(6) << 28);
	ip->hop_limits = NJ_TTL;
	icmp->type = ECHO_REPLY;
	icmp->checksum = 0;
	icmp->checksum = (uint16_t)~nj_message_sum(m);
}

static enum nj_drop
answer(struct nj_link *link, struct rte_mbuf *m, nj_ms_t now)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	const struct nj_ip source = nj_ip_v6(ip->src_addr), destination = nj_ip_v6(ip->dst_addr);
	struct nj_route route;
	struct nj_ip us;

	if (nj_ip6_is_none(source.v6))
		return NJ_DROP_IPV6_SOURCE;
	if (nj_link_route(link, &source, m->port, &route) < 0)
		return NJ_DROP_NO_ROUTE;
	us = nj_ip6_is_multicast(destination.v6) ? route.source : destination;
	if (!nj_own_is_valid(&link->own, &us))
		return NJ_DROP_IPV6_DESTINATION;
	turn_around(m, &us);
	return nj_echo_send(link, m, &route, now);
}

/* An address of ours, or a group that we are in. */
static bool
is_to_us(const struct nj_link *link, const struct nj_interface *interface, const uint8_t ip[16])
{
	if (!nj_ip6_is_multicast(ip))
		return nj_link_own6_number(link, ip) >= 0;
	return nj_ip6_same(ip, nj_ip6_all_nodes) ||
	       nj_own_in_group(&link->own, interface->port, ip);
}

/* What it is about; *taken says that the mbuf lives on. */
static enum nj_drop
serve(struct nj_link *link, const struct nj_interface *interface, struct rte_mbuf *m, nj_ms_t now,
	bool *taken)
{
	const struct nj_icmp6 *icmp =
		rte_pktmbuf_mtod_offset(m, const struct nj_icmp6 *, NJ_UDP6_OFFSET);
	enum nj_drop drop = NJ_DROP_NONE;

	switch (icmp->type) {
	case ECHO_REQUEST:
		if (rte_pktmbuf_data_len(m) < NJ_UDP6_OFFSET + ECHO_LENGTH)
			return NJ_DROP_ICMP_MALFORMED;
		if (icmp->code != 0)
			break;
		drop = answer(link, m, now);
		*taken = drop == NJ_DROP_NONE;
		break;
	case NJ_MLD_QUERY:
		nj_mld_input(link, interface, m, now);
		break;
	case NJ_NDP_ROUTER_SOLICITATION:
	case NJ_NDP_ROUTER_ADVERTISEMENT:
	case NJ_NDP_NEIGHBOR_SOLICITATION:
	case NJ_NDP_NEIGHBOR_ADVERTISEMENT:
	case NJ_NDP_REDIRECT:
		return nj_ndp_input(link, interface, m, now);
	default:
		break;
	}
	return drop;
}

enum nj_drop
nj_icmp6_input(
	struct nj_link *link, const struct nj_interface *interface, struct rte_mbuf *m, nj_ms_t now)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	enum nj_drop drop;
	bool taken = false;

	if (!is_to_us(link, interface, ip->dst_addr))
		drop = NJ_DROP_IPV6_DESTINATION;
	else if (nj_message_sum(m) != UINT16_MAX)
		drop = NJ_DROP_ICMP_MALFORMED;
	else
		drop = serve(link, interface, m, now, &taken);
	if (!taken)
		rte_pktmbuf_free(m);
	return drop;
}
