/* SPDX-License-Identifier: BSD-3-Clause */
/* What hosts say among neighbors: ARP, NDP, MLD; and pings. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <rte_arp.h>

#include "edge_visit.h"

static const struct rte_ether_addr everybody = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const struct rte_ether_addr all_nodes_mac = {{0x33, 0x33, 0, 0, 0, 1}};

static struct nj_ip
ip(const char *text)
{
	struct nj_ip parsed;

	assert_int_equal(nj_ip_parse(text, &parsed), 0);
	return parsed;
}

static void
arp(const struct edge_visit *visit, uint16_t operation)
{
	const struct nj_ip from = peer_client(AF_INET, 0).ip, to = peer_us(CLIENTS, AF_INET, 0).ip;
	const struct rte_ether_addr mac = peer_mac(&from),
				    ours = rig_mac(visit->world->rig, CLIENTS);
	const bool asks = operation == RTE_ARP_OP_REQUEST;
	const uint16_t tag[] = {RTE_ETHER_TYPE_VLAN, visit->world->vlan};
	struct edge_frame frame = {
		.name = asks ? "a question of ARP" : "an answer of ARP", .fate = EDGE_LOCAL};

	edge_add_ether(&frame, asks ? &everybody : &ours, &mac, RTE_ETHER_TYPE_ARP,
		visit->world->vlan != 0, tag);
	frame.l3 = 0;
	edge_add(&frame, "ARP hardware", 16, 1);
	edge_add(&frame, "ARP protocol", 16, RTE_ETHER_TYPE_IPV4);
	edge_add(&frame, "ARP hardware length", 8, 6);
	edge_add(&frame, "ARP protocol length", 8, 4);
	edge_add(&frame, "ARP operation", 16, operation);
	edge_add_mac(&frame, "ARP sender's MAC", &mac);
	edge_add_ip(&frame, "ARP sender", &from);
	edge_add_mac(&frame, "ARP target's MAC", &ours);
	edge_add_ip(&frame, "ARP target", &to);
	edge_end(visit, &frame);
}

static void
ping(const struct edge_visit *visit, int family)
{
	const struct nj_ip from = peer_client(family, 0).ip, to = peer_us(CLIENTS, family, 0).ip;
	struct edge_frame frame = {.name = "a ping", .fate = EDGE_LOCAL};

	edge_link(visit->world, &frame, &from, NULL);
	if (family == AF_INET)
		edge_add_ipv4(&frame, IPPROTO_ICMP, &from, &to, 0, 0);
	else
		edge_add_ipv6(&frame, IPPROTO_ICMPV6, &from, &to, 61);
	edge_begin_layer4(&frame, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	edge_add_icmp(&frame, family == AF_INET ? 8 : 128, 0);
	edge_add(&frame, "echo identifier", 16, 1);
	edge_add(&frame, "echo sequence", 16, 1);
	edge_add_text(&frame, EDGE_PAYLOAD);
	edge_end(visit, &frame);
}

/* Of ICMPv6, up to its checksum. `group`: its MAC; NULL: to us alone. */
static void
begin(const struct edge_visit *visit, struct edge_frame *frame, const struct nj_ip *from,
	const struct nj_ip *to, const struct rte_ether_addr *group, uint8_t type)
{
	frame->fate = EDGE_LOCAL;
	edge_link(visit->world, frame, from, group);
	edge_add_ipv6(frame, IPPROTO_ICMPV6, from, to, type == 130 ? 1 : 255);
	edge_begin_layer4(frame, IPPROTO_ICMPV6);
	edge_add_icmp(frame, type, 0);
}

static void
solicitation(const struct edge_visit *visit, bool to_group)
{
	const struct nj_ip from = peer_client(AF_INET6, 0).ip,
			   us = peer_us(CLIENTS, AF_INET6, 0).ip, group = ip("ff02::1:ff00:a");
	const struct rte_ether_addr mac = peer_mac(&from),
				    group_mac = {{0x33, 0x33, 0xff, 0, 0, 10}};
	struct edge_frame frame = {.name = "a solicitation"};

	begin(visit, &frame, &from, to_group ? &group : &us, to_group ? &group_mac : NULL, 135);
	edge_add(&frame, "reserved", 32, 0);
	edge_add_ip(&frame, "target", &us);
	edge_add_mac_option(&frame, 1, &mac);
	edge_end(visit, &frame);
}

