/* SPDX-License-Identifier: BSD-3-Clause */
#include "neighbor.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <rte_arp.h>

#include "eal.h"
#include "peers.h"

#define SOLICITATION  135
#define ADVERTISEMENT 136
#define SOLICITED     0x40
#define OVERRIDE      0x20
#define ROUTER        0x80
#define NDP_BYTES     32 /* with one MAC address */

static void
put_arp(struct rig *rig, unsigned int port, uint16_t operation, const struct nj_ip *from,
	const struct rte_ether_addr *mac, const struct nj_ip *to)
{
	struct {
		struct rte_ether_hdr ether;
		struct rte_arp_hdr arp;
	} __rte_packed __rte_aligned(2) frame = {
		.ether = {rig_mac(rig, port), *mac, RTE_BE16(RTE_ETHER_TYPE_ARP)},
		.arp = {.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
			.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
			.arp_hlen = RTE_ETHER_ADDR_LEN,
			.arp_plen = sizeof(rte_be32_t),
			.arp_opcode = rte_cpu_to_be_16(operation),
			.arp_data = {.arp_sha = *mac, .arp_sip = from->v4, .arp_tip = to->v4}},
	};

	peer_enqueue(rig, port, 0, nj_test_mbuf(&frame, sizeof(frame)));
}

static void
put_ndp(struct rig *rig, unsigned int side, uint8_t type, const struct nj_ip *from,
	const struct rte_ether_addr *mac, const struct nj_ip *to)
{
	uint8_t body[NDP_BYTES] = {type};
	const struct nj_test_datagram message = {
		.source.ip = *from,
		.destination.ip = *to,
		.payload = body,
		.length = sizeof(body),
		.protocol = IPPROTO_ICMPV6,
		.hop_limit = 255,
	};

	body[4] = type == SOLICITATION ? 0 : to->v6[0] == 0xff ? OVERRIDE : OVERRIDE | SOLICITED;
	if (type == ADVERTISEMENT && from->v6[0] == 0xfe) /* link-local peers are routers */
		body[4] |= ROUTER;
	memcpy(body + 8, type == ADVERTISEMENT ? from->v6 : to->v6, 16);
	body[24] = type == ADVERTISEMENT ? 2 : 1;
	body[25] = 1;
	memcpy(body + 26, mac, sizeof(*mac));
	peer_put(rig, side, 0, nj_test_datagram_build(&message, nj_test_pool()));
}

static bool
take_arp(struct rig *rig, unsigned int side, struct rte_mbuf *m)
{
	const struct rte_arp_hdr *arp =
		rte_pktmbuf_mtod_offset(m, const struct rte_arp_hdr *, NJ_L3_OFFSET);
	const struct nj_ip target = nj_ip_v4(arp->arp_data.arp_tip);
	const struct nj_ip us = nj_ip_v4(arp->arp_data.arp_sip);
	const struct rte_ether_addr mac = peer_mac(&target);

	if (rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type != RTE_BE16(RTE_ETHER_TYPE_ARP))
		return false;
	if (arp->arp_opcode == RTE_BE16(RTE_ARP_OP_REQUEST) && !nj_ip_equal(&us, &target)) {
		rig->questions++;
		put_arp(rig, rig_port_of(rig, side), RTE_ARP_OP_REPLY, &target, &mac, &us);
	}
	return true;
}

static bool
take_ndp(struct rig *rig, unsigned int side, struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	const uint8_t *body = (const uint8_t *)(ip + 1);
	struct rte_ether_addr mac;
	struct nj_ip us, target;

	if (rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type !=
		RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return false;
	if (ip->proto == IPPROTO_HOPOPTS) /* who is in which group */
		return true;
	if (ip->proto != IPPROTO_ICMPV6 || body[0] < 133 || body[0] > 137)
		return false;
	us = nj_ip_v6(ip->src_addr);
	target = nj_ip_v6(body + 8);
	if (body[0] == SOLICITATION &&
		(rig->silent == NULL || !nj_ip_equal(&target, rig->silent))) {
		assert_int_equal(nj_test_checksum_behind_ip(m), 0);
		rig->questions++;
		mac = peer_mac(&target);
		put_ndp(rig, side, ADVERTISEMENT, &target, &mac, &us);
	}
	return true;
}

bool
neighbor_took(struct rig *rig, unsigned int side, struct rte_mbuf *m)
{
	return take_arp(rig, side, m) || take_ndp(rig, side, m);
}

void
neighbor_meet(struct rig *rig, unsigned int side, const struct nj_ip *ip)
{
	const struct rte_ether_addr mac = peer_mac(ip);
	const struct nj_ip us = peer_us(side, ip->family, 0).ip;

	if (ip->family == AF_INET)
		put_arp(rig, rig_port_of(rig, side), RTE_ARP_OP_REQUEST, ip, &mac, &us);
	else
		put_ndp(rig, side, SOLICITATION, ip, &mac, &us);
	rig_run(rig);
	peer_expect_nothing(rig);
}

void
neighbor_announce(struct rig *rig, unsigned int side, const struct nj_ip *ip,
	const struct rte_ether_addr *mac)
{
	static const struct nj_ip all_nodes = {.family = AF_INET6, .v6 = {0xff, 0x02, [15] = 1}};

	if (ip->family == AF_INET)
		put_arp(rig, rig_port_of(rig, side), RTE_ARP_OP_REQUEST, ip, mac, ip);
	else
		put_ndp(rig, side, ADVERTISEMENT, ip, mac, &all_nodes);
	rig_run(rig);
	peer_expect_nothing(rig);
}
