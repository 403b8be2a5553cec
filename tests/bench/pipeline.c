/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one worker spends on a packet: cycles of worker_poll() over bursts of
 * 64-byte frames that lie in memory rings, receiving and sending them included.
 * Every run measures all chains in turn, so that the machine's moods touch them
 * alike. A run's figure is the median of its bursts, so that whoever else wants
 * the core does not count; the figure is the median of the runs, and its cost the
 * median of the differences to the chain without filters in the same run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_cycles.h>

#include "eal.h"
#include "rig.h"
#include "worker.h"

#define RUNS       11
#define BURSTS     4000
#define BURST      WORKER_BURST
#define N_SESSIONS 1024
#define N_TOKENS   10000
#define N_RULES    1000
#define TOKEN      16

struct chain {
	const char *name;
	void (*write)(FILE *file); /* the proxy file */
	bool token;                /* frames end in a token */
	double target;             /* cycles more than no filter that it may cost; 0: none */
	double cycles[RUNS];
};

/* Proxy files -------------------------------------------------------------------------------- */

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The nth token: sixteen bytes of text, so that it can stand in a frame and a file. */
static void
make_token(uint8_t token[TOKEN], unsigned int n)
{
	char text[TOKEN + 1];

	snprintf(text, sizeof(text), "player-%09u", n % N_TOKENS);
	memcpy(token, text, TOKEN);
}

static void
write_base64(FILE *file, const uint8_t *bytes, unsigned int length)
{
	for (unsigned int i = 0; i < length; i += 3) {
		uint32_t word = (uint32_t)bytes[i] << 16;

		word |= i + 1 < length ? (uint32_t)bytes[i + 1] << 8 : 0;
		word |= i + 2 < length ? bytes[i + 2] : 0;
		fputc(base64_digits[word >> 18], file);
		fputc(base64_digits[word >> 12 & 63], file);
		fputc(i + 1 < length ? base64_digits[word >> 6 & 63] : '=', file);
		fputc(i + 2 < length ? base64_digits[word & 63] : '=', file);
	}
}

static void
write_plain(FILE *file)
{
	fprintf(file, "version: v1alpha1\n"
		      "clusters: [{endpoints: [{address: '198.51.100.100:26000'}]}]\n");
}

/* All tokens on one endpoint, so that the sessions are the same as without the route. */
static void
write_token_route(FILE *file)
{
	uint8_t token[TOKEN];

	fprintf(file,
		"version: v1alpha1\n"
		"filters:\n"
		"- name: quilkin.filters.capture.v1alpha1.Capture\n"
		"  config: {metadataKey: quilkin.dev/capture, suffix: {size: 16, remove: true}}\n"
		"- name: quilkin.filters.token_router.v1alpha1.TokenRouter\n"
		"clusters:\n"
		"- endpoints:\n"
		"  - address: 198.51.100.100:26000\n"
		"    metadata:\n"
		"      quilkin.dev:\n"
		"        tokens:\n");
	for (unsigned int i = 0; i < N_TOKENS; i++) {
		make_token(token, i);
		fprintf(file, "        - ");
		write_base64(file, token, TOKEN);
		fputc('\n', file);
	}
}

static void
write_hash(FILE *file)
{
	fprintf(file, "version: v1alpha1\n"
		      "filters:\n"
		      "- name: quilkin.filters.load_balancer.v1alpha1.LoadBalancer\n"
		      "  config: {policy: HASH}\n"
		      "clusters:\n"
		      "- endpoints:\n");
	for (unsigned int i = 0; i < 100; i++)
		fprintf(file, "  - address: 198.51.100.%u:26000\n", 100 + i);
}

