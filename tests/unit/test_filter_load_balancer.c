/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter_rig.h"
#include "loading.h"
#include "nj_maglev.h"

#define HEAD     "version: v1alpha1\nfilters:\n"
#define BALANCER "  - name: quilkin.filters.load_balancer.v1alpha1.LoadBalancer\n    config: "
#define ROUTER                                                                                     \
	"  - {name: test.Value, config: {metadataKey: quilkin.dev/capture}}\n"                     \
	"  - name: quilkin.filters.token_router.v1alpha1.TokenRouter\n"

/* A file with endpoints 198.51.100.1 to n but one, forwards or backwards; odd ones have the token
 * "odd". Freed by the next call. */
static const char *
file(const char *filters, unsigned int n, unsigned int without, bool backwards)
{
	static char *text;
	size_t size;
	FILE *out;

	free(text);
	out = open_memstream(&text, &size);
	fprintf(out, "%s%sclusters:\n  - endpoints:\n", HEAD, filters);
	for (unsigned int k = 1; k <= n; k++) {
		unsigned int i = backwards ? n + 1 - k : k;

		if (i != without)
			fprintf(out, "    - {address: \"198.51.100.%u:26000\"%s}\n", i,
				i % 2 == 1 ? ", metadata: {quilkin.dev: {tokens: [b2Rk]}}" : "");
	}
	fclose(out);
	return text;
}

/* The last byte of the address that one datagram goes to; 0 where it is dropped. */
static unsigned int
goes_to(struct nj_test_filter_rig *rig, uint16_t client_port, const char *payload)
{
	struct nj_test_outcome outcome = nj_test_filter_send(rig, client_port, payload);
	const struct nj_endpoint *endpoints = rig->policy->clusters.endpoints;

	if (outcome.drop != NJ_DROP_NONE) {
		assert_int_equal(outcome.drop, NJ_DROP_LOAD_BALANCER);
		return 0;
	}
	assert_int_equal(outcome.n, 1);
	return rte_be_to_cpu_32(endpoints[outcome.places[0]].address.ip.v4) & 0xff;
}

static void
round_robin_takes_turns(void **state)
{
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file(BALANCER "{}\n", 3, 0, false));
	for (unsigned int i = 0; i < 30; i++)
		assert_int_equal(goes_to(&rig, 5, "x"), 1 + i % 3);
	/* The turn goes on after a reload, as the settings are the same. */
	assert_int_equal(goes_to(&rig, 5, "x"), 1);
	nj_test_filter_reload(&rig, file(BALANCER "{}\n", 3, 0, false));
	assert_int_equal(goes_to(&rig, 5, "x"), 2);
	rig.worker = 1;
	assert_int_equal(goes_to(&rig, 5, "x"), 2);
	nj_test_filter_stop(&rig);
}

static void
only_what_is_left_takes_turns(void **state)
{
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file(ROUTER BALANCER "{policy: ROUND_ROBIN}\n", 6, 0, false));
	for (unsigned int i = 0; i < 9; i++)
		assert_int_equal(goes_to(&rig, 5, "bodd"), 1 + 2 * (i % 3));
	nj_test_filter_stop(&rig);
}

/* Each endpoint's share of many clients is about the same. */
static void
check_even(const char *filters, const char *payload, unsigned int step)
{
	struct nj_test_filter_rig rig;
	unsigned int count[11] = {0};

	nj_test_filter_start(&rig, file(filters, 10, 0, false));
	for (unsigned int i = 0; i < 20000; i++)
		count[goes_to(&rig, (uint16_t)(1 + i), payload)]++;
	for (unsigned int i = 1; i <= 10; i++)
		if (step == 1 || i % 2 == 1)
			assert_in_range(count[i], 1700 * step, 2300 * step);
		else
			assert_int_equal(count[i], 0);
	nj_test_filter_stop(&rig);
}

static void
shares_are_even(void **state)
{
	check_even(BALANCER "{policy: RANDOM}\n", "x", 1);
	check_even(BALANCER "{policy: HASH}\n", "x", 1);
	check_even(BALANCER "{policy: MAGLEV}\n", "x", 1);
	check_even(BALANCER "{policy: RANDOM, sticky: true}\n", "x", 1);
	check_even(ROUTER BALANCER "{policy: RANDOM}\n", "bodd", 2);
	check_even(ROUTER BALANCER "{policy: HASH}\n", "bodd", 2);
	check_even(ROUTER BALANCER "{policy: MAGLEV}\n", "bodd", 2);
}

