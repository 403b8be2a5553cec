/* SPDX-License-Identifier: BSD-3-Clause */
/* Ethernet, ARP, IPv4, IPv6 and UDP. */
#include "edge_judge.h"

#include <netinet/in.h>

#define PORT_MIN 16384 /* the rig's, of sessions */

static const struct rte_ether_addr everybody = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/* UDP ------------------------------------------------------------------------------------------ */

static bool
is_udp_checksum_right(const struct edge_case *c, const uint8_t *udp, uint16_t length)
{
	const uint32_t pseudo = edge_pseudo_sum(c->ip, IPPROTO_UDP, length);
	const uint16_t checksum = edge_load(udp + 6);

	if (checksum == 0)
		return !c->ipv6;
	/* Of a frame that never was on a wire, it may be left to the receiver: the sum so far. */
	return checksum == pseudo || edge_sum(udp, length, pseudo) == UINT16_MAX;
}

static void
judge_qcmp(const struct edge_case *c, struct edge_bytes payload)
{
	static const uint8_t ping[] = {'Q', 'L', 'K', 'N', 0, 0, 0, 9};

	if (payload.length != 17 || memcmp(payload.at, ping, sizeof(ping)) != 0) {
		edge_fault(c, NJ_DROP_QCMP_MALFORMED);
		return;
	}
	c->verdict->fate = EDGE_LOCAL;
	c->verdict->echoed = payload.at + sizeof(ping);
	c->verdict->n_echoed = edge_is_reachable(&c->source) ? 9 : 0;
	c->verdict->n_behind = 16;
}

static void
judge_datagram(const struct edge_case *c, const struct nj_test_datagram *sent)
{
	const uint16_t port = rte_be_to_cpu_16(sent->destination.port);
	int session;

	if (port == EDGE_QCMP_PORT) {
		judge_qcmp(c, (struct edge_bytes){sent->payload, sent->length});
		return;
	}
	if (edge_is_ours(&c->source))
		edge_fault(c, NJ_DROP_OWN_SOURCE);
	if (port == LISTENER) {
		if (!edge_is_reachable(&c->source))
			edge_fault(c, NJ_DROP_NO_ROUTE);
		edge_forward_to_server(
			c, edge_session_of_client(&sent->source, &sent->destination), sent);
		return;
	}
	session = edge_session_of_reply(c->world, &sent->source, &sent->destination);
	if (session >= 0)
		edge_forward_to_client(c, session, sent);
	else
		edge_fault(c, port < PORT_MIN ? NJ_DROP_NO_LISTENER : NJ_DROP_NO_SESSION);
}

static void
judge_udp(const struct edge_case *c, struct edge_bytes udp)
{
	struct nj_test_datagram sent = {.source.ip = c->source,
		.destination.ip = c->destination,
		.traffic_class = c->traffic_class,
		.hop_limit = c->hop_limit};
	uint16_t length;

	if (udp.length < 8) {
		edge_fault(c, NJ_DROP_UDP_TRUNCATED);
		return;
	}
	length = edge_load(udp.at + 4);
	if (length < 8 || length > udp.length) {
		edge_fault(c, NJ_DROP_UDP_LENGTH);
		return;
	}
	if (edge_load(udp.at) == 0 || edge_load(udp.at + 2) == 0)
		edge_fault(c, NJ_DROP_UDP_PORT);
	if (!is_udp_checksum_right(c, udp.at, length))
		edge_fault(c, NJ_DROP_UDP_CHECKSUM);
	sent.source.port = rte_cpu_to_be_16(edge_load(udp.at));
	sent.destination.port = rte_cpu_to_be_16(edge_load(udp.at + 2));
	sent.payload = udp.at + 8;
	sent.length = length - 8;
	sent.no_checksum = edge_load(udp.at + 6) == 0;
	if (c->ipv6) {
		sent.flow_label = (uint32_t)edge_get(c->ip, 12, 20);
	} else {
		sent.id = edge_load(c->ip + 4);
		sent.fragment = edge_load(c->ip + 6);
	}
	judge_datagram(c, &sent);
}

