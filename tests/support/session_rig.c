/* SPDX-License-Identifier: BSD-3-Clause */
#include "session_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "table.h"

static struct nj_ip
ip_of(const char *text)
{
	struct nj_ip ip = {0};

	assert_int_equal(nj_ip_parse(text, &ip), 0);
	return ip;
}

static void
add_interface(struct nj_link *link, uint16_t port, const char *v4, const char *v6)
{
	struct nj_interface interface = {
		.port = port, .mtu = 1500, .mac = nj_test_our_mac, .n_addresses = 2};

	interface.mac.addr_bytes[RTE_ETHER_ADDR_LEN - 1] ^= (uint8_t)port;
	assert_int_equal(nj_prefix_parse(v4, &interface.addresses[0]), 0);
	assert_int_equal(nj_prefix_parse(v6, &interface.addresses[1]), 0);
	assert_int_equal(nj_link_add_interface(link, &interface), 0);
}

void
nj_test_sessions_start(struct nj_test_sessions *rig, uint32_t capacity, unsigned int n_workers,
	unsigned int worker)
{
	static const struct nj_link_ops ops;

	*rig = (struct nj_test_sessions){0};
	rig->link = nj_link_create(8, nj_test_pool(), &ops);
	assert_non_null(rig->link);
	add_interface(rig->link, 0, "192.0.2.10/24", "2001:db8::10/64");
	add_interface(rig->link, 1, "198.51.100.1/24", "2001:db8:1::10/64");
	nj_ownership_init(&rig->ownership, n_workers, NULL);
	rig->config = (struct nj_session_config){
		.capacity = capacity,
		.ttl_ms = NJ_TEST_TTL_MS,
		.unreplied_ttl_ms = NJ_TEST_UNREPLIED_TTL_MS,
		.port_min = 16384,
		.port_max = 65535,
		.ownership = &rig->ownership,
		.link = rig->link,
		.worker = worker,
	};
	nj_test_sessions_again(rig);
}

void
nj_test_sessions_again(struct nj_test_sessions *rig)
{
	nj_session_table_destroy(rig->table);
	rig->counters = (struct nj_counters){0};
	rig->table = nj_session_table_create(&rig->config, &rig->counters, SOCKET_ID_ANY);
	assert_non_null(rig->table);
}

void
nj_test_sessions_stop(struct nj_test_sessions *rig)
{
	nj_session_table_destroy(rig->table);
	nj_link_destroy(rig->link);
}

int
nj_test_sessions_setup(void **state)
{
	struct nj_test_sessions *rig = calloc(1, sizeof(*rig));

	nj_test_sessions_start(rig, NJ_TEST_CAPACITY, 1, 0);
	*state = rig;
	return 0;
}

int
nj_test_sessions_teardown(void **state)
{
	nj_test_sessions_stop(*state);
	free(*state);
	return 0;
}

static struct nj_address
endpoint_address(bool ipv6, uint32_t endpoint)
{
	struct nj_address address = {
		ip_of(ipv6 ? "2001:db8:1::100" : "198.51.100.2"), RTE_BE16(26000)};

	if (ipv6)
		address.ip.v6[15] = (uint8_t)endpoint;
	else
		address.ip.v4 += rte_cpu_to_be_32(endpoint);
	return address;
}

struct nj_session_request
nj_test_session_request(unsigned int ipv6, uint16_t client_port, uint32_t endpoint)
{
	static struct nj_ip sources[2];
	struct nj_session_request request = {
		.flow = {.src_port = rte_cpu_to_be_16(client_port),
			.dst_port = RTE_BE16(7777),
			.endpoint = endpoint,
			.ipv6 = (ipv6 & NJ_CLIENT_IPV6) != 0},
		.endpoint = endpoint_address((ipv6 & NJ_ENDPOINT_IPV6) != 0, endpoint),
		.n_sources = 2,
		.sources = sources,
	};

	sources[0] = ip_of("198.51.100.1");
	sources[1] = ip_of("2001:db8:1::10");
	if (request.flow.ipv6) {
		memcpy(request.flow.src_ip6, ip_of("2001:db8::77").v6, 16);
		memcpy(request.flow.dst_ip6, ip_of("2001:db8::10").v6, 16);
	} else {
		request.flow.src_ip = rte_cpu_to_be_32(NJ_TEST_PEER_IP);
		request.flow.dst_ip = rte_cpu_to_be_32(NJ_TEST_OUR_IP);
	}
	return request;
}

struct nj_session *
nj_test_session_open(struct nj_test_sessions *rig, unsigned int ipv6, uint16_t client_port,
	uint32_t endpoint, nj_ms_t now)
{
	struct nj_session_request request = nj_test_session_request(ipv6, client_port, endpoint);
	struct nj_session *session = NULL;

	assert_int_equal(nj_session_open(rig->table, &request, now, &session), NJ_DROP_NONE);
	return session;
}

uint32_t
nj_test_sessions_expire(struct nj_session_table *table, nj_ms_t now)
{
	table->sweep.last_ms = now - NJ_SESSION_SWEEP_MS;
	return nj_session_sweep(table, UINT32_MAX, now);
}

void
nj_test_session_establish(struct nj_session_table *table, struct nj_session *session, nj_ms_t now)
{
	nj_session_touch(table, session, NJ_UPSTREAM, 1, now);
	nj_session_touch(table, session, NJ_DOWNSTREAM, 1, now);
	assert_int_equal(session->state, NJ_SESSION_ESTABLISHED);
}

void
nj_test_assert_same_image(const struct nj_session_image *left, const struct nj_session_image *right)
{
	assert_int_equal(left->state, right->state);
	assert_memory_equal(&left->flow, &right->flow, NJ_FLOW6_KEY_BYTES);
	assert_int_equal(left->flow.ipv6, right->flow.ipv6);
	assert_true(nj_address_equal(&left->endpoint, &right->endpoint));
	assert_true(nj_address_equal(&left->upstream, &right->upstream));
	assert_memory_equal(left->out_port, right->out_port, sizeof(left->out_port));
	assert_int_equal(left->opened_ms, right->opened_ms);
	assert_int_equal(left->last_seen_ms, right->last_seen_ms);
	assert_memory_equal(left->packets, right->packets, sizeof(left->packets));
	assert_memory_equal(left->bytes, right->bytes, sizeof(left->bytes));
}
