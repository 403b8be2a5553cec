/* SPDX-License-Identifier: BSD-3-Clause */
/* The hash of flows by itself: buckets that overflow, and what is left when sessions go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "session_rig.h"
#include "table.h"

#define CAPACITY 64

static struct nj_test_sessions rig;

/* A session of a made-up client, in the array and nowhere else. */
static struct nj_session *
make(uint32_t number, uint32_t *seed)
{
	struct nj_session *session = &rig.table->sessions[number];

	*session = (struct nj_session){
		.client_ip = nj_test_random(seed),
		.listener_ip = nj_test_random(seed),
		.endpoint_ip = nj_test_random(seed),
		.upstream_ip = nj_test_random(seed),
		.client_port = (rte_be16_t)nj_test_random(seed),
		.listener_port = (rte_be16_t)nj_test_random(seed),
		.endpoint_port = (rte_be16_t)nj_test_random(seed),
		.upstream_port = (rte_be16_t)nj_test_random(seed),
		.endpoint = 1,
	};
	return session;
}

/* The same until both flows come to the first bucket, which takes some thousand tries. */
static struct nj_session *
make_for_the_first_bucket(uint32_t number, uint32_t *seed)
{
	for (;;) {
		const struct nj_session *session = make(number, seed);
		const struct nj_flow down = nj_session_flow(rig.table, session, NJ_DOWNSTREAM);
		const struct nj_flow up = nj_session_flow(rig.table, session, NJ_UPSTREAM);

		if (flow_table_bucket(&rig.table->flows, &down) == 0 &&
			flow_table_bucket(&rig.table->flows, &up) == 0)
			return &rig.table->sessions[number];
	}
}

static void
expect(const struct nj_session *session, bool there)
{
	for (enum nj_direction direction = NJ_DOWNSTREAM; direction <= NJ_UPSTREAM; direction++) {
		const struct nj_flow flow = nj_session_flow(rig.table, session, direction);
		const struct nj_flow *flows[] = {&flow};

		if (there)
			assert_int_equal(flow_table_guess(rig.table, flows, 1), 1);
		assert_ptr_equal(nj_session_find(rig.table, &flow), there ? session : NULL);
	}
}

static void
add(const struct nj_session *session)
{
	const struct nj_flow down = nj_session_flow(rig.table, session, NJ_DOWNSTREAM);
	const struct nj_flow up = nj_session_flow(rig.table, session, NJ_UPSTREAM);

	flow_table_add(rig.table, session, &down);
	flow_table_add(rig.table, session, &up);
}

static void
drop(const struct nj_session *session)
{
	const struct nj_flow down = nj_session_flow(rig.table, session, NJ_DOWNSTREAM);
	const struct nj_flow up = nj_session_flow(rig.table, session, NJ_UPSTREAM);

	flow_table_remove(rig.table, session, &up);
	flow_table_remove(rig.table, session, &down);
}

static unsigned int
spare_buckets(void)
{
	unsigned int n = 0;

	for (uint32_t i = rig.table->flows.spare; i != 0; i = rig.table->flows.buckets[i].next)
		n++;
	return n;
}

static int
start(void **state)
{
	nj_test_sessions_start(&rig, CAPACITY, 1, 0);
	return 0;
}

static int
stop(void **state)
{
	nj_test_sessions_stop(&rig);
	return 0;
}

/* However the hashes fall, all sessions have a place, and give it back. */
static void
all_flows_fit_into_one_bucket(void **state)
{
	const unsigned int spare = spare_buckets();
	uint32_t seed = 81;

	for (unsigned int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < CAPACITY; i++) {
			add(make_for_the_first_bucket(i, &seed));
			for (uint32_t j = 0; j <= i; j++)
				expect(&rig.table->sessions[j], true);
		}
		assert_true(spare_buckets() <= spare - 2 * CAPACITY / FLOW_SLOTS + 1);
		for (uint32_t i = 0; i < CAPACITY; i++) {
			const uint32_t gone = (7 * i + round) % CAPACITY; /* in another order */

			drop(&rig.table->sessions[gone]);
			expect(&rig.table->sessions[gone], false);
			for (uint32_t j = i + 1; j < CAPACITY; j++)
				expect(&rig.table->sessions[(7 * j + round) % CAPACITY], true);
		}
		assert_int_equal(spare_buckets(), spare);
	}
}

/* Of two flows with the same tag in the same bucket each leads to its own session. */
static void
equal_tags_are_told_apart(void **state)
{
	uint32_t seed = 82;
	struct nj_session *first = make_for_the_first_bucket(0, &seed);
	struct nj_session *second = make_for_the_first_bucket(1, &seed);
	struct flow_bucket *bucket = &rig.table->flows.buckets[0];
	struct nj_flow flow;

	add(first);
	add(second);
	for (unsigned int i = 0; i < 4; i++)
		expect(i % 2 ? first : second, true);
	/* As if another flow's tag were the same: only a comparison with the session tells. */
	flow = nj_session_flow(rig.table, second, NJ_DOWNSTREAM);
	bucket->tags[0] = bucket->tags[1] = bucket->tags[3] = bucket->tags[2];
	assert_ptr_equal(nj_session_find(rig.table, &flow), second);
	flow.src_port ^= 1;
	assert_null(nj_session_find(rig.table, &flow));
}

/* Sessions come and go at random for a long time, the table being nearly full. */
static void
nothing_is_lost_among_many(void **state)
{
	bool there[CAPACITY] = {false};
	uint32_t seed = 83;

	for (unsigned int round = 0; round < 100000; round++) {
		const uint32_t number = nj_test_random(&seed) % CAPACITY;
		struct nj_session *session = &rig.table->sessions[number];

		if (!there[number])
			add(make(number, &seed));
		else if (nj_test_random(&seed) % 8 == 0)
			drop(session);
		else
			continue;
		there[number] = !there[number];
		expect(session, there[number]);
	}
	for (uint32_t i = 0; i < CAPACITY; i++)
		expect(&rig.table->sessions[i], there[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_flows_fit_into_one_bucket, start, stop),
		cmocka_unit_test_setup_teardown(equal_tags_are_told_apart, start, stop),
		cmocka_unit_test_setup_teardown(nothing_is_lost_among_many, start, stop),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("flow_table", tests, NULL, NULL);
}
