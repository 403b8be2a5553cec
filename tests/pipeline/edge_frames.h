/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Right frames that know their fields: a frame is written field by field, from its first bit on,
 * and each is noted on the way. Checksums are calculated here byte by byte, by RFC 1071, and share
 * no code with what is tested.
 */
#ifndef EDGE_FRAMES_H
#define EDGE_FRAMES_H

#include "peers.h"

#define EDGE_BYTES_MAX  256
#define EDGE_FIELDS_MAX 80
#define EDGE_PAYLOAD    "on the edge, and back..." /* of UDP; with its header units of 8 bytes */
#define EDGE_QCMP_PORT  7600

/* What becomes of a frame that has no fault. */
enum edge_fate {
	EDGE_DROPPED, /* for a fault that it has */
	EDGE_FORWARDED,
	EDGE_LOCAL, /* the local stack or QCMP takes it */
	EDGE_PIECE, /* waits for the rest of its datagram, in vain */
};

struct edge_field {
	const char *name;
	unsigned int at, bits; /* in the frame, in bits */
};

struct edge_frame {
	const char *name;
	unsigned int side;   /* whose port it comes to */
	enum edge_fate fate; /* as it is */
	unsigned int n_fields;
	struct edge_field fields[EDGE_FIELDS_MAX];
	uint8_t bytes[EDGE_BYTES_MAX];
	unsigned int bits; /* so far */
	uint16_t l3, l4;   /* where these headers begin; 0: there is none */
	uint16_t inner;    /* the IPv4 header that an error quotes; 0: none */
	uint8_t protocol;  /* of layer 4 */
};

/* Who is who on a rig, all of whose sessions are two: one of either family's client. */
struct edge_world {
	struct rig *rig;
	int family; /* the server's */
	uint16_t vlan;
	uint16_t ports[2]; /* upstream ports: of the IPv4 client's session, and of the IPv6 one's */
};

/* A field's value in a frame's bytes, from the most significant bit on. */
void edge_put(uint8_t *bytes, unsigned int at, unsigned int bits, uint64_t value);
uint64_t edge_get(const uint8_t *bytes, unsigned int at, unsigned int bits);

/* Writes the next field of a frame; and others. */
void edge_add(struct edge_frame *frame, const char *name, unsigned int bits, uint64_t value);
void edge_add_mac(struct edge_frame *frame, const char *name, const struct rte_ether_addr *mac);
void edge_add_ip(struct edge_frame *frame, const char *name, const struct nj_ip *ip);
void edge_add_text(struct edge_frame *frame, const char *text); /* is no field */

/* Headers, one behind another. */
void edge_add_ether(struct edge_frame *frame, const struct rte_ether_addr *to,
	const struct rte_ether_addr *from, uint16_t type, unsigned int n_tags,
	const uint16_t *tags); /* a type and a VLAN each */
void edge_add_ipv4(struct edge_frame *frame, uint8_t protocol, const struct nj_ip *from,
	const struct nj_ip *to, unsigned int options, uint16_t fragment);
void edge_add_ipv6(struct edge_frame *frame, uint8_t next, const struct nj_ip *from,
	const struct nj_ip *to, uint8_t hop_limit);
void edge_add_extension(struct edge_frame *frame, uint8_t type, uint8_t next);
void edge_add_fragment(struct edge_frame *frame, uint8_t next, uint16_t offset, bool more);
void edge_add_udp(struct edge_frame *frame, uint16_t from, uint16_t to, uint16_t payload);
void edge_add_icmp(struct edge_frame *frame, uint8_t type, uint8_t code);
void edge_add_mac_option(struct edge_frame *frame, uint8_t type, const struct rte_ether_addr *mac);
/* Layer 4 begins here. */
void edge_begin_layer4(struct edge_frame *frame, uint8_t protocol);

/* Puts the lengths of a frame that was cut right, and the checksums for what its lengths say. */
void edge_mend_lengths(const struct edge_frame *frame, uint8_t *bytes, uint16_t length);
void edge_mend_checksums(const struct edge_frame *frame, uint8_t *bytes, uint16_t length);

/* The sum of 16-bit words, folded; of what stands in front of layer 4 in its checksum. `ip` is the
 * IP header; ICMP has no such thing. */
uint32_t edge_sum(const uint8_t *bytes, size_t length, uint32_t before);
uint32_t edge_pseudo_sum(const uint8_t *ip, uint8_t protocol, uint16_t length);
uint16_t edge_load(const uint8_t *bytes); /* host byte order */

/* Whether a frame without a tag is what we send: UDP or ICMP directly behind IPv4 without options
 * or IPv6, with right checksums and lengths, and nothing behind. */
bool edge_is_right(const uint8_t *bytes, uint16_t length);

/* Called with each frame: first those from the servers, which other sessions than the two could
 * make ambiguous, and last those that change routes. */
typedef void edge_visit_t(void *context, const struct edge_frame *frame);
void edge_frames(const struct edge_world *world, edge_visit_t *visit, void *context);
/* The part of it that is about ICMP, ARP and NDP. */
void edge_errors(const struct edge_world *world, edge_visit_t *visit, void *context);
void edge_neighbors(const struct edge_world *world, edge_visit_t *visit, void *context);

/* What a host has to do with a frame. */
struct edge_verdict {
	enum edge_fate fate; /* where it has no fault */
	bool faulty;
	bool faults[NJ_DROP_COUNT]; /* for one of them it is dropped */
	bool either;                /* may be forwarded all the same */

	/* Of what is forwarded: to which side, and as what. Of an ICMP error, whose `protocol` says
	 * so, the addresses alone: what it quotes went the other way. */
	unsigned int to;
	struct nj_test_datagram wanted;

	/* Of what is answered: these bytes of it come back, with so many bytes behind them. */
	const uint8_t *echoed;
	uint16_t n_echoed, n_behind;
};

struct edge_verdict edge_judge(
	const struct edge_world *world, unsigned int side, const uint8_t *bytes, uint16_t length);

#endif
