/* SPDX-License-Identifier: BSD-3-Clause */
#include "datagram.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eal.h"
#include "frame.h"
#include "nj_packet.h"

struct nj_address
nj_test_random_address(uint32_t *seed, int family)
{
	struct nj_address address = {.ip.family = (uint8_t)family};
	const uint16_t port = (uint16_t)nj_test_random(seed);

	address.port = rte_cpu_to_be_16(port == 0 ? 1 : port);
	if (family == AF_INET) {
		address.ip.v4 = RTE_BE32(NJ_TEST_IP(10, 0, 0, 0)) |
				rte_cpu_to_be_32(nj_test_random(seed) & 0xffffff);
	} else {
		nj_test_random_bytes(seed, address.ip.v6, sizeof(address.ip.v6));
		address.ip.v6[0] = 0x20;
	}
	return address;
}

void
nj_test_random_bytes(uint32_t *seed, void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((uint8_t *)bytes)[i] = (uint8_t)nj_test_random(seed);
}

struct nj_test_datagram
nj_test_random_datagram(uint32_t *seed, int family, const void *payload, uint16_t length)
{
	return (struct nj_test_datagram){
		.source = nj_test_random_address(seed, family),
		.destination = nj_test_random_address(seed, family),
		.payload = payload,
		.length = length,
		.traffic_class = (uint8_t)nj_test_random(seed),
		.hop_limit = (uint8_t)(1 + nj_test_random(seed) % 255),
		.flow_label = nj_test_random(seed) & 0xfffff,
	};
}

/* Sums ------------------------------------------------------------------------------------- */

static uint32_t
sum(const uint8_t *bytes, size_t length, uint32_t before)
{
	for (size_t i = 0; i < length; i++)
		before += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	return before;
}

static uint16_t
fold(uint32_t words)
{
	while (words > UINT16_MAX)
		words = (words & UINT16_MAX) + (words >> 16);
	return (uint16_t)words;
}

uint16_t
nj_test_checksum_behind_ip(struct rte_mbuf *m)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, NJ_L3_OFFSET);
	const bool ipv6 = ip[0] >> 4 == 6;
	const uint16_t header = ipv6 ? 40 : 20;
	const uint16_t length = rte_pktmbuf_data_len(m) - NJ_L3_OFFSET - header;
	const uint8_t protocol = ipv6 ? ip[6] : ip[9];
	uint32_t words = sum(ip + header, length, 0);

	if (protocol != IPPROTO_ICMP) {
		words += protocol + length;
		words = ipv6 ? sum(ip + 8, 32, words) : sum(ip + 12, 8, words);
	}
	return (uint16_t)~fold(words);
}

/* Building --------------------------------------------------------------------------------- */

static uint8_t
protocol_of(const struct nj_test_datagram *datagram)
{
	return datagram->protocol == 0 ? IPPROTO_UDP : datagram->protocol;
}

static char *
append_ip(struct rte_mbuf *m, const struct nj_test_datagram *datagram, uint16_t length)
{
	const bool ipv6 = datagram->source.ip.family == AF_INET6;
	uint8_t *ip = (uint8_t *)rte_pktmbuf_append(m, ipv6 ? 40 : 20);
	const uint16_t total = length + 20;
	const uint32_t first =
		UINT32_C(6) << 28 | (uint32_t)datagram->traffic_class << 20 | datagram->flow_label;
	const uint8_t v4[12] = {0x45, datagram->traffic_class, total >> 8, total & 0xff,
		datagram->id >> 8, datagram->id & 0xff, datagram->fragment >> 8,
		datagram->fragment & 0xff, datagram->hop_limit, protocol_of(datagram)};
	const uint8_t v6[8] = {first >> 24, first >> 16 & 0xff, first >> 8 & 0xff, first & 0xff,
		length >> 8, length & 0xff, protocol_of(datagram), datagram->hop_limit};
	uint16_t checksum;

	if (ipv6) {
		memcpy(ip, v6, 8);
		memcpy(ip + 8, datagram->source.ip.v6, 16);
		memcpy(ip + 24, datagram->destination.ip.v6, 16);
	} else {
		memcpy(ip, v4, 12);
		memcpy(ip + 12, &datagram->source.ip.v4, 4);
		memcpy(ip + 16, &datagram->destination.ip.v4, 4);
		checksum = rte_cpu_to_be_16((uint16_t)~fold(sum(ip, 20, 0)));
		memcpy(ip + 10, &checksum, 2);
	}
	return rte_pktmbuf_append(m, length);
}

