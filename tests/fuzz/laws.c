/* SPDX-License-Identifier: BSD-3-Clause */
#include "laws.h"

#include <string.h>

#include "eal.h"
#include "frame.h"
#include "nj_icmp.h"
#include "nj_ids.h"

#define PIECES_MAX 256

/* Who a frame is rewritten to come from and to go to, by family. */
static struct nj_address
address_of(bool ipv6, unsigned int n)
{
	uint8_t ip6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)(n + 1)};

	return (struct nj_address){
		.ip = ipv6 ? nj_ip_v6(ip6)
			   : nj_ip_v4(rte_cpu_to_be_32(NJ_TEST_IP(198, 51, 100, n + 1))),
		.port = rte_cpu_to_be_16((uint16_t)(20000 + n)),
	};
}

/* Addresses and ports without holes, for the sum of their words. */
struct tuple {
	uint8_t ips[2][16];
	rte_be16_t ports[2];
};

static struct tuple
tuple_of(const struct nj_address *source, const struct nj_address *destination)
{
	const struct nj_address *both[2] = {source, destination};
	struct tuple tuple = {0};

	for (unsigned int i = 0; i < 2; i++) {
		if (both[i]->ip.family == AF_INET6)
			memcpy(tuple.ips[i], both[i]->ip.v6, sizeof(tuple.ips[i]));
		else
			memcpy(tuple.ips[i], &both[i]->ip.v4, sizeof(both[i]->ip.v4));
		tuple.ports[i] = both[i]->port;
	}
	return tuple;
}

/* Our own frames pass our own parser, as what they were meant to be. */
static void
parse_again(struct rte_mbuf *m, enum nj_kind kind)
{
	nj_ether_address(m, &nj_test_our_mac, &nj_test_peer_mac);
	m->ol_flags = 0;
	fuzz_fence(m);
	FUZZ_CHECK(nj_parse(m, &nj_test_our_mac, 0) == NJ_DROP_NONE);
	fuzz_unfence(m);
	FUZZ_CHECK(nj_packet(m)->kind == kind);
}

static void
check_flow(
	struct rte_mbuf *m, const struct nj_address *source, const struct nj_address *destination)
{
	const struct nj_address from = nj_flow_source(&nj_packet(m)->flow);
	const struct nj_address to = nj_flow_destination(&nj_packet(m)->flow);

	FUZZ_CHECK(nj_ip_equal(&from.ip, &source->ip) && from.port == source->port);
	FUZZ_CHECK(nj_ip_equal(&to.ip, &destination->ip) && to.port == destination->port);
}

static const uint8_t *
payload_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, const uint8_t *, nj_payload_offset(m));
}

static void
check_shape(struct rte_mbuf *m)
{
	const struct nj_packet *packet = nj_packet(m);

	FUZZ_CHECK(m->nb_segs == 1);
	FUZZ_CHECK(rte_pktmbuf_pkt_len(m) == rte_pktmbuf_data_len(m));
	FUZZ_CHECK(packet->udp_offset == (packet->flow.ipv6 ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET));
	FUZZ_CHECK(rte_pktmbuf_data_len(m) == nj_payload_offset(m) + packet->payload_length);
	FUZZ_CHECK(packet->arrived_length == 0 || packet->arrived_length == packet->payload_length);
}

static struct nj_ids ids;

static void
check_translated(struct rte_mbuf *m, bool ipv6, unsigned int n)
{
	const struct nj_address source = address_of(ipv6, n), destination = address_of(ipv6, n + 1);
	const struct nj_address from = nj_flow_source(&nj_packet(m)->flow);
	const struct nj_address to = nj_flow_destination(&nj_packet(m)->flow);
	const struct tuple before = tuple_of(&from, &to), after = tuple_of(&source, &destination);
	struct rte_mbuf *copy = fuzz_copy(m);

	FUZZ_CHECK(nj_translate_udp(copy, &source, &destination,
		nj_checksum_delta(&before, &after, sizeof(before) / 2), &ids));
	FUZZ_CHECK(nj_test_checksums_right(copy));
	parse_again(copy, NJ_KIND_UDP);
	check_shape(copy);
	check_flow(copy, &source, &destination);
	FUZZ_CHECK(nj_packet(copy)->payload_length == nj_packet(m)->payload_length);
	FUZZ_CHECK(memcmp(payload_of(copy), payload_of(m), nj_packet(m)->payload_length) == 0);
	rte_pktmbuf_free(copy);
}

/* The payload loses its first bytes, or gets others behind it. */
static void
check_refitted(struct rte_mbuf *m, uint8_t choice)
{
	struct rte_mbuf *copy = fuzz_copy(m);
	uint16_t less = (uint16_t)RTE_MIN(choice, nj_packet(m)->payload_length);
	char *more;

	if (choice % 2 == 0) {
		rte_pktmbuf_trim(copy, less);
	} else {
		more = rte_pktmbuf_append(copy, choice % 32);
		FUZZ_CHECK(more != NULL);
		memset(more, choice, choice % 32);
	}
	nj_refit_udp(copy);
	FUZZ_CHECK(nj_test_checksums_right(copy));
	parse_again(copy, NJ_KIND_UDP);
	check_shape(copy);
	rte_pktmbuf_free(copy);
}

