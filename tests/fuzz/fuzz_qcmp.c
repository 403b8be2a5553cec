/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * QCMP: what is a ping is answered with a reply to it, and nothing else is.
 *
 * Input: the payload.
 */
#include <string.h>

#include "fuzz.h"
#include "nj_qcmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A ping as nj_qcmp.h draws it, said once more. */
static bool
looks_like_ping(const uint8_t *data, size_t size)
{
	static const uint8_t head[8] = {'Q', 'L', 'K', 'N', 0, 0, 0, 9};

	return size == NJ_QCMP_PING_BYTES && memcmp(data, head, sizeof(head)) == 0;
}

static void
check_reply(const uint8_t *ping)
{
	static const uint8_t head[8] = {'Q', 'L', 'K', 'N', 0, 1, 0, 25};
	static const uint8_t times[16] = {0, 0, 0, 0, 0, 0, 1, 2, 0x80, 0, 0, 0, 0, 0, 0, 0};
	uint8_t *reply = malloc(NJ_QCMP_REPLY_BYTES); /* the sanitizer knows where it ends */

	FUZZ_CHECK(reply != NULL);
	memcpy(reply, ping, NJ_QCMP_PING_BYTES);
	nj_qcmp_reply(reply, 258, INT64_MIN);
	FUZZ_CHECK(memcmp(reply, head, sizeof(head)) == 0);
	FUZZ_CHECK(memcmp(reply + 8, ping + 8, 9) == 0);
	FUZZ_CHECK(memcmp(reply + 17, times, sizeof(times)) == 0);
	FUZZ_CHECK(!nj_qcmp_is_ping(reply, NJ_QCMP_REPLY_BYTES));
	free(reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const bool is_ping = size <= UINT16_MAX && nj_qcmp_is_ping(data, (uint16_t)size);

	FUZZ_CHECK(is_ping == looks_like_ping(data, size));
	if (is_ping)
		check_reply(data);
	return 0;
}