/* Fragments ------------------------------------------------------------------------------------ */

/* `before`: bytes of header that count into the datagram's length. */
static void
judge_fragment(
	const struct edge_case *c, uint32_t before, uint32_t offset, bool more, uint16_t data)
{
	if (data == 0 || (more && data % 8 != 0) || before + offset + data > UINT16_MAX)
		edge_fault(c, NJ_DROP_FRAGMENT_MALFORMED);
	c->verdict->fate = EDGE_PIECE;
}

/* IPv4 ----------------------------------------------------------------------------------------- */

/* This network, loopback, multicast, class E and broadcast. */
static bool
is_nobodys4(const uint8_t *ip)
{
	return ip[0] == 0 || ip[0] == 127 || ip[0] >= 224;
}

static void
judge_addresses4(struct edge_case *c)
{
	c->source = (struct nj_ip){.family = AF_INET};
	c->destination = (struct nj_ip){.family = AF_INET};
	memcpy(&c->source.v4, c->ip + 12, 4);
	memcpy(&c->destination.v4, c->ip + 16, 4);
	if (is_nobodys4(c->ip + 12))
		edge_fault(c, NJ_DROP_IPV4_SOURCE);
	if (is_nobodys4(c->ip + 16) || !edge_is_ours(&c->destination))
		edge_fault(c, NJ_DROP_IPV4_DESTINATION);
}

/* Returns false where nobody can tell where anything is. */
static bool
judge_lengths4(const struct edge_case *c, uint16_t there)
{
	const uint16_t header = there == 0 ? 0 : (c->ip[0] & 15) * 4;

	if (there < 20)
		edge_fault(c, NJ_DROP_IPV4_TRUNCATED);
	else if (c->ip[0] >> 4 != 4)
		edge_fault(c, NJ_DROP_IPV4_VERSION);
	else if (header < 20)
		edge_fault(c, NJ_DROP_IPV4_HEADER_LENGTH);
	else if (header > there)
		edge_fault(c, NJ_DROP_IPV4_TRUNCATED);
	else if (edge_load(c->ip + 2) < header || edge_load(c->ip + 2) > there)
		edge_fault(c, NJ_DROP_IPV4_TOTAL_LENGTH);
	else
		return true;
	return false;
}

static void
judge_ipv4(struct edge_case *c, struct edge_bytes bytes)
{
	const uint8_t *ip = c->ip = bytes.at;
	struct edge_bytes upper;
	uint16_t header;

	if (!judge_lengths4(c, bytes.length))
		return;
	header = (ip[0] & 15) * 4;
	upper = (struct edge_bytes){ip + header, edge_load(ip + 2) - header};
	c->traffic_class = ip[1];
	c->hop_limit = ip[8];
	if (edge_sum(ip, header, 0) != UINT16_MAX)
		edge_fault(c, NJ_DROP_IPV4_CHECKSUM);
	judge_addresses4(c);
	if (ip[9] != IPPROTO_UDP && ip[9] != IPPROTO_ICMP)
		edge_fault(c, NJ_DROP_IPV4_PROTOCOL);
	else if (edge_get(ip, 51, 13) != 0 || (ip[6] & 0x20) != 0)
		judge_fragment(c, header, (uint32_t)edge_get(ip, 51, 13) * 8, (ip[6] & 0x20) != 0,
			upper.length);
	else if (ip[9] == IPPROTO_UDP)
		judge_udp(c, upper);
	else
		edge_judge_icmp(c, upper);
}

/* IPv6 ----------------------------------------------------------------------------------------- */

/* Unspecified, loopback, and an IPv4 address in disguise. */
static bool
is_nobodys6(const struct nj_ip *ip)
{
	static const uint8_t zero[16], mapped[12] = {[10] = 0xff, [11] = 0xff};

	return (memcmp(ip->v6, zero, 15) == 0 && ip->v6[15] <= 1) ||
	       memcmp(ip->v6, mapped, sizeof(mapped)) == 0;
}

