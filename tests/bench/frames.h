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

#define FRAMES_CLIENTS_MAX   256
#define FRAMES_ENDPOINTS_MAX 256
#define FRAMES_SOURCES_MAX   256

/*
 * What became of a session: all else of its tuples follows from its number. It is small, so that
 * who is measured has the cache and the TLB to himself.
 */
struct frames_session {
	uint8_t endpoint, source; /* places of them below */
	rte_be16_t port;          /* ours towards the endpoint */
};

struct frames_endpoint {
	struct nj_address address;
	uint32_t number;
};

struct frames {
	bool ipv6;
	uint32_t n;
	struct frames_session *sessions;
	unsigned int n_endpoints, n_sources;
	struct nj_ip us; /* for clients */
	struct nj_ip clients[FRAMES_CLIENTS_MAX];
	struct frames_endpoint endpoints[FRAMES_ENDPOINTS_MAX]; /* as they are learned */
	struct nj_ip sources[FRAMES_SOURCES_MAX];
	struct rte_ether_addr macs[2]; /* ours, by side */
	char tokens[FRAMES_TOKENS][FRAMES_TOKEN];
};

/* Clients of `n` sessions (FRAMES_CLIENTS_MAX * FRAMES_PORTS at most); whom they talk to is still
 * unknown. */
struct frames *frames_create(uint32_t n, bool ipv6);
void frames_destroy(struct frames *frames);

/* The nth token: text, without a zero behind it. */
void frames_token(char token[FRAMES_TOKEN], unsigned int n);

/* How many addresses the clients have, and the nth. */
unsigned int frames_clients(const struct frames *frames);
struct nj_ip frames_client(bool ipv6, unsigned int n);

/* Bytes of every frame on the wire, its checksum included. */
unsigned int frames_bytes(bool ipv6);

/* The flow of a session's datagrams as they arrive: the client's, or the endpoint's once it is
 * learned. */
struct nj_flow frames_flow(
	const struct frames *frames, uint32_t session, enum nj_direction direction);

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
