/* SPDX-License-Identifier: BSD-3-Clause */
#include "chains.h"

#include <netdb.h>
#include <string.h>

#include "frame.h"
#include "nj_chain.h"

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **result);
void __wrap_freeaddrinfo(struct addrinfo *info);

int
__wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **result)
{
	static struct sockaddr_in v4 = {.sin_family = AF_INET};
	static struct addrinfo info = {.ai_family = AF_INET, .ai_addr = (struct sockaddr *)&v4};

	if (node[0] == 'x')
		return EAI_NONAME;
	v4.sin_addr.s_addr = RTE_BE32(NJ_TEST_IP(198, 51, 100, 100));
	*result = &info;
	return 0;
}

void
__wrap_freeaddrinfo(struct addrinfo *info)
{
}

struct nj_policy *
chains_load(const void *text, size_t length)
{
	struct nj_report report = {0};
	struct nj_policy *policy = nj_policy_load(fuzz_file(text, length), &report);

	FUZZ_CHECK((policy == NULL) == (report.n_errors > 0));
	for (unsigned int i = 0; i < report.n_errors; i++)
		FUZZ_CHECK(report.error_places[i].line > 0 && report.error_places[i].column > 0);
	nj_report_clear(&report);
	return policy;
}

/* Running ------------------------------------------------------------------------------------ */

static bool
has_session(void *context, const struct nj_datagram *datagram, uint32_t endpoint)
{
	return endpoint % 2 == 0;
}

static void
copy_for_log(void *context, const struct nj_datagram *datagram, enum nj_direction direction,
	const char *id)
{
	FUZZ_CHECK(nj_payload_length(datagram) <= NJ_PAYLOAD_MAX);
}

static uint64_t
dropped(const struct nj_counters *counters)
{
	uint64_t sum = 0;

	for (unsigned int reason = NJ_DROP_NONE + 1; reason < NJ_DROP_COUNT; reason++)
		sum += counters->port[0].dropped[reason];
	return sum;
}

static void
check_out(const struct nj_datagram *datagram, const struct nj_policy *policy,
	enum nj_direction direction)
{
	struct rte_mbuf *m = datagram->m;
	const uint32_t n = policy->clusters.n_endpoints;

	FUZZ_CHECK(m->nb_segs == 1 && rte_pktmbuf_pkt_len(m) == rte_pktmbuf_data_len(m));
	FUZZ_CHECK(nj_payload_length(datagram) <= NJ_PAYLOAD_MAX);
	FUZZ_CHECK(nj_packet(m)->payload_length == nj_payload_length(datagram));
	FUZZ_CHECK(nj_test_checksums_right(m));
	if (direction == NJ_UPSTREAM)
		return;
	FUZZ_CHECK(datagram->endpoints.n > 0 && datagram->endpoints.n <= n);
	for (uint32_t i = 0; i < datagram->endpoints.n; i++)
		FUZZ_CHECK(nj_selection_place(&datagram->endpoints, i) < n);
}

struct rte_mbuf *
chains_run(const struct nj_policy *policy, enum nj_direction direction, uint16_t client_port,
	const void *payload, uint16_t length, nj_ms_t now)
{
	static const struct nj_draining draining;
	static struct nj_counters counters;
	const struct nj_runner runner = {.counters = &counters,
		.draining = &draining,
		.has_session = has_session,
		.log = copy_for_log};
	struct nj_test_frame frame = nj_test_frame_udp(payload, length);
	struct nj_datagram *out;
	struct rte_mbuf *m;
	unsigned int n;

	if (direction == NJ_DOWNSTREAM && policy->clusters.n_endpoints == 0)
		return NULL;
	memset(&counters.port[0], 0, sizeof(counters.port[0]));
	frame.src_port = client_port;
	m = nj_test_frame_build(&frame);
	m->port = 0;
	FUZZ_CHECK(nj_parse(m, &nj_test_our_mac, 0) == NJ_DROP_NONE);
	n = nj_chain_run(policy->chain, &runner, direction, &m, 1, now, &out);
	FUZZ_CHECK(n + dropped(&counters) == 1);
	if (n == 0)
		return NULL;
	check_out(out, policy, direction);
	return out->m;
}