/* A client always gets the same, on any worker and after a reload. */
static void
check_same(const char *filters)
{
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file(filters, 50, 0, false));
	for (uint16_t port = 1; port < 100; port++) {
		unsigned int to = goes_to(&rig, port, "x");

		assert_int_equal(goes_to(&rig, port, "x"), to);
		rig.worker = 1;
		assert_int_equal(goes_to(&rig, port, "x"), to);
		rig.worker = 0;
		nj_test_filter_reload(&rig, file(filters, 50, 0, false));
		assert_int_equal(goes_to(&rig, port, "x"), to);
	}
	nj_test_filter_stop(&rig);
}

static void
a_hash_stays_the_same(void **state)
{
	check_same(BALANCER "{policy: HASH}\n");
	check_same(BALANCER "{policy: MAGLEV}\n");
}

/* Who has an IPv6 address is known by all of it, and by the port. */
static void
check_ipv6(const char *filters, bool sticky)
{
	unsigned int to[512], shares[4] = {0}, moved = 0;
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file(filters, 4, 0, false));
	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < RTE_DIM(to); i++) {
			char text[NJ_ADDRESS_STRLEN];
			const char *from = text;
			struct nj_test_outcome outcome;

			/* One bit of the address or of the port, and then others. */
			snprintf(text, sizeof(text), "[2001:db8:%x::%x]:%u", 1u << i % 16,
				i / 16 % 16 << 8, 7 + i / 256);
			nj_test_filter_burst_from(&rig, &from, 1, &outcome);
			assert_int_equal(outcome.n, 1);
			if (round == 0) {
				to[i] = outcome.places[0];
				shares[to[i]]++;
			}
			moved += outcome.places[0] != to[i];
		}
	assert_int_equal(moved, 0);
	for (unsigned int i = 0; i < RTE_DIM(shares); i++)
		assert_in_range(shares[i], sticky ? 128 : 80, sticky ? 128 : 180);
	nj_test_filter_stop(&rig);
}

static void
ipv6_clients_stay_where_they_are(void **state)
{
	check_ipv6(BALANCER "{policy: HASH}\n", false);
	check_ipv6(BALANCER "{policy: MAGLEV}\n", false);
	check_ipv6(BALANCER "{sticky: true}\n", true);
}

#define FLOWS 20000

static void
note_all(struct nj_test_filter_rig *rig, const char *payload, unsigned int *to)
{
	for (unsigned int i = 0; i < FLOWS; i++)
		to[i] = goes_to(rig, (uint16_t)(1 + i), payload);
}

/* Of the flows that were not on `gone`, how many are elsewhere now. */
static unsigned int
count_moved(const unsigned int *before, const unsigned int *after, unsigned int gone)
{
	unsigned int moved = 0;

	for (unsigned int i = 0; i < FLOWS; i++) {
		assert_int_not_equal(after[i], gone);
		moved += before[i] != gone && before[i] != after[i];
	}
	return moved;
}

/* Returns how many of the others moved when one of 100 went. */
static unsigned int
take_one_away(const char *filters, const char *payload)
{
	static unsigned int before[FLOWS], after[FLOWS];
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file(filters, 100, 0, false));
	note_all(&rig, payload, before);
	nj_test_filter_reload(&rig, file(filters, 100, 41, false));
	note_all(&rig, payload, after);
	nj_test_filter_stop(&rig);
	return count_moved(before, after, 41);
}

static void
maglev_moves_few(void **state)
{
	unsigned int moved = take_one_away(BALANCER "{policy: MAGLEV}\n", "x");

	assert_in_range(moved, 0, FLOWS * 3 / 100);
	print_message("%u of %u other flows moved\n", moved, FLOWS);
	assert_int_equal(take_one_away(ROUTER BALANCER "{policy: MAGLEV}\n", "bodd"), 0);
}

static void
sticky_moves_none(void **state)
{
	assert_int_equal(take_one_away(BALANCER "{policy: MAGLEV, sticky: true}\n", "x"), 0);
	assert_int_equal(take_one_away(BALANCER "{sticky: true}\n", "x"), 0);
	assert_int_equal(take_one_away(BALANCER "{policy: RANDOM, sticky: true}\n", "x"), 0);
	assert_int_equal(take_one_away(ROUTER BALANCER "{sticky: true}\n", "bodd"), 0);
}

