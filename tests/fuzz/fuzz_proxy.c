/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proxy.yaml of both eras, with the settings of every filter; and a few datagrams through the chain
 * of what is good.
 *
 * Input: the file.
 */
#include <string.h>

#include "chains.h"
#include "eal.h"
#include "nj_chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
play(const struct nj_policy *policy, const void *payload, uint16_t length)
{
	for (enum nj_direction direction = NJ_DOWNSTREAM; direction <= NJ_UPSTREAM; direction++)
		for (uint16_t port = 40000; port < 40003; port++)
			rte_pktmbuf_free(
				chains_run(policy, direction, port, payload, length, port));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char text[] = "hello, world; abc, 123";
	struct nj_policy *policy = chains_load(data, size);

	/* Where there is no memory for the filters' state it is not opened. */
	if (policy != NULL && nj_chain_open(policy->chain, NULL, 1) == 0) {
		play(policy, "", 0);
		play(policy, text, 1);
		play(policy, text, sizeof(text) - 1);
		play(policy, "\x05\x10hello", 7); /* Snappy's block, and almost LZ4's */
	}
	nj_policy_free(policy);
	FUZZ_CHECK(nj_test_pool_in_use() == 0);
	return 0;
}
