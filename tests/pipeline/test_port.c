/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that hash as we do: their tables, and the ownership that follows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_bus_vdev.h>
#include <rte_ethdev.h>

#include "eal.h"
#include "port.h"

#define DEVICE       "net_null0"
#define NULL_ENTRIES 128 /* of net_null's redirection table */
#define N_PORTS      3

static struct nj_ownership ownership;

/* The number of buckets for ports with tables of these sizes; 0: the port does not hash as we do.
 */
static uint32_t
buckets(unsigned int n_workers, uint16_t first, uint16_t second, uint16_t third)
{
	const struct port ports[N_PORTS] = {
		{.n_redirections = first}, {.n_redirections = second}, {.n_redirections = third}};

	nj_ownership_init(&ownership, n_workers, NULL);
	return port_buckets(ports, N_PORTS, &ownership);
}

static void
the_smallest_table_decides(void **state)
{
	assert_int_equal(buckets(48, 0, 0, 0), 2048);
	assert_int_equal(buckets(48, 512, 0, 0), 512);
	assert_int_equal(buckets(48, 512, 64, 128), 64);
	assert_int_equal(buckets(3, 64, 512, 0), 64);
	assert_int_equal(buckets(3, 512, 4096, 0), 128); /* theirs are multiples of ours */
	/* As many entries as queues, of a driver that needs no more; one that leaves workers idle;
	 * and one that no mask leads into. */
	assert_int_equal(buckets(4, 4, 0, 0), 128);
	assert_int_equal(buckets(96, 64, 512, 0), 512);
	assert_int_equal(buckets(3, 96, 0, 0), 128);
}

/* The driver keeps what it was told, key and flow types, as one that hashes by them does. */
static void
have_it_hash(const struct nj_ownership *by)
{
	uint8_t key[NJ_RSS_KEY_BYTES];
	struct rte_eth_conf conf = {.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS};
	struct rte_eth_rss_conf rss = {.rss_key = key,
		.rss_key_len = sizeof(key),
		.rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP};
	uint16_t id;

	memcpy(key, by->rss_key, sizeof(key));
	assert_int_equal(rte_vdev_init(DEVICE, NULL), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name(DEVICE, &id), 0);
	assert_int_equal(rte_eth_dev_configure(id, 2, 2, &conf), 0);
	assert_int_equal(rte_eth_dev_rss_hash_update(id, &rss), 0);
}

/* Whether each entry leads to the queue of the worker that owns its bucket. */
static void
assert_table_follows(const struct port *port)
{
	struct rte_eth_rss_reta_entry64 table[NULL_ENTRIES / RTE_ETH_RETA_GROUP_SIZE];

	for (unsigned int i = 0; i < RTE_DIM(table); i++)
		table[i].mask = UINT64_MAX;
	assert_int_equal(rte_eth_dev_rss_reta_query(port->id, table, NULL_ENTRIES), 0);
	for (unsigned int i = 0; i < NULL_ENTRIES; i++)
		assert_int_equal(
			table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE],
			nj_hash_owner(&ownership, i));
}

static void
tables_are_written_as_buckets_are_dealt(void **state)
{
	const struct nj_port_config config = {.device = (char *)(uintptr_t)DEVICE,
		.mtu = 1500,
		.rx_descriptors = 64,
		.tx_descriptors = 64};
	struct port port;

	for (unsigned int n_workers = 2; n_workers <= 48; n_workers += 23) {
		nj_ownership_init(&ownership, n_workers, NULL);
		have_it_hash(&ownership);
		assert_int_equal(port_start(&port, &config, &ownership, nj_test_pool()), 0);
		assert_true(port.hashes);
		assert_int_equal(port.n_redirections, NULL_ENTRIES);
		nj_ownership_deal(&ownership, port_buckets(&port, 1, &ownership));
		assert_int_equal(ownership.n_buckets, NULL_ENTRIES);
		port_spread(&port, &ownership);
		assert_table_follows(&port);
		nj_ownership_deal(&ownership, NULL_ENTRIES / 2);
		port_spread(&port, &ownership);
		assert_table_follows(&port);
		port_stop(&port);
		rte_vdev_uninit(DEVICE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_table_decides),
		cmocka_unit_test(tables_are_written_as_buckets_are_dealt),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("port", tests, NULL, NULL);
}
