/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments in any order, with holes, overlaps, and time between them.
 *
 * Input: fragments of 4 bytes: control (bit 0 IPv6, bit 1 more follow, bits 2 and 3 which datagram,
 * bit 4 from which host, bits 5 to 7 how much time goes by before it), offset in units of 8 bytes,
 * length (2 bytes). What is in a fragment follows from its place, so whatever becomes whole is
 * known byte by byte.
 */
#include <string.h>

#include "eal.h"
#include "frame.h"
#include "fuzz.h"
#include "nj_packet.h"
#include "reassembly.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct reassembly *reassembly;
	struct nj_counters counters;
	nj_ms_t now;
	uint64_t sent, whole;
};

static uint8_t
byte_at(uint32_t place, uint8_t datagram)
{
	return (uint8_t)(place * 31 + place / 8 + datagram);
}

/* A fragment as the parser leaves it, or NULL where no datagram can have it. */
static struct rte_mbuf *
fragment(uint8_t control, uint32_t offset, uint16_t length)
{
	const bool more = (control & 2) != 0;
	const uint8_t datagram = control >> 2 & 3;
	uint8_t payload[1480];
	struct nj_test_frame frame = control & 1 ? nj_test_frame_icmp6(payload, length)
						 : nj_test_frame_icmp(payload, length);
	struct rte_mbuf *m;

	for (uint32_t i = 0; i < length; i++)
		payload[i] = byte_at(offset + i, datagram);
	frame.icmp_checksum = false;
	frame.id = datagram;
	frame.fragment = (uint16_t)(offset / 8 | (more ? RTE_IPV4_HDR_MF_FLAG : 0));
	frame.src_ip += control >> 4 & 1;
	frame.src_ip6[15] += control >> 4 & 1;
	frame.n_extensions = 1;
	frame.extensions[0] = NJ_TEST_FRAGMENT6((unsigned int)(offset | more));
	frame.extensions[0].bytes[5] = datagram;
	m = nj_test_frame_build(&frame);
	m->port = 0;
	if (nj_parse(m, &nj_test_our_mac, 0) == NJ_DROP_NONE &&
		nj_packet(m)->kind == NJ_KIND_FRAGMENT)
		return m;
	rte_pktmbuf_free(m);
	return NULL;
}

static void
check_whole(struct run *run, struct rte_mbuf *m)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	const bool ipv6 = ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6);
	const uint8_t *at =
		rte_pktmbuf_mtod(m, uint8_t *) + (ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET);
	const uint8_t *end = rte_pktmbuf_mtod(m, uint8_t *) + rte_pktmbuf_data_len(m);

	run->whole++;
	FUZZ_CHECK(m->nb_segs == 1 && rte_pktmbuf_pkt_len(m) == rte_pktmbuf_data_len(m));
	for (uint32_t i = 0; at + i < end; i++)
		FUZZ_CHECK(at[i] == byte_at(i, at[0]));
	nj_parse(m, &nj_test_our_mac, 0); /* it is another protocol's frame: anything but a crash */
	rte_pktmbuf_free(m);
}

static void
step(struct run *run, struct fuzz_input *input)
{
	const uint8_t control = fuzz_u8(input);
	const uint32_t offset = fuzz_u8(input) * 8u;
	uint16_t length = fuzz_u16(input) % 1481;
	struct rte_mbuf *m;

	run->now += (nj_ms_t)(control >> 5) * 300;
	reassembly_tick(run->reassembly, run->now);
	if ((control & 2) != 0)
		length &= 0xfff8;
	m = fragment(control, offset, length);
	if (m == NULL)
		return;
	run->sent++;
	m = reassembly_add(run->reassembly, m, run->now);
	if (m != NULL)
		check_whole(run, m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct capture *const none;
	static const struct tap tap = {.capture = &none};
	static struct rte_mempool *large;
	struct fuzz_input input = {data, data + size};
	struct run run = {.now = 5000};
	uint64_t ended;

	if (large == NULL)
		large = rte_pktmbuf_pool_create("large", 63, 0, NJ_PACKET_PRIV_SIZE,
			9216 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	FUZZ_CHECK(large != NULL);
	run.reassembly = reassembly_create(large, &run.counters, &tap, SOCKET_ID_ANY);
	FUZZ_CHECK(run.reassembly != NULL);
	while (fuzz_more(&input))
		step(&run, &input);
	reassembly_stop(run.reassembly);
	reassembly_destroy(run.reassembly);
	/* Every fragment has ended in one counter, or is what the whole went on as. */
	ended = run.whole + run.counters.port[0].local;
	for (unsigned int reason = 0; reason < NJ_DROP_COUNT; reason++)
		ended += run.counters.port[0].dropped[reason];
	FUZZ_CHECK(ended == run.sent);
	FUZZ_CHECK(nj_test_pool_in_use() == 0);
	FUZZ_CHECK(rte_mempool_in_use_count(large) == 0);
	return 0;
}
