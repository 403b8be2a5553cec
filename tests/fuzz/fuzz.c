/* SPDX-License-Identifier: BSD-3-Clause */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>

#include <rte_eal_memconfig.h>
#include <rte_log.h>
#include <rte_memory.h>

#include "eal.h"
#include "frame.h"
#include "nj_packet.h"

/* Inputs ------------------------------------------------------------------------------------- */

uint8_t
fuzz_u8(struct fuzz_input *input)
{
	return fuzz_more(input) ? *input->at++ : 0;
}

uint16_t
fuzz_u16(struct fuzz_input *input)
{
	const uint8_t low = fuzz_u8(input);

	return (uint16_t)(low | fuzz_u8(input) << 8);
}

const uint8_t *
fuzz_bytes(struct fuzz_input *input, uint16_t *length)
{
	const uint8_t *bytes = input->at;

	*length = (uint16_t)RTE_MIN((size_t)*length, (size_t)(input->end - input->at));
	input->at += *length;
	return bytes;
}

/* What is pointed to from the EAL's memory is no leak. */
static int
register_memory(const struct rte_memseg_list *list, void *context)
{
	__lsan_register_root_region(list->base_va, list->len);
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Before the first input, so that what the EAL does is not taken for what an input did. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	setenv("CMOCKA_TEST_ABORT", "1", 1); /* what the rig finds is a crash as well */
	nj_test_eal(0);
	nj_test_pool();
	rte_memseg_list_walk(register_memory, NULL);
	rte_log_set_global_level(RTE_LOG_EMERG);
	return 0;
}

const char *
fuzz_file(const void *text, size_t length)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", 0);
		FUZZ_CHECK(fd >= 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	FUZZ_CHECK(ftruncate(fd, 0) == 0);
	FUZZ_CHECK(pwrite(fd, text, length, 0) == (ssize_t)length);
	return path;
}

/* Frames ------------------------------------------------------------------------------------- */

struct rte_mbuf *
fuzz_mbuf(const void *bytes, uint16_t length)
{
	return nj_test_mbuf(bytes, length);
}

struct rte_mbuf *
fuzz_copy(struct rte_mbuf *m)
{
	struct rte_mbuf *copy = nj_test_mbuf(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_data_len(m));

	copy->ol_flags = m->ol_flags;
	copy->port = m->port;
	*nj_packet(copy) = *nj_packet(m);
	return copy;
}

void
fuzz_fence(struct rte_mbuf *m)
{
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);

	ASAN_POISON_MEMORY_REGION(m->buf_addr, rte_pktmbuf_headroom(m));
	ASAN_POISON_MEMORY_REGION(data + rte_pktmbuf_data_len(m), rte_pktmbuf_tailroom(m));
}

void
fuzz_unfence(struct rte_mbuf *m)
{
	ASAN_UNPOISON_MEMORY_REGION(m->buf_addr, m->buf_len);
}

/* Mending ------------------------------------------------------------------------------------ */

static uint16_t
read16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void
write16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t
sum_of(const uint8_t *bytes, uint32_t length, uint32_t sum)
{
	for (uint32_t i = 0; i < length; i++)
		sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* `pseudo` is the sum of the addresses. */
static void
mend_l4(uint8_t *l4, uint32_t length, uint8_t protocol, uint32_t pseudo, unsigned int what)
{
	const bool udp = protocol == IPPROTO_UDP;
	const uint32_t at = udp ? 6 : 2;
	uint16_t right;

	if ((!udp && protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6) || length < 8)
		return;
	if (udp && (what & FUZZ_MEND_LENGTHS) != 0)
		write16(l4 + 4, (uint16_t)length);
	if (udp)
		length = RTE_MIN(length, (uint32_t)read16(l4 + 4));
	if ((what & FUZZ_MEND_CHECKSUMS) == 0 || length < 8)
		return;
	write16(l4 + at, 0);
	if (protocol == IPPROTO_ICMP)
		pseudo = 0;
	else
		pseudo += length + protocol;
	right = fold(sum_of(l4, length, pseudo));
	write16(l4 + at, udp && right == 0 ? 0xffff : right);
}

static void
mend_ipv4(uint8_t *ip, uint32_t length, unsigned int what)
{
	const uint32_t header = (ip[0] & 15u) * 4;
	uint32_t total;

	if (header < 20 || header > length)
		return;
	if ((what & FUZZ_MEND_LENGTHS) != 0)
		write16(ip + 2, (uint16_t)length);
	total = RTE_MIN(length, (uint32_t)read16(ip + 2));
	if ((what & FUZZ_MEND_CHECKSUMS) != 0) {
		write16(ip + 10, 0);
		write16(ip + 10, fold(sum_of(ip, header, 0)));
	}
	if ((read16(ip + 6) & 0x3fff) == 0 && total >= header)
		mend_l4(ip + header, total - header, ip[9], sum_of(ip + 12, 8, 0), what);
}

static void
mend_ipv6(uint8_t *ip, uint32_t length, unsigned int what)
{
	if (length < 40)
		return;
	if ((what & FUZZ_MEND_LENGTHS) != 0)
		write16(ip + 4, (uint16_t)(length - 40));
	length = RTE_MIN(length - 40, (uint32_t)read16(ip + 4));
	mend_l4(ip + 40, length, ip[6], sum_of(ip + 8, 32, 0), what);
}

void
fuzz_mend(uint8_t *frame, uint16_t length, unsigned int what)
{
	uint32_t at = 12;

	if (length < 14 + 20)
		return;
	if ((what & FUZZ_MEND_MAC) != 0)
		memcpy(frame, &nj_test_our_mac, sizeof(nj_test_our_mac));
	if (read16(frame + at) == RTE_ETHER_TYPE_VLAN && length >= 18 + 20)
		at += 4;
	if (read16(frame + at) == RTE_ETHER_TYPE_IPV4)
		mend_ipv4(frame + at + 2, length - at - 2, what);
	else if (read16(frame + at) == RTE_ETHER_TYPE_IPV6)
		mend_ipv6(frame + at + 2, length - at - 2, what);
}
