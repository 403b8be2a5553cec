/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions that are opened again as they were, and those that are not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "session_rig.h"
#include "table.h"

#define START 1000
#define NOW   5000

/* One that was opened at START and had some packets; established where `state` says so. */
static struct nj_session *
open_one(struct nj_test_sessions *rig, unsigned int ipv6, uint16_t port, bool established)
{
	struct nj_session *session = nj_test_session_open(rig, ipv6, port, 1 + ipv6, START);

	session->out_port[NJ_DOWNSTREAM] = 1;
	for (unsigned int i = 0; i < 3; i++)
		nj_session_touch(rig->table, session, NJ_DOWNSTREAM, 100 + i, START + i);
	if (established)
		nj_test_session_establish(rig->table, session, START + 10);
	session_rest(rig->table, session)->packets_carry[NJ_UPSTREAM] = 0xabcd;
	session_rest(rig->table, session)->bytes_carry[NJ_DOWNSTREAM] = 0xffff;
	return session;
}

static struct nj_session_image
image_of(struct nj_test_sessions *rig, unsigned int ipv6, uint16_t port, bool established)
{
	struct nj_session *session = open_one(rig, ipv6, port, established);

	return nj_session_image(rig->table, session);
}

/* An image whose session is gone. */
static struct nj_session_image
image_of_closed(struct nj_test_sessions *rig, unsigned int ipv6, uint16_t port, bool established)
{
	struct nj_session *session = open_one(rig, ipv6, port, established);
	struct nj_session_image image = nj_session_image(rig->table, session);

	nj_session_close(rig->table, session);
	return image;
}

/* What packets are looked up and rewritten by, and how it was used: wherever the two lie. */
static void
assert_same(const struct nj_session *a, const struct nj_session *b)
{
	assert_memory_equal(a, b, offsetof(struct nj_session, neighbor));
	assert_int_equal(a->endpoint, b->endpoint);
	assert_memory_equal(a->out_port, b->out_port, sizeof(a->out_port));
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->ipv6, b->ipv6);
	assert_memory_equal(a->packets, b->packets, sizeof(a->packets) + sizeof(a->bytes));
}

static void
it_comes_back_as_it_was(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session before[2 * NJ_TEST_FAMILIES];
	struct nj_session_image images[2 * NJ_TEST_FAMILIES];

	for (unsigned int i = 0; i < RTE_DIM(images); i++) {
		struct nj_session *session =
			open_one(rig, i % NJ_TEST_FAMILIES, (uint16_t)(5 + i), i % 3 == 0);

		before[i] = *session;
		images[i] = nj_session_image(rig->table, session);
	}
	nj_test_sessions_again(rig);
	for (unsigned int i = 0; i < RTE_DIM(images); i++) {
		struct nj_session_image after;
		struct nj_session *session;

		assert_int_equal(nj_session_restore(rig->table, rig->table, &images[i], NOW), 0);
		session = nj_session_find(rig->table, &images[i].flow);
		assert_non_null(session);
		assert_same(session, &before[i]);
		after = nj_session_image(rig->table, session);
		nj_test_assert_same_image(&after, &images[i]);
		assert_int_equal(session->neighbor[0], NJ_NEIGHBOR_NONE);
		assert_int_equal(session->neighbor[1], NJ_NEIGHBOR_NONE);
	}
	for (unsigned int i = 0; i < RTE_DIM(images); i++) {
		struct nj_session *session = nj_session_find(rig->table, &images[i].flow);
		struct nj_flow reply = nj_session_flow(rig->table, session, NJ_UPSTREAM);

		assert_ptr_equal(nj_session_find(rig->table, &reply), session);
	}
	assert_int_equal(nj_session_active(rig->table), 8);
	assert_int_equal(nj_session_half_open(rig->table), 5);
	assert_int_equal(rig->counters.sessions_restored, 8);
	assert_int_equal(rig->counters.sessions_total, 0);
	assert_int_equal(nj_session_endpoint(rig->table, 1)->sessions, 2);
}

