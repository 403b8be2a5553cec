/* SPDX-License-Identifier: BSD-3-Clause */
#include "peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "eal.h"
#include "neighbor.h"

/* Who they are ------------------------------------------------------------------------------- */

static struct nj_address
address(const char *text, uint32_t plus, uint16_t port)
{
	struct nj_address made = {.port = rte_cpu_to_be_16(port)};

	assert_int_equal(nj_ip_parse(text, &made.ip), 0);
	if (made.ip.family == AF_INET)
		made.ip.v4 = rte_cpu_to_be_32(rte_be_to_cpu_32(made.ip.v4) + plus);
	else
		made.ip.v6[15] += (uint8_t)plus;
	return made;
}

struct nj_address
peer_client(int family, uint16_t port)
{
	return address(family == AF_INET ? "192.0.2.77" : "2001:db8::4d", 0, port);
}

struct nj_address
peer_server(int family, unsigned int n)
{
	return address(family == AF_INET ? "198.51.100.100" : "2001:db8:1::64", n, SERVER_PORT);
}

struct nj_address
peer_us(unsigned int side, int family, uint16_t port)
{
	static const char *const ours[2][2] = {
		{"192.0.2.10", "2001:db8::a"}, {"198.51.100.10", "2001:db8:1::a"}};

	return address(ours[side][family == AF_INET6], 0, port);
}

struct rte_ether_addr
peer_mac(const struct nj_ip *ip)
{
	struct rte_ether_addr mac = {{0x02, 0x06}};

	if (ip->family == AF_INET)
		return rig_peer_mac(rte_be_to_cpu_32(ip->v4));
	memcpy(mac.addr_bytes + 2, ip->v6 + 12, 4);
	return mac;
}

struct nj_policy *
peer_policy(const char *filters, int family, unsigned int n)
{
	char path[] = "/tmp/nj-pipeline-XXXXXX", text[NJ_ADDRESS_STRLEN];
	struct nj_report report = {0};
	struct nj_policy *policy;
	int fd = mkstemp(path);
	FILE *file;

	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	fprintf(file, "version: v1alpha1\nfilters: [%s]\nclusters: [{endpoints: [",
		filters != NULL ? filters : "");
	for (unsigned int i = 0; i < n; i++) {
		const struct nj_address server = peer_server(family, i);

		fprintf(file, "{address: '%s'},", nj_address_format(&server, text));
	}
	fprintf(file, "]}]\n");
	assert_int_equal(fclose(file), 0);
	policy = nj_policy_load(path, &report);
	unlink(path);
	assert_non_null(policy);
	return policy;
}

void
peer_meet(struct rig *rig)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct nj_ip client = peer_client(i == 0 ? AF_INET : AF_INET6, 0).ip;
		const struct nj_ip server = peer_server(i == 0 ? AF_INET : AF_INET6, 0).ip;

		neighbor_meet(rig, CLIENTS, &client);
		neighbor_meet(rig, SERVERS, &server);
	}
}

struct rig *
peer_rig(const struct rig_options *given, int family)
{
	struct rig_options options = *given;
	struct rig *rig;

	options.ipv6 = true;
	if (options.policy == NULL)
		options.policy = peer_policy(NULL, family, 1);
	rig = rig_create(&options);
	peer_meet(rig);
	return rig;
}

/* Frames in ---------------------------------------------------------------------------------- */

/* Who sent it: the address in its IP header. */
static struct nj_ip
sender(const struct rte_mbuf *m)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, NJ_L3_OFFSET);
	rte_be32_t v4;

	if (ip[0] >> 4 == 6)
		return nj_ip_v6(ip + offsetof(struct rte_ipv6_hdr, src_addr));
	memcpy(&v4, ip + offsetof(struct rte_ipv4_hdr, src_addr), sizeof(v4));
	return nj_ip_v4(v4);
}

void
peer_enqueue(struct rig *rig, unsigned int port, unsigned int queue, struct rte_mbuf *m)
{
	m->vlan_tci = rig->ports[port].vlan;
	if (m->vlan_tci != 0)
		assert_int_equal(rte_vlan_insert(&m), 0);
	assert_int_equal(rte_ring_enqueue(rig->in[port][queue], m), 0);
}

void
peer_put(struct rig *rig, unsigned int side, unsigned int queue, struct rte_mbuf *m)
{
	const unsigned int port = rig_port_of(rig, side);
	const struct rte_ether_addr ours = rig_mac(rig, port);
	const struct nj_ip from = sender(m);
	const struct rte_ether_addr theirs = peer_mac(&from);

	nj_ether_address(m, &ours, &theirs);
	peer_enqueue(rig, port, queue, m);
}

void
peer_send(struct rig *rig, unsigned int side, const struct nj_test_datagram *datagram)
{
	peer_put(rig, side, 0, nj_test_datagram_build(datagram, nj_test_pool()));
}

/* Frames out --------------------------------------------------------------------------------- */

static void
take_tag(const struct rig *rig, unsigned int side, struct rte_mbuf *m)
{
	const uint16_t vlan = rig->ports[rig_port_of(rig, side)].vlan;

	if (vlan == 0)
		return;
	assert_int_equal(rte_vlan_strip(m), 0);
	assert_int_equal(m->vlan_tci, vlan);
}

struct rte_mbuf *
peer_take(struct rig *rig, unsigned int side)
{
	struct rte_mbuf *m;

	while ((m = rig_take(rig, side)) != NULL) {
		assert_int_equal(m->nb_segs, 1);
		take_tag(rig, side, m);
		if (!neighbor_took(rig, side, m))
			return m;
		rte_pktmbuf_free(m);
	}
	return NULL;
}

