/* SPDX-License-Identifier: BSD-3-Clause */
#include "icmp6_frame.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
parse(const char *text, uint8_t ip[16])
{
	assert_int_equal(inet_pton(AF_INET6, text, ip), 1);
}

/* RFC 1071 over the pseudo-header of RFC 8200, section 8.1, and the message. */
static uint16_t
checksum(const uint8_t source[16], const uint8_t destination[16], const uint8_t *body,
	uint16_t length)
{
	uint32_t sum = (uint32_t)length + IPPROTO_ICMPV6;

	for (unsigned int i = 0; i < 16; i++)
		sum += (uint32_t)(source[i] + destination[i]) << (i % 2 == 0 ? 8 : 0);
	for (unsigned int i = 0; i < length; i++)
		sum += (uint32_t)body[i] << (i % 2 == 0 ? 8 : 0);
	while (sum > UINT16_MAX)
		sum = (sum >> 16) + (sum & UINT16_MAX);
	return (uint16_t)~sum;
}

/* The rig ------------------------------------------------------------------------------------ */

struct nj_test_rig *
nj_test_rig_start6(uint32_t neighbors)
{
	struct nj_test_rig *rig = nj_test_rig_start_bare(neighbors);

	nj_test_rig_add_interface(rig->link, 0, &nj_test_our_mac, NJ_TEST_OUR_IP6 "/64", NULL);
	nj_test_rig_add_interface(
		rig->link, 1, &nj_test_our_mac2, "2001:db8:1::1/48", "fe80::1/64");
	return rig;
}

nj_neighbor_ref_t
nj_test_rig_neighbor6(const struct nj_test_rig *rig, uint16_t port, const char *ip)
{
	struct nj_ip address;

	assert_int_equal(nj_ip_parse(ip, &address), 0);
	return nj_neighbor_find(rig->link, port, &address);
}

enum nj_neighbor_state
nj_test_rig_state6(
	const struct nj_test_rig *rig, uint16_t port, const char *ip, struct rte_ether_addr *mac)
{
	struct rte_ether_addr unused;

	return nj_neighbor_mac(
		rig->link, nj_test_rig_neighbor6(rig, port, ip), mac != NULL ? mac : &unused);
}

struct rte_mbuf *
nj_test_packet_to6(uint16_t port, const char *ip)
{
	struct {
		struct rte_ether_hdr ether;
		struct rte_ipv6_hdr ip;
		struct rte_udp_hdr udp;
	} bytes = {
		.ether.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6),
		.ip = {.vtc_flow = RTE_BE32(UINT32_C(6) << 28),
			.payload_len = RTE_BE16(sizeof(struct rte_udp_hdr)),
			.proto = IPPROTO_UDP,
			.hop_limits = 64},
	};
	struct rte_mbuf *m;

	parse(ip, bytes.ip.dst_addr);
	m = nj_test_mbuf(&bytes, sizeof(bytes));
	*nj_packet(m) = (struct nj_packet){
		.kind = NJ_KIND_UDP, .out_port = port, .udp_offset = NJ_UDP6_OFFSET};
	return m;
}

/* In ----------------------------------------------------------------------------------------- */

struct nj_test_icmp6
nj_test_icmp6_of(uint8_t type)
{
	return (struct nj_test_icmp6){
		.source = NJ_TEST_PEER_IP6,
		.destination = NJ_TEST_OUR_IP6,
		.ether_from = nj_test_peer_mac,
		.hop_limit = 255,
		.length = 8,
		.body = {type},
	};
}

void
nj_test_icmp6_add_mac(
	struct nj_test_icmp6 *message, uint8_t option, const struct rte_ether_addr *mac)
{
	uint8_t *at = message->body + message->length;

	at[0] = option;
	at[1] = 1;
	memcpy(at + 2, mac, sizeof(*mac));
	message->length += 8;
}

struct nj_test_icmp6
nj_test_icmp6_solicitation(const char *target)
{
	struct nj_test_icmp6 message = nj_test_icmp6_of(135);

	parse(target, message.body + 8);
	message.length = 24;
	nj_test_icmp6_add_mac(&message, 1, &nj_test_peer_mac);
	return message;
}

struct nj_test_icmp6
nj_test_icmp6_advertisement(const char *target, uint32_t flags)
{
	struct nj_test_icmp6 message = nj_test_icmp6_of(136);
	const rte_be32_t wire = rte_cpu_to_be_32(flags);

	memcpy(message.body + 4, &wire, sizeof(wire));
	parse(target, message.body + 8);
	message.length = 24;
	nj_test_icmp6_add_mac(&message, 2, &nj_test_peer_mac);
	return message;
}

