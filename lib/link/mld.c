/* SPDX-License-Identifier: BSD-3-Clause */
#include "mld.h"

#include <rte_random.h>

#include "ip6.h"
#include "link_parts.h"
#include "message.h"

#define QUERY1_LENGTH 24 /* exactly; version 2's are longer (RFC 3810, section 8.1) */
#define QUERY2_LENGTH 28
#define DELAY_MAX_MS  10000 /* RFC 3810, section 9.3; longer delays are a few codes of no use */

#define REPORT1      131
#define REPORT2      143
#define MODE_EXCLUDE 2  /* types of records: we listen to every source … */
#define TO_EXCLUDE   4  /* … as of now */
#define RECORDS_MAX  50 /* of a report: 1,052 bytes, which every link takes */

struct query {
	struct nj_icmp6 icmp;
	rte_be16_t delay, reserved;
	uint8_t group[16];
};

struct report1 {
	struct nj_icmp6 icmp;
	rte_be16_t delay, reserved;
	uint8_t group[16];
};

struct record {
	uint8_t type, auxiliary;
	rte_be16_t n_sources;
	uint8_t group[16];
};

struct report2 {
	struct nj_icmp6 icmp;
	rte_be16_t reserved, n;
	struct record records[RECORDS_MAX];
};

static const uint8_t all_mld2_routers[16] = {0xff, 0x02, [15] = 0x16};

/* Out ---------------------------------------------------------------------------------------- */

/* From nobody while our link-local address is not known to be ours (RFC 3590). */
static void
send_report(struct nj_link *link, const struct nj_interface *interface, const uint8_t to[16],
	const void *body, uint16_t length)
{
	struct nj_message message = {
		.hop_limit = 1,
		.router_alert = true,
		.body = body,
		.length = length,
	};

	if (nj_own_answers(&link->own, interface->port, &interface->link_local))
		memcpy(message.source, interface->link_local.v6, sizeof(message.source));
	memcpy(message.destination, to, sizeof(message.destination));
	nj_message_send(link, interface, &message);
}

static void
flush(struct nj_link *link, const struct nj_interface *interface, struct report2 *report,
	unsigned int n)
{
	if (n == 0)
		return;
	report->icmp.type = REPORT2;
	report->n = rte_cpu_to_be_16((uint16_t)n);
	send_report(link, interface, all_mld2_routers, report,
		(uint16_t)(offsetof(struct report2, records) + n * sizeof(report->records[0])));
}

/*
 * Addresses lie in order, so those that share a group are not neighbors in the list: a group may be
 * told twice, which says the same.
 */
static void
report_all(struct nj_link *link, const struct nj_interface *interface, uint8_t type)
{
	struct report2 report = {0};
	unsigned int n = 0;

	for (unsigned int i = 0; i < link->own.n6; i++) {
		const struct nj_own_address6 *own = &link->own.all6[i];

		if (!nj_own_is_on(&own->own, interface->port))
			continue;
		if (n == RECORDS_MAX) {
			flush(link, interface, &report, n);
			n = 0;
		}
		report.records[n].type = type;
		nj_ip6_solicited(own->ip, report.records[n++].group);
	}
	flush(link, interface, &report, n);
}

/* Version 1 has a packet for each, to the group itself. */
static void
report_each(struct nj_link *link, const struct nj_interface *interface)
{
	for (unsigned int i = 0; i < link->own.n6; i++) {
		const struct nj_own_address6 *own = &link->own.all6[i];
		struct report1 report = {.icmp.type = REPORT1};

		if (!nj_own_is_on(&own->own, interface->port))
			continue;
		nj_ip6_solicited(own->ip, report.group);
		send_report(link, interface, report.group, &report, sizeof(report));
	}
}

void
nj_mld_announce(struct nj_link *link, const struct nj_interface *interface)
{
	report_all(link, interface, TO_EXCLUDE);
}

void
nj_mld_tick(struct nj_link *link, nj_ms_t now)
{
	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++) {
		struct nj_mld_debt *debt = &link->mld.port[port];

		if (!debt->due || (int32_t)(now - debt->at) < 0)
			continue;
		debt->due = false;
		if (debt->version == 1)
			report_each(link, link->interfaces.port[port]);
		else
			report_all(link, link->interfaces.port[port], MODE_EXCLUDE);
	}
}

/* In ----------------------------------------------------------------------------------------- */

/* Whenever it is due, all groups are told, so one debt at a time is enough. */
void
nj_mld_input(struct nj_link *link, const struct nj_interface *interface, const struct rte_mbuf *m,
	nj_ms_t now)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, NJ_L3_OFFSET);
	const struct query *query = (const struct query *)(ip + 1);
	const size_t length = rte_pktmbuf_data_len(m) - NJ_UDP6_OFFSET;
	struct nj_mld_debt *debt = &link->mld.port[interface->port];
	nj_ms_t at;

	if (!nj_ip6_is_link_local(ip->src_addr) || ip->hop_limits != 1 ||
		(length != QUERY1_LENGTH && length < QUERY2_LENGTH))
		return;
	at = now + (nj_ms_t)rte_rand_max(
			   RTE_MIN(rte_be_to_cpu_16(query->delay), DELAY_MAX_MS) + UINT64_C(1));
	if (!debt->due || (int32_t)(at - debt->at) < 0)
		debt->at = at;
	debt->version = length == QUERY1_LENGTH ? 1 : 2;
	debt->due = true;
}
