/* SPDX-License-Identifier: BSD-3-Clause */
#include "pieces.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct pieces_pair
pieces_pair(int from, int to, const uint8_t *payload, uint16_t length,
	const struct rig_options *options)
{
	struct pieces_pair pair = {
		.rig = peer_rig(options, to),
		.client = peer_client(from, CLIENT_PORT),
		.listener = peer_us(CLIENTS, from, LISTENER),
		.server = peer_server(to, 0),
	};
	const struct nj_address us = peer_us(SERVERS, to, 0);

	pair.sent = peer_datagram(&pair.client, &pair.listener, payload, length);
	pair.sent.id = 0x4321;
	pair.sent.fragment = 0;
	pair.wanted = peer_passed(&pair.sent, &us, &pair.server);
	if (from != to)
		pair.wanted.fragment = 0; /* it came in fragments */
	return pair;
}

/* Writes what makes a copied IP header that of a fragment; `field` is in units of 8 bytes. */
static void
become_fragment(struct rte_mbuf *m, bool ipv6, uint32_t id, uint16_t field, bool more)
{
	uint8_t *l3 = rte_pktmbuf_mtod_offset(m, uint8_t *, NJ_L3_OFFSET);
	struct rte_ipv4_hdr *ip4 = (struct rte_ipv4_hdr *)l3;
	struct rte_ipv6_hdr *ip6 = (struct rte_ipv6_hdr *)l3;
	const uint16_t length = rte_pktmbuf_data_len(m) - NJ_L3_OFFSET;
	const rte_be16_t offset6 = rte_cpu_to_be_16((uint16_t)(field << 3 | more));
	const rte_be32_t id6 = rte_cpu_to_be_32(id);

	if (ipv6) {
		ip6->payload_len = rte_cpu_to_be_16(length - 40);
		l3[40] = ip6->proto;
		l3[41] = 0;
		memcpy(l3 + 42, &offset6, sizeof(offset6));
		memcpy(l3 + 44, &id6, sizeof(id6));
		ip6->proto = IPPROTO_FRAGMENT;
	} else {
		ip4->packet_id = rte_cpu_to_be_16((uint16_t)id);
		ip4->total_length = rte_cpu_to_be_16(length);
		ip4->fragment_offset = rte_cpu_to_be_16(field | (more ? 0x2000 : 0));
		ip4->hdr_checksum = 0;
		ip4->hdr_checksum = rte_ipv4_cksum(ip4);
	}
}

unsigned int
pieces_cut(const struct nj_test_datagram *datagram, uint32_t id, uint16_t step,
	struct rte_mbuf *pieces[PIECES_MAX])
{
	const bool ipv6 = datagram->source.ip.family == AF_INET6;
	const uint16_t header = ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET;
	struct rte_mbuf *whole = peer_build(datagram);
	const uint16_t length = rte_pktmbuf_data_len(whole) - header;
	const char *from = rte_pktmbuf_mtod(whole, const char *);
	unsigned int n = 0;

	for (uint16_t at = 0; at < length; at += step) {
		const uint16_t room = RTE_MIN(step, length - at);
		struct rte_mbuf *m = nj_test_mbuf(from, header);

		assert_true(n < PIECES_MAX);
		if (ipv6)
			assert_non_null(rte_pktmbuf_append(m, 8));
		memcpy(rte_pktmbuf_append(m, room), from + header + at, room);
		become_fragment(m, ipv6, id, at / 8, at + room < length);
		pieces[n++] = m;
	}
	rte_pktmbuf_free(whole);
	return n;
}

/* What a fragment says of itself. */
struct piece {
	uint32_t id;
	uint16_t offset, header;
	bool more;
};

static struct piece
read_piece(struct rte_mbuf *m, bool ipv6, uint8_t protocol)
{
	const uint8_t *l3 = rte_pktmbuf_mtod_offset(m, const uint8_t *, NJ_L3_OFFSET);
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)l3;
	struct piece piece;
	uint16_t field;

	if (ipv6) {
		assert_int_equal(l3[6], IPPROTO_FRAGMENT);
		assert_int_equal(l3[40], protocol);
		assert_int_equal(l3[4] << 8 | l3[5], rte_pktmbuf_data_len(m) - NJ_UDP6_OFFSET);
		field = (uint16_t)(l3[42] << 8 | l3[43]);
		piece = (struct piece){
			.offset = field & 0xfff8, .more = field & 1, .header = NJ_UDP6_OFFSET + 8};
		memcpy(&piece.id, l3 + 44, sizeof(piece.id));
		return piece;
	}
	assert_int_equal(rte_raw_cksum(ip, sizeof(*ip)), UINT16_MAX);
	assert_int_equal(
		rte_be_to_cpu_16(ip->total_length), rte_pktmbuf_data_len(m) - NJ_L3_OFFSET);
	field = rte_be_to_cpu_16(ip->fragment_offset);
	assert_int_equal(field & 0xc000, 0); /* DF is off */
	return (struct piece){.id = ip->packet_id,
		.offset = (field & 0x1fff) * 8,
		.more = (field & 0x2000) != 0,
		.header = NJ_UDP4_OFFSET};
}

/* As it was before it was cut. */
static void
become_whole(struct rte_mbuf *m, bool ipv6, uint8_t protocol)
{
	struct rte_ipv4_hdr *ip4 = rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET);
	struct rte_ipv6_hdr *ip6 = (struct rte_ipv6_hdr *)ip4;

	if (ipv6) {
		ip6->payload_len = rte_cpu_to_be_16(rte_pktmbuf_data_len(m) - NJ_UDP6_OFFSET);
		ip6->proto = protocol;
		return;
	}
	ip4->fragment_offset = 0;
	ip4->total_length = rte_cpu_to_be_16(rte_pktmbuf_data_len(m) - NJ_L3_OFFSET);
	ip4->hdr_checksum = 0;
	ip4->hdr_checksum = rte_ipv4_cksum(ip4);
}

unsigned int
pieces_expect(struct rig *rig, unsigned int side, const struct nj_test_datagram *wanted,
	uint16_t mtu, uint32_t *id)
{
	const bool ipv6 = wanted->destination.ip.family == AF_INET6;
	const uint8_t protocol = wanted->protocol == 0 ? IPPROTO_UDP : wanted->protocol;
	struct rte_mbuf *whole = peer_build(wanted), *m;
	struct nj_test_datagram datagram = *wanted;
	unsigned int n = 0;
	struct piece piece;

	rte_pktmbuf_trim(whole, rte_pktmbuf_data_len(whole));
	do {
		m = peer_take(rig, side);
		assert_non_null(m);
		assert_true(rte_pktmbuf_data_len(m) <= NJ_L3_OFFSET + mtu);
		piece = read_piece(m, ipv6, protocol);
		if (n++ == 0) {
			*id = piece.id;
			memcpy(rte_pktmbuf_append(whole, ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET),
				rte_pktmbuf_mtod(m, void *),
				ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET);
		}
		assert_int_equal(piece.id, *id);
		assert_int_equal(piece.offset,
			rte_pktmbuf_data_len(whole) - (ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET));
		rte_pktmbuf_adj(m, piece.header);
		memcpy(rte_pktmbuf_append(whole, rte_pktmbuf_data_len(m)),
			rte_pktmbuf_mtod(m, void *), rte_pktmbuf_data_len(m));
		rte_pktmbuf_free(m);
	} while (piece.more);
	become_whole(whole, ipv6, protocol);
	datagram.id = 0;
	datagram.fragment = 0;
	peer_compare(rig, side, whole, &datagram);
	return n;
}
