/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter_rig.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "eal.h"

/* test.Value --------------------------------------------------------------------------------- */

#define LIST_MAX 8

struct config {
	yaml_node_t *key;
	unsigned int slot;
};

static const struct nj_field fields[] = {
	{"metadataKey", nj_read_text, offsetof(struct config, key), .required = true},
};
static const struct nj_table table = {NJ_TABLE(fields)};

static bool
build(struct nj_filter_build *b, void *config)
{
	struct config *c = config;

	c->slot = nj_filter_slot(b, nj_node_text(c->key));
	return true;
}

static size_t
scratch(const void *config, const struct nj_clusters *clusters)
{
	return LIST_MAX * sizeof(struct nj_value);
}

static struct nj_value
list_of(struct nj_batch *batch, const uint8_t *bytes, uint16_t length)
{
	struct nj_value *items = nj_batch_scratch(batch, LIST_MAX * sizeof(*items));
	uint16_t n = 0, start = 0;

	assert_non_null(items);
	for (uint16_t i = 0; i <= length && n < LIST_MAX; i++)
		if (i == length || bytes[i] == ',') {
			items[n++] = (struct nj_value){.type = NJ_VALUE_BYTES,
				.length = (uint16_t)(i - start),
				.bytes = bytes + start};
			start = (uint16_t)(i + 1);
		}
	return (struct nj_value){.type = NJ_VALUE_LIST, .length = n, .list = items};
}

static struct nj_value
value_of(struct nj_batch *batch, const struct nj_datagram *datagram)
{
	uint16_t length = nj_payload_length(datagram);
	const uint8_t *payload = nj_payload(datagram), *rest = payload + 1;
	uint16_t n = (uint16_t)(length - 1);

	switch (length == 0 ? 0 : payload[0]) {
	case 'b':
		return (struct nj_value){.type = NJ_VALUE_BYTES, .length = n, .bytes = rest};
	case 's':
		return (struct nj_value){.type = NJ_VALUE_STRING, .length = n, .bytes = rest};
	case 'l':
		return list_of(batch, rest, n);
	case '#':
		return (struct nj_value){
			.type = NJ_VALUE_NUMBER, .number = atoi((const char *)rest)};
	case 't':
		return (struct nj_value){.type = NJ_VALUE_BOOL, .yes = true};
	default:
		return (struct nj_value){.type = NJ_VALUE_NONE};
	}
}

static void
set(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct config *config = filter->config;

	for (unsigned int i = 0; i < batch->n; i++)
		batch->datagrams[i]->values[config->slot] = value_of(batch, batch->datagrams[i]);
}

static struct nj_filter_type type = {
	.name = "test.Value",
	.eras = NJ_IN_BOTH_ERAS,
	.third_party = true,
	.table = &table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.build = build,
	.scratch = scratch,
	.read = set,
	.write = set,
};

NJ_FILTER_REGISTER(type)

/* Policies ----------------------------------------------------------------------------------- */

static struct nj_policy *
load(const char *text)
{
	char path[] = "/tmp/nj-test-XXXXXX";
	int fd = mkstemp(path);
	struct nj_report report = {0};
	struct nj_policy *policy;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	policy = nj_policy_load(path, &report);
	unlink(path);
	if (policy == NULL)
		nj_report_print(&report, stderr);
	assert_non_null(policy);
	nj_report_clear(&report);
	return policy;
}

void
nj_test_filter_start(struct nj_test_filter_rig *rig, const char *text)
{
	nj_test_eal(0);
	*rig = (struct nj_test_filter_rig){.now = 1000};
	rig->policy = load(text);
	assert_int_equal(nj_chain_open(rig->policy->chain, NULL, NJ_TEST_FILTER_WORKERS), 0);
}

void
nj_test_filter_reload(struct nj_test_filter_rig *rig, const char *text)
{
	struct nj_policy *old = rig->policy;

	rig->policy = load(text);
	assert_int_equal(nj_chain_open(rig->policy->chain, old->chain, NJ_TEST_FILTER_WORKERS), 0);
	nj_policy_free(old);
}

void
nj_test_filter_stop(struct nj_test_filter_rig *rig)
{
	nj_policy_free(rig->policy);
	assert_int_equal(nj_test_pool_in_use(), 0);
}

/* Datagrams ---------------------------------------------------------------------------------- */

static bool
has_session(void *context, const struct nj_datagram *datagram, uint32_t endpoint)
{
	const struct nj_test_filter_rig *rig = context;
	uint16_t port = rte_be_to_cpu_16(nj_packet(datagram->m)->flow.src_port);

	for (unsigned int i = 0; i < rig->n_with_session; i++)
		if (rig->with_session[i].client_port == port &&
			rig->with_session[i].endpoint == endpoint)
			return true;
	return false;
}