/* The clients' rule is the last but one, where a walk over the list would be at its longest. */
static void
write_firewall(FILE *file)
{
	fprintf(file, "version: v1alpha1\n"
		      "filters:\n"
		      "- name: quilkin.filters.firewall.v1alpha1.Firewall\n"
		      "  config:\n"
		      "    on_write: [{action: ALLOW, sources: [0.0.0.0/0], ports: ['1-65535']}]\n"
		      "    on_read:\n");
	for (unsigned int i = 0; i < N_RULES - 1; i++)
		fprintf(file, "    - {action: DENY, sources: [10.%u.%u.0/24], ports: ['%u-%u']}\n",
			i / 256, i % 256, 1000 + i, 2000 + i);
	fprintf(file, "    - {action: ALLOW, sources: [192.0.2.0/24], ports: ['1-65535']}\n"
		      "clusters: [{endpoints: [{address: '198.51.100.100:26000'}]}]\n");
}

static struct chain chains[] = {
	{"no filter", write_plain, false, 0, {0}},
	{"token route, 10,000 tokens", write_token_route, true, 100, {0}},
	{"HASH of 100 endpoints", write_hash, false, 20, {0}},
	{"firewall, 1,000 rules", write_firewall, false, 150, {0}},
};

/* Medians ------------------------------------------------------------------------------------ */

static int
by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

/* Puts the values in order. */
static double
median(double *values, unsigned int n)
{
	qsort(values, n, sizeof(values[0]), by_value);
	return values[n / 2];
}

/* Measuring ---------------------------------------------------------------------------------- */

static struct nj_policy *
load(const struct chain *chain)
{
	char path[] = "/tmp/nj-bench-XXXXXX";
	struct nj_report report = {0};
	struct nj_policy *policy;
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	chain->write(file);
	fclose(file);
	policy = nj_policy_load(path, &report);
	unlink(path);
	if (policy == NULL)
		nj_report_print(&report, stderr);
	nj_report_clear(&report);
	return policy;
}

/* 64 bytes with the Ethernet checksum, that is 60, and the token behind where there is one. */
static struct nj_test_frame
frame_of(const struct chain *chain, unsigned int client, uint8_t payload[18 + TOKEN])
{
	struct nj_test_frame frame;

	memset(payload, 'x', 18);
	make_token(payload + 18, client);
	frame = nj_test_frame_udp(payload, chain->token ? 18 + TOKEN : 18);
	frame.src_port = (uint16_t)(10000 + client);
	return frame;
}

/* What every frame looks like before it goes in: a buffer comes back rewritten. */
struct frames {
	uint16_t length;
	uint8_t bytes[N_SESSIONS][128];
};

static void
build_frames(struct rig *rig, const struct chain *chain, struct frames *frames)
{
	for (unsigned int i = 0; i < N_SESSIONS; i++) {
		uint8_t payload[18 + TOKEN];
		struct nj_test_frame frame = frame_of(chain, i, payload);
		struct rte_mbuf *m;

		frame.ether_to = rig_mac(rig, 0);
		frame.ether_from = rig_peer_mac(frame.src_ip);
		m = nj_test_frame_build(&frame);
		frames->length = rte_pktmbuf_data_len(m);
		memcpy(frames->bytes[i], rte_pktmbuf_mtod(m, void *), frames->length);
		rte_pktmbuf_free(m);
	}
}

static void
refill(struct rte_mbuf *m, const struct frames *frames, unsigned int client)
{
	rte_pktmbuf_reset(m);
	rte_pktmbuf_append(m, frames->length);
	memcpy(rte_pktmbuf_mtod(m, void *), frames->bytes[client], frames->length);
	m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
}

/* One burst in, polled, and out again; returns the cycles of the poll. */
static uint64_t
burst(struct rig *rig, struct rte_mbuf **pkts, const struct frames *frames, uint32_t *seed)
{
	struct worker *worker = rig->dataplane->workers[0];
	uint64_t begin, end;
	unsigned int n = 0;

	for (unsigned int i = 0; i < BURST; i++)
		refill(pkts[i], frames, nj_test_random(seed) % N_SESSIONS);
	rte_ring_enqueue_bulk(rig->in[0][0], (void **)pkts, BURST, NULL);
	begin = rte_rdtsc();
	worker_poll(worker, rig->now);
	end = rte_rdtsc();
	for (unsigned int side = 0; side < 2; side++)
		n += rte_ring_dequeue_burst(
			rig->out[side][0], (void **)(pkts + n), BURST - n, NULL);
	if (n != BURST) {
		fprintf(stderr, "%u of %u frames came out\n", n, BURST);
		exit(EXIT_FAILURE);
	}
	return end - begin;
}