/* The refusal is right, and nothing is left behind by it. */
static void
assert_refused(struct nj_test_sessions *rig, const struct nj_session_image *image, int why)
{
	const uint32_t active = nj_session_active(rig->table);
	const uint64_t restored = rig->counters.sessions_restored;

	assert_int_equal(nj_session_restore(rig->table, rig->table, image, NOW), why);
	assert_int_equal(nj_session_active(rig->table), active);
	assert_int_equal(rig->counters.sessions_restored, restored);
	assert_int_equal(rig->counters.sessions_evicted, 0);
}

static void
nobody_is_displaced(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session_image first = image_of(rig, 0, 5, true), second = first;

	assert_refused(rig, &first, -EEXIST); /* the client has it */
	second.flow.src_port ^= 1;
	assert_refused(rig, &second, -EEXIST); /* somebody has its port */
	second.upstream.port ^= RTE_BE16(1);
	assert_int_equal(nj_session_restore(rig->table, rig->table, &second, NOW), 0);
	second = first;
	second.upstream.port ^= RTE_BE16(2);
	assert_refused(rig, &second, -EEXIST); /* the client has it, with another port */
	assert_int_equal(nj_session_active(rig->table), 2);
}

static void
addresses_and_ports_have_to_be_ours(void **state)
{
	struct nj_test_sessions *rig = *state;

	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++) {
		const struct nj_session_image good = image_of_closed(rig, ipv6, 5, true);
		struct nj_session_image image = good;

		if (image.flow.ipv6)
			image.flow.dst_ip6[15] ^= 1;
		else
			image.flow.dst_ip ^= RTE_BE32(1);
		assert_refused(rig, &image, -EADDRNOTAVAIL);
		image = good;
		image.upstream.ip.v6[image.upstream.ip.family == AF_INET6 ? 15 : 3] ^= 1;
		assert_refused(rig, &image, -EADDRNOTAVAIL);
		image = good; /* of the other family than the endpoint */
		assert_int_equal(
			nj_ip_parse((ipv6 & NJ_ENDPOINT_IPV6) ? "198.51.100.1" : "2001:db8:1::10",
				&image.upstream.ip),
			0);
		assert_refused(rig, &image, -EADDRNOTAVAIL);
		image = good;
		image.upstream.port = RTE_BE16(16383); /* the range begins behind it */
		assert_refused(rig, &image, -EADDRNOTAVAIL);
		image.upstream.port = 0;
		assert_refused(rig, &image, -EADDRNOTAVAIL);
		assert_int_equal(nj_session_restore(rig->table, rig->table, &good, NOW), 0);
	}
}

static void
a_reserved_port_is_refused(void **state)
{
	struct nj_test_sessions *rig = *state;
	const struct nj_session_image image = image_of_closed(rig, 0, 5, true);

	nj_session_table_reserve(rig->table, rte_be_to_cpu_16(image.upstream.port));
	assert_refused(rig, &image, -EADDRNOTAVAIL);
}

static void
ipv6_needs_ipv6(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session_image images[NJ_TEST_FAMILIES];
	static const struct nj_link_ops ops;

	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++)
		images[ipv6] = image_of(rig, ipv6, 5, true);
	/* No address of ours is what it was. */
	nj_session_table_destroy(rig->table);
	nj_link_destroy(rig->link);
	rig->table = NULL;
	rig->link = nj_link_create(8, nj_test_pool(), &ops);
	rig->config.link = rig->link;
	nj_test_sessions_again(rig);
	for (unsigned int ipv6 = 0; ipv6 < NJ_TEST_FAMILIES; ipv6++)
		assert_refused(rig, &images[ipv6], -EADDRNOTAVAIL);
}

static void
what_has_expired_stays_away(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session_image image = image_of_closed(rig, 0, 5, true);

	image.last_seen_ms = NOW - NJ_TEST_TTL_MS;
	assert_refused(rig, &image, -ETIME);
	image.last_seen_ms++;
	assert_int_equal(nj_session_restore(rig->table, rig->table, &image, NOW), 0);
	image = image_of_closed(rig, 0, 6, false);
	image.last_seen_ms = NOW - NJ_TEST_UNREPLIED_TTL_MS;
	assert_refused(rig, &image, -ETIME);
	image.last_seen_ms++;
	assert_int_equal(nj_session_restore(rig->table, rig->table, &image, NOW), 0);
}

