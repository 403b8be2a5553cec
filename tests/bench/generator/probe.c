/* SPDX-License-Identifier: BSD-3-Clause */
#include "probe.h"

#include <string.h>

#define MAGIC UINT32_C(0x4a4e4b52)

/* The sum of 16-bit words in memory, of which there is an even number of bytes. */
static uint32_t
sum_of(const void *bytes, size_t length)
{
	uint32_t sum = 0;
	uint16_t word;

	for (size_t i = 0; i < length; i += sizeof(word)) {
		memcpy(&word, (const char *)bytes + i, sizeof(word));
		sum += word;
	}
	return sum;
}

static uint32_t
sum_of_32(uint32_t value)
{
	return (value & 0xffff) + (value >> 16);
}

/* A checksum as it is written. */
static uint16_t
finish(uint32_t sum)
{
	sum = sum_of_32(sum_of_32(sum));
	return (uint16_t)~sum;
}

void
probe_form_init(struct probe_form *form, unsigned int frame_bytes,
	const struct rte_ether_addr *from, const struct rte_ether_addr *to)
{
	struct probe *blank = &form->blank;
	uint16_t udp_bytes;

	form->bytes = (uint16_t)(frame_bytes - PROBE_ETHER_CHECKSUM);
	udp_bytes = (uint16_t)(form->bytes - offsetof(struct probe, udp));
	*blank = (struct probe){
		.ether = {*to, *from, RTE_BE16(RTE_ETHER_TYPE_IPV4)},
		.ip = {.version_ihl = RTE_IPV4_VHL_DEF,
			.total_length = rte_cpu_to_be_16(
				(uint16_t)(form->bytes - offsetof(struct probe, ip))),
			.fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG),
			.time_to_live = 64,
			.next_proto_id = IPPROTO_UDP},
		.udp = {.dgram_len = rte_cpu_to_be_16(udp_bytes)},
		.payload.magic = MAGIC,
	};
	form->ip_sum = sum_of(&blank->ip, sizeof(blank->ip));
	form->udp_sum = sum_of(&blank->udp, sizeof(blank->udp) + sizeof(blank->payload)) +
			RTE_BE16(IPPROTO_UDP) + rte_cpu_to_be_16(udp_bytes);
}

void
probe_blank(const struct probe_form *form, void *buffer)
{
	memset(buffer, 0, form->bytes);
	memcpy(buffer, &form->blank, sizeof(form->blank));
}

void
probe_write(const struct probe_form *form, struct rte_mbuf *m, const struct probe_flow *flow,
	uint32_t session, enum probe_direction direction, uint64_t tsc)
{
	struct probe *probe = rte_pktmbuf_mtod(m, struct probe *);
	const uint32_t addresses = sum_of_32(flow->src_ip) + sum_of_32(flow->dst_ip);
	uint16_t checksum;

	m->data_len = form->bytes;
	m->pkt_len = form->bytes;
	probe->ip.src_addr = flow->src_ip;
	probe->ip.dst_addr = flow->dst_ip;
	probe->ip.hdr_checksum = finish(form->ip_sum + addresses);
	probe->udp.src_port = flow->src_port;
	probe->udp.dst_port = flow->dst_port;
	probe->payload.session = session;
	probe->payload.direction = (uint16_t)direction;
	probe->payload.sent_tsc = tsc;
	checksum = finish(form->udp_sum + addresses + flow->src_port + flow->dst_port +
			  sum_of_32(session) + (uint16_t)direction + sum_of_32((uint32_t)tsc) +
			  sum_of_32((uint32_t)(tsc >> 32)));
	probe->udp.dgram_cksum = checksum == 0 ? UINT16_MAX : checksum;
}

const struct probe *
probe_read(const struct probe_form *form, const struct rte_mbuf *m)
{
	const struct probe *probe = rte_pktmbuf_mtod(m, const struct probe *);

	if (m->data_len != form->bytes || probe->ether.ether_type != form->blank.ether.ether_type ||
		probe->ip.next_proto_id != IPPROTO_UDP || probe->payload.magic != MAGIC)
		return NULL;
	return probe;
}

bool
probe_is_intact(const struct probe *probe)
{
	const uint16_t length = rte_be_to_cpu_16(probe->udp.dgram_len);
	const uint32_t sum =
		rte_raw_cksum(&probe->udp, length) + rte_ipv4_phdr_cksum(&probe->ip, 0);

	return rte_ipv4_cksum(&probe->ip) == 0 && finish(sum) == 0;
}