static double
measure(const struct chain *chain)
{
	static struct frames frames;
	struct rig_options options = {.policy = load(chain), .capacity = 2 * N_SESSIONS};
	struct rte_mbuf *pkts[BURST];
	static double bursts[BURSTS];
	uint32_t seed = 1;
	struct rig *rig;

	if (options.policy == NULL)
		exit(EXIT_FAILURE);
	rig = rig_create(&options);
	rig_introduce(rig, CLIENTS, CLIENT_IP);
	for (unsigned int i = 0; i < options.policy->clusters.n_endpoints; i++)
		rig_introduce(rig, SERVERS, SERVER_IP(i));
	build_frames(rig, chain, &frames);
	for (unsigned int i = 0; i < BURST; i++)
		pkts[i] = rte_pktmbuf_alloc(nj_test_pool());
	for (unsigned int i = 0; i < BURSTS / 4; i++) /* opens the sessions, warms up */
		burst(rig, pkts, &frames, &seed);
	for (unsigned int i = 0; i < BURSTS; i++)
		bursts[i] = (double)burst(rig, pkts, &frames, &seed) / BURST;
	for (unsigned int i = 0; i < BURST; i++)
		rte_pktmbuf_free(pkts[i]);
	rig_destroy(rig);
	return median(bursts, BURSTS);
}

/* Figures ------------------------------------------------------------------------------------ */

static double
median_cycles(const struct chain *chain)
{
	double cycles[RUNS];

	memcpy(cycles, chain->cycles, sizeof(cycles));
	return median(cycles, RUNS);
}

static double
median_cost(const struct chain *chain)
{
	double costs[RUNS];

	for (unsigned int run = 0; run < RUNS; run++)
		costs[run] = chain->cycles[run] - chains[0].cycles[run];
	return median(costs, RUNS);
}

static void
print_table(void)
{
	printf("%-28s %14s %16s %8s\n", "chain", "cycles/packet", "more than none", "target");
	for (unsigned int i = 0; i < RTE_DIM(chains); i++) {
		printf("%-28s %14.1f", chains[i].name, median_cycles(&chains[i]));
		if (i > 0)
			printf(" %16.1f %8.0f", median_cost(&chains[i]), chains[i].target);
		printf("\n");
	}
}

static void
print_json(FILE *file)
{
	fprintf(file,
		"{\"benchmark\": \"pipeline\", \"sessions\": %u, \"runs\": %u, "
		"\"tsc_hz\": %lu, \"chains\": [",
		N_SESSIONS, RUNS, (unsigned long)rte_get_tsc_hz());
	for (unsigned int i = 0; i < RTE_DIM(chains); i++)
		fprintf(file,
			"%s\n {\"name\": \"%s\", \"cycles\": %.1f, \"cost\": %.1f, \"target\": %.0f}",
			i > 0 ? "," : "", chains[i].name, median_cycles(&chains[i]),
			median_cost(&chains[i]), chains[i].target);
	fprintf(file, "\n]}\n");
}

int
main(int argc, char **argv)
{
	FILE *json;

	nj_test_eal(0);
	for (unsigned int run = 0; run < RUNS; run++)
		for (unsigned int i = 0; i < RTE_DIM(chains); i++)
			chains[i].cycles[run] = measure(&chains[i]);
	print_table();
	if (argc < 2)
		return EXIT_SUCCESS;
	json = fopen(argv[1], "w");
	if (json == NULL) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	print_json(json);
	return fclose(json) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
