/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "session_rig.h"

static const unsigned int worker_counts[] = {1, 2, 3, 4, 8};

static struct nj_flow
random_flow(uint32_t *seed, bool ipv6)
{
	struct nj_flow flow = {
		.src_port = (rte_be16_t)nj_test_random(seed),
		.dst_port = (rte_be16_t)nj_test_random(seed),
		.ipv6 = ipv6,
	};

	if (!ipv6) {
		flow.src_ip = nj_test_random(seed);
		flow.dst_ip = nj_test_random(seed);
		return flow;
	}
	for (unsigned int i = 0; i < sizeof(flow.src_ip6); i++) {
		flow.src_ip6[i] = (uint8_t)nj_test_random(seed);
		flow.dst_ip6[i] = (uint8_t)nj_test_random(seed);
	}
	return flow;
}

/* Addresses, then ports, as they are on the wire. Returns how many bytes. */
static unsigned int
wire_bytes(const struct nj_flow *flow, uint8_t wire[36])
{
	unsigned int ips = flow->ipv6 ? sizeof(flow->src_ip6) : sizeof(flow->src_ip);

	memcpy(wire, flow->ipv6 ? flow->src_ip6 : (const uint8_t *)&flow->src_ip, ips);
	memcpy(wire + ips, flow->ipv6 ? flow->dst_ip6 : (const uint8_t *)&flow->dst_ip, ips);
	memcpy(wire + 2 * ips, &flow->src_port, 2);
	memcpy(wire + 2 * ips + 2, &flow->dst_port, 2);
	return 2 * ips + 4;
}

/* Toeplitz as the specification of RSS has it, bit by bit over the bytes on the wire. */
static uint32_t
toeplitz_by_the_book(const uint8_t *key, const uint8_t *input, unsigned int length)
{
	uint32_t hash = 0;

	for (unsigned int bit = 0; bit < 8 * length; bit++) {
		uint32_t window = 0;

		if ((input[bit / 8] >> (7 - bit % 8) & 1) == 0)
			continue;
		for (unsigned int i = 0; i < 32; i++)
			window = window << 1 | (key[(bit + i) / 8] >> (7 - (bit + i) % 8) & 1);
		hash ^= window;
	}
	return hash;
}

static void
the_owner_is_what_a_nic_would_compute(void **state)
{
	uint32_t seed = 1;

	for (unsigned int w = 0; w < RTE_DIM(worker_counts); w++) {
		struct nj_ownership ownership;

		nj_ownership_init(&ownership, worker_counts[w], NULL);
		for (unsigned int i = 0; i < 1000; i++) {
			struct nj_flow key = random_flow(&seed, i % 2 == 1);
			uint8_t wire[36];
			uint32_t hash = toeplitz_by_the_book(
				ownership.rss_key, wire, wire_bytes(&key, wire));

			assert_int_equal(nj_flow_owner(&ownership, &key),
				hash % ownership.n_buckets % worker_counts[w]);
		}
	}
}

/* The examples of Microsoft's "Verifying the RSS Hash Calculation", with ports. */
static void
known_hashes_come_out(void **state)
{
	static const uint8_t key[NJ_RSS_KEY_BYTES] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e,
		0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae,
		0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7,
		0x3b, 0xbe, 0xac, 0x01, 0xfa};
	static const struct {
		const char *from, *to;
		uint32_t hash;
	} rows[] = {
		{"66.9.149.187:2794", "161.142.100.80:1766", 0x51ccc178},
		{"[3ffe:2501:200:1fff::7]:2794", "[3ffe:2501:200:3::1]:1766", 0x40207d3d},
		{"[3ffe:501:8::260:97ff:fe40:efab]:14230", "[ff02::1]:4739", 0xdde51bbf},
	};
	static struct nj_ownership ownership;

	nj_ownership_init(&ownership, NJ_WORKERS_MAX, key);
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct nj_address from, to;
		struct nj_flow flow = {.ipv6 = rows[i].from[0] == '['};

		assert_int_equal(nj_address_parse(rows[i].from, &from), 0);
		assert_int_equal(nj_address_parse(rows[i].to, &to), 0);
		flow.src_port = from.port;
		flow.dst_port = to.port;
		if (flow.ipv6) {
			memcpy(flow.src_ip6, from.ip.v6, sizeof(flow.src_ip6));
			memcpy(flow.dst_ip6, to.ip.v6, sizeof(flow.dst_ip6));
		} else {
			flow.src_ip = from.ip.v4;
			flow.dst_ip = to.ip.v4;
		}
		assert_int_equal(nj_flow_owner(&ownership, &flow), rows[i].hash % NJ_WORKERS_MAX);
	}
}