/* Datagrams are told apart by their port of arrival, as drops are counted by it. */
static enum nj_drop
reason_of(const struct nj_port_counters *port)
{
	for (unsigned int reason = NJ_DROP_NONE + 1; reason < NJ_DROP_COUNT; reason++)
		if (port->dropped[reason] > 0)
			return (enum nj_drop)reason;
	return NJ_DROP_NONE;
}

static struct nj_test_outcome
outcome_of(const struct nj_datagram *datagram)
{
	struct nj_test_outcome outcome = {.n = datagram->endpoints.n};

	for (uint32_t i = 0; i < outcome.n && i < RTE_DIM(outcome.places); i++)
		outcome.places[i] = nj_selection_place(&datagram->endpoints, i);
	return outcome;
}

/* A frame as the parser leaves it. */
static struct rte_mbuf *
parsed(const struct nj_test_frame *frame)
{
	struct rte_mbuf *m = nj_test_frame_build(frame);

	assert_int_equal(nj_parse(m, &nj_test_our_mac, 0), NJ_DROP_NONE);
	return m;
}

static void
run(struct nj_test_filter_rig *rig, struct rte_mbuf **pkts, unsigned int n,
	struct nj_test_outcome *outcomes)
{
	struct nj_counters counters = {0};
	struct nj_runner runner = {.worker = rig->worker,
		.counters = &counters,
		.draining = &rig->draining,
		.context = rig,
		.has_session = has_session};
	struct nj_datagram *out[NJ_BATCH_MAX];
	unsigned int kept;

	assert_true(n <= NJ_BATCH_MAX && n <= NJ_PORTS_MAX);
	for (unsigned int i = 0; i < n; i++)
		pkts[i]->port = (uint16_t)i;
	kept = nj_chain_run(rig->policy->chain, &runner, rig->direction, pkts, n, rig->now, out);
	for (unsigned int i = 0; i < n; i++)
		outcomes[i] = (struct nj_test_outcome){.drop = reason_of(&counters.port[i])};
	for (unsigned int i = 0; i < kept; i++) {
		assert_true(i == 0 || out[i]->index > out[i - 1]->index);
		assert_int_equal(outcomes[out[i]->index].drop, NJ_DROP_NONE);
		outcomes[out[i]->index] = outcome_of(out[i]);
		rte_pktmbuf_free(out[i]->m);
	}
	nj_counters_add(&rig->counters, &counters);
}

void
nj_test_filter_burst(struct nj_test_filter_rig *rig, const struct nj_test_frame *frames,
	unsigned int n, struct nj_test_outcome *outcomes)
{
	struct rte_mbuf *pkts[NJ_BATCH_MAX];

	for (unsigned int i = 0; i < n; i++)
		pkts[i] = parsed(&frames[i]);
	run(rig, pkts, n, outcomes);
}

void
nj_test_filter_burst_from(struct nj_test_filter_rig *rig, const char *const *from, unsigned int n,
	struct nj_test_outcome *outcomes)
{
	const struct nj_test_frame frame = nj_test_frame_udp("x", 1);
	struct rte_mbuf *pkts[NJ_BATCH_MAX];

	for (unsigned int i = 0; i < n; i++) {
		struct nj_address address;
		struct nj_flow *flow;

		assert_int_equal(nj_address_parse(from[i], &address), 0);
		pkts[i] = parsed(&frame);
		flow = &nj_packet(pkts[i])->flow;
		*flow = (struct nj_flow){.src_port = address.port,
			.dst_port = flow->dst_port,
			.ipv6 = address.ip.family == AF_INET6};
		if (flow->ipv6)
			memcpy(flow->src_ip6, address.ip.v6, sizeof(flow->src_ip6));
		else
			flow->src_ip = address.ip.v4;
	}
	run(rig, pkts, n, outcomes);
}

struct nj_test_outcome
nj_test_filter_send_from(struct nj_test_filter_rig *rig, const char *from)
{
	struct nj_test_outcome outcome;

	nj_test_filter_burst_from(rig, &from, 1, &outcome);
	return outcome;
}

struct nj_test_outcome
nj_test_filter_send(struct nj_test_filter_rig *rig, uint16_t client_port, const char *payload)
{
	struct nj_test_frame frame = nj_test_frame_udp(payload, (uint16_t)strlen(payload));
	struct nj_test_outcome outcome;

	frame.src_port = client_port;
	nj_test_filter_burst(rig, &frame, 1, &outcome);
	return outcome;
}

/* Counters ----------------------------------------------------------------------------------- */

void
nj_test_filter_expect_figures(
	const struct nj_test_filter_rig *rig, unsigned int filter, const char *expected)
{
	struct nj_filter_figures figures;
	char text[4096] = "";
	size_t used = 0;

	nj_chain_figures(rig->policy->chain, filter, &figures);
	for (unsigned int i = 0; i < figures.n && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s=%" PRIu64,
			i == 0 ? "" : " ", figures.figure[i].name, figures.figure[i].value);
	assert_string_equal(text, expected);
}
