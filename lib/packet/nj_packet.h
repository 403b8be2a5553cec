/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headers: parse them, check them, rewrite them. Pure functions of one frame's
 * bytes, without state and without a device, so any lcore and any test may
 * call them.
 *
 * The parser is the one place where a length from the wire is believed or not.
 * After nj_parse() says NJ_KIND_UDP the frame has one shape only, whatever
 * arrived: Ethernet (14 bytes, no tag), IPv4 (20 bytes, no options) or IPv6 (40
 * bytes, no extension headers), UDP (8), payload, and nothing behind it; one
 * segment; checksums right. Later stages use the offsets below and look at no
 * length again.
 */
#ifndef NJ_PACKET_H
#define NJ_PACKET_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "nj_base.h"

#define NJ_L3_OFFSET   RTE_ETHER_HDR_LEN
#define NJ_UDP4_OFFSET (NJ_L3_OFFSET + sizeof(struct rte_ipv4_hdr))
#define NJ_UDP6_OFFSET (NJ_L3_OFFSET + sizeof(struct rte_ipv6_hdr))

#define NJ_PAYLOAD4_OFFSET (NJ_UDP4_OFFSET + sizeof(struct rte_udp_hdr))
#define NJ_PAYLOAD6_OFFSET (NJ_UDP6_OFFSET + sizeof(struct rte_udp_hdr))

#define NJ_TTL 64 /* of every packet that leaves; RFC 1700's default */

struct nj_ids;

/*
 * Which flow a packet belongs to: its tuple as it arrives, and for a datagram
 * on its way from a client the number of the endpoint that it was sent to
 * (0 for one on its way back). Its first bytes, without holes, are the key in the
 * hash of its family.
 */
struct nj_flow {
	uint32_t endpoint;
	rte_be16_t src_port, dst_port;
	union {
		struct {
			rte_be32_t src_ip, dst_ip;
		};
		struct {
			uint8_t src_ip6[16], dst_ip6[16];
		};
	};
	bool ipv6;
};

#define NJ_FLOW4_KEY_BYTES 16
#define NJ_FLOW6_KEY_BYTES 40

static_assert(offsetof(struct nj_flow, dst_ip) + sizeof(rte_be32_t) == NJ_FLOW4_KEY_BYTES, "");
static_assert(offsetof(struct nj_flow, ipv6) == NJ_FLOW6_KEY_BYTES, "");

static inline struct nj_address
nj_flow_source(const struct nj_flow *flow)
{
	struct nj_address address = {.port = flow->src_port};

	if (flow->ipv6)
		address.ip = nj_ip_v6(flow->src_ip6);
	else
		address.ip = nj_ip_v4(flow->src_ip);
	return address;
}

static inline struct nj_address
nj_flow_destination(const struct nj_flow *flow)
{
	struct nj_address address = {.port = flow->dst_port};

	if (flow->ipv6)
		address.ip = nj_ip_v6(flow->dst_ip6);
	else
		address.ip = nj_ip_v4(flow->dst_ip);
	return address;
}

/* The flow from one address to another of its family; of no endpoint. */
static inline struct nj_flow
nj_flow_between(const struct nj_address *source, const struct nj_address *destination)
{
	struct nj_flow flow = {
		.src_port = source->port,
		.dst_port = destination->port,
		.ipv6 = source->ip.family == AF_INET6,
	};

	if (flow.ipv6) {
		memcpy(flow.src_ip6, source->ip.v6, sizeof(flow.src_ip6));
		memcpy(flow.dst_ip6, destination->ip.v6, sizeof(flow.dst_ip6));
	} else {
		flow.src_ip = source->ip.v4;
		flow.dst_ip = destination->ip.v4;
	}
	return flow;
}

enum nj_kind {
	NJ_KIND_UDP, /* UDP in the shape above */
	NJ_KIND_ARP, /* for the local stack: a whole ARP packet for Ethernet and IPv4 */
	/*
	 * For the local stack: IPv4 without options and ICMP of at least 8 bytes, or IPv6 without
	 * extension headers and ICMPv6 of at least 4 bytes; nothing is behind. The checksum of the
	 * message has not been looked at: that is up to whoever answers it.
	 * ICMPv6 may be to any group, whether we are in it or not.
	 */
	NJ_KIND_ICMP,
	NJ_KIND_ICMP6,
	/*
	 * Such a message that is an error with a right checksum, from one host to another, about a
	 * datagram that may be ours: behind the ICMP header's 8 bytes there is an IP header of the
	 * same family (version, length and protocol are right, no options; of IPv6, a first
	 * fragment's header may follow) and all of the UDP header.
	 */
	NJ_KIND_ICMP_ERROR,
	/*
	 * A fragment of either family, which a datagram can have: data within 65,535 bytes, not
	 * empty, on the grid of 8 bytes. IPv4 without options, or IPv6 with the fragment header as
	 * its only extension header; nothing is behind.
	 */
	NJ_KIND_FRAGMENT,
};

