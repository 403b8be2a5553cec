/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP and ICMPv6. */
#include "edge_judge.h"

#include <netinet/in.h>

/* Errors --------------------------------------------------------------------------------------- */

/* Where the ports of the datagram that is quoted stand; NULL: of none that could be ours. */
static const uint8_t *
quoted_ports(struct edge_bytes quote, bool ipv6)
{
	const uint8_t *ip = quote.at, *udp;
	uint16_t header = ipv6 ? 40 : 20;
	bool plain;

	if (quote.length < header)
		return NULL;
	if (ipv6) {
		plain = ip[0] >> 4 == 6 && (ip[6] == IPPROTO_UDP || ip[6] == IPPROTO_FRAGMENT);
		quote.length = RTE_MIN(quote.length, 40u + edge_load(ip + 4));
		if (ip[6] == IPPROTO_FRAGMENT) {
			header = 48;
			plain = plain && quote.length >= header && ip[40] == IPPROTO_UDP &&
				edge_load(ip + 42) >> 3 == 0;
		}
	} else {
		plain = ip[0] == 0x45 && ip[9] == IPPROTO_UDP && edge_get(ip, 51, 13) == 0 &&
			edge_load(ip + 2) >= 28;
	}
	udp = ip + header;
	if (!plain || quote.length < header + 8 || edge_load(udp) == 0 || edge_load(udp + 2) == 0 ||
		edge_load(udp + 4) < 8)
		return NULL;
	return udp;
}

static struct nj_address
address(const struct edge_case *c, const uint8_t *ip, const uint8_t *port)
{
	struct nj_address made = {.ip.family = c->ipv6 ? AF_INET6 : AF_INET,
		.port = rte_cpu_to_be_16(edge_load(port))};

	memcpy(c->ipv6 ? made.ip.v6 : (uint8_t *)&made.ip.v4, ip, c->ipv6 ? 16 : 4);
	return made;
}

/* Who sent the datagram is told, in his family's words: not everything can be said in those, so it
 * may be dropped instead. */
static void
forward(const struct edge_case *c, unsigned int to, int session)
{
	const struct nj_test_datagram sent = {
		.protocol = IPPROTO_ICMP, .source.ip.family = c->ipv6 ? AF_INET6 : AF_INET};

	if (to == CLIENTS)
		edge_forward_to_client(c, session, &sent);
	else
		edge_forward_to_server(c, session, &sent);
	edge_fault(c, NJ_DROP_ICMP_MALFORMED);
	c->verdict->either = true;
}

static void
judge_error(const struct edge_case *c, struct edge_bytes quote, const uint8_t *ports)
{
	const uint8_t *addresses = quote.at + (c->ipv6 ? 8 : 12);
	const struct nj_address from = address(c, addresses, ports),
				to = address(c, addresses + (c->ipv6 ? 16 : 4), ports + 2);
	int session = edge_session_of_reply(c->world, &to, &from);

	if (c->verdict->faulty)
		return;
	if (session >= 0) {
		forward(c, CLIENTS, session);
		return;
	}
	session = edge_session_of_client(&to, &from);
	if (session >= 0)
		forward(c, SERVERS, session);
	else
		edge_fault(c, NJ_DROP_NO_SESSION);
}

/* Pings ---------------------------------------------------------------------------------------- */

static void
judge_ping(const struct edge_case *c, struct edge_bytes icmp)
{
	if (edge_is_none(&c->source))
		edge_fault(c, NJ_DROP_IPV6_SOURCE);
	if (!edge_is_reachable(&c->source))
		edge_fault(c, NJ_DROP_NO_ROUTE);
	c->verdict->echoed = icmp.at + 4;
	c->verdict->n_echoed = icmp.length - 4;
}

/* ICMP ----------------------------------------------------------------------------------------- */

void
edge_judge_icmp(const struct edge_case *c, struct edge_bytes icmp)
{
	const uint8_t *at = icmp.at, *ports;

	c->verdict->fate = EDGE_LOCAL;
	if (icmp.length < 8 || edge_sum(at, icmp.length, 0) != UINT16_MAX) {
		edge_fault(c, NJ_DROP_ICMP_MALFORMED);
		return;
	}
	if (at[0] == 3 || at[0] == 11 || at[0] == 12) {
		ports = quoted_ports(edge_behind(icmp, 8), false);
		if (ports != NULL)
			judge_error(c, edge_behind(icmp, 8), ports);
	} else if (at[0] == 8 && at[1] == 0) {
		judge_ping(c, icmp);
	}
}

