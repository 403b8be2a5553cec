/* SPDX-License-Identifier: BSD-3-Clause */
#include "edge_frames.h"

#include <netinet/in.h>

void
edge_add_ether(struct edge_frame *frame, const struct rte_ether_addr *to,
	const struct rte_ether_addr *from, uint16_t type, unsigned int n_tags, const uint16_t *tags)
{
	edge_add_mac(frame, "Ethernet destination", to);
	edge_add_mac(frame, "Ethernet source", from);
	for (unsigned int i = 0; i < n_tags; i++) {
		edge_add(frame, "tag type", 16, tags[2 * i]);
		edge_add(frame, "tag priority", 3, 0);
		edge_add(frame, "tag DEI", 1, 0);
		edge_add(frame, "tag VLAN", 12, tags[2 * i + 1]);
	}
	edge_add(frame, "Ethernet type", 16, type);
	frame->l3 = (uint16_t)(frame->bits / 8);
}

/* `options`: bytes, of NOP. */
void
edge_add_ipv4(struct edge_frame *frame, uint8_t protocol, const struct nj_ip *from,
	const struct nj_ip *to, unsigned int options, uint16_t fragment)
{
	edge_add(frame, "IPv4 version", 4, 4);
	edge_add(frame, "IPv4 header length", 4, 5 + options / 4);
	edge_add(frame, "IPv4 type of service", 8, 0);
	edge_add(frame, "IPv4 total length", 16, 20 + options + 8 + strlen(EDGE_PAYLOAD));
	edge_add(frame, "IPv4 identification", 16, 0x1234);
	edge_add(frame, "IPv4 reserved flag", 1, 0);
	edge_add(frame, "IPv4 DF", 1, 0);
	edge_add(frame, "IPv4 MF", 1, fragment >> 13 & 1);
	edge_add(frame, "IPv4 offset", 13, fragment & RTE_IPV4_HDR_OFFSET_MASK);
	edge_add(frame, "IPv4 time to live", 8, 61);
	edge_add(frame, "IPv4 protocol", 8, protocol);
	edge_add(frame, "IPv4 checksum", 16, 0);
	edge_add_ip(frame, "IPv4 source", from);
	edge_add_ip(frame, "IPv4 destination", to);
	for (unsigned int i = 0; i < options; i++)
		edge_add(frame, "IPv4 option", 8, 1);
}

void
edge_add_ipv6(struct edge_frame *frame, uint8_t next, const struct nj_ip *from,
	const struct nj_ip *to, uint8_t hop_limit)
{
	edge_add(frame, "IPv6 version", 4, 6);
	edge_add(frame, "IPv6 traffic class", 8, 0);
	edge_add(frame, "IPv6 flow label", 20, 0);
	edge_add(frame, "IPv6 payload length", 16, 8 + strlen(EDGE_PAYLOAD));
	edge_add(frame, "IPv6 next header", 8, next);
	edge_add(frame, "IPv6 hop limit", 8, hop_limit);
	edge_add_ip(frame, "IPv6 source", from);
	edge_add_ip(frame, "IPv6 destination", to);
}

/* Of 8 bytes: hop-by-hop or destination options, a PadN; or a routing header that is used up. */
void
edge_add_extension(struct edge_frame *frame, uint8_t type, uint8_t next)
{
	const bool routing = type == IPPROTO_ROUTING;

	edge_add(frame, "extension's next header", 8, next);
	edge_add(frame, "extension's length", 8, 0);
	edge_add(frame, routing ? "routing type" : "option type", 8, routing ? 2 : 1);
	edge_add(frame, routing ? "segments left" : "option length", 8, routing ? 0 : 4);
	edge_add(frame, "extension's data", 32, 0);
}

/* `offset` in units of 8 bytes. */
void
edge_add_fragment(struct edge_frame *frame, uint8_t next, uint16_t offset, bool more)
{
	edge_add(frame, "fragment's next header", 8, next);
	edge_add(frame, "fragment's reserved byte", 8, 0);
	edge_add(frame, "fragment's offset", 13, offset);
	edge_add(frame, "fragment's reserved bits", 2, 0);
	edge_add(frame, "fragment's M", 1, more);
	edge_add(frame, "fragment's identification", 32, 0xcafe);
}

/* `payload`: its length. */
void
edge_add_udp(struct edge_frame *frame, uint16_t from, uint16_t to, uint16_t payload)
{
	edge_add(frame, "UDP source port", 16, from);
	edge_add(frame, "UDP destination port", 16, to);
	edge_add(frame, "UDP length", 16, 8u + payload);
	edge_add(frame, "UDP checksum", 16, 0);
}

void
edge_add_icmp(struct edge_frame *frame, uint8_t type, uint8_t code)
{
	edge_add(frame, "ICMP type", 8, type);
	edge_add(frame, "ICMP code", 8, code);
	edge_add(frame, "ICMP checksum", 16, 0);
}

void
edge_add_mac_option(struct edge_frame *frame, uint8_t type, const struct rte_ether_addr *mac)
{
	edge_add(frame, "option type", 8, type);
	edge_add(frame, "option length", 8, 1);
	edge_add_mac(frame, "option MAC", mac);
}

void
edge_begin_layer4(struct edge_frame *frame, uint8_t protocol)
{
	frame->l4 = (uint16_t)(frame->bits / 8);
	frame->protocol = protocol;
}