void
peer_expect_nothing(struct rig *rig)
{
	for (unsigned int side = CLIENTS; side <= SERVERS; side++)
		assert_null(peer_take(rig, side));
}

void
peer_wait(struct rig *rig, nj_ms_t ms)
{
	for (nj_ms_t gone = 0; gone < ms; gone += 500) {
		rig_wait(rig, 500, 500);
		peer_expect_nothing(rig);
		rig_run(rig);
	}
}

/* Datagrams ---------------------------------------------------------------------------------- */

struct nj_test_datagram
peer_datagram(const struct nj_address *source, const struct nj_address *destination,
	const void *payload, uint16_t length)
{
	return (struct nj_test_datagram){
		.source = *source,
		.destination = *destination,
		.payload = payload,
		.length = length,
		.traffic_class = 0xb8,
		.hop_limit = 61,
		.flow_label = 0x12345,
		.id = 0x1234,
		.fragment = DF,
	};
}

struct nj_test_datagram
peer_passed(const struct nj_test_datagram *sent, const struct nj_address *source,
	const struct nj_address *destination)
{
	struct nj_test_datagram passed = *sent;
	const bool ipv6 = destination->ip.family == AF_INET6;

	passed.source = *source;
	passed.destination = *destination;
	passed.hop_limit = NJ_TTL;
	passed.no_checksum = sent->no_checksum && !ipv6;
	if (sent->source.ip.family == destination->ip.family)
		return passed;
	passed.flow_label = 0;
	passed.id = 0;
	/* RFC 7915, section 5.1: only what no IPv6 link is too small for may be cut. */
	passed.fragment = sent->length + 28 > 1260 ? DF : 0;
	return passed;
}

struct rte_mbuf *
peer_build(const struct nj_test_datagram *datagram)
{
	static struct rte_mempool *pool;

	if (pool == NULL)
		pool = rte_pktmbuf_pool_create(
			"peers", 15, 0, NJ_PACKET_PRIV_SIZE, 12000, SOCKET_ID_ANY);
	assert_non_null(pool);
	return nj_test_datagram_build(datagram, pool);
}

static uint16_t
source_port(struct rte_mbuf *m, bool ipv6)
{
	return rte_be_to_cpu_16(*rte_pktmbuf_mtod_offset(
		m, const rte_be16_t *, ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET));
}

uint16_t
peer_compare(struct rig *rig, unsigned int side, struct rte_mbuf *m,
	const struct nj_test_datagram *given)
{
	const struct rte_ether_addr theirs = peer_mac(&given->destination.ip);
	const struct rte_ether_addr ours = rig_mac(rig, rig_port_of(rig, side));
	struct nj_test_datagram datagram = *given;
	const bool ipv6 = given->destination.ip.family == AF_INET6;
	const uint16_t port = source_port(m, ipv6);
	struct rte_mbuf *wanted;

	if (datagram.source.port == 0)
		datagram.source.port = rte_cpu_to_be_16(port);
	if (datagram.id == 0 && datagram.fragment == 0)
		datagram.id = rte_be_to_cpu_16(
			rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, NJ_L3_OFFSET)
				->packet_id);
	wanted = peer_build(&datagram);
	nj_ether_address(wanted, &theirs, &ours);
	assert_int_equal(rte_pktmbuf_pkt_len(m), rte_pktmbuf_pkt_len(wanted));
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(wanted, void *),
		rte_pktmbuf_pkt_len(wanted));
	rte_pktmbuf_free(wanted);
	rte_pktmbuf_free(m);
	return port;
}

uint16_t
peer_expect(struct rig *rig, unsigned int side, const struct nj_test_datagram *wanted)
{
	struct rte_mbuf *m = peer_take(rig, side);

	assert_non_null(m);
	return peer_compare(rig, side, m, wanted);
}

uint16_t
peer_request(struct rig *rig, const struct nj_test_datagram *sent, const struct nj_address *server,
	uint16_t upstream_port)
{
	const struct nj_address us = peer_us(SERVERS, server->ip.family, upstream_port);
	const struct nj_test_datagram wanted = peer_passed(sent, &us, server);

	peer_send(rig, CLIENTS, sent);
	rig_run(rig);
	return peer_expect(rig, SERVERS, &wanted);
}

void
peer_reply(struct rig *rig, const struct nj_test_datagram *sent, const struct nj_address *client)
{
	const struct nj_address us = peer_us(CLIENTS, client->ip.family, LISTENER);
	const struct nj_test_datagram wanted = peer_passed(sent, &us, client);

	peer_send(rig, SERVERS, sent);
	rig_run(rig);
	peer_expect(rig, CLIENTS, &wanted);
}

uint16_t
peer_establish(struct rig *rig, const struct nj_address *client, const struct nj_address *server)
{
	const struct nj_address listener = peer_us(CLIENTS, client->ip.family, LISTENER);
	const struct nj_test_datagram request = peer_datagram(client, &listener, "hello", 5);
	const uint16_t port = peer_request(rig, &request, server, 0);
	const struct nj_address us = peer_us(SERVERS, server->ip.family, port);
	const struct nj_test_datagram reply = peer_datagram(server, &us, "welcome", 7);

	peer_reply(rig, &reply, client);
	return port;
}

/* Counters ----------------------------------------------------------------------------------- */

struct nj_port_counters
peer_counters(const struct rig *rig, unsigned int side)
{
	return rig_counters(rig).port[rig->dataplane->ports[rig_port_of(rig, side)].id];
}
