/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP errors of both families: what they say, made and translated. Pure functions of bytes, as
 * those in nj_packet.h; any lcore may call them.
 *
 * An error carries the begin of the datagram that it is about, called the inner one here. Of a
 * frame of kind NJ_KIND_ICMP_ERROR it is known that it holds an inner IP header and the 8 bytes of
 * UDP's; nothing may follow them.
 */
#ifndef NJ_ICMP_H
#define NJ_ICMP_H

#include "nj_packet.h"

/* What both families can say. */
enum nj_icmp_error_type {
	NJ_ICMP_ERROR_NO_ROUTE,   /* no way to the network; also any way of saying "unreachable"
				     that has no name of its own here */
	NJ_ICMP_ERROR_HOST,       /* no answer of the host's own link */
	NJ_ICMP_ERROR_PORT,       /* nobody listens at the port */
	NJ_ICMP_ERROR_ADMIN,      /* prohibited */
	NJ_ICMP_ERROR_TOO_BIG,    /* and may not be, or is not, fragmented on the way */
	NJ_ICMP_ERROR_HOP_LIMIT,  /* the time to live ended on the way */
	NJ_ICMP_ERROR_REASSEMBLY, /* fragments were missing for too long */
	NJ_ICMP_ERROR_PARAMETER,  /* a field of the IP header, or the protocol, is not understood */
};

struct nj_icmp_error {
	enum nj_icmp_error_type type;
	/* TOO_BIG; else 0. Bytes of the longest IP packet that passes, and of the inner one. */
	uint16_t mtu, packet;
};

/*
 * What a frame of kind NJ_KIND_ICMP_ERROR says. The MTU is that of the frame's family, as the
 * network claims it: whether to believe one below the family's least (68 or 1280 bytes) is for the
 * caller to judge. Where an IPv4 router names none it is the next of RFC 1191's plateaus below
 * the inner packet's length. An IPv6 one of more than 65535 is 65535. The inner packet is as long
 * as its header says, of whatever is quoted of it; that it is longer than the MTU is for the caller
 * to judge, too. It is 0 where its headers make no sense.
 */
struct nj_icmp_error nj_icmp_error_read(struct rte_mbuf *m);

/*
 * Makes a whole frame with an error from `source` to the sender of `about`, which is a shaped UDP
 * frame as it was received, of the family of `source`; only unicast datagrams may be answered so
 * (RFC 1122, section 3.2.2; RFC 4443, section 2.4), and how often is for the caller to limit. The
 * IP packet has at most 576 bytes (RFC 1812) or 1280 (RFC 4443), filled with what fits of
 * `about`. The Ethernet header's addresses are zero. nj_packet() is as nj_parse() would fill it:
 * the flow is that of an answer to `about`; and `originated` is true. Returns NULL where the pool
 * is empty.
 */
struct rte_mbuf *nj_icmp_error_make(struct rte_mempool *pool, const struct nj_icmp_error *error,
	struct rte_mbuf *about, const struct nj_ip *source);

/*
 * Turns a received error in place into one from `source` to `destination`, which are of one family,
 * about a datagram from `inner_source` to `inner_destination`, of the same family: from what a
 * datagram was on the way out to what it was when its sender sent it. Where the family
 * changes, types, codes, pointers and MTU do too (RFC 7915, sections 4.2 and 5.2). The inner
 * datagram is a whole one again where it was a fragment of ours, and keeps as much of its payload
 * as came and as the limits of nj_icmp_error_make() let it; extensions (RFC 4884) are left out.
 * Inner UDP checksums are put right by difference, and a missing one stays missing.
 *
 * `udp_offset` is the new family's; `flow` and the Ethernet header's addresses are left for others
 * to write. Returns false, with the frame untouched, where there is no room in front, where an
 * error has no counterpart in the other family, and where it makes no sense: a "too big" of an IPv6
 * router that names less than 1280 bytes (RFC 8201, section 4), or an inner UDP length that no
 * datagram can have.
 */
bool nj_icmp_error_translate(struct rte_mbuf *m, const struct nj_ip *source,
	const struct nj_ip *destination, const struct nj_address *inner_source,
	const struct nj_address *inner_destination);

#endif
