/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP errors: read, and translated to either family.
 *
 * Input: choice (bit 7: the error is ICMPv6's), the message; its checksum is put right.
 */
#include <string.h>

#include "eal.h"
#include "frame.h"
#include "laws.h"
#include "nj_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, data + size};
	const uint8_t choice = fuzz_u8(&input);
	uint16_t length = 1500;
	const uint8_t *message = fuzz_bytes(&input, &length);
	struct nj_test_frame frame;
	struct rte_mbuf *m;

	frame = (choice & 0x80) != 0 ? nj_test_frame_icmp6(message, length)
				     : nj_test_frame_icmp(message, length);
	m = nj_test_frame_build(&frame);
	fuzz_fence(m);
	if (nj_parse(m, &nj_test_our_mac, 0) == NJ_DROP_NONE &&
		nj_packet(m)->kind == NJ_KIND_ICMP_ERROR) {
		fuzz_unfence(m);
		laws_icmp_error(m, choice & 0x7f);
	}
	fuzz_unfence(m);
	rte_pktmbuf_free(m);
	FUZZ_CHECK(nj_test_pool_in_use() == 0);
	return 0;
}
