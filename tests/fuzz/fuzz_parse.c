/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frame parser, and what is done with what it lets through.
 *
 * Input: flags, choice, MTU (2 bytes), the frame.
 */
#include "eal.h"
#include "frame.h"
#include "laws.h"
#include "nj_packet.h"

#define MEND      7  /* FUZZ_MEND_… */
#define TAGGED    8  /* the port is in VLAN 5 */
#define VOUCHED   16 /* the device calls the checksums good */
#define CALLS_BAD 32 /* … or bad */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct rte_mbuf *m, uint16_t mtu, uint8_t choice, bool checked)
{
	switch ((enum nj_kind)nj_packet(m)->kind) {
	case NJ_KIND_UDP:
		laws_udp(m, mtu, choice, checked);
		break;
	case NJ_KIND_ICMP_ERROR:
		laws_icmp_error(m, choice);
		break;
	case NJ_KIND_FRAGMENT:
		laws_fragment(m);
		break;
	case NJ_KIND_ARP:
	case NJ_KIND_ICMP:
	case NJ_KIND_ICMP6:
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, data + size};
	const uint8_t flags = fuzz_u8(&input), choice = fuzz_u8(&input);
	const uint16_t mtu = fuzz_u16(&input);
	uint16_t length = FUZZ_FRAME_MAX;
	const uint8_t *bytes = fuzz_bytes(&input, &length);
	struct rte_mbuf *m;
	enum nj_drop reason;

	m = fuzz_mbuf(bytes, length);
	fuzz_mend(rte_pktmbuf_mtod(m, uint8_t *), length, flags & MEND);
	m->port = 0;
	if ((flags & VOUCHED) != 0)
		m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	else if ((flags & CALLS_BAD) != 0)
		m->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_BAD;
	fuzz_fence(m);
	reason = nj_parse(m, &nj_test_our_mac, (flags & TAGGED) != 0 ? 5 : 0);
	fuzz_unfence(m);
	FUZZ_CHECK(reason < NJ_DROP_COUNT);
	if (reason == NJ_DROP_NONE)
		check(m, mtu, choice, (flags & VOUCHED) == 0);
	rte_pktmbuf_free(m);
	FUZZ_CHECK(nj_test_pool_in_use() == 0);
	return 0;
}