static void
maglev_knows_no_order(void **state)
{
	static unsigned int before[FLOWS], after[FLOWS];
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file(BALANCER "{policy: MAGLEV}\n", 100, 0, false));
	note_all(&rig, "x", before);
	nj_test_filter_reload(&rig, file(BALANCER "{policy: MAGLEV}\n", 100, 0, true));
	note_all(&rig, "x", after);
	assert_memory_equal(before, after, sizeof(before));
	nj_test_filter_stop(&rig);
}

/* With the bound on its table, too. */
static void
maglev_takes_many_endpoints(void **state)
{
	struct nj_clusters clusters = {0};
	struct nj_maglev *maglev;

	assert_int_equal(nj_clusters_add(&clusters, NULL), 0);
	for (uint32_t i = 0; i < 100000; i++) {
		struct nj_address to = {.ip = nj_ip_v4(i + 1), .port = 1};

		assert_non_null(nj_clusters_add_endpoint(&clusters, &to));
	}
	maglev = nj_maglev_create(&clusters);
	assert_non_null(maglev);
	for (uint32_t i = 0; i < 1000; i++)
		assert_in_range(nj_maglev_place(maglev, UINT64_MAX - i, i), 0, 99999);
	nj_maglev_free(maglev);
	nj_maglev_free(NULL);
	nj_clusters_clear(&clusters);
}

static void
sticky_lasts_as_long_as_a_session(void **state)
{
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file(BALANCER "{sticky: true}\n", 3, 0, false));
	rig.now = UINT32_MAX - 30000; /* time may wrap */
	assert_int_equal(goes_to(&rig, 1, "x"), 1);
	assert_int_equal(goes_to(&rig, 2, "x"), 2);
	for (unsigned int i = 0; i < 10; i++) {
		rig.now += 59999;
		assert_int_equal(goes_to(&rig, 1, "x"), 1);
	}
	rig.now += 60000;
	assert_int_equal(goes_to(&rig, 1, "x"), 3);
	/* Replies have kept the session of this one. */
	rig.n_with_session = 1;
	rig.with_session[0].client_port = 2;
	rig.with_session[0].endpoint = 2;
	assert_int_equal(goes_to(&rig, 2, "x"), 2);
	nj_test_filter_stop(&rig);
}

/* Nobody new gets endpoint 3; who has a session with it stays. */
static void
check_draining(const char *filters, const char *payload, unsigned int n)
{
	struct nj_test_filter_rig rig;
	unsigned int before[200], after;

	nj_test_filter_start(&rig, file(filters, n, 0, false));
	for (uint16_t i = 0; i < RTE_DIM(before); i++)
		before[i] = goes_to(&rig, i + 1, payload);
	nj_set_draining(&rig.draining, 3, true);
	for (uint16_t i = 0; i < RTE_DIM(before); i++) {
		rig.n_with_session = before[i] == 3;
		rig.with_session[0].client_port = i + 1;
		rig.with_session[0].endpoint = 3;
		after = goes_to(&rig, i + 1, payload);
		if (strstr(filters, "policy") != NULL) /* a choice that lasts */
			assert_int_equal(after, before[i]);
		rig.n_with_session = 0;
		after = goes_to(&rig, i + 1, payload);
		assert_int_not_equal(after, 3);
		assert_int_not_equal(after, 0);
		if (strstr(filters, "policy") != NULL && before[i] != 3)
			assert_int_equal(after, before[i]);
	}
	for (uint32_t number = 1; number <= 3 + n; number++)
		nj_set_draining(&rig.draining, number, true);
	assert_int_equal(goes_to(&rig, 1, payload), 0);
	nj_test_filter_stop(&rig);
}

static void
a_draining_endpoint_gets_nobody_new(void **state)
{
	check_draining(BALANCER "{}\n", "x", 3);
	check_draining(BALANCER "{policy: HASH}\n", "x", 3);
	check_draining(BALANCER "{policy: MAGLEV}\n", "x", 3);
	check_draining(BALANCER "{policy: HASH}\n", "x", 40);
	check_draining(BALANCER "{policy: MAGLEV, sticky: true}\n", "x", 40);
	check_draining(ROUTER BALANCER "{policy: MAGLEV}\n", "bodd", 40);
	check_draining(ROUTER BALANCER "{}\n", "bodd", 40);
}

/* More clients than the table has room for: nobody is refused. */
static struct nj_address
endpoint(unsigned int i)
{
	return (struct nj_address){
		nj_ip_v4(rte_cpu_to_be_32(NJ_TEST_IP(198, 51, 100, i))), RTE_BE16(26000)};
}

