/* SPDX-License-Identifier: BSD-3-Clause */
/* For tests of filters: a proxy file's chain, run datagram by datagram. Include it after cmocka.h.
 */
#ifndef FILTER_TEST_H
#define FILTER_TEST_H

#include "eal.h"
#include "frame.h"
#include "loading.h"
#include "nj_chain.h"

struct filter_test {
	struct nj_policy *policy;
	struct nj_counters counters;
	struct nj_runner runner;
	unsigned int logged;
	const char *log_id;
	struct nj_datagram *out; /* what the last run left, or NULL */
};

#define ERA_1(filters)                                                                             \
	"version: v1alpha1\nstatic:\n  endpoints: [{address: \"198.51.100.100:26000\"}]\n"         \
	"  filters:\n" filters
#define ERA_2(filters)                                                                             \
	"version: v1alpha1\nclusters: [{endpoints: [{address: \"198.51.100.100:26000\"}]}]\n"      \
	"filters:\n" filters

static inline void
filter_test_log(void *context, const struct nj_datagram *datagram, enum nj_direction direction,
	const char *id)
{
	struct filter_test *test = context;

	test->logged++;
	test->log_id = id;
}

static inline void
filter_open(struct filter_test *test, const char *text)
{
	struct nj_report report = {0};
	char path[32];

	nj_test_eal(0);
	memset(test, 0, sizeof(*test));
	write_file(path, text, strlen(text));
	test->policy = nj_policy_load(path, &report);
	unlink(path);
	if (test->policy == NULL)
		nj_report_print(&report, stderr);
	assert_non_null(test->policy);
	nj_report_clear(&report);
	assert_int_equal(nj_chain_open(test->policy->chain, NULL, 1), 0);
	test->runner = (struct nj_runner){
		.counters = &test->counters, .context = test, .log = filter_test_log};
}

static inline void
filter_forget(struct filter_test *test)
{
	if (test->out != NULL)
		rte_pktmbuf_free(test->out->m);
	test->out = NULL;
}

static inline void
filter_close(struct filter_test *test)
{
	filter_forget(test);
	nj_policy_free(test->policy);
	assert_int_equal(nj_test_pool_in_use(), 0);
}

/* Runs one datagram; returns why it was dropped. What is left of it is test->out. */
static inline enum nj_drop
filter_run(
	struct filter_test *test, enum nj_direction direction, const void *payload, uint16_t length)
{
	struct nj_test_frame frame = nj_test_frame_udp(payload, length);
	struct rte_mbuf *m = nj_test_frame_build(&frame);
	struct nj_port_counters *port = &test->counters.port[0];

	filter_forget(test);
	m->port = 0;
	assert_int_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
	memset(port->dropped, 0, sizeof(port->dropped));
	if (nj_chain_run(test->policy->chain, &test->runner, direction, &m, 1, 0, &test->out) == 1)
		return NJ_DROP_NONE;
	test->out = NULL;
	for (unsigned int reason = 1; reason < NJ_DROP_COUNT; reason++)
		if (port->dropped[reason] != 0)
			return (enum nj_drop)reason;
	fail_msg("dropped without a reason");
	return NJ_DROP_NONE;
}

/* The datagram must come out with this payload, in a right frame. */
static inline void
filter_expect(struct filter_test *test, enum nj_direction direction, const void *in,
	uint16_t in_length, const void *out, uint16_t out_length)
{
	assert_int_equal(filter_run(test, direction, in, in_length), NJ_DROP_NONE);
	assert_int_equal(nj_payload_length(test->out), out_length);
	assert_memory_equal(nj_payload(test->out), out, out_length);
	assert_true(nj_test_checksums_right(test->out->m));
}

/* The same of text. */
static inline void
filter_expect_text(
	struct filter_test *test, enum nj_direction direction, const char *in, const char *out)
{
	filter_expect(test, direction, in, (uint16_t)strlen(in), out, (uint16_t)strlen(out));
}

#endif