/* May he have our address? */
static void
probe(const struct edge_visit *visit)
{
	const struct nj_ip none = {.family = AF_INET6}, us = peer_us(CLIENTS, AF_INET6, 0).ip,
			   group = ip("ff02::1:ff00:a");
	const struct rte_ether_addr group_mac = {{0x33, 0x33, 0xff, 0, 0, 10}};
	struct edge_frame frame = {.name = "a probe"};

	begin(visit, &frame, &none, &group, &group_mac, 135);
	edge_add(&frame, "reserved", 32, 0);
	edge_add_ip(&frame, "target", &us);
	edge_end(visit, &frame);
}

static void
advertisement(const struct edge_visit *visit)
{
	const struct nj_ip from = peer_client(AF_INET6, 0).ip,
			   to = peer_us(CLIENTS, AF_INET6, 0).ip;
	const struct rte_ether_addr mac = peer_mac(&from);
	struct edge_frame frame = {.name = "an advertisement"};

	begin(visit, &frame, &from, &to, NULL, 136);
	edge_add(&frame, "flags", 3, 3);
	edge_add(&frame, "reserved", 29, 0);
	edge_add_ip(&frame, "target", &from);
	edge_add_mac_option(&frame, 2, &mac);
	edge_end(visit, &frame);
}

/* It is none: its lifetime is zero. */
static void
router(const struct edge_visit *visit)
{
	const struct nj_ip from = ip("fe80::4d"), all_nodes = ip("ff02::1");
	const struct rte_ether_addr mac = peer_mac(&from);
	struct edge_frame frame = {.name = "a router's advertisement"};

	begin(visit, &frame, &from, &all_nodes, &all_nodes_mac, 134);
	edge_add(&frame, "hop limit", 8, 64);
	edge_add(&frame, "flags", 8, 0);
	edge_add(&frame, "lifetime", 16, 0);
	edge_add(&frame, "reachable time", 32, 0);
	edge_add(&frame, "retransmission time", 32, 0);
	edge_add_mac_option(&frame, 1, &mac);
	edge_end(visit, &frame);
}

static void
query(const struct edge_visit *visit, bool version2)
{
	const struct nj_ip from = ip("fe80::4d"), all_nodes = ip("ff02::1"),
			   none = {.family = AF_INET6};
	struct edge_frame frame = {.name = version2 ? "a query of MLDv2" : "a query of MLD"};

	begin(visit, &frame, &from, &all_nodes, &all_nodes_mac, 130);
	edge_add(&frame, "delay", 16, 100);
	edge_add(&frame, "reserved", 16, 0);
	edge_add_ip(&frame, "group", &none);
	if (version2) {
		edge_add(&frame, "MLDv2 reserved", 4, 0);
		edge_add(&frame, "MLDv2 S", 1, 0);
		edge_add(&frame, "MLDv2 QRV", 3, 2);
		edge_add(&frame, "MLDv2 QQIC", 8, 125);
		edge_add(&frame, "MLDv2 sources", 16, 0);
	}
	edge_end(visit, &frame);
}

void
edge_neighbors(const struct edge_world *world, edge_visit_t *call, void *context)
{
	const struct edge_visit visit = {world, call, context};

	ping(&visit, AF_INET);
	ping(&visit, AF_INET6);
	arp(&visit, RTE_ARP_OP_REQUEST);
	arp(&visit, RTE_ARP_OP_REPLY);
	solicitation(&visit, false);
	solicitation(&visit, true);
	probe(&visit);
	advertisement(&visit);
	query(&visit, false);
	query(&visit, true);
	router(&visit); /* last, for the routes that it makes */
}
