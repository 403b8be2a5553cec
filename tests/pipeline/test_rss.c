/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device that spreads flows over its queues by the key and the table that it was given: every
 * packet comes to its owner, and none is handed on. The ring devices have no hash, so it is
 * calculated here, by DPDK's own function.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_thash.h>

#include "nj_packet.h"
#include "rig.h"

#define N_CLIENTS 500

static uint32_t
nic_hash(const struct rig *rig, const struct nj_test_frame *frame)
{
	union rte_thash_tuple tuple = {.v4 = {
					       .src_addr = frame->src_ip,
					       .dst_addr = frame->dst_ip,
					       .sport = frame->src_port,
					       .dport = frame->dst_port,
				       }};

	return rte_softrss(
		(uint32_t *)&tuple, RTE_THASH_V4_L4_LEN, rig->dataplane->ownership.rss_key);
}

/* Where the device says that it hashes as we do, `lie` is what it leaves in place of the hash. */
static void
arrive(struct rig *rig, unsigned int port, struct nj_test_frame *frame, uint32_t lie)
{
	const uint32_t hash = nic_hash(rig, frame) + lie;
	const unsigned int queue = nj_hash_owner(&rig->dataplane->ownership, hash);
	struct rte_mbuf *m;

	frame->ether_to = rig_mac(rig, port);
	frame->ether_from = rig_peer_mac(frame->src_ip);
	m = nj_test_frame_build(frame);
	m->hash.rss = hash;
	m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
	assert_int_equal(rte_ring_enqueue(rig->in[port][queue], m), 0);
}

/* Each client's datagram arrives, and the answer to it. */
static void
exchange(struct rig *rig, uint32_t lie)
{
	struct rte_mbuf *m;
	unsigned int n = 0;

	for (unsigned int i = 0; i < N_CLIENTS; i++) {
		struct nj_test_frame frame = rig_client_frame((uint16_t)(10000 + i), "hello");

		arrive(rig, CLIENTS, &frame, lie);
		rig_run(rig);
		m = rig_take(rig, SERVERS);
		assert_non_null(m);
		frame = rig_server_frame(0,
			rte_be_to_cpu_16(rte_pktmbuf_mtod_offset(
				m, const struct rte_udp_hdr *, NJ_UDP4_OFFSET)
						 ->src_port),
			"hello");
		rte_pktmbuf_free(m);
		arrive(rig, SERVERS, &frame, 0);
		rig_run(rig);
		while ((m = rig_take(rig, CLIENTS)) != NULL) {
			rte_pktmbuf_free(m);
			n++;
		}
	}
	assert_int_equal(n, N_CLIENTS);
}

static struct rig *
start(unsigned int n_workers, bool hashes)
{
	const struct rig_options options = {.n_workers = n_workers,
		.n_queues = n_workers + 1,
		.n_endpoints = 1,
		.capacity = 8 * N_CLIENTS};
	struct rig *rig = rig_create(&options);

	for (unsigned int port = 0; port < rig->dataplane->n_ports; port++)
		rig->dataplane->ports[port].hashes = hashes;
	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	return rig;
}

static void
nothing_is_handed_on(void **state)
{
	for (unsigned int n_workers = 1; n_workers <= 4; n_workers++) {
		for (unsigned int hashes = 0; hashes < 2; hashes++) {
			struct rig *rig = start(n_workers, hashes);

			exchange(rig, 0);
			exchange(rig, 0);
			assert_int_equal(rig_sessions(rig), N_CLIENTS);
			assert_int_equal(rig_counters(rig).handoffs, 0);
			rig_expect_nothing(rig);
			rig_destroy(rig);
		}
	}
}

/* A hash that is one too large leads to the next worker: it is taken from the mbuf, not calculated.
 */
static void
the_hash_of_the_device_is_used(void **state)
{
	struct rig *rig = start(3, true);

	exchange(rig, 1);
	assert_int_equal(rig_counters(rig).handoffs, 0);
	rig_expect_nothing(rig);
	rig_destroy(rig);
}

/* Nor is it where the device may have another key. */
static void
a_foreign_hash_is_not_believed(void **state)
{
	struct rig *rig = start(3, false);

	exchange(rig, 1);
	assert_true(rig_counters(rig).handoffs > N_CLIENTS / 2);
	assert_int_equal(rig_sessions(rig), N_CLIENTS);
	rig_expect_nothing(rig);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_handed_on),
		cmocka_unit_test(the_hash_of_the_device_is_used),
		cmocka_unit_test(a_foreign_hash_is_not_believed),
	};

	return cmocka_run_group_tests_name("rss", tests, NULL, NULL);
}