/*
 * What a session's datagram was counted as when it was delivered, so that it can be taken back
 * where the datagram is dropped on its way out.
 */
struct nj_delivery {
	uint32_t endpoint; /* its number */
	uint8_t worker;    /* whose session it is */
	uint8_t direction; /* enum nj_direction */
	bool counted;      /* the rest means something */
	uint8_t reason;    /* enum nj_drop, while it goes back to that worker */
};

static_assert(sizeof(struct nj_delivery) == sizeof(uint64_t), "one store");

/* What the stages know of a packet. It lies in the mbuf's private area, in one cache line. */
struct nj_packet {
	/* As it arrived; of ICMP and fragments the addresses alone; of an ICMP error what an answer
	 * to the datagram that it is about would bear. Nothing of ARP. */
	struct nj_flow flow;
	uint16_t payload_length; /* NJ_KIND_UDP: bytes of UDP payload */
	uint16_t arrived_length; /* the same as it arrived, whatever filters did */
	uint16_t out_port;       /* where it leaves, once that is known */
	uint8_t udp_offset; /* behind the IP header: NJ_UDP4_OFFSET or NJ_UDP6_OFFSET; 0 of ARP */
	uint8_t kind;       /* enum nj_kind */
	uint8_t mail;       /* what the lcore that it is handed to shall do with it */
	/* It came in fragments, so it may leave in fragments; or it is ICMPv6 that came with a
	 * fragment header though it is whole (RFC 6946). */
	bool fragmented;
	bool originated;           /* of our own making: outside of the law, counted as such */
	uint8_t log_direction : 1; /* a copy for the log: enum nj_direction */
	uint8_t captured : 7;      /* the mark of the capture that it belongs to; 0: of none */
	union {
		const char *log_id;          /* … and under which name */
		struct nj_delivery delivery; /* of any other packet */
	};
};

static_assert(sizeof(struct nj_packet) <= RTE_CACHE_LINE_MIN_SIZE, "one cache line");

/* Every mbuf pool that frames are received into or made from has this much private area. */
#define NJ_PACKET_PRIV_SIZE RTE_ALIGN_CEIL(sizeof(struct nj_packet), RTE_MBUF_PRIV_ALIGN)