/* NDP ------------------------------------------------------------------------------------------ */

/* Whether options are whole; *found: there is one of the type with a MAC address. */
static bool
are_options_right(struct edge_bytes options, uint8_t type, bool *found)
{
	static const uint8_t nobody[6];

	*found = false;
	while (options.length > 0) {
		uint16_t length = options.length >= 8 ? options.at[1] * 8 : 0;

		if (length == 0 || length > options.length)
			return false;
		if (options.at[0] == type && length == 8) {
			if ((options.at[2] & 1) != 0 || memcmp(options.at + 2, nobody, 6) == 0)
				return false;
			*found = true;
		}
		options = edge_behind(options, length);
	}
	return true;
}

/* Of whoever is at `ip`, from the same RFC 4291, section 2.7.1. */
static bool
is_solicited_group(const struct nj_ip *group, const uint8_t *ip)
{
	static const uint8_t begin[13] = {0xff, 2, [11] = 1, [12] = 0xff};

	return memcmp(group->v6, begin, sizeof(begin)) == 0 &&
	       memcmp(group->v6 + 13, ip + 13, 3) == 0;
}

/* RFC 4861, sections 6.1.2, 7.1.1 and 7.1.2. */
static bool
is_ndp_right(const struct edge_case *c, struct edge_bytes icmp)
{
	static const uint8_t options_of[] = {[134 - 134] = 1, [135 - 134] = 1, [136 - 134] = 2};
	const uint8_t type = icmp.at[0];
	const uint16_t header = type == 134 ? 16 : 24;
	bool mac;

	if (c->hop_limit != 255 || icmp.at[1] != 0)
		return false;
	if (type == 133 || type == 137) /* of no interest */
		return true;
	if (icmp.length < header || (type != 134 && icmp.at[8] == 0xff) ||
		!are_options_right(edge_behind(icmp, header), options_of[type - 134], &mac))
		return false;
	if (type == 134)
		return edge_is_link_local(&c->source);
	if (type == 135)
		return !edge_is_none(&c->source) ||
		       (!mac && is_solicited_group(&c->destination, icmp.at + 8));
	return !edge_is_none(&c->source) &&
	       !(edge_is_group(&c->destination) && (icmp.at[4] & 0x40) != 0);
}

/* ICMPv6 --------------------------------------------------------------------------------------- */

/* One that we are in: all nodes, and those of our addresses on this side, whose last three bytes
 * are all the same or the MAC's. */
static bool
is_our_group(const struct edge_case *c)
{
	static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
	const struct nj_ip ours = peer_us(c->side, AF_INET6, 0).ip;
	const struct rte_ether_addr mac =
		rig_mac(c->world->rig, rig_port_of(c->world->rig, c->side));
	uint8_t link_local[16] = {0xfe, 0x80};

	memcpy(link_local + 13, mac.addr_bytes + 3, 3);
	return memcmp(c->destination.v6, all_nodes, 16) == 0 ||
	       is_solicited_group(&c->destination, ours.v6) ||
	       is_solicited_group(&c->destination, link_local);
}

void
edge_judge_icmp6(const struct edge_case *c, struct edge_bytes icmp)
{
	const uint8_t *at = icmp.at, *ports = NULL;

	c->verdict->fate = EDGE_LOCAL;
	if (edge_is_group(&c->destination) && !is_our_group(c))
		edge_fault(c, NJ_DROP_IPV6_DESTINATION);
	if (icmp.length < 4 ||
		edge_sum(at, icmp.length, edge_pseudo_sum(c->ip, IPPROTO_ICMPV6, icmp.length)) !=
			UINT16_MAX) {
		edge_fault(c, NJ_DROP_ICMP_MALFORMED);
		return;
	}
	if (at[0] >= 1 && at[0] <= 4 && icmp.length >= 8 && !edge_is_group(&c->destination) &&
		!edge_is_none(&c->source))
		ports = quoted_ports(edge_behind(icmp, 8), true);
	if (ports != NULL)
		judge_error(c, edge_behind(icmp, 8), ports);
	else if (at[0] == 128 && icmp.length < 8)
		edge_fault(c, NJ_DROP_ICMP_MALFORMED);
	else if (at[0] == 128 && at[1] == 0)
		judge_ping(c, icmp);
	else if (at[0] >= 133 && at[0] <= 137 && !is_ndp_right(c, icmp))
		edge_fault(c, NJ_DROP_NDP_MALFORMED);
}