static void
judge_addresses6(const struct edge_case *c, uint8_t upper)
{
	const bool icmp = upper == IPPROTO_ICMPV6, group = edge_is_group(&c->destination);

	if (edge_is_group(&c->source) ||
		(is_nobodys6(&c->source) && !(icmp && edge_is_none(&c->source))))
		edge_fault(c, NJ_DROP_IPV6_SOURCE);
	/* ICMPv6 knows its groups. */
	if (is_nobodys6(&c->destination) || (group && !icmp) || (c->to_many && !group) ||
		(!group && !edge_is_ours(&c->destination)))
		edge_fault(c, NJ_DROP_IPV6_DESTINATION);
}

static bool
is_extension(uint8_t type)
{
	return type == IPPROTO_HOPOPTS || type == IPPROTO_ROUTING || type == IPPROTO_DSTOPTS ||
	       type == IPPROTO_FRAGMENT;
}

/* Of a piece, `bytes` is the fragment header and what follows. */
static void
judge_piece6(const struct edge_case *c, struct edge_bytes bytes)
{
	const uint8_t next = bytes.at[0];
	const uint16_t field = edge_load(bytes.at + 2);

	if (next == IPPROTO_HOPOPTS || next == IPPROTO_FRAGMENT)
		edge_fault(c, NJ_DROP_IPV6_EXTENSION);
	else if (next != IPPROTO_UDP && next != IPPROTO_ICMPV6 && !is_extension(next))
		edge_fault(c, NJ_DROP_IPV6_PROTOCOL);
	judge_fragment(c, 0, field & 0xfff8, (field & 1) != 0, bytes.length - 8);
}

/*
 * Over the extension headers of a whole datagram, each of them at least 8 bytes, to what is behind
 * them. Returns its type; IPPROTO_FRAGMENT is that of a piece, IPPROTO_NONE of a chain that is not
 * right.
 */
static uint8_t
walk(const struct edge_case *c, uint8_t type, struct edge_bytes *bytes)
{
	bool fragment = false;
	uint16_t length;

	for (unsigned int n = 0; is_extension(type); n++) {
		if (n == 8 || (n > 0 && type == IPPROTO_HOPOPTS) ||
			(fragment && type == IPPROTO_FRAGMENT))
			edge_fault(c, NJ_DROP_IPV6_EXTENSION);
		length = bytes->length < 8 || type == IPPROTO_FRAGMENT ? 8 : 8 + bytes->at[1] * 8;
		if (bytes->length >= 8 && type == IPPROTO_ROUTING && bytes->at[3] != 0)
			edge_fault(c, NJ_DROP_IPV6_EXTENSION); /* on to somebody else */
		if (bytes->length < length)
			edge_fault(c, NJ_DROP_IPV6_TRUNCATED);
		if (c->verdict->faults[NJ_DROP_IPV6_EXTENSION] ||
			c->verdict->faults[NJ_DROP_IPV6_TRUNCATED])
			return IPPROTO_NONE;
		if (type == IPPROTO_FRAGMENT && (edge_load(bytes->at + 2) & 0xfff9) != 0)
			return type;
		fragment = fragment || type == IPPROTO_FRAGMENT;
		type = bytes->at[0];
		*bytes = edge_behind(*bytes, length);
	}
	return type;
}

static bool
judge_lengths6(const struct edge_case *c, uint16_t there)
{
	if (there < 40)
		edge_fault(c, NJ_DROP_IPV6_TRUNCATED);
	else if (c->ip[0] >> 4 != 6)
		edge_fault(c, NJ_DROP_IPV6_VERSION);
	else if (edge_load(c->ip + 4) > there - 40)
		edge_fault(c, NJ_DROP_IPV6_LENGTH);
	else
		return true;
	return false;
}

