/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who talks to whom, and what that looks like on the wire: any number of
 * sessions of one family, a client's port each, and the smallest frames that
 * carry a token: 64 bytes on an Ethernet over IPv4, 84 over IPv6.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "nj_session.h"
#include "rig.h"

#define FRAMES_TOKEN          16    /* bytes; at the end of every payload */
#define FRAMES_TOKENS         10000 /* session n bears token n mod this */
#define FRAMES_PORTS          60000 /* of each client address */
#define FRAMES_ETHER_CHECKSUM 4     /* counts as a part of the frame, and is in no buffer */

/* Both tuples of a session, as its datagrams arrive; by enum nj_direction. */
struct frames_session {
	struct nj_flow flow[2];
};

struct frames {
	bool ipv6;
	uint32_t n;
	struct frames_session *sessions;
	struct rte_ether_addr macs[2]; /* ours, by side */
	char tokens[FRAMES_TOKENS][FRAMES_TOKEN];
};

/* Clients of `n` sessions; whom they talk to is still unknown. */
struct frames *frames_create(uint32_t n, bool ipv6);
void frames_destroy(struct frames *frames);

/* The nth token: text, without a zero behind it. */
void frames_token(char token[FRAMES_TOKEN], unsigned int n);

/* How many addresses the clients have, and the nth. */
unsigned int frames_clients(const struct frames *frames);
struct nj_ip frames_client(bool ipv6, unsigned int n);

/* Bytes of every frame on the wire, its checksum included. */
unsigned int frames_bytes(bool ipv6);

/* Makes a datagram of a session, as a device that checks checksums would receive it: they are
 * right. */
void frames_write(const struct frames *frames, struct rte_mbuf *m, uint32_t session,
	enum nj_direction direction);

/*
 * Takes the upstream flow of a session from what its client's datagram has become. Returns false
 * where that is none, or not this session's, or has a wrong checksum.
 */
bool frames_learn(
	struct frames *frames, const struct rig *rig, const struct rte_mbuf *m, uint32_t session);

/* Whether this is what the answer of a session's endpoint has to become. */
bool frames_came_back(const struct frames *frames, const struct rte_mbuf *m, uint32_t session);

#endif
