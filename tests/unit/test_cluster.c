/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <rte_errno.h>

#include "nj_cluster.h"

static struct nj_address
address(uint32_t i)
{
	return (struct nj_address){.ip = nj_ip_v4(rte_cpu_to_be_32(0x0a000000 + i)), .port = 1};
}

static void
clusters_are_runs_of_endpoints(void **state)
{
	struct nj_clusters clusters = {0};

	for (uint32_t cluster = 0; cluster < 5; cluster++) {
		assert_int_equal(nj_clusters_add(&clusters, cluster == 2 ? "eu:west" : NULL), 0);
		for (uint32_t i = 0; i < cluster; i++) {
			struct nj_address to = address(10 * cluster + i);
			struct nj_endpoint *endpoint = nj_clusters_add_endpoint(&clusters, &to);

			assert_non_null(endpoint);
			assert_int_equal(endpoint->number, clusters.n_endpoints);
			assert_int_equal(endpoint->n_tokens, 0);
		}
	}
	assert_int_equal(clusters.n_clusters, 5);
	assert_int_equal(clusters.n_endpoints, 10);
	assert_null(clusters.clusters[1].locality);
	assert_string_equal(clusters.clusters[2].locality, "eu:west");
	assert_int_equal(clusters.clusters[0].n_endpoints, 0);
	assert_int_equal(clusters.clusters[4].first, 6);
	assert_int_equal(clusters.clusters[4].n_endpoints, 4);
	for (uint32_t i = 0; i < 4; i++) {
		struct nj_address to = address(40 + i);

		assert_true(nj_address_equal(&clusters.endpoints[6 + i].address, &to));
	}
	nj_clusters_clear(&clusters);
	assert_int_equal(clusters.n_endpoints, 0);
	assert_null(clusters.endpoints);
	nj_clusters_clear(&clusters);
}

static void
a_token_is_on_an_endpoint_once(void **state)
{
	static const uint8_t bytes[] = {'a', 0, 'b', 'a', 0, 'c'};
	struct nj_clusters clusters = {0};
	struct nj_address to = address(1);
	struct nj_endpoint *endpoint;

	assert_int_equal(nj_clusters_add(&clusters, NULL), 0);
	endpoint = nj_clusters_add_endpoint(&clusters, &to);
	assert_int_equal(nj_endpoint_add_token(endpoint, bytes, 3), 0);
	assert_int_equal(nj_endpoint_add_token(endpoint, bytes + 3, 3), 0);
	assert_int_equal(nj_endpoint_add_token(endpoint, bytes, 2), 0);
	assert_int_equal(nj_endpoint_add_token(endpoint, bytes, 0), 0);
	assert_int_equal(nj_endpoint_add_token(endpoint, bytes, 6), 0);
	assert_int_equal(nj_endpoint_add_token(endpoint, bytes, 3), -EEXIST);
	assert_int_equal(nj_endpoint_add_token(endpoint, bytes + 3, 2), -EEXIST);
	assert_int_equal(nj_endpoint_add_token(endpoint, bytes + 5, 0), -EEXIST);
	assert_int_equal(endpoint->n_tokens, 5);
	assert_int_equal(endpoint->tokens[1].length, 3);
	assert_memory_equal(endpoint->tokens[1].bytes, bytes + 3, 3);
	/* Another endpoint may have the same. */
	endpoint = nj_clusters_add_endpoint(&clusters, &to);
	assert_int_equal(nj_endpoint_add_token(endpoint, bytes, 3), 0);
	nj_clusters_clear(&clusters);
}

static void
endpoints_have_a_bound(void **state)
{
	struct nj_clusters clusters = {0};
	struct nj_address to = address(1);

	assert_int_equal(nj_clusters_add(&clusters, NULL), 0);
	for (uint32_t i = 0; i < NJ_ENDPOINTS_MAX; i++)
		assert_non_null(nj_clusters_add_endpoint(&clusters, &to));
	assert_null(nj_clusters_add_endpoint(&clusters, &to));
	assert_int_equal(rte_errno, ENOSPC);
	assert_int_equal(clusters.n_endpoints, NJ_ENDPOINTS_MAX);
	nj_clusters_clear(&clusters);
}