static inline struct nj_packet *
nj_packet(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

/* Where the payload of a shaped datagram begins. */
static inline uint16_t
nj_payload_offset(struct rte_mbuf *m)
{
	return nj_packet(m)->udp_offset + sizeof(struct rte_udp_hdr);
}

/*
 * Parses and checks a received frame and fills nj_packet(m): kind, flow, offset and
 * payload length; the rest of it is zero. `mac` is the port's own address and `vlan` its VLAN, 0
 * for untagged (frames with the priority tag, VLAN 0, count as untagged).
 *
 * Brings a UDP frame into the one shape described above: the VLAN tag, IPv4
 * options, IPv6 extension headers, Ethernet padding and bytes beyond the UDP length are taken off.
 * Checksums that the device has checked (ol_flags) are believed, others are calculated; so is a
 * UDP checksum that the device calls bad, as it cannot tell a partial one. A UDP checksum that is
 * only the pseudo-header's sum, as a virtual peer on the same machine leaves it (CHECKSUM_PARTIAL
 * in Linux), is completed. Zero stays zero over IPv4 (RFC 768), and is wrong over IPv6 (RFC 8200).
 *
 * Of IPv6 extension headers (RFC 8200) at most 8 are walked over: options for every hop, in the
 * first place only, options for the destination, routes that are at their end, and the header of a
 * fragment that is a whole datagram (RFC 6946), once. Their options are not looked at.
 *
 * A fragment loses what the device said of its checksums. Once its datagram is put together, in one
 * segment and with an IPv4 header checksum, that frame is parsed as any other; it may turn out to
 * be a fragment again, which no sender makes.
 *
 * Returns NJ_DROP_NONE, or the reason for which the frame is to be dropped.
 * Any lcore.
 */
enum nj_drop nj_parse(struct rte_mbuf *m, const struct rte_ether_addr *mac, uint16_t vlan);

/*
 * By how much a one's complement sum changes when the 16-bit words of `from`
 * give way to those of `to`, folded to 16 bits (RFC 1624). `words` is the
 * number of 16-bit words of each; both in network byte order.
 */
uint16_t nj_checksum_delta(const void *from, const void *to, unsigned int words);

/* The checksum after its words changed by `delta` (RFC 1624, eqn. 3), as stored in the header. */
static inline uint16_t
nj_checksum_adjust(uint16_t checksum, uint16_t delta)
{
	uint32_t sum = (uint16_t)~checksum + (uint32_t)delta;

	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* New addresses and ports, and what they do to the checksums. */
struct nj_rewrite {
	rte_be32_t src_ip, dst_ip;
	rte_be16_t src_port, dst_port;
	uint16_t ip_delta;  /* nj_checksum_delta over both addresses, old to new */
	uint16_t udp_delta; /* the same over addresses and ports */
};

/*
 * Rewrites a frame that nj_parse() has shaped: addresses, ports, a fresh time
 * to live, both checksums by difference. A zero UDP checksum stays zero and a
 * calculated zero becomes 0xffff (RFC 768). The Ethernet header is left alone.
 * The identification and the don't-fragment bit are kept, so that path MTU
 * discovery works end to end.
 */
void nj_rewrite_udp4(struct rte_mbuf *m, const struct nj_rewrite *rewrite);

/* The same over IPv6, whose header has no checksum. */
struct nj_rewrite6 {
	const uint8_t *src_ip6, *dst_ip6; /* 16 bytes each */
	rte_be16_t src_port, dst_port;
	uint16_t udp_delta;
};

/* nj_rewrite_udp4() of an IPv6 frame, which keeps its traffic class and flow label. */
void nj_rewrite_udp6(struct rte_mbuf *m, const struct nj_rewrite6 *rewrite);

/*
 * The same from any family to any: the IP header becomes one of the destination's family, with the
 * traffic class kept (RFC 7915). `udp_delta` is by how much the sum of addresses and ports changes.
 * An IPv6 datagram that had no checksum as an IPv4 one gets it (RFC 8200). Within a family an IPv4
 * header keeps its identification and don't-fragment bit, an IPv6 one its flow label; from IPv6 to
 * IPv4 a datagram of at most 1260 bytes, or one that came in fragments, may be fragmented and gets
 * an identification of `ids`, which only this takes, and any other may not (RFC 7915, section 5.1).
 * `flow` and the Ethernet header's addresses are left for others to write. Returns false, with the
 * frame untouched, where its buffer has no room for the longer header. Any lcore.
 */
bool nj_translate_udp(struct rte_mbuf *m, const struct nj_address *source,
	const struct nj_address *destination, uint16_t udp_delta, struct nj_ids *ids);

/*
 * Puts lengths and checksums right after the payload of a shaped frame has
 * changed: what is behind the UDP header, to the end of the frame, is the new
 * payload. A zero UDP checksum stays zero. The frame is at most 65535 bytes.
 */
void nj_refit_udp(struct rte_mbuf *m);

/*
 * The same where it is known by how much the one's complement sum of the payload's
 * words has changed (as stored in memory; folded or not, less than 2^30): the payload is not
 * read again.
 */
void nj_refit_udp_by(struct rte_mbuf *m, uint32_t payload_delta);

/*
 * Cuts a shaped datagram into fragments, which are copies in mbufs of `pool` (one segment each),
 * whole from the Ethernet header on, with what the mbuf of `m` says of port, VLAN and packet.
 * `mtu` is how many bytes the IP packet of each may have at most; where the pool's mbufs have room
 * for less, the pieces are smaller. `id` identifies the datagram to whom puts it together again:
 * all of it over IPv6, its low 16 bits over IPv4, and there only where the datagram has no
 * identification of its own. The don't-fragment bit is off in the fragments: whether a
 * datagram may be cut is for the caller to know, as is that it is longer than `mtu`.
 *
 * `m` is left as it is. Returns how many fragments are in `out`, in order; or -EINVAL where
 * `mtu` leaves no 8 bytes for a piece, -E2BIG where they are more than `max`, -ENOMEM where
 * the pool has not as many: nothing is allocated then. Any lcore.
 */
int nj_fragment(struct rte_mbuf *m, uint16_t mtu, uint32_t id, struct rte_mempool *pool,
	struct rte_mbuf **out, unsigned int max);

/*
 * Makes room for `n` bytes in front of a frame of one segment. Where there is less, as filters have
 * put something there, the frame moves back in its buffer as far as it has to. Returns false, with
 * nothing changed, where the buffer has no room for as much. Any lcore.
 */
bool nj_make_headroom(struct rte_mbuf *m, uint16_t n);

/* Writes the Ethernet header's addresses; the ethertype is left alone. */
static inline void
nj_ether_address(
	struct rte_mbuf *m, const struct rte_ether_addr *to, const struct rte_ether_addr *from)
{
	struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);

	ether->dst_addr = *to;
	ether->src_addr = *from;
}

#endif
