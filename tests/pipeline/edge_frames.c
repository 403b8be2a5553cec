/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams, from both sides. */
#include "edge_frames.h"

#include <netinet/in.h>

#include "edge_visit.h"

/* Up to layer 4, which begins then. */
static void
add_network(const struct edge_world *world, struct edge_frame *frame, const struct nj_address *from,
	const struct nj_address *to)
{
	edge_link(world, frame, &from->ip, NULL);
	if (from->ip.family == AF_INET6)
		edge_add_ipv6(frame, IPPROTO_UDP, &from->ip, &to->ip, 61);
	else
		edge_add_ipv4(frame, IPPROTO_UDP, &from->ip, &to->ip, 0, 0);
	edge_begin_layer4(frame, IPPROTO_UDP);
}

static void
add_datagram(struct edge_frame *frame, const struct nj_address *from, const struct nj_address *to)
{
	edge_add_udp(frame, rte_be_to_cpu_16(from->port), rte_be_to_cpu_16(to->port),
		sizeof(EDGE_PAYLOAD) - 1);
	edge_add_text(frame, EDGE_PAYLOAD);
}

static void
udp(const struct edge_visit *visit, unsigned int side, const struct nj_address *from,
	const struct nj_address *to)
{
	struct edge_frame frame = {.name = side == CLIENTS ? "a client's datagram" : "a reply",
		.side = side,
		.fate = EDGE_FORWARDED};

	add_network(visit->world, &frame, from, to);
	add_datagram(&frame, from, to);
	edge_end(visit, &frame);
}

/* Under two tags, both of the port's VLAN, or of none: what is in there is never looked at. */
static void
udp_in_q(const struct edge_visit *visit, uint16_t outer)
{
	const struct nj_address from = peer_client(AF_INET, CLIENT_PORT),
				to = peer_us(CLIENTS, AF_INET, LISTENER);
	const uint16_t tags[] = {
		outer, visit->world->vlan, RTE_ETHER_TYPE_VLAN, visit->world->vlan};
	const struct rte_ether_addr mac = peer_mac(&from.ip),
				    ours = rig_mac(visit->world->rig, CLIENTS);
	struct edge_frame frame = {.name = "a datagram under two tags"};

	edge_add_ether(&frame, &ours, &mac, RTE_ETHER_TYPE_IPV4, 2, tags);
	edge_add_ipv4(&frame, IPPROTO_UDP, &from.ip, &to.ip, 0, 0);
	edge_begin_layer4(&frame, IPPROTO_UDP);
	add_datagram(&frame, &from, &to);
	edge_end(visit, &frame);
}

static void
udp_with_options(const struct edge_visit *visit)
{
	const struct nj_address from = peer_client(AF_INET, CLIENT_PORT),
				to = peer_us(CLIENTS, AF_INET, LISTENER);
	struct edge_frame frame = {.name = "IPv4 with options", .fate = EDGE_FORWARDED};

	edge_link(visit->world, &frame, &from.ip, NULL);
	edge_add_ipv4(&frame, IPPROTO_UDP, &from.ip, &to.ip, 8, 0);
	edge_begin_layer4(&frame, IPPROTO_UDP);
	add_datagram(&frame, &from, &to);
	edge_end(visit, &frame);
}

/* Every extension header that there is; the fragment's says that the datagram is whole. */
static void
udp_with_extensions(const struct edge_visit *visit)
{
	const struct nj_address from = peer_client(AF_INET6, CLIENT_PORT),
				to = peer_us(CLIENTS, AF_INET6, LISTENER);
	struct edge_frame frame = {.name = "IPv6 with extensions", .fate = EDGE_FORWARDED};

	edge_link(visit->world, &frame, &from.ip, NULL);
	edge_add_ipv6(&frame, IPPROTO_HOPOPTS, &from.ip, &to.ip, 61);
	edge_add_extension(&frame, IPPROTO_HOPOPTS, IPPROTO_DSTOPTS);
	edge_add_extension(&frame, IPPROTO_DSTOPTS, IPPROTO_ROUTING);
	edge_add_extension(&frame, IPPROTO_ROUTING, IPPROTO_FRAGMENT);
	edge_add_fragment(&frame, IPPROTO_UDP, 0, false);
	edge_begin_layer4(&frame, IPPROTO_UDP);
	add_datagram(&frame, &from, &to);
	edge_end(visit, &frame);
}

