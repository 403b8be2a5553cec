/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Payloads through the filters that look at them. What one direction compresses the other one has
 * to give back.
 *
 * Input: which chain; then datagrams: control (bit 0 upstream, the others are the client's port and
 * how much time goes by), length (2 bytes), payload.
 */
#include <string.h>

#include "chains.h"
#include "eal.h"
#include "nj_chain.h"

#define E1(filters)                                                                                      \
	"version: v1alpha1\nstatic: {endpoints: [{address: '198.51.100.100:26000'}], filters: [" filters \
	"]}\n"
#define E2(filters)                                                                                \
	"version: v1alpha1\nfilters: [" filters "]\nclusters: [{endpoints: ["                      \
	"{address: '198.51.100.100:26000', metadata: {quilkin.dev: {tokens: [MQ==, YWJj]}}}, "     \
	"{address: '198.51.100.101:26000', metadata: {quilkin.dev: {tokens: [Mg==]}}}, "           \
	"{address: '[2001:db8:1::64]:26000'}]}]\n"
#define F1(name, config) "{name: quilkin.extensions.filters." name ", config: {" config "}}"
#define F2(name, config) "{name: quilkin.filters." name ", config: {" config "}}"

#define CAPTURE      F2("capture.v1alpha1.Capture", "suffix: {size: 3, remove: true}")
#define ROUTER       F2("token_router.v1alpha1.TokenRouter", "")
#define BOTH_WAYS    "on_read: COMPRESS, on_write: DECOMPRESS"
#define REVERSE      "on_read: DECOMPRESS, on_write: COMPRESS"
#define COMPRESS(c)  F2("compress.v1alpha1.Compress", c)
#define COMPRESS1(c) F1("compress.v1alpha1.Compress", c)

static const struct {
	const char *text;
	bool there_and_back; /* what goes through to endpoints comes back to clients as it was */
} chains[] = {
	{E2(COMPRESS("mode: SNAPPY, " BOTH_WAYS)), true},
	{E2(COMPRESS("mode: LZ4, " BOTH_WAYS)), true},
	{E1(COMPRESS1(BOTH_WAYS)), true},
	{E2(COMPRESS("mode: SNAPPY, " REVERSE))},
	{E2(COMPRESS("mode: LZ4, " REVERSE))},
	{E1(COMPRESS1(REVERSE))},
	{E2(CAPTURE ", " ROUTER)},
	{E2(F2("capture.v1alpha1.Capture", "regex: {pattern: '(a|b+?)*[^c]{2,3}$'}") ", " ROUTER)},
	{E2(F2("capture.v1alpha1.Capture", "metadataKey: k, prefix: {size: 8, remove: false}") ", " F2(
		"timestamp.v1alpha1.Timestamp", "metadataKey: k"))},
	{E2(CAPTURE ", " F2("match.v1alpha1.Match",
		"on_read: {metadataKey: quilkin.dev/capture, fallthrough: {name: "
		"quilkin.filters.pass.v1alpha1.Pass}, branches: [{value: abc, name: "
		"quilkin.filters.concatenate.v1alpha1.Concatenate, config: "
		"{on_read: PREPEND, bytes: YWJj}}]}"))},
	{E2(F2("local_rate_limit.v1alpha1.LocalRateLimit", "max_packets: 2, period: 1") ", " F2(
		"load_balancer.v1alpha1.LoadBalancer", "policy: MAGLEV, sticky: true"))},
	{E1(F1("capture_bytes.v1alpha1.CaptureBytes",
		"strategy: PREFIX, size: 2, remove: true") ", " F1("concatenate_bytes.v1alpha1."
								   "ConcatenateBytes",
		"on_read: APPEND, on_write: PREPEND, bytes: YWJj"))},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nj_policy *
open_chain(unsigned int i)
{
	static struct nj_policy *policies[RTE_DIM(chains)];

	if (policies[i] == NULL) {
		policies[i] = chains_load(chains[i].text, strlen(chains[i].text));
		FUZZ_CHECK(policies[i] != NULL);
		FUZZ_CHECK(nj_chain_open(policies[i]->chain, NULL, 1) == 0);
	}
	return policies[i];
}

static struct rte_mbuf *
send_back(const struct nj_policy *policy, struct rte_mbuf *m, uint16_t port, nj_ms_t now)
{
	const uint16_t offset = nj_payload_offset(m);

	return chains_run(policy, NJ_UPSTREAM, port, rte_pktmbuf_mtod_offset(m, void *, offset),
		rte_pktmbuf_data_len(m) - offset, now);
}

static void
send_and_compare(const struct nj_policy *policy, struct rte_mbuf *m, uint16_t port,
	const uint8_t *payload, uint16_t length, nj_ms_t now)
{
	struct rte_mbuf *back = send_back(policy, m, port, now);
	const uint16_t offset = nj_payload_offset(m);

	FUZZ_CHECK(back != NULL);
	FUZZ_CHECK(rte_pktmbuf_data_len(back) == offset + length);
	FUZZ_CHECK(memcmp(rte_pktmbuf_mtod_offset(back, void *, offset), payload, length) == 0);
	rte_pktmbuf_free(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static nj_ms_t now = 1000;
	struct fuzz_input input = {data, data + size};
	const unsigned int i = fuzz_u8(&input) % RTE_DIM(chains);
	const struct nj_policy *policy = open_chain(i);

	while (fuzz_more(&input)) {
		const uint8_t control = fuzz_u8(&input);
		const enum nj_direction direction = control & 1 ? NJ_UPSTREAM : NJ_DOWNSTREAM;
		const uint16_t port = 40000 + (control >> 1 & 7);
		uint16_t length = fuzz_u16(&input) % 1500;
		const uint8_t *payload = fuzz_bytes(&input, &length);
		struct rte_mbuf *m;

		now += (nj_ms_t)(control >> 4) * 100;
		m = chains_run(policy, direction, port, payload, length, now);
		if (m != NULL && direction == NJ_DOWNSTREAM && chains[i].there_and_back)
			send_and_compare(policy, m, port, payload, length, now);
		rte_pktmbuf_free(m);
	}
	now += 120000; /* what filters remember of clients is forgotten */
	FUZZ_CHECK(nj_test_pool_in_use() == 0);
	return 0;
}