/* Refused ones have given their places back, so the table can be filled to the last one. */
static void
nobody_gives_way_where_it_is_full(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session_image image = image_of_closed(rig, 0, 999, true);
	struct nj_session_request first;

	for (unsigned int i = 0; i < NJ_TEST_CAPACITY; i++) {
		struct nj_session_image taken = image_of(rig, 0, (uint16_t)(5 + i), false);

		if (i + 1 < NJ_TEST_CAPACITY)
			assert_refused(rig, &taken, -EEXIST);
	}
	assert_refused(rig, &image, -ENOSPC);
	first = nj_test_session_request(0, 5, 1);
	nj_session_close(rig->table, nj_session_find(rig->table, &first.flow));
	assert_int_equal(nj_session_restore(rig->table, rig->table, &image, NOW), 0);
	assert_int_equal(nj_session_active(rig->table), NJ_TEST_CAPACITY);
}

static void
the_oldest_half_open_still_gives_way(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_session_image images[NJ_TEST_CAPACITY];

	for (unsigned int i = 0; i < NJ_TEST_CAPACITY; i++)
		images[i] = image_of(rig, 0, (uint16_t)(5 + i), false);
	nj_test_sessions_again(rig);
	for (unsigned int i = 0; i < NJ_TEST_CAPACITY; i++)
		assert_int_equal(nj_session_restore(rig->table, rig->table, &images[i], NOW), 0);
	/* The first is established: the second is the oldest then. */
	nj_test_session_establish(rig->table, nj_session_find(rig->table, &images[0].flow), NOW);
	nj_test_session_open(rig, 0, 4000, 1, NOW);
	assert_non_null(nj_session_find(rig->table, &images[0].flow));
	assert_null(nj_session_find(rig->table, &images[1].flow));
	assert_non_null(nj_session_find(rig->table, &images[2].flow));
}

/* Each of a session's flows has an owner, and only where both are this worker it can be opened. */
static void
both_flows_have_to_be_the_workers(void **state)
{
	struct nj_test_sessions *rig = *state;
	unsigned int n[2][2] = {{0}};

	for (unsigned int i = 0; i < 200; i++) {
		struct nj_session_image image =
			image_of_closed(rig, i % NJ_TEST_FAMILIES, (uint16_t)(5 + i), true);
		struct nj_session *session;
		struct nj_flow reply;
		unsigned int down, up;

		assert_int_equal(nj_session_restore(rig->table, rig->table, &image, NOW), 0);
		session = nj_session_find(rig->table, &image.flow);
		reply = nj_session_flow(rig->table, session, NJ_UPSTREAM);
		nj_ownership_init(&rig->ownership, 2, rig->ownership.rss_key);
		down = nj_flow_owner(&rig->ownership, &image.flow);
		up = nj_flow_owner(&rig->ownership, &reply);
		nj_session_close(rig->table, session);
		assert_int_equal(nj_session_restore(rig->table, rig->table, &image, NOW),
			down == 0 && up == 0 ? 0 : -EXDEV);
		if (down == 0 && up == 0)
			nj_session_close(rig->table, nj_session_find(rig->table, &image.flow));
		nj_ownership_init(&rig->ownership, 1, rig->ownership.rss_key);
		n[down][up]++;
	}
	assert_true(n[0][0] > 0 && n[0][1] > 0 && n[1][0] > 0 && n[1][1] > 0);
}

static void
a_key_that_is_given_makes_the_same_owners(void **state)
{
	struct nj_test_sessions *rig = *state;
	struct nj_ownership other, again;

	nj_ownership_init(&other, 4, NULL);
	assert_memory_not_equal(other.rss_key, rig->ownership.rss_key, NJ_RSS_KEY_BYTES);
	nj_ownership_init(&again, 4, other.rss_key);
	assert_memory_equal(&again, &other, sizeof(other));
}

#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, nj_test_sessions_setup, nj_test_sessions_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_comes_back_as_it_was),
		TEST(nobody_is_displaced),
		TEST(addresses_and_ports_have_to_be_ours),
		TEST(a_reserved_port_is_refused),
		TEST(ipv6_needs_ipv6),
		TEST(what_has_expired_stays_away),
		TEST(nobody_gives_way_where_it_is_full),
		TEST(the_oldest_half_open_still_gives_way),
		TEST(both_flows_have_to_be_the_workers),
		TEST(a_key_that_is_given_makes_the_same_owners),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("session_restore", tests, NULL, NULL);
}
