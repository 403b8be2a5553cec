/* SPDX-License-Identifier: BSD-3-Clause */
#include "edge_frames.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Fields --------------------------------------------------------------------------------------- */

void
edge_put(uint8_t *bytes, unsigned int at, unsigned int bits, uint64_t value)
{
	for (unsigned int i = 0; i < bits; i++, at++) {
		const uint8_t bit = (uint8_t)(0x80u >> at % 8);

		if ((value >> (bits - 1 - i) & 1) != 0)
			bytes[at / 8] |= bit;
		else
			bytes[at / 8] &= (uint8_t)~bit;
	}
}

uint64_t
edge_get(const uint8_t *bytes, unsigned int at, unsigned int bits)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bits; i++, at++)
		value = value << 1 | (bytes[at / 8] >> (7 - at % 8) & 1);
	return value;
}

void
edge_add(struct edge_frame *frame, const char *name, unsigned int bits, uint64_t value)
{
	assert_true(frame->n_fields < EDGE_FIELDS_MAX);
	assert_true(frame->bits + bits <= 8 * EDGE_BYTES_MAX);
	frame->fields[frame->n_fields++] = (struct edge_field){name, frame->bits, bits};
	edge_put(frame->bytes, frame->bits, bits, value);
	frame->bits += bits;
}

void
edge_add_mac(struct edge_frame *frame, const char *name, const struct rte_ether_addr *mac)
{
	edge_add(frame, name, 48, edge_get(mac->addr_bytes, 0, 48));
}

void
edge_add_ip(struct edge_frame *frame, const char *name, const struct nj_ip *ip)
{
	if (ip->family == AF_INET) {
		edge_add(frame, name, 32, rte_be_to_cpu_32(ip->v4));
	} else {
		edge_add(frame, name, 64, edge_get(ip->v6, 0, 64));
		edge_add(frame, name, 64, edge_get(ip->v6, 64, 64));
	}
}

void
edge_add_text(struct edge_frame *frame, const char *text)
{
	for (const char *at = text; *at != '\0'; at++, frame->bits += 8)
		edge_put(frame->bytes, frame->bits, 8, (uint8_t)*at);
}

/* Checksums ------------------------------------------------------------------------------------ */

uint16_t
edge_load(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void
store(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

uint32_t
edge_sum(const uint8_t *bytes, size_t length, uint32_t before)
{
	for (size_t i = 0; i < length; i++)
		before += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
	while (before > UINT16_MAX)
		before = (before >> 16) + (before & UINT16_MAX);
	return before;
}

uint32_t
edge_pseudo_sum(const uint8_t *ip, uint8_t protocol, uint16_t length)
{
	const bool ipv6 = ip[0] >> 4 == 6;

	if (protocol == IPPROTO_ICMP)
		return 0;
	return edge_sum(ip + (ipv6 ? 8 : 12), ipv6 ? 32 : 8, (uint32_t)length + protocol);
}

static bool
is_ipv6(const struct edge_frame *frame)
{
	return frame->bytes[frame->l3] >> 4 == 6;
}

static void
mend_ipv4(uint8_t *ip, size_t length)
{
	const size_t header = RTE_MIN((size_t)(ip[0] & 15) * 4, length);

	store(ip + 10, 0);
	store(ip + 10, (uint16_t)~edge_sum(ip, header, 0));
}

/* `length` bytes of layer 4 are there. */
static void
mend_layer4(uint8_t *ip, uint8_t *l4, uint8_t protocol, uint16_t length)
{
	const bool udp = protocol == IPPROTO_UDP;
	uint8_t *field = l4 + (udp ? 6 : 2);
	uint16_t right;

	if (field + 2 > l4 + length)
		return;
	if (udp && edge_load(l4 + 4) >= 8)
		length = RTE_MIN(edge_load(l4 + 4), length);
	store(field, 0);
	right = (uint16_t)~edge_sum(l4, length, edge_pseudo_sum(ip, protocol, length));
	store(field, right == 0 && udp ? UINT16_MAX : right);
}

/* With the version that the frame had, whatever it says now. */
void
edge_mend_checksums(const struct edge_frame *frame, uint8_t *bytes, uint16_t length)
{
	uint8_t ip[40];

	if (frame->inner != 0 && frame->inner + 20 <= length)
		mend_ipv4(bytes + frame->inner, length - frame->inner);
	if (frame->l4 != 0 && frame->l4 < length) {
		memcpy(ip, bytes + frame->l3, sizeof(ip));
		ip[0] = frame->bytes[frame->l3];
		mend_layer4(ip, bytes + frame->l4, frame->protocol, length - frame->l4);
	}
	if (frame->l3 != 0 && !is_ipv6(frame) && frame->l3 + 20 <= length)
		mend_ipv4(bytes + frame->l3, length - frame->l3);
}

void
edge_mend_lengths(const struct edge_frame *frame, uint8_t *bytes, uint16_t length)
{
	if (frame->l3 == 0)
		return;
	if (is_ipv6(frame) && frame->l3 + 40 <= length)
		store(bytes + frame->l3 + 4, length - frame->l3 - 40);
	else if (!is_ipv6(frame) && frame->l3 + 20 <= length)
		store(bytes + frame->l3 + 2, length - frame->l3);
	if (frame->protocol == IPPROTO_UDP && frame->l4 + 6 <= length)
		store(bytes + frame->l4 + 4, length - frame->l4);
}

/* What leaves ---------------------------------------------------------------------------------- */

static bool
is_layer4_right(const uint8_t *ip, uint8_t protocol, const uint8_t *l4, uint16_t length)
{
	if (protocol == IPPROTO_UDP) {
		if (length < 8 || edge_load(l4 + 4) != length)
			return false;
		if (edge_load(l4 + 6) == 0)
			return ip[0] >> 4 == 4;
	}
	return edge_sum(l4, length, edge_pseudo_sum(ip, protocol, length)) == UINT16_MAX;
}

static bool
is_ipv4_right(const uint8_t *ip, uint16_t length)
{
	return length >= 20 && ip[0] == 0x45 && edge_load(ip + 2) == length &&
	       edge_sum(ip, 20, 0) == UINT16_MAX &&
	       is_layer4_right(ip, ip[9], ip + 20, length - 20);
}

static bool
is_ipv6_right(const uint8_t *ip, uint16_t length)
{
	return length >= 40 && ip[0] >> 4 == 6 && edge_load(ip + 4) == length - 40 &&
	       (ip[6] == IPPROTO_UDP || ip[6] == IPPROTO_ICMPV6) &&
	       is_layer4_right(ip, ip[6], ip + 40, length - 40);
}

bool
edge_is_right(const uint8_t *bytes, uint16_t length)
{
	if (length < 14)
		return false;
	if (edge_load(bytes + 12) == RTE_ETHER_TYPE_IPV4)
		return is_ipv4_right(bytes + 14, length - 14);
	return edge_load(bytes + 12) == RTE_ETHER_TYPE_IPV6 &&
	       is_ipv6_right(bytes + 14, length - 14);
}