/* Adds `tokens` different ones; with `tokens` = 1,000,000 on one endpoint, or on many. */
static void
fill(struct nj_clusters *clusters, uint32_t endpoints, uint32_t tokens)
{
	assert_int_equal(nj_clusters_add(clusters, NULL), 0);
	for (uint32_t i = 0; i < endpoints; i++) {
		struct nj_address to = address(i);
		struct nj_endpoint *endpoint = nj_clusters_add_endpoint(clusters, &to);

		for (uint32_t j = 0; j < tokens; j++) {
			uint32_t token[4] = {i, j, 0, 0};

			if (nj_endpoint_add_token(endpoint, (uint8_t *)token, sizeof(token)) != 0)
				fail();
		}
		assert_int_equal(endpoint->n_tokens, tokens);
	}
}

static void
many_are_no_trouble(void **state)
{
	static const uint32_t shapes[][2] = {{100000, 10}, {1, 1000000}};

	for (size_t i = 0; i < RTE_DIM(shapes); i++) {
		struct nj_clusters clusters = {0};
		clock_t start = clock();

		fill(&clusters, shapes[i][0], shapes[i][1]);
		nj_clusters_clear(&clusters);
		/* A tenth of a second here; ten seconds would be a square in disguise. */
		assert_true(clock() - start < 10 * CLOCKS_PER_SEC);
		print_message("%u endpoints, %u tokens each: %ld ms\n", shapes[i][0], shapes[i][1],
			(long)((clock() - start) * 1000 / CLOCKS_PER_SEC));
	}
}

/* Every bit of an address and its port counts, as does the family. */
static void
an_endpoint_is_found_by_its_address_and_port(void **state)
{
	struct nj_clusters clusters = {0};
	struct nj_address four = {nj_ip_v4(RTE_BE32(0x0a000001)), RTE_BE16(26000)}, six = four;

	assert_int_equal(nj_ip_parse("2001:db8::1", &six.ip), 0);
	assert_null(nj_clusters_find(&clusters, &four));
	assert_int_equal(nj_clusters_index(&clusters), 0);
	assert_null(nj_clusters_find(&clusters, &four));
	assert_int_equal(nj_clusters_add(&clusters, NULL), 0);
	assert_non_null(nj_clusters_add_endpoint(&clusters, &four));
	assert_non_null(nj_clusters_add_endpoint(&clusters, &six));
	assert_int_equal(nj_clusters_index(&clusters), 0);
	assert_ptr_equal(nj_clusters_find(&clusters, &four), &clusters.endpoints[0]);
	assert_ptr_equal(nj_clusters_find(&clusters, &six), &clusters.endpoints[1]);
	for (unsigned int bit = 0; bit < 128; bit++) {
		struct nj_address other = six;

		other.ip.v6[bit / 8] ^= 1 << bit % 8;
		assert_null(nj_clusters_find(&clusters, &other));
	}
	for (unsigned int bit = 0; bit < 32; bit++) {
		struct nj_address other = four;

		other.ip.v4 ^= 1u << bit;
		assert_null(nj_clusters_find(&clusters, &other));
	}
	for (unsigned int bit = 0; bit < 16; bit++) {
		struct nj_address other = four;

		other.port ^= 1u << bit;
		assert_null(nj_clusters_find(&clusters, &other));
	}
	nj_clusters_clear(&clusters);
	assert_null(clusters.by_address);
}

/* One address in several clusters: the first is found, whichever it is. */
static void
the_first_endpoint_of_an_address_is_found(void **state)
{
	struct nj_clusters clusters = {0};
	struct nj_address to = address(1);

	for (uint32_t cluster = 0; cluster < 3; cluster++) {
		assert_int_equal(nj_clusters_add(&clusters, NULL), 0);
		for (uint32_t i = 0; i < NJ_ENDPOINTS_MAX / 4; i++)
			assert_non_null(nj_clusters_add_endpoint(&clusters, &to));
	}
	assert_int_equal(nj_clusters_index(&clusters), 0);
	assert_ptr_equal(nj_clusters_find(&clusters, &to), &clusters.endpoints[0]);
	to = address(2);
	assert_null(nj_clusters_find(&clusters, &to));
	nj_clusters_clear(&clusters);
}

static bool
nobody_uses(void *context, uint32_t number)
{
	return false;
}

static bool
all_used(void *context, uint32_t number)
{
	return true;
}

/* `n` endpoints from 10.0.0.0 + `first` on. */
static struct nj_clusters
endpoints_from(uint32_t first, uint32_t n)
{
	struct nj_clusters clusters = {0};

	assert_int_equal(nj_clusters_add(&clusters, NULL), 0);
	for (uint32_t i = 0; i < n; i++) {
		struct nj_address address = {
			nj_ip_v4(rte_cpu_to_be_32(0x0a000000 + first + i)), RTE_BE16(1)};

		assert_non_null(nj_clusters_add_endpoint(&clusters, &address));
	}
	return clusters;
}

