/* SPDX-License-Identifier: BSD-3-Clause */
#include "observe.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>

#include "nj_packet.h"
#include "peer.h"

#define SHOWN_MAX 256 /* bytes of a payload in a message */

/* Text --------------------------------------------------------------------------------------- */

static void
print_payload(FILE *out, const struct nj_bytes *payload)
{
	unsigned int shown = RTE_MIN(payload->length, (uint16_t)SHOWN_MAX);
	const char *more = shown < payload->length ? "…" : "";

	fprintf(out, "%u bytes \"", payload->length);
	for (unsigned int i = 0; i < shown; i++)
		fputc(isprint(payload->bytes[i]) ? payload->bytes[i] : '.', out);
	fprintf(out, "%s\" hex ", more);
	for (unsigned int i = 0; i < shown; i++)
		fprintf(out, "%02x", payload->bytes[i]);
	fputs(more, out);
}

static void
print_address(FILE *out, const struct nj_address *address)
{
	char text[NJ_ADDRESS_STRLEN];

	fputs(nj_address_format(address, text), out);
}

static char *
describe(const struct observed *observed)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	print_address(out, &observed->from);
	fputs(" to ", out);
	print_address(out, &observed->to);
	fputs(", ", out);
	print_payload(out, &observed->payload);
	fclose(out);
	return text;
}

char *
observe_difference(const struct nj_bytes *wanted, const struct nj_bytes *got)
{
	unsigned int at = 0;
	char *text = NULL;
	size_t size;
	FILE *out;

	while (at < wanted->length && at < got->length && wanted->bytes[at] == got->bytes[at])
		at++;
	if (at == wanted->length && at == got->length)
		return NULL;
	out = open_memstream(&text, &size);
	assert_non_null(out);
	fprintf(out, "payloads differ from byte %u on\n  expected: ", at);
	print_payload(out, wanted);
	fputs("\n  got:      ", out);
	print_payload(out, got);
	fclose(out);
	return text;
}

/* Frames ------------------------------------------------------------------------------------- */

static bool
is_ipv6(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->ether_type ==
	       RTE_BE16(RTE_ETHER_TYPE_IPV6);
}

static const char *
find_wrong_ipv4(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, NJ_L3_OFFSET);

	if (rte_be_to_cpu_16(ip->total_length) + (uint32_t)NJ_L3_OFFSET != rte_pktmbuf_pkt_len(m))
		return "wrong IPv4 length";
	if (ip->time_to_live != NJ_TTL)
		return "wrong time to live";
	return nj_test_checksums_right(m) ? NULL : "wrong checksum";
}

static const char *
find_wrong_ipv6(const struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, NJ_UDP6_OFFSET);
	const rte_be16_t checksum = udp->dgram_cksum;

	if (rte_be_to_cpu_16(ip->payload_len) + (uint32_t)NJ_UDP6_OFFSET != rte_pktmbuf_pkt_len(m))
		return "wrong IPv6 length";
	if (ip->hop_limits != NJ_TTL)
		return "wrong hop limit";
	udp->dgram_cksum = 0;
	udp->dgram_cksum = rte_ipv6_udptcp_cksum(ip, udp);
	return udp->dgram_cksum == checksum ? NULL : "wrong checksum";
}

/* What is wrong with a frame as a whole, or NULL. */
static const char *
find_wrong(const struct rig *rig, unsigned int side, const struct rte_mbuf *m,
	const struct nj_ip *dst, const struct rte_udp_hdr *udp, uint16_t udp_offset)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	struct rte_ether_addr to = peer_mac(dst);
	struct rte_ether_addr from = rig_mac(rig, rig_port_of(rig, side));

	if (!rte_is_same_ether_addr(&ether->dst_addr, &to) ||
		!rte_is_same_ether_addr(&ether->src_addr, &from))
		return "wrong MAC address";
	if (rte_be_to_cpu_16(udp->dgram_len) + (uint32_t)udp_offset != rte_pktmbuf_pkt_len(m))
		return "wrong UDP length";
	return is_ipv6(m) ? find_wrong_ipv6(m) : find_wrong_ipv4(m);
}

static void
read_addresses(const struct rte_mbuf *m, const struct rte_udp_hdr *udp, struct observed *observed)
{
	const void *l3 = rte_pktmbuf_mtod_offset(m, const void *, NJ_L3_OFFSET);
	const struct rte_ipv4_hdr *ipv4 = l3;
	const struct rte_ipv6_hdr *ipv6 = l3;

	observed->from.port = udp->src_port;
	observed->to.port = udp->dst_port;
	observed->from.ip = is_ipv6(m) ? nj_ip_v6(ipv6->src_addr) : nj_ip_v4(ipv4->src_addr);
	observed->to.ip = is_ipv6(m) ? nj_ip_v6(ipv6->dst_addr) : nj_ip_v4(ipv4->dst_addr);
}

static void
observe_frame(const struct rig *rig, unsigned int side, const struct rte_mbuf *m,
	struct observed *observed)
{
	const uint16_t udp_offset = is_ipv6(m) ? NJ_UDP6_OFFSET : NJ_UDP4_OFFSET;
	const uint16_t offset = udp_offset + sizeof(struct rte_udp_hdr);
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, udp_offset);

	assert_int_equal(m->nb_segs, 1);
	assert_in_range(rte_pktmbuf_pkt_len(m), offset, UINT16_MAX);
	*observed = (struct observed){.side = side};
	read_addresses(m, udp, observed);
	observed->wrong = find_wrong(rig, side, m, &observed->to.ip, udp, udp_offset);
	observed->payload.length = (uint16_t)(rte_pktmbuf_pkt_len(m) - offset);
	observed->payload.bytes = malloc(observed->payload.length + 1u);
	assert_non_null(observed->payload.bytes);
	memcpy(observed->payload.bytes, rte_pktmbuf_mtod_offset(m, void *, offset),
		observed->payload.length);
	observed->text = describe(observed);
}

/* Whether it is none of a chain's doing: what the link exchanges with its neighbors, ICMP errors.
 */
static bool
is_no_datagram(const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const void *ip = rte_pktmbuf_mtod_offset(m, const void *, NJ_L3_OFFSET);

	if (ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return true;
	return (is_ipv6(m) ? ((const struct rte_ipv6_hdr *)ip)->proto
			   : ((const struct rte_ipv4_hdr *)ip)->next_proto_id) != IPPROTO_UDP;
}

static void
observe_side(struct rig *rig, unsigned int side, struct observation *observation)
{
	struct rte_mbuf *m;

	while ((m = rig_take(rig, side)) != NULL) {
		if (!is_no_datagram(m)) {
			assert_true(observation->n < OBSERVED_MAX);
			observe_frame(rig, side, m, &observation->datagrams[observation->n++]);
		}
		rte_pktmbuf_free(m);
	}
}

void
observe(struct rig *rig, struct observation *observation)
{
	observation->n = 0;
	observe_side(rig, CLIENTS, observation);
	observe_side(rig, SERVERS, observation);
}

void
observe_end(struct observation *observation)
{
	for (unsigned int i = 0; i < observation->n; i++) {
		free(observation->datagrams[i].payload.bytes);
		free(observation->datagrams[i].text);
	}
}

void
observe_nothing(struct rig *rig)
{
	struct observation observation;

	observe(rig, &observation);
	assert_int_equal(observation.n, 0);
	observe_end(&observation);
}

uint64_t
observe_dropped(const struct nj_counters *counters, enum nj_drop reason)
{
	uint64_t dropped = 0;

	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++)
		dropped += counters->port[port].dropped[reason];
	return dropped;
}
