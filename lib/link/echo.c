/* SPDX-License-Identifier: BSD-3-Clause */
#include "echo.h"

#include <bsd/stdlib.h>
#include <errno.h>

#include "link_parts.h"

#define FRAGMENTS_MAX 20 /* what reassembly gives at the most, over an MTU of 576 */

/* An identification of ours, or the asker would choose which fragments ours are mixed up with. */
static void
forget_id(struct rte_mbuf *m)
{
	if (nj_packet(m)->udp_offset == NJ_UDP4_OFFSET)
		rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET)->packet_id = 0;
}

/* Identifications are random, so that nobody can foretell the next (RFC 7739, section 5.3). */
static enum nj_drop
send_in_fragments(struct nj_link *link, struct rte_mbuf *m, uint16_t mtu, nj_ms_t now)
{
	struct rte_mbuf *fragments[FRAGMENTS_MAX];
	int n;

	forget_id(m);
	n = nj_fragment(m, mtu, arc4random(), link->pool, fragments, FRAGMENTS_MAX);
	if (n < 0)
		return n == -ENOMEM ? NJ_DROP_NO_MBUFS : NJ_DROP_TOO_BIG;
	for (int i = 0; i < n; i++)
		nj_link_output(link, fragments[i], now);
	rte_pktmbuf_free(m);
	return NJ_DROP_NONE;
}

enum nj_drop
nj_echo_send(struct nj_link *link, struct rte_mbuf *m, const struct nj_route *route, nj_ms_t now)
{
	const uint16_t mtu = nj_link_interface(link, route->port)->mtu;

	nj_packet(m)->originated = true;
	nj_packet(m)->out_port = route->port;
	if (rte_pktmbuf_data_len(m) - NJ_L3_OFFSET > mtu)
		return send_in_fragments(link, m, mtu, now);
	nj_link_output(link, m, now);
	return NJ_DROP_NONE;
}