static void
check_fragments(struct rte_mbuf *m, uint16_t mtu)
{
	struct rte_mbuf *pieces[PIECES_MAX];
	int n;

	if (rte_pktmbuf_data_len(m) - NJ_L3_OFFSET <= mtu)
		return;
	n = nj_fragment(m, mtu, 7, nj_test_pool(), pieces, PIECES_MAX);
	FUZZ_CHECK(n > 1 || n == -EINVAL || n == -E2BIG);
	for (int i = 0; i < n; i++) {
		FUZZ_CHECK(rte_pktmbuf_data_len(pieces[i]) - NJ_L3_OFFSET <= mtu);
		parse_again(pieces[i], NJ_KIND_FRAGMENT);
		rte_pktmbuf_free(pieces[i]);
	}
}

static void
check_answered(struct rte_mbuf *m, uint16_t mtu, uint8_t choice)
{
	const bool ipv6 = nj_packet(m)->flow.ipv6;
	const struct nj_ip source = address_of(ipv6, 9).ip;
	struct nj_icmp_error error = {.type = (enum nj_icmp_error_type)(choice % 8)}, said;
	struct rte_mbuf *answer;

	if (error.type == NJ_ICMP_ERROR_TOO_BIG)
		error.mtu = (uint16_t)RTE_MAX(mtu, 1280);
	answer = nj_icmp_error_make(nj_test_pool(), &error, m, &source);
	FUZZ_CHECK(answer != NULL);
	FUZZ_CHECK(rte_pktmbuf_data_len(answer) - NJ_L3_OFFSET <= (ipv6 ? 1280 : 576));
	parse_again(answer, NJ_KIND_ICMP_ERROR);
	said = nj_icmp_error_read(answer);
	FUZZ_CHECK(said.type == error.type && said.mtu == error.mtu);
	FUZZ_CHECK(said.packet == 0 || said.packet == rte_pktmbuf_data_len(m) - NJ_L3_OFFSET);
	laws_icmp_error(answer, choice);
	rte_pktmbuf_free(answer);
}

void
laws_udp(struct rte_mbuf *m, uint16_t mtu, uint8_t choice, bool checked)
{
	check_shape(m);
	if (!checked)
		return; /* the device vouched for sums that nobody has made */
	FUZZ_CHECK(nj_test_checksums_right(m));
	check_translated(m, choice & 1, choice);
	check_refitted(m, choice);
	check_fragments(m, mtu);
	check_answered(m, mtu, choice);
}

void
laws_fragment(struct rte_mbuf *m)
{
	const bool ipv6 = nj_packet(m)->flow.ipv6;
	const uint32_t header = NJ_L3_OFFSET + (ipv6 ? 48 : 20);

	FUZZ_CHECK(m->nb_segs == 1 && rte_pktmbuf_data_len(m) > header);
	FUZZ_CHECK(nj_packet(m)->flow.src_port == 0 && nj_packet(m)->flow.dst_port == 0);
}

void
laws_icmp_error(struct rte_mbuf *m, uint8_t choice)
{
	const bool ipv6 = choice & 1;
	const unsigned int n = choice / 2;
	const struct nj_ip source = address_of(ipv6, n).ip,
			   destination = address_of(ipv6, n + 1).ip;
	const struct nj_address inner_source = address_of(ipv6, n + 2),
				inner_destination = address_of(ipv6, n + 3);
	const struct nj_icmp_error error = nj_icmp_error_read(m);
	struct rte_mbuf *copy = fuzz_copy(m);

	FUZZ_CHECK(error.type <= NJ_ICMP_ERROR_PARAMETER);
	FUZZ_CHECK((error.mtu == 0) || error.type == NJ_ICMP_ERROR_TOO_BIG);
	FUZZ_CHECK((error.packet == 0) || error.type == NJ_ICMP_ERROR_TOO_BIG);
	if (nj_icmp_error_translate(
		    copy, &source, &destination, &inner_source, &inner_destination)) {
		FUZZ_CHECK(rte_pktmbuf_data_len(copy) - NJ_L3_OFFSET <= (ipv6 ? 1280 : 576));
		parse_again(copy, NJ_KIND_ICMP_ERROR);
		/* What an answer to the inner datagram would bear. */
		check_flow(copy, &inner_destination, &inner_source);
	} else {
		FUZZ_CHECK(rte_pktmbuf_data_len(copy) == rte_pktmbuf_data_len(m));
		FUZZ_CHECK(memcmp(rte_pktmbuf_mtod(copy, void *), rte_pktmbuf_mtod(m, void *),
				   rte_pktmbuf_data_len(m)) == 0);
	}
	rte_pktmbuf_free(copy);
}