/* Addresses that follow one another, as an operator's do, and as many as there may be. */
static void
each_of_many_endpoints_is_found(void **state)
{
	struct nj_clusters clusters = endpoints_from(0, NJ_ENDPOINTS_MAX);

	assert_int_equal(nj_clusters_index(&clusters), 0);
	for (uint32_t i = 0; i < 2 * NJ_ENDPOINTS_MAX; i++) {
		struct nj_address asked = address(i);

		asked.port = RTE_BE16(1);
		if (nj_clusters_find(&clusters, &asked) !=
			(i < NJ_ENDPOINTS_MAX ? &clusters.endpoints[i] : NULL))
			fail();
	}
	nj_clusters_clear(&clusters);
}

static void
numbers_stay_from_policy_to_policy(void **state)
{
	struct nj_endpoint_numbers *numbers = nj_endpoint_numbers_create();
	struct nj_clusters old = endpoints_from(0, 100), new = endpoints_from(50, 100);

	assert_int_equal(nj_endpoint_numbers_assign(numbers, &old, all_used, NULL), 0);
	assert_int_equal(nj_endpoint_numbers_assign(numbers, &new, all_used, NULL), 0);
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(new.endpoints[i].number, old.endpoints[50 + i].number);
	for (uint32_t i = 0; i < 100; i++) {
		assert_in_range(new.endpoints[i].number, 1, NJ_ENDPOINTS_MAX);
		assert_int_equal(nj_endpoint_numbers_find(numbers, &new.endpoints[i].address),
			new.endpoints[i].number);
		for (uint32_t j = 0; j < i; j++)
			assert_int_not_equal(new.endpoints[i].number, new.endpoints[j].number);
	}
	nj_clusters_clear(&old);
	nj_clusters_clear(&new);
	nj_endpoint_numbers_destroy(numbers);
}

static void
numbers_are_taken_back_when_they_run_out(void **state)
{
	struct nj_endpoint_numbers *numbers = nj_endpoint_numbers_create();
	struct nj_clusters old = endpoints_from(0, NJ_ENDPOINTS_MAX);
	struct nj_clusters new = endpoints_from(NJ_ENDPOINTS_MAX - 10, 100);

	assert_int_equal(nj_endpoint_numbers_assign(numbers, &old, all_used, NULL), 0);
	assert_int_equal(nj_endpoint_numbers_assign(numbers, &new, all_used, NULL), -ENOSPC);
	assert_int_equal(nj_endpoint_numbers_assign(numbers, &new, nobody_uses, NULL), 0);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(
			new.endpoints[i].number, old.endpoints[NJ_ENDPOINTS_MAX - 10 + i].number);
	assert_int_equal(nj_endpoint_numbers_find(numbers, &old.endpoints[0].address), 0);
	nj_clusters_clear(&old);
	nj_clusters_clear(&new);
	nj_endpoint_numbers_destroy(numbers);
}

static void
draining_endpoints_are_counted(void **state)
{
	static struct nj_draining draining;

	assert_false(nj_any_is_draining(&draining));
	for (unsigned int twice = 0; twice < 2; twice++) {
		nj_set_draining(&draining, 1, true);
		nj_set_draining(&draining, NJ_ENDPOINTS_MAX, true);
	}
	nj_set_draining(&draining, 1, false);
	assert_false(nj_is_draining(&draining, 1));
	assert_true(nj_is_draining(&draining, NJ_ENDPOINTS_MAX));
	assert_true(nj_any_is_draining(&draining));
	for (unsigned int twice = 0; twice < 2; twice++)
		nj_set_draining(&draining, NJ_ENDPOINTS_MAX, false);
	assert_false(nj_any_is_draining(&draining));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clusters_are_runs_of_endpoints),
		cmocka_unit_test(a_token_is_on_an_endpoint_once),
		cmocka_unit_test(endpoints_have_a_bound),
		cmocka_unit_test(many_are_no_trouble),
		cmocka_unit_test(an_endpoint_is_found_by_its_address_and_port),
		cmocka_unit_test(the_first_endpoint_of_an_address_is_found),
		cmocka_unit_test(each_of_many_endpoints_is_found),
		cmocka_unit_test(numbers_stay_from_policy_to_policy),
		cmocka_unit_test(numbers_are_taken_back_when_they_run_out),
		cmocka_unit_test(draining_endpoints_are_counted),
	};

	return cmocka_run_group_tests_name("cluster", tests, NULL, NULL);
}
