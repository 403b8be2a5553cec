/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The datagram that the generator sends: Ethernet, IPv4, UDP with a whole
 * checksum, and a payload that says which session it is of, which way it goes
 * and when it left. The rest of a longer frame is zeros.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#define PROBE_ETHER_CHECKSUM 4 /* a part of the frame on the wire, and in no buffer */
#define PROBE_BYTES_MIN      64
#define PROBE_BYTES_MAX      1518

enum probe_direction {
	PROBE_DOWNSTREAM, /* from a client */
	PROBE_UPSTREAM,   /* an endpoint's reply */
};

struct probe_payload {
	uint32_t magic;
	uint32_t session;
	uint64_t sent_tsc;
	uint16_t direction;
} __rte_packed;

struct probe {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
	struct probe_payload payload;
} __rte_packed __rte_aligned(2);

static_assert(sizeof(struct probe) + PROBE_ETHER_CHECKSUM == PROBE_BYTES_MIN, "smallest frame");

struct probe_flow {
	rte_be32_t src_ip, dst_ip;
	rte_be16_t src_port, dst_port;
};

/* What all frames of a run share, with the checksums of just that. */
struct probe_form {
	struct probe blank;
	uint16_t bytes; /* in the buffer */
	uint32_t ip_sum, udp_sum;
};

/* `frame_bytes` on the wire, from PROBE_BYTES_MIN to PROBE_BYTES_MAX. */
void probe_form_init(struct probe_form *form, unsigned int frame_bytes,
	const struct rte_ether_addr *from, const struct rte_ether_addr *to);

/* Fills a buffer in with what all frames share. */
void probe_blank(const struct probe_form *form, void *buffer);

/* Makes a datagram of a buffer that probe_blank() has filled in, at whatever time. */
void probe_write(const struct probe_form *form, struct rte_mbuf *m, const struct probe_flow *flow,
	uint32_t session, enum probe_direction direction, uint64_t tsc);

/* A frame that is one of ours, whoever rewrote its addresses; else NULL. */
const struct probe *probe_read(const struct probe_form *form, const struct rte_mbuf *m);

/* Whether both of its checksums are right. */
bool probe_is_intact(const struct probe *probe);

#endif
