/* SPDX-License-Identifier: BSD-3-Clause */
#include "local.h"

#include <rte_arp.h>

#include "nj_packet.h"

/* At once: all three together are half of what the ring to the manager holds. */
#define NEIGHBORS_BURST 512
#define STRANGERS_BURST 256
#define PINGS_BURST     256

/* Types of ICMPv6: multicast listener discovery (RFC 2710, RFC 3810), neighbor discovery (RFC
 * 4861). */
#define MLD_FIRST   130
#define NDP_LAST    137
#define MLD2_REPORT 143

static bool
is_known(const struct nj_link *link, const struct rte_mbuf *m, const struct nj_ip *sender)
{
	return nj_neighbor_find(link, m->port, sender) != NJ_NEIGHBOR_NONE;
}

/*
 * Who pretends to be a stranger takes from strangers, and our neighbors' answers still come
 * through. Who is on the link and pretends to be a neighbor could do worse than that.
 */
static bool
resolution_passes(struct local_limits *limits, const struct nj_link *link, const struct rte_mbuf *m,
	const struct nj_ip *sender, nj_ms_t now)
{
	if (is_known(link, m, sender))
		return nj_bucket_take(
			&limits->neighbors, LOCAL_NEIGHBORS_PER_SECOND, NEIGHBORS_BURST, now);
	return nj_bucket_take(&limits->strangers, LOCAL_STRANGERS_PER_SECOND, STRANGERS_BURST, now);
}

static bool
ping_passes(struct local_limits *limits, nj_ms_t now)
{
	return nj_bucket_take(&limits->pings, LOCAL_PINGS_PER_SECOND, PINGS_BURST, now);
}

static bool
arp_passes(struct local_limits *limits, const struct nj_link *link, const struct rte_mbuf *m,
	nj_ms_t now)
{
	const struct rte_arp_hdr *arp =
		rte_pktmbuf_mtod_offset(m, const struct rte_arp_hdr *, NJ_L3_OFFSET);
	const struct nj_ip sender = nj_ip_v4(arp->arp_data.arp_sip);

	return resolution_passes(limits, link, m, &sender, now);
}

static bool
icmp6_passes(struct local_limits *limits, const struct nj_link *link, const struct rte_mbuf *m,
	nj_ms_t now)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	const uint8_t type = *rte_pktmbuf_mtod_offset(m, const uint8_t *, NJ_UDP6_OFFSET);
	const struct nj_ip sender = nj_ip_v6(ip->src_addr);

	if ((type >= MLD_FIRST && type <= NDP_LAST) || type == MLD2_REPORT)
		return resolution_passes(limits, link, m, &sender, now);
	return ping_passes(limits, now);
}

enum nj_drop
local_check(
	struct local_limits *limits, const struct nj_link *link, struct rte_mbuf *m, nj_ms_t now)
{
	bool passes = true;

	switch ((enum nj_kind)nj_packet(m)->kind) {
	case NJ_KIND_ARP:
		passes = arp_passes(limits, link, m, now);
		break;
	case NJ_KIND_ICMP:
		if (!nj_link_is_ours(link, nj_packet(m)->flow.dst_ip))
			return NJ_DROP_IPV4_DESTINATION;
		passes = ping_passes(limits, now);
		break;
	case NJ_KIND_ICMP6:
		passes = icmp6_passes(limits, link, m, now);
		break;
	case NJ_KIND_UDP:
	case NJ_KIND_ICMP_ERROR:
	case NJ_KIND_FRAGMENT:
		break;
	}
	return passes ? NJ_DROP_NONE : NJ_DROP_LOCAL_RATE;
}
