/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_thash.h>

#include "eal.h"
#include "frame.h"
#include "nj_session.h"

static const unsigned int worker_counts[] = {1, 2, 3, 4, 8};

static struct nj_flow
random_flow(uint32_t *seed)
{
	return (struct nj_flow){
		.src_ip = nj_test_random(seed),
		.dst_ip = nj_test_random(seed),
		.src_port = (rte_be16_t)nj_test_random(seed),
		.dst_port = (rte_be16_t)nj_test_random(seed),
	};
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

		nj_ownership_init(&ownership, worker_counts[w]);
		for (unsigned int i = 0; i < 1000; i++) {
			struct nj_flow key = random_flow(&seed);
			const uint32_t wire[] = {key.src_ip, key.dst_ip,
				key.src_port | (uint32_t)key.dst_port << 16};
			uint32_t hash = toeplitz_by_the_book(
				ownership.rss_key, (const uint8_t *)wire, sizeof(wire));

			assert_int_equal(nj_flow_owner(&ownership, &key),
				hash % NJ_RSS_BUCKETS % worker_counts[w]);
		}
	}
}

static void
flows_spread_over_all_workers(void **state)
{
	for (unsigned int w = 0; w < RTE_DIM(worker_counts); w++) {
		unsigned int n = worker_counts[w], owned[8] = {0};
		struct nj_ownership ownership;
		uint32_t seed = 2;

		nj_ownership_init(&ownership, n);
		for (unsigned int i = 0; i < 8000; i++) {
			struct nj_flow key = random_flow(&seed);

			owned[nj_flow_owner(&ownership, &key)]++;
		}
		for (unsigned int i = 0; i < n; i++)
			assert_in_range(owned[i], 8000 / n * 3 / 4, 8000 / n * 5 / 4);
	}
}

/* Opens sessions at each worker and asks who owns the replies. */
static void
every_chosen_port_hashes_home(void **state)
{
	const struct nj_ip source = nj_ip_v4(RTE_BE32(0xc6336401));
	uint32_t seed = 3;

	for (unsigned int w = 0; w < RTE_DIM(worker_counts); w++) {
		struct nj_counters counters = {0};
		struct nj_ownership ownership;
		struct nj_session_config config = {.capacity = 500,
			.ttl_ms = 1000,
			.unreplied_ttl_ms = 1000,
			.port_min = 16384,
			.port_max = 65535,
			.ownership = &ownership};

		nj_ownership_init(&ownership, worker_counts[w]);
		for (config.worker = 0; config.worker < worker_counts[w]; config.worker++) {
			struct nj_session_table *table =
				nj_session_table_create(&config, &counters, SOCKET_ID_ANY);

			assert_non_null(table);
			for (unsigned int i = 0; i < config.capacity; i++) {
				struct nj_session_request request = {.flow = random_flow(&seed),
					.endpoint = {nj_ip_v4(nj_test_random(&seed)),
						(rte_be16_t)nj_test_random(&seed)},
					.n_sources = 1,
					.sources = &source};
				struct nj_session *session;
				struct nj_flow reply;

				request.flow.endpoint = 1;
				assert_int_equal(nj_session_open(table, &request, 1, &session),
					NJ_DROP_NONE);
				reply = nj_session_flow(table, session, NJ_UPSTREAM);
				assert_int_equal(nj_flow_owner(&ownership, &reply), config.worker);
			}
			nj_session_table_destroy(table);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_owner_is_what_a_nic_would_compute),
		cmocka_unit_test(flows_spread_over_all_workers),
		cmocka_unit_test(every_chosen_port_hashes_home),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("ownership", tests, NULL, NULL);
}
