/* SPDX-License-Identifier: BSD-3-Clause */
#include "chains.h"

#include <stdlib.h>
#include <unistd.h>

#include "frames.h"
#include "peers.h"

#define RULES       1000
#define TOKENS_EACH 1000 /* where each endpoint has them all */

/* Parts of a proxy file ---------------------------------------------------------------------- */

static void
write_base64(FILE *file, const char bytes[FRAMES_TOKEN])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char padded[FRAMES_TOKEN + 2] = {0};

	memcpy(padded, bytes, FRAMES_TOKEN);
	for (unsigned int i = 0; i < FRAMES_TOKEN; i += 3) {
		const uint32_t word = (uint32_t)(uint8_t)padded[i] << 16 |
				      (uint32_t)(uint8_t)padded[i + 1] << 8 |
				      (uint8_t)padded[i + 2];

		fprintf(file, "%c%c%c%c", digits[word >> 18], digits[word >> 12 & 63],
			i + 1 < FRAMES_TOKEN ? digits[word >> 6 & 63] : '=',
			i + 2 < FRAMES_TOKEN ? digits[word & 63] : '=');
	}
}

/* Endpoints that bear the first `tokens` tokens each. */
static void
write_endpoints(FILE *file, bool ipv6, unsigned int n, unsigned int tokens)
{
	char token[FRAMES_TOKEN], text[NJ_ADDRESS_STRLEN];

	fprintf(file, "clusters:\n- endpoints:\n");
	for (unsigned int i = 0; i < n; i++) {
		const struct nj_address server = peer_server(ipv6 ? AF_INET6 : AF_INET, i);

		fprintf(file, "  - address: '%s'\n", nj_address_format(&server, text));
		if (tokens > 0)
			fprintf(file, "    metadata:\n      quilkin.dev:\n        tokens:\n");
		for (unsigned int t = 0; t < tokens; t++) {
			frames_token(token, t);
			fprintf(file, "        - ");
			write_base64(file, token);
			fputc('\n', file);
		}
	}
}

static void
write_route(FILE *file)
{
	fprintf(file,
		"- name: quilkin.filters.capture.v1alpha1.Capture\n"
		"  config: {metadataKey: quilkin.dev/capture, suffix: {size: 16, remove: true}}\n"
		"- name: quilkin.filters.token_router.v1alpha1.TokenRouter\n");
}

static void
write_balancer(FILE *file)
{
	fprintf(file, "- name: quilkin.filters.load_balancer.v1alpha1.LoadBalancer\n"
		      "  config: {policy: HASH}\n");
}

/* The clients' rule is the last, where a walk over the list would be at its longest. */
static void
write_rules(FILE *file)
{
	fprintf(file, "- name: quilkin.filters.firewall.v1alpha1.Firewall\n"
		      "  config:\n"
		      "    on_write: [{action: ALLOW, sources: [0.0.0.0/0], ports: ['1-65535']}]\n"
		      "    on_read:\n");
	for (unsigned int i = 0; i < RULES - 1; i++)
		fprintf(file, "    - {action: DENY, sources: [10.%u.%u.0/24], ports: ['%u-%u']}\n",
			i / 256, i % 256, 1000 + i, 2000 + i);
	fprintf(file, "    - {action: ALLOW, sources: [192.0.2.0/24], ports: ['1-65535']}\n");
}

/* Proxy files -------------------------------------------------------------------------------- */

static void
write_none(FILE *file, bool ipv6)
{
	write_endpoints(file, ipv6, 1, 0);
}

/* All tokens on one endpoint, so that the sessions are the same as without the route. */
static void
write_token(FILE *file, bool ipv6)
{
	fprintf(file, "filters:\n");
	write_route(file);
	write_endpoints(file, ipv6, 1, FRAMES_TOKENS);
}

static void
write_hash(FILE *file, bool ipv6)
{
	fprintf(file, "filters:\n");
	write_balancer(file);
	write_endpoints(file, ipv6, CHAINS_ENDPOINTS, 0);
}

static void
write_firewall(FILE *file, bool ipv6)
{
	fprintf(file, "filters:\n");
	write_rules(file);
	write_endpoints(file, ipv6, 1, 0);
}

/* Each token is on every endpoint, so that the route leaves the balancer its choice. */
static void
write_all(FILE *file, bool ipv6)
{
	fprintf(file, "filters:\n");
	write_rules(file);
	write_route(file);
	write_balancer(file);
	write_endpoints(file, ipv6, CHAINS_ENDPOINTS, TOKENS_EACH);
}

const struct chain chains[CHAINS] = {
	[CHAIN_NONE] = {"none", write_none, 1, 0},
	[CHAIN_TOKEN] = {"token route, 10,000 tokens", write_token, 1, 60},
	[CHAIN_HASH] = {"HASH of 100 endpoints", write_hash, CHAINS_ENDPOINTS, 20},
	[CHAIN_FIREWALL] = {"firewall, 1,000 rules", write_firewall, 1, 150},
	[CHAIN_ALL] = {"all of them", write_all, CHAINS_ENDPOINTS, 60 + 20 + 150},
};

struct nj_policy *
chain_load(const struct chain *chain, bool ipv6)
{
	char path[] = "/tmp/nj-bench-XXXXXX";
	struct nj_report report = {0};
	struct nj_policy *policy;
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (file == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	fprintf(file, "version: v1alpha1\n");
	chain->write(file, ipv6);
	fclose(file);
	policy = nj_policy_load(path, &report);
	unlink(path);
	if (policy == NULL) {
		nj_report_print(&report, stderr);
		exit(EXIT_FAILURE);
	}
	nj_report_clear(&report);
	return policy;
}