static void
flows_spread_over_all_workers(void **state)
{
	for (unsigned int w = 0; w < RTE_DIM(worker_counts); w++) {
		unsigned int n = worker_counts[w], owned[8] = {0};
		struct nj_ownership ownership;
		uint32_t seed = 2;

		nj_ownership_init(&ownership, n, NULL);
		for (unsigned int i = 0; i < 8000; i++) {
			struct nj_flow key = random_flow(&seed, i % 2 == 1);

			owned[nj_flow_owner(&ownership, &key)]++;
		}
		for (unsigned int i = 0; i < n; i++)
			assert_in_range(owned[i], 8000 / n * 3 / 4, 8000 / n * 5 / 4);
	}
}

/* Buckets of the worker that has most, for each 1,000 of the one that has least. */
static unsigned int
unevenness(const struct nj_ownership *ownership)
{
	unsigned int owned[NJ_WORKERS_MAX] = {0}, least = UINT32_MAX, most = 0;

	for (uint32_t bucket = 0; bucket < ownership->n_buckets; bucket++)
		owned[nj_hash_owner(ownership, bucket | UINT32_MAX << 16)]++;
	for (unsigned int i = 0; i < ownership->n_workers; i++) {
		least = RTE_MIN(least, owned[i]);
		most = RTE_MAX(most, owned[i]);
	}
	assert_true(least > 0);
	return most * 1000 / least;
}

/* 3:2 at 48 workers and 2:1 at 96, as with 128 buckets for all of them, are not even. */
static void
buckets_are_even_for_any_number_of_workers(void **state)
{
	static struct nj_ownership ownership;

	for (unsigned int n = 1; n <= NJ_WORKERS_MAX; n++) {
		nj_ownership_init(&ownership, n, NULL);
		assert_in_range(unevenness(&ownership), 1000, 1000 + 1000 / 32);
	}
}

/* A device's table has them then: no worker has more than one bucket more than another. */
static void
buckets_of_a_device_are_dealt_evenly(void **state)
{
	static const uint32_t tables[] = {64, 128, 256, 512};
	static struct nj_ownership ownership;

	for (unsigned int t = 0; t < RTE_DIM(tables); t++) {
		for (unsigned int n = 1; n <= RTE_MIN(tables[t], NJ_WORKERS_MAX); n++) {
			nj_ownership_init(&ownership, n, NULL);
			nj_ownership_deal(&ownership, tables[t]);
			assert_in_range(
				unevenness(&ownership), 1000, 1000 + 1000 / (tables[t] / n));
		}
	}
}

/* A client anywhere, to an endpoint anywhere. */
static struct nj_session_request
random_request(uint32_t *seed, unsigned int ipv6)
{
	struct nj_session_request request = nj_test_session_request(ipv6, 1, 1);
	struct nj_flow client = random_flow(seed, request.flow.ipv6);
	struct nj_flow server = random_flow(seed, ipv6 & NJ_ENDPOINT_IPV6);

	request.flow.src_port = client.src_port;
	if (client.ipv6)
		memcpy(request.flow.src_ip6, client.src_ip6, sizeof(client.src_ip6));
	else
		request.flow.src_ip = client.src_ip;
	request.endpoint = nj_flow_source(&server);
	return request;
}

/* Opens sessions at each worker and asks who owns the replies. */
static void
every_chosen_port_hashes_home(void **state)
{
	uint32_t seed = 3;

	for (unsigned int w = 0; w < RTE_DIM(worker_counts); w++) {
		for (unsigned int worker = 0; worker < worker_counts[w]; worker++) {
			struct nj_test_sessions rig;

			nj_test_sessions_start(&rig, 800, worker_counts[w], worker);
			for (unsigned int i = 0; i < rig.config.capacity; i++) {
				struct nj_session_request request =
					random_request(&seed, i % NJ_TEST_FAMILIES);
				struct nj_session *session;
				struct nj_flow reply;

				assert_int_equal(nj_session_open(rig.table, &request, 1, &session),
					NJ_DROP_NONE);
				reply = nj_session_flow(rig.table, session, NJ_UPSTREAM);
				assert_int_equal(nj_flow_owner(&rig.ownership, &reply), worker);
			}
			nj_test_sessions_stop(&rig);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_owner_is_what_a_nic_would_compute),
		cmocka_unit_test(known_hashes_come_out),
		cmocka_unit_test(flows_spread_over_all_workers),
		cmocka_unit_test(buckets_are_even_for_any_number_of_workers),
		cmocka_unit_test(buckets_of_a_device_are_dealt_evenly),
		cmocka_unit_test(every_chosen_port_hashes_home),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("ownership", tests, NULL, NULL);
}
