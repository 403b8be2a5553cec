/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is who, and what leaves for whom. */
#include "edge_judge.h"

/* Addresses ------------------------------------------------------------------------------------ */

bool
edge_is_ours(const struct nj_ip *ip)
{
	for (unsigned int side = CLIENTS; side <= SERVERS; side++) {
		const struct nj_ip ours = peer_us(side, ip->family, 0).ip;

		if (nj_ip_equal(ip, &ours))
			return true;
	}
	return false;
}

bool
edge_is_link_local(const struct nj_ip *ip)
{
	return ip->family == AF_INET6 && ip->v6[0] == 0xfe && (ip->v6[1] & 0xc0) == 0x80;
}

bool
edge_is_none(const struct nj_ip *ip)
{
	static const uint8_t none[16];

	return ip->family == AF_INET6 && memcmp(ip->v6, none, sizeof(none)) == 0;
}

/* On a link of ours: there are no gateways. */
bool
edge_is_reachable(const struct nj_ip *ip)
{
	for (unsigned int side = CLIENTS; side <= SERVERS; side++) {
		const struct nj_ip ours = peer_us(side, ip->family, 0).ip;
		const uint8_t host = (uint8_t)(rte_be_to_cpu_32(ip->v4) & 0xff);

		if (ip->family == AF_INET6 && memcmp(ip->v6, ours.v6, 8) == 0)
			return true;
		if (ip->family == AF_INET && memcmp(&ip->v4, &ours.v4, 3) == 0)
			return host != 0 && host != 255;
	}
	return edge_is_link_local(ip);
}

/* Sessions ------------------------------------------------------------------------------------- */

static bool
is(const struct nj_address *a, const struct nj_address *b)
{
	return nj_ip_equal(&a->ip, &b->ip) && a->port == b->port;
}

static int
family_of(int session)
{
	return session == 0 ? AF_INET : AF_INET6;
}

int
edge_session_of_client(const struct nj_address *from, const struct nj_address *to)
{
	const int family = from->ip.family;
	const struct nj_address client = peer_client(family, CLIENT_PORT),
				listener = peer_us(CLIENTS, family, LISTENER);

	return is(from, &client) && is(to, &listener) ? family == AF_INET6 : -1;
}

int
edge_session_of_reply(
	const struct edge_world *world, const struct nj_address *from, const struct nj_address *to)
{
	const struct nj_address server = peer_server(world->family, 0);

	for (int session = 0; session < 2; session++) {
		const struct nj_address us = peer_us(SERVERS, world->family, world->ports[session]);

		if (is(from, &server) && is(to, &us))
			return session;
	}
	return -1;
}

/* What leaves ---------------------------------------------------------------------------------- */

static void
forward(const struct edge_case *c, unsigned int to, const struct nj_test_datagram *sent,
	const struct nj_address *us, const struct nj_address *them)
{
	c->verdict->fate = EDGE_FORWARDED;
	c->verdict->to = to;
	c->verdict->wanted = peer_passed(sent, us, them);
}

void
edge_forward_to_client(const struct edge_case *c, int session, const struct nj_test_datagram *sent)
{
	const struct nj_address us = peer_us(CLIENTS, family_of(session), LISTENER),
				client = peer_client(family_of(session), CLIENT_PORT);

	forward(c, CLIENTS, sent, &us, &client);
}

/* A session that is new has any port. */
void
edge_forward_to_server(const struct edge_case *c, int session, const struct nj_test_datagram *sent)
{
	const uint16_t port = session < 0 ? 0 : c->world->ports[session];
	const struct nj_address us = peer_us(SERVERS, c->world->family, port),
				server = peer_server(c->world->family, 0);

	forward(c, SERVERS, sent, &us, &server);
}