/* `offset` in units of 8 bytes; 0 is the first, behind which there are more. */
static void
fragment(const struct edge_visit *visit, int family, uint16_t offset)
{
	const struct nj_address from = peer_client(family, CLIENT_PORT),
				to = peer_us(CLIENTS, family, LISTENER);
	struct edge_frame frame = {
		.name = offset == 0 ? "a first fragment" : "a last fragment", .fate = EDGE_PIECE};

	edge_link(visit->world, &frame, &from.ip, NULL);
	if (family == AF_INET) {
		edge_add_ipv4(&frame, IPPROTO_UDP, &from.ip, &to.ip, 0,
			offset == 0 ? RTE_IPV4_HDR_MF_FLAG : offset);
	} else {
		edge_add_ipv6(&frame, IPPROTO_FRAGMENT, &from.ip, &to.ip, 61);
		edge_add_fragment(&frame, IPPROTO_UDP, offset, offset == 0);
	}
	if (offset == 0)
		edge_begin_layer4(&frame, IPPROTO_UDP);
	add_datagram(&frame, &from, &to);
	edge_end(visit, &frame);
}

/* A ping is as long as it is: with more behind it, it is none. */
static void
ping_of_qcmp(const struct edge_visit *visit, int family, const char *more)
{
	const struct nj_address from = peer_client(family, CLIENT_PORT),
				to = peer_us(CLIENTS, family, EDGE_QCMP_PORT);
	struct edge_frame frame = {
		.name = "a ping of QCMP", .fate = *more == '\0' ? EDGE_LOCAL : EDGE_DROPPED};

	add_network(visit->world, &frame, &from, &to);
	edge_add_udp(&frame, CLIENT_PORT, EDGE_QCMP_PORT, 17);
	edge_add(&frame, "QCMP magic", 32, 0x514c4b4e);
	edge_add(&frame, "QCMP version", 8, 0);
	edge_add(&frame, "QCMP type", 8, 0);
	edge_add(&frame, "QCMP length", 16, 9);
	edge_add(&frame, "QCMP nonce", 8, 42);
	edge_add(&frame, "QCMP time", 64, UINT64_C(1700000000000000000));
	edge_add_text(&frame, more);
	edge_end(visit, &frame);
}

void
edge_frames(const struct edge_world *world, edge_visit_t *call, void *context)
{
	const struct edge_visit visit = {world, call, context};
	const struct nj_address server = peer_server(world->family, 0);

	for (unsigned int i = 0; i < 2; i++) {
		const struct nj_address us = peer_us(SERVERS, world->family, world->ports[i]);

		udp(&visit, SERVERS, &server, &us);
	}
	edge_errors(world, call, context);
	for (unsigned int i = 0; i < 2; i++) {
		const int family = i == 0 ? AF_INET : AF_INET6;
		const struct nj_address client = peer_client(family, CLIENT_PORT),
					listener = peer_us(CLIENTS, family, LISTENER);

		udp(&visit, CLIENTS, &client, &listener);
		fragment(&visit, family, 0);
		fragment(&visit, family, 5);
		ping_of_qcmp(&visit, family, "");
		ping_of_qcmp(&visit, family, "!");
	}
	udp_with_options(&visit);
	udp_with_extensions(&visit);
	udp_in_q(&visit, RTE_ETHER_TYPE_VLAN);
	udp_in_q(&visit, RTE_ETHER_TYPE_QINQ);
	edge_neighbors(world, call, context);
}
