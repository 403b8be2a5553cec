/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of edge_judge(), each of which looks at what it is given and notes every fault that it
 * finds, in whatever order who is tested may look for them. Where a fault leaves it open what
 * follows, it ends there.
 */
#ifndef EDGE_JUDGE_H
#define EDGE_JUDGE_H

#include "edge_frames.h"

/* Bytes that are really there. */
struct edge_bytes {
	const uint8_t *at;
	uint16_t length;
};

struct edge_case {
	const struct edge_world *world;
	unsigned int side;
	bool to_many; /* by its Ethernet header */
	struct edge_verdict *verdict;

	/* Of the IP header. */
	const uint8_t *ip;
	bool ipv6;
	uint8_t traffic_class, hop_limit;
	struct nj_ip source, destination;
};

static inline void
edge_fault(const struct edge_case *c, enum nj_drop reason)
{
	c->verdict->faulty = true;
	c->verdict->faults[reason] = true;
}

/* All but the first `n`, which are there. */
static inline struct edge_bytes
edge_behind(struct edge_bytes bytes, uint16_t n)
{
	return (struct edge_bytes){bytes.at + n, bytes.length - n};
}

static inline bool
edge_is_group(const struct nj_ip *ip)
{
	return ip->family == AF_INET6 && ip->v6[0] == 0xff;
}

/* An address of ours; whether we know the way to it; whether it is a neighbor's on its link alone;
 * none at all, of IPv6. */
bool edge_is_ours(const struct nj_ip *ip);
bool edge_is_reachable(const struct nj_ip *ip);
bool edge_is_link_local(const struct nj_ip *ip);
bool edge_is_none(const struct nj_ip *ip);

/* Which of the two sessions is that of such a datagram, or of such a reply; -1: none. */
int edge_session_of_client(const struct nj_address *from, const struct nj_address *to);
int edge_session_of_reply(
	const struct edge_world *world, const struct nj_address *from, const struct nj_address *to);

/* What leaves for a session's client, and for its server. */
void edge_forward_to_client(
	const struct edge_case *c, int session, const struct nj_test_datagram *sent);
void edge_forward_to_server(
	const struct edge_case *c, int session, const struct nj_test_datagram *sent);

/* Behind an IP header that is as it should be. */
void edge_judge_icmp(const struct edge_case *c, struct edge_bytes icmp);
void edge_judge_icmp6(const struct edge_case *c, struct edge_bytes icmp);

#endif
