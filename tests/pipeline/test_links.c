/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports whose link goes down and up, and neighbors that move. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <rte_arp.h>
#include <rte_ethdev.h>

#include "neighbor.h"
#include "peers.h"

#define LOOK_MS 1000 /* longer than between two looks at the links */

static const int families[] = {AF_INET, AF_INET6};

/* Announcements that left on a side's port. */
struct announced {
	unsigned int arp, ndp, other;
};

static struct announced
take_announcements(struct rig *rig, unsigned int side)
{
	const struct nj_ip us4 = peer_us(side, AF_INET, 0).ip, us6 = peer_us(side, AF_INET6, 0).ip;
	struct announced announced = {0};
	struct rte_mbuf *m;

	for (; (m = rig_take(rig, side)) != NULL; rte_pktmbuf_free(m)) {
		const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
		const struct rte_arp_hdr *arp = (const struct rte_arp_hdr *)(ether + 1);
		const uint8_t *ip = (const uint8_t *)(ether + 1);

		if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP) &&
			arp->arp_data.arp_sip == us4.v4 && arp->arp_data.arp_tip == us4.v4)
			announced.arp++;
		else if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6) && ip[6] == 58 &&
			 ip[40] == 136 && memcmp(ip + 48, us6.v6, 16) == 0)
			announced.ndp++;
		else
			announced.other++;
	}
	return announced;
}

static void
set_link(struct rig *rig, unsigned int side, bool up)
{
	const uint16_t id = rig->dataplane->ports[side].id;

	assert_int_equal(up ? rte_eth_dev_set_link_up(id) : rte_eth_dev_set_link_down(id), 0);
	rig_wait(rig, LOOK_MS, 100);
}

static void
who_comes_up_is_announced(void **state)
{
	struct rig *rig = peer_rig(&(struct rig_options){0}, AF_INET6);

	for (unsigned int side = CLIENTS; side <= SERVERS; side++) {
		for (unsigned int times = 0; times < 2; times++) {
			struct announced announced;

			set_link(rig, side, false);
			announced = take_announcements(rig, side);
			assert_int_equal(announced.arp + announced.ndp, 0);
			set_link(rig, side, true);
			announced = take_announcements(rig, side);
			assert_true(announced.arp >= 1);
			assert_true(announced.ndp >= 1);
			announced = take_announcements(rig, !side);
			assert_int_equal(announced.arp + announced.ndp, 0);
		}
	}
	rig_destroy(rig);
}

/* Whoever was known may be another one when the cable is in again. */
static void
neighbors_are_asked_again_once_it_was_down(void **state)
{
	for (unsigned int f = 0; f < RTE_DIM(families); f++) {
		struct rig *rig = peer_rig(&(struct rig_options){0}, families[f]);
		const struct nj_address client = peer_client(families[f], CLIENT_PORT),
					server = peer_server(families[f], 0);
		unsigned int before;

		peer_establish(rig, &client, &server);
		peer_wait(rig, 10000); /* whoever was only heard has been asked */
		peer_establish(rig, &client, &server);
		before = rig->questions;
		peer_wait(rig, 10000);
		assert_int_equal(rig->questions, before);
		set_link(rig, SERVERS, false);
		set_link(rig, SERVERS, true);
		peer_expect_nothing(rig);
		peer_establish(rig, &client, &server);
		peer_wait(rig, 10000);
		assert_true(rig->questions > before);
		peer_establish(rig, &client, &server);
		rig_destroy(rig);
	}
}

/* Takes the next frame that left, for this MAC address. */
static void
expect_at(struct rig *rig, unsigned int side, const struct rte_ether_addr *mac)
{
	struct rte_mbuf *m = peer_take(rig, side);

	assert_non_null(m);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), mac, sizeof(*mac));
	assert_true(nj_test_checksums_right(m));
	rte_pktmbuf_free(m);
}

static void
who_moves_is_followed(void **state)
{
	static const struct rte_ether_addr elsewhere = {{0x02, 0x99, 1, 2, 3, 4}};

	for (unsigned int c = 0; c < NJ_TEST_COMBINATIONS; c++) {
		const int from = NJ_TEST_FROM(c), to = NJ_TEST_TO(c);
		struct rig *rig = peer_rig(&(struct rig_options){.n_workers = 2}, to);
		const struct nj_address client = peer_client(from, CLIENT_PORT),
					listener = peer_us(CLIENTS, from, LISTENER),
					server = peer_server(to, 0);
		const struct nj_address us =
			peer_us(SERVERS, to, peer_establish(rig, &client, &server));
		const struct nj_test_datagram request = peer_datagram(&client, &listener, "q", 1),
					      reply = peer_datagram(&server, &us, "a", 1);

		neighbor_announce(rig, SERVERS, &server.ip, &elsewhere);
		neighbor_announce(rig, CLIENTS, &client.ip, &elsewhere);
		peer_send(rig, CLIENTS, &request);
		peer_send(rig, SERVERS, &reply);
		rig_run(rig);
		expect_at(rig, SERVERS, &elsewhere);
		expect_at(rig, CLIENTS, &elsewhere);
		rig_destroy(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_comes_up_is_announced),
		cmocka_unit_test(neighbors_are_asked_again_once_it_was_down),
		cmocka_unit_test(who_moves_is_followed),
	};

	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