static void
judge_ipv6(struct edge_case *c, struct edge_bytes bytes)
{
	const uint8_t *ip = c->ip = bytes.at;
	struct edge_bytes upper;
	uint8_t type;

	c->ipv6 = true;
	if (!judge_lengths6(c, bytes.length))
		return;
	c->traffic_class = (uint8_t)edge_get(ip, 4, 8);
	c->hop_limit = ip[7];
	c->source = nj_ip_v6(ip + 8);
	c->destination = nj_ip_v6(ip + 24);
	upper = (struct edge_bytes){ip + 40, edge_load(ip + 4)};
	type = walk(c, ip[6], &upper);
	judge_addresses6(c, type);
	if (type == IPPROTO_FRAGMENT)
		judge_piece6(c, upper);
	else if (type == IPPROTO_UDP)
		judge_udp(c, upper);
	else if (type == IPPROTO_ICMPV6)
		edge_judge_icmp6(c, upper);
	else
		edge_fault(c, NJ_DROP_IPV6_PROTOCOL);
}

/* Ethernet ------------------------------------------------------------------------------------- */

static void
judge_arp(const struct edge_case *c, struct edge_bytes arp)
{
	static const uint8_t begin[] = {0, 1, 8, 0, 6, 4, 0};
	static const uint8_t nobody[6];

	if (arp.length < 28 || memcmp(arp.at, begin, sizeof(begin)) != 0 ||
		(arp.at[7] != 1 && arp.at[7] != 2) || (arp.at[8] & 1) != 0 ||
		memcmp(arp.at + 8, nobody, 6) == 0)
		edge_fault(c, NJ_DROP_ARP_MALFORMED);
	c->verdict->fate = EDGE_LOCAL;
}

static void
judge_macs(struct edge_case *c, const uint8_t *ether, uint16_t type)
{
	const struct rte_ether_addr ours =
		rig_mac(c->world->rig, rig_port_of(c->world->rig, c->side));
	static const uint8_t nobody[6];

	c->to_many = (ether[0] & 1) != 0;
	if (memcmp(ether, &ours, 6) != 0 &&
		!(type == RTE_ETHER_TYPE_ARP && memcmp(ether, &everybody, 6) == 0) &&
		!(type == RTE_ETHER_TYPE_IPV6 && edge_load(ether) == 0x3333))
		edge_fault(c, NJ_DROP_ETHERNET_DESTINATION);
	if ((ether[6] & 1) != 0 || memcmp(ether + 6, nobody, 6) == 0 ||
		memcmp(ether + 6, &ours, 6) == 0)
		edge_fault(c, NJ_DROP_ETHERNET_SOURCE);
}

static void
judge_frame(struct edge_case *c, struct edge_bytes bytes)
{
	const uint8_t *ether = bytes.at;
	uint16_t header = 14, type, vlan = 0;

	if (bytes.length >= 14 && edge_load(ether + 12) == RTE_ETHER_TYPE_VLAN)
		header = 18;
	if (bytes.length < header) {
		edge_fault(c, NJ_DROP_ETHERNET_TRUNCATED);
		return;
	}
	type = edge_load(ether + header - 2);
	if (header == 18)
		vlan = edge_load(ether + 14) & 0xfff;
	if (vlan != c->world->vlan || type == RTE_ETHER_TYPE_VLAN)
		edge_fault(c, NJ_DROP_VLAN);
	judge_macs(c, ether, type);
	bytes = edge_behind(bytes, header);
	if (type == RTE_ETHER_TYPE_IPV4)
		judge_ipv4(c, bytes);
	else if (type == RTE_ETHER_TYPE_IPV6)
		judge_ipv6(c, bytes);
	else if (type == RTE_ETHER_TYPE_ARP)
		judge_arp(c, bytes);
	else
		edge_fault(c, NJ_DROP_ETHERTYPE);
}

struct edge_verdict
edge_judge(const struct edge_world *world, unsigned int side, const uint8_t *bytes, uint16_t length)
{
	struct edge_verdict verdict = {.fate = EDGE_DROPPED};
	struct edge_case c = {.world = world, .side = side, .verdict = &verdict};

	judge_frame(&c, (struct edge_bytes){bytes, length});
	return verdict;
}
