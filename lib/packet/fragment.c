/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams that leave in fragments. They are copied, as not all devices that we send to take
 * chains of mbufs. rte_ip_frag makes either chains or, of IPv4 alone, copies: its function for that
 * has no sister for IPv6, so both families are cut here, by the same code.
 */
#include <errno.h>

#include "ip_header.h"
#include "nj_packet.h"

#define VLAN_FLAGS (RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_TX_VLAN)

/* How one datagram is cut. */
struct cut {
	bool ipv6;
	uint16_t headers; /* bytes in front of a piece: Ethernet, IP, IPv6's fragment header */
	uint16_t length;  /* bytes behind the datagram's IP header */
	uint16_t step;    /* bytes in each piece but the last; a multiple of 8 */
	uint32_t id;
};

static struct cut
plan(struct rte_mbuf *m, uint16_t mtu, uint32_t id, struct rte_mempool *pool)
{
	const uint8_t udp_offset = nj_packet(m)->udp_offset;
	const uint32_t room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
	const uint32_t frame = RTE_MIN((uint32_t)mtu + NJ_L3_OFFSET, room);
	struct cut cut = {.ipv6 = udp_offset == NJ_UDP6_OFFSET, .headers = udp_offset, .id = id};

	if (cut.ipv6)
		cut.headers += sizeof(struct rte_ipv6_fragment_ext);
	cut.length = rte_pktmbuf_data_len(m) - udp_offset;
	if (frame > cut.headers)
		cut.step = RTE_ALIGN_FLOOR(frame - cut.headers, RTE_IPV4_HDR_OFFSET_UNITS);
	return cut;
}

/* Both fragment headers count in units of 8 bytes; IPv4 has the flags above the offset. */
static void
finish_ipv4(struct rte_ipv4_hdr *ip, const struct cut *cut, uint16_t at, uint16_t length, bool more)
{
	const uint16_t offset = at / RTE_IPV4_HDR_OFFSET_UNITS;

	ip->total_length = rte_cpu_to_be_16(sizeof(*ip) + length);
	if (ip->packet_id == 0) /* it had none of its own */
		ip->packet_id = rte_cpu_to_be_16((uint16_t)cut->id);
	ip->fragment_offset = rte_cpu_to_be_16(offset | (more ? RTE_IPV4_HDR_MF_FLAG : 0));
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static void
finish_ipv6(struct rte_ipv6_hdr *ip, const struct cut *cut, uint16_t at, uint16_t length, bool more)
{
	struct rte_ipv6_fragment_ext *fragment = (struct rte_ipv6_fragment_ext *)(ip + 1);

	*fragment = (struct rte_ipv6_fragment_ext){
		.next_header = ip->proto,
		.frag_data = rte_cpu_to_be_16(RTE_IPV6_SET_FRAG_DATA(at, more)),
		.id = rte_cpu_to_be_32(cut->id),
	};
	ip->payload_len = rte_cpu_to_be_16(sizeof(*fragment) + length);
	ip->proto = IPPROTO_FRAGMENT;
}

/* The piece that begins `at` bytes behind the datagram's IP header. */
static void
fill(struct rte_mbuf *to, struct rte_mbuf *m, const struct cut *cut, uint16_t at)
{
	const bool more = at + cut->step < cut->length;
	const uint16_t length = more ? cut->step : cut->length - at;
	const uint8_t udp_offset = nj_packet(m)->udp_offset;
	const char *from = rte_pktmbuf_mtod(m, const char *);
	char *frame = rte_pktmbuf_append(to, cut->headers + length);
	void *ip = frame + NJ_L3_OFFSET;

	memcpy(frame, from, udp_offset);
	memcpy(frame + cut->headers, from + udp_offset + at, length);
	if (cut->ipv6)
		finish_ipv6(ip, cut, at, length, more);
	else
		finish_ipv4(ip, cut, at, length, more);
	*nj_packet(to) = *nj_packet(m);
	to->port = m->port;
	to->vlan_tci = m->vlan_tci;
	to->ol_flags |= m->ol_flags & VLAN_FLAGS;
}

int
nj_fragment(struct rte_mbuf *m, uint16_t mtu, uint32_t id, struct rte_mempool *pool,
	struct rte_mbuf **out, unsigned int max)
{
	const struct cut cut = plan(m, mtu, id, pool);
	unsigned int n;

	if (cut.step == 0)
		return -EINVAL;
	n = (cut.length + cut.step - 1u) / cut.step;
	if (n > max)
		return -E2BIG;
	if (rte_pktmbuf_alloc_bulk(pool, out, n) < 0)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++)
		fill(out[i], m, &cut, (uint16_t)(i * cut.step));
	return (int)n;
}