static void
fill_packet(struct rte_mbuf *m, const struct nj_test_datagram *datagram)
{
	const bool ipv6 = datagram->source.ip.family == AF_INET6;
	struct nj_packet *packet = nj_packet(m);

	*packet = (struct nj_packet){
		.kind = protocol_of(datagram) == IPPROTO_UDP ? NJ_KIND_UDP : NJ_KIND_ICMP_ERROR,
		.udp_offset = ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET,
		.payload_length = datagram->length,
		.flow = {.src_port = datagram->source.port,
			.dst_port = datagram->destination.port,
			.ipv6 = ipv6},
	};
	if (ipv6) {
		memcpy(packet->flow.src_ip6, datagram->source.ip.v6, 16);
		memcpy(packet->flow.dst_ip6, datagram->destination.ip.v6, 16);
	} else {
		packet->flow.src_ip = datagram->source.ip.v4;
		packet->flow.dst_ip = datagram->destination.ip.v4;
	}
}

/* Returns where the checksum belongs. */
static char *
append_message(struct rte_mbuf *m, const struct nj_test_datagram *datagram)
{
	const bool udp = protocol_of(datagram) == IPPROTO_UDP;
	const rte_be16_t length = rte_cpu_to_be_16(datagram->length + 8);
	char *at = append_ip(m, datagram, datagram->length + (udp ? 8 : 0));

	if (!udp) {
		memcpy(at, datagram->payload, datagram->length);
		return at + 2;
	}
	memcpy(at, &datagram->source.port, 2);
	memcpy(at + 2, &datagram->destination.port, 2);
	memcpy(at + 4, &length, 2);
	memcpy(at + 8, datagram->payload, datagram->length);
	return at + 6;
}

struct rte_mbuf *
nj_test_datagram_build(const struct nj_test_datagram *datagram, struct rte_mempool *pool)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	const bool ipv6 = datagram->source.ip.family == AF_INET6;
	struct rte_ether_hdr *ether;
	char *field;
	uint16_t checksum;

	if (m == NULL || rte_pktmbuf_tailroom(m) < NJ_PAYLOAD6_OFFSET + datagram->length)
		rte_exit(EXIT_FAILURE, "no mbuf for a datagram\n");
	ether = (struct rte_ether_hdr *)rte_pktmbuf_append(m, sizeof(*ether));
	*ether = (struct rte_ether_hdr){.dst_addr = nj_test_our_mac, .src_addr = nj_test_peer_mac};
	ether->ether_type = rte_cpu_to_be_16(ipv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
	field = append_message(m, datagram);
	memset(field, 0, 2);
	if (!datagram->no_checksum) {
		checksum = rte_cpu_to_be_16(nj_test_checksum_behind_ip(m));
		if (checksum == 0 && protocol_of(datagram) == IPPROTO_UDP)
			checksum = UINT16_MAX;
		memcpy(field, &checksum, 2);
	}
	fill_packet(m, datagram);
	return m;
}

struct rte_mbuf *
nj_test_icmp_error(int family, const uint8_t header[8], uint16_t length)
{
	static uint8_t payload[1500];
	uint8_t message[8 + 576];
	uint32_t seed = 792;
	struct nj_test_datagram datagram = nj_test_random_datagram(&seed, family, payload, length);
	struct rte_mbuf *m = nj_test_datagram_build(&datagram, nj_test_pool());
	const uint16_t quoted = RTE_MIN(rte_pktmbuf_data_len(m) - NJ_L3_OFFSET, 500);

	memcpy(message, header, 8);
	memcpy(message + 8, rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET), quoted);
	rte_pktmbuf_free(m);
	datagram.protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	datagram.payload = message;
	datagram.length = 8 + quoted;
	return nj_test_datagram_build(&datagram, nj_test_pool());
}

/* Captures --------------------------------------------------------------------------------- */

struct capture_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, length, link;
};

struct capture_frame {
	uint32_t seconds, microseconds, length, original;
};

/* The file's buffer is written out when the test ends. */
static FILE *
capture_file(void)
{
	static const struct capture_header header = {
		.magic = 0xa1b2c3d4, .major = 2, .minor = 4, .length = 65535, .link = 1};
	static FILE *file;
	const char *name = getenv("NJ_TEST_PCAP");

	if (file != NULL || name == NULL)
		return file;
	file = fopen(name, "wb");
	if (file == NULL || fwrite(&header, sizeof(header), 1, file) != 1)
		rte_exit(EXIT_FAILURE, "cannot write %s\n", name);
	return file;
}

void
nj_test_capture(const struct rte_mbuf *m)
{
	const uint32_t length = rte_pktmbuf_data_len(m);
	const struct capture_frame frame = {.length = length, .original = length};
	FILE *file = capture_file();

	if (file == NULL)
		return;
	if (fwrite(&frame, sizeof(frame), 1, file) != 1 ||
		fwrite(rte_pktmbuf_mtod(m, const void *), length, 1, file) != 1)
		rte_exit(EXIT_FAILURE, "cannot write a capture\n");
}
