/* SPDX-License-Identifier: BSD-3-Clause */
#include "icmp.h"

#include <rte_icmp.h>

#include "echo.h"
#include "link_parts.h"

static bool
checksum_is_right(const struct rte_mbuf *m)
{
	return rte_raw_cksum(rte_pktmbuf_mtod_offset(m, void *, NJ_UDP4_OFFSET),
		       rte_pktmbuf_data_len(m) - NJ_UDP4_OFFSET) == UINT16_MAX;
}

/* The request becomes its reply, in the same mbuf, but for the link-layer addresses. */
static void
turn_around(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
	struct rte_icmp_hdr *icmp =
		rte_pktmbuf_mtod_offset(m, struct rte_icmp_hdr *, NJ_UDP4_OFFSET);
	const rte_be32_t us = ip->dst_addr;
	const uint8_t from[2] = {RTE_IP_ICMP_ECHO_REQUEST}, to[2] = {RTE_IP_ICMP_ECHO_REPLY};

	ip->dst_addr = ip->src_addr;
	ip->src_addr = us;
	ip->time_to_live = NJ_TTL;
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	icmp->icmp_type = RTE_IP_ICMP_ECHO_REPLY;
	icmp->icmp_cksum = nj_checksum_adjust(icmp->icmp_cksum, nj_checksum_delta(from, to, 1));
}

static enum nj_drop
answer(struct nj_link *link, struct rte_mbuf *m, nj_ms_t now)
{
	const struct nj_ip source = nj_flow_source(&nj_packet(m)->flow).ip;
	struct nj_route route;

	if (nj_link_route(link, &source, m->port, &route) < 0)
		return NJ_DROP_NO_ROUTE;
	turn_around(m);
	return nj_echo_send(link, m, &route, now);
}

enum nj_drop
nj_icmp_input(struct nj_link *link, struct rte_mbuf *m, nj_ms_t now)
{
	const struct rte_icmp_hdr *icmp =
		rte_pktmbuf_mtod_offset(m, struct rte_icmp_hdr *, NJ_UDP4_OFFSET);
	const struct nj_ip destination = nj_ip_v4(nj_packet(m)->flow.dst_ip);
	enum nj_drop drop = NJ_DROP_NONE;

	if (!nj_own_is_valid(&link->own, &destination)) {
		drop = NJ_DROP_IPV4_DESTINATION;
	} else if (!checksum_is_right(m)) {
		drop = NJ_DROP_ICMP_MALFORMED;
	} else if (icmp->icmp_type == RTE_IP_ICMP_ECHO_REQUEST && icmp->icmp_code == 0) {
		drop = answer(link, m, now);
		if (drop == NJ_DROP_NONE)
			return drop;
	}
	rte_pktmbuf_free(m);
	return drop;
}