struct nj_test_icmp6
nj_test_icmp6_router(const char *source, uint8_t flags, uint16_t lifetime_s)
{
	struct nj_test_icmp6 message = nj_test_icmp6_of(134);

	message.source = source;
	message.destination = "ff02::1";
	message.body[5] = flags;
	message.body[6] = (uint8_t)(lifetime_s >> 8);
	message.body[7] = (uint8_t)lifetime_s;
	message.length = 16;
	return message;
}

enum nj_drop
nj_test_rig_icmp6(
	struct nj_test_rig *rig, uint16_t port, const struct nj_test_icmp6 *message, nj_ms_t now)
{
	struct {
		struct rte_ether_hdr ether;
		struct rte_ipv6_hdr ip;
		uint8_t body[sizeof(message->body)];
	} bytes = {
		.ether = {.src_addr = message->ether_from,
			.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6)},
		.ip = {.vtc_flow = RTE_BE32(UINT32_C(6) << 28),
			.payload_len = rte_cpu_to_be_16(message->length),
			.proto = IPPROTO_ICMPV6,
			.hop_limits = message->hop_limit},
	};
	struct rte_mbuf *m;
	uint16_t sum;

	parse(message->source, bytes.ip.src_addr);
	parse(message->destination, bytes.ip.dst_addr);
	memcpy(bytes.body, message->body, message->length);
	sum = checksum(bytes.ip.src_addr, bytes.ip.dst_addr, bytes.body, message->length);
	sum += message->wrong_checksum;
	bytes.body[2] = (uint8_t)(sum >> 8);
	bytes.body[3] = (uint8_t)sum;
	m = nj_test_mbuf(&bytes, (uint16_t)(NJ_UDP6_OFFSET + message->length));
	*nj_packet(m) = (struct nj_packet){
		.kind = NJ_KIND_ICMP6, .udp_offset = NJ_UDP6_OFFSET, .flow.ipv6 = true};
	memcpy(nj_packet(m)->flow.src_ip6, bytes.ip.src_addr, 16);
	memcpy(nj_packet(m)->flow.dst_ip6, bytes.ip.dst_addr, 16);
	m->port = port;
	return nj_link_input(rig->link, m, now);
}

/* Out ---------------------------------------------------------------------------------------- */

void
nj_test_assert_ip6(const uint8_t ip[16], const char *text)
{
	char found[INET6_ADDRSTRLEN];

	assert_string_equal(inet_ntop(AF_INET6, ip, found, sizeof(found)), text);
}

struct nj_test_sent6
nj_test_rig_sent6(const struct nj_test_rig *rig, unsigned int i)
{
	static const uint8_t alert[8] = {IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0};
	struct nj_test_sent6 sent = {0};
	struct rte_mbuf *m;

	assert_true(i < rig->n_sent);
	m = rig->sent[i];
	sent.ether = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	sent.ip = (const struct rte_ipv6_hdr *)(sent.ether + 1);
	sent.body = (const uint8_t *)(sent.ip + 1);
	assert_true(nj_packet(m)->originated);
	assert_int_equal(sent.ether->ether_type, RTE_BE16(RTE_ETHER_TYPE_IPV6));
	assert_int_equal(sent.ip->vtc_flow, RTE_BE32(UINT32_C(6) << 28));
	sent.length = rte_be_to_cpu_16(sent.ip->payload_len);
	assert_int_equal(rte_pktmbuf_data_len(m), NJ_UDP6_OFFSET + sent.length);
	if (sent.ip->proto == IPPROTO_HOPOPTS) {
		assert_memory_equal(sent.body, alert, sizeof(alert));
		sent.router_alert = true;
		sent.body += sizeof(alert);
		sent.length -= sizeof(alert);
	} else {
		assert_int_equal(sent.ip->proto, IPPROTO_ICMPV6);
	}
	assert_int_equal(checksum(sent.ip->src_addr, sent.ip->dst_addr, sent.body, sent.length), 0);
	if (sent.ip->dst_addr[0] == 0xff) {
		assert_memory_equal(&sent.ether->dst_addr, "\x33\x33", 2);
		assert_memory_equal(sent.ether->dst_addr.addr_bytes + 2, sent.ip->dst_addr + 12, 4);
	}
	return sent;
}
