/* SPDX-License-Identifier: BSD-3-Clause */
#include "fragments.h"

#include <string.h>

#include "nj_packet.h"

struct ipv6_headers {
	struct rte_ipv6_hdr ip;
	struct rte_ipv6_fragment_ext fragment;
};

static uint16_t
headers_length(struct rte_mbuf *m)
{
	return nj_packet(m)->flow.ipv6 ? NJ_L3_OFFSET + sizeof(struct ipv6_headers)
				       : NJ_UDP4_OFFSET;
}

/* What the parser has let through: the offset is on the grid, the end within 65,535 bytes. */
static struct fragment
read_fragment(struct rte_mbuf *m)
{
	const void *l3 = rte_pktmbuf_mtod_offset(m, const void *, NJ_L3_OFFSET);
	const struct ipv6_headers *ipv6 = l3;
	const struct rte_ipv4_hdr *ipv4 = l3;
	struct fragment fragment = {.m = m};
	uint16_t field;

	fragment.length = rte_pktmbuf_data_len(m) - headers_length(m);
	if (nj_packet(m)->flow.ipv6) {
		field = rte_be_to_cpu_16(ipv6->fragment.frag_data);
		fragment.offset = field & RTE_IPV6_EHDR_FO_MASK;
		fragment.more = RTE_IPV6_GET_MF(field);
	} else {
		field = rte_be_to_cpu_16(ipv4->fragment_offset);
		fragment.offset =
			(field & RTE_IPV4_HDR_OFFSET_MASK) * (uint32_t)RTE_IPV4_HDR_OFFSET_UNITS;
		fragment.more = (field & RTE_IPV4_HDR_MF_FLAG) != 0;
	}
	return fragment;
}

static bool
are_same(const struct fragment *a, const struct fragment *b)
{
	return a->offset == b->offset && a->length == b->length && a->more == b->more;
}

static bool
may_follow(const struct fragment *first, const struct fragment *second)
{
	return first->more && first->offset + first->length <= second->offset;
}

enum nj_drop
fragments_add(struct fragments *fragments, struct rte_mbuf *m)
{
	const struct fragment fragment = read_fragment(m);
	struct fragment *all = fragments->all;
	unsigned int at = 0;

	while (at < fragments->n && all[at].offset < fragment.offset)
		at++;
	if (at < fragments->n && are_same(&all[at], &fragment))
		return NJ_DROP_FRAGMENT_DUPLICATE;
	if ((at > 0 && !may_follow(&all[at - 1], &fragment)) ||
		(at < fragments->n && !may_follow(&fragment, &all[at])))
		return NJ_DROP_FRAGMENT_OVERLAP;
	if (fragments->n == FRAGMENTS_OF_DATAGRAM)
		return NJ_DROP_FRAGMENTS_FULL;
	memmove(&all[at + 1], &all[at], (fragments->n - at) * sizeof(all[0]));
	all[at] = fragment;
	fragments->n++;
	fragments->length += fragment.length;
	return NJ_DROP_NONE;
}

/* As none lies over another, the lengths add up to the end only where there is no hole. */
bool
fragments_are_whole(const struct fragments *fragments)
{
	const struct fragment *last;

	if (fragments->n == 0)
		return false;
	last = &fragments->all[fragments->n - 1];
	return !last->more && fragments->length == last->offset + last->length;
}

static void
become_whole4(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);

	ip->fragment_offset &= RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
	ip->total_length = rte_cpu_to_be_16((uint16_t)(rte_pktmbuf_pkt_len(m) - NJ_L3_OFFSET));
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* The header of the fragment comes off. */
static void
become_whole6(struct rte_mbuf *m)
{
	const struct ipv6_headers *headers =
		rte_pktmbuf_mtod_offset(m, const struct ipv6_headers *, NJ_L3_OFFSET);
	const uint8_t next = headers->fragment.next_header;
	char *frame = rte_pktmbuf_mtod(m, char *);
	struct rte_ipv6_hdr *ip;

	memmove(frame + sizeof(headers->fragment), frame, NJ_UDP6_OFFSET);
	rte_pktmbuf_adj(m, sizeof(headers->fragment));
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	ip->proto = next;
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(rte_pktmbuf_pkt_len(m) - NJ_UDP6_OFFSET));
}

struct rte_mbuf *
fragments_chain(const struct fragments *fragments)
{
	struct rte_mbuf *first = fragments->all[0].m;

	for (unsigned int i = 1; i < fragments->n; i++) {
		struct rte_mbuf *m = fragments->all[i].m;

		rte_pktmbuf_adj(m, headers_length(m));
		rte_pktmbuf_chain(first, m);
	}
	if (nj_packet(first)->flow.ipv6)
		become_whole6(first);
	else
		become_whole4(first);
	return first;
}