/* The client's session with an endpoint has come back from before this process. */
static void
come_back(struct nj_test_filter_rig *rig, uint16_t client_port, unsigned int i, nj_ms_t last_seen)
{
	const struct nj_address address = endpoint(i);
	const struct nj_flow flow = {.src_ip = rte_cpu_to_be_32(NJ_TEST_PEER_IP),
		.src_port = rte_cpu_to_be_16(client_port)};

	nj_chain_restore(rig->policy->chain, rig->worker, &flow, &address, last_seen, rig->now);
}

static void
sticky_outlives_the_process(void **state)
{
	struct nj_test_filter_rig rig;

	nj_test_filter_start(&rig, file(BALANCER "{sticky: true}\n", 3, 0, false));
	rig.now = 100000;
	come_back(&rig, 5, 3, rig.now - 10);
	come_back(&rig, 5, 2, rig.now - 20); /* was used before that one */
	come_back(&rig, 6, 2, rig.now - 20);
	come_back(&rig, 6, 3, rig.now - 10);
	come_back(&rig, 7, 99, rig.now - 10); /* is not in the file */
	come_back(&rig, 8, 3, rig.now - 60000);
	assert_int_equal(goes_to(&rig, 5, "x"), 3);
	assert_int_equal(goes_to(&rig, 6, "x"), 3);
	assert_int_equal(goes_to(&rig, 7, "x"), 1);
	assert_int_equal(goes_to(&rig, 8, "x"), 2);
	rig.worker = 1;
	assert_int_equal(goes_to(&rig, 5, "x"), 2); /* is the other's client */
	nj_test_filter_stop(&rig);
	nj_test_filter_start(&rig, file(BALANCER "{}\n", 3, 0, false));
	come_back(&rig, 5, 3, rig.now);
	assert_int_equal(goes_to(&rig, 5, "x"), 1);
	nj_test_filter_stop(&rig);
}

static void
sticky_is_bounded(void **state)
{
	struct nj_test_filter_rig rig;
	struct nj_test_outcome outcomes[NJ_PORTS_MAX];
	struct nj_test_frame frames[NJ_PORTS_MAX];
	uint32_t ip = NJ_TEST_IP(10, 0, 0, 0);

	nj_test_filter_start(&rig, file(BALANCER "{sticky: true}\n", 3, 0, false));
	for (unsigned int i = 0; i < 300000 / NJ_PORTS_MAX; i++) {
		for (unsigned int j = 0; j < NJ_PORTS_MAX; j++) {
			frames[j] = nj_test_frame_udp("x", 1);
			frames[j].src_ip = ++ip;
		}
		rig.now++;
		nj_test_filter_burst(&rig, frames, NJ_PORTS_MAX, outcomes);
		for (unsigned int j = 0; j < NJ_PORTS_MAX; j++)
			assert_int_equal(outcomes[j].n, 1);
	}
	nj_test_filter_stop(&rig);
}

static void
mistakes_are_reported(void **state)
{
	static const struct loading bad[] = {
		{HEAD BALANCER "{policy: round_robin}\n",
			"4:22: 'policy' must be ROUND_ROBIN, RANDOM, HASH or MAGLEV, not "
			"'round_robin'\n"},
		{HEAD BALANCER "{policy: 1, sticky: yes}\n",
			"4:22: 'policy' must be ROUND_ROBIN, RANDOM, HASH or MAGLEV, not '1'\n"
			"4:33: 'sticky' must be true or false, not 'yes'\n"},
		{HEAD BALANCER "{polcy: HASH}\n",
			"4:14: unknown key 'polcy', did you mean 'policy'?\n"},
		{HEAD "  - name: quilkin.filters.load_balancer.v1alpha1.LoadBalancer\n",
			"3:11: filter 'load_balancer.v1alpha1.LoadBalancer' needs a 'config'\n"},
	};

	CHECK_BAD(bad, nj_policy_load);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_robin_takes_turns),
		cmocka_unit_test(only_what_is_left_takes_turns),
		cmocka_unit_test(shares_are_even),
		cmocka_unit_test(a_hash_stays_the_same),
		cmocka_unit_test(ipv6_clients_stay_where_they_are),
		cmocka_unit_test(maglev_moves_few),
		cmocka_unit_test(sticky_moves_none),
		cmocka_unit_test(maglev_knows_no_order),
		cmocka_unit_test(maglev_takes_many_endpoints),
		cmocka_unit_test(sticky_lasts_as_long_as_a_session),
		cmocka_unit_test(a_draining_endpoint_gets_nobody_new),
		cmocka_unit_test(sticky_outlives_the_process),
		cmocka_unit_test(sticky_is_bounded),
		cmocka_unit_test(mistakes_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
