/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors about the datagrams of sessions. */
#include "edge_visit.h"

#include <netinet/in.h>

/* Bytes of UDP payload that the quoted datagram had, of which few are quoted: else it had not been
 * too big. */
#define QUOTED 1472

/* What is quoted went the other way; as a fragment, over IPv6. */
struct about {
	struct nj_address from, to;
	bool fragment;
};

static void
add_quote(struct edge_frame *frame, const struct about *about)
{
	const bool ipv6 = about->from.ip.family == AF_INET6;
	const unsigned int length = frame->bits + (ipv6 ? 32 : 16); /* the field's place */

	if (!ipv6) {
		frame->inner = (uint16_t)(frame->bits / 8);
		edge_add_ipv4(frame, IPPROTO_UDP, &about->from.ip, &about->to.ip, 0, 0);
	} else if (about->fragment) {
		edge_add_ipv6(frame, IPPROTO_FRAGMENT, &about->from.ip, &about->to.ip, 61);
		edge_add_fragment(frame, IPPROTO_UDP, 0, true);
	} else {
		edge_add_ipv6(frame, IPPROTO_UDP, &about->from.ip, &about->to.ip, 61);
	}
	edge_put(frame->bytes, length, 16, (ipv6 ? 8 : 28) + (about->fragment ? 8 : 0) + QUOTED);
	edge_add_udp(frame, rte_be_to_cpu_16(about->from.port), rte_be_to_cpu_16(about->to.port),
		QUOTED);
	edge_add_text(frame, EDGE_PAYLOAD);
}

static void
error(const struct edge_visit *visit, const char *name, unsigned int side,
	const struct about *about, uint8_t type, uint8_t code, uint32_t rest)
{
	const struct nj_ip *from = &about->to.ip, *to = &about->from.ip;
	const bool ipv6 = from->family == AF_INET6;
	struct edge_frame frame = {.name = name, .side = side, .fate = EDGE_FORWARDED};

	edge_link(visit->world, &frame, from, NULL);
	if (ipv6)
		edge_add_ipv6(&frame, IPPROTO_ICMPV6, from, to, 61);
	else
		edge_add_ipv4(&frame, IPPROTO_ICMP, from, to, 0, 0);
	edge_begin_layer4(&frame, ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	edge_add_icmp(&frame, type, code);
	edge_add(&frame, "ICMP pointer", 8, rest >> 24);
	edge_add(&frame, "ICMP length", 8, rest >> 16 & 0xff);
	edge_add(&frame, "ICMP MTU", 16, rest & 0xffff);
	add_quote(&frame, about);
	edge_end(visit, &frame);
}

static void
errors(const struct edge_visit *visit, unsigned int side, const struct about *about)
{
	const bool ipv6 = about->from.ip.family == AF_INET6;

	error(visit, "an ICMP error: closed port", side, about, ipv6 ? 1 : 3, ipv6 ? 4 : 3, 0);
	error(visit, "an ICMP error: too big", side, about, ipv6 ? 2 : 3, ipv6 ? 0 : 4, 1400);
}

void
edge_errors(const struct edge_world *world, edge_visit_t *call, void *context)
{
	const struct edge_visit visit = {world, call, context};

	for (unsigned int i = 0; i < 2; i++) {
		const int theirs = i == 0 ? AF_INET : AF_INET6;
		struct about down = {.from = peer_us(SERVERS, world->family, world->ports[i]),
			.to = peer_server(world->family, 0)};
		const struct about up = {.from = peer_us(CLIENTS, theirs, LISTENER),
			.to = peer_client(theirs, CLIENT_PORT)};

		errors(&visit, SERVERS, &down);
		errors(&visit, CLIENTS, &up);
		down.fragment = world->family == AF_INET6;
		if (down.fragment)
			errors(&visit, SERVERS, &down);
	}
}
