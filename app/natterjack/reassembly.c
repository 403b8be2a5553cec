/* SPDX-License-Identifier: BSD-3-Clause */
/* What gives up late fragments is not yet stable in DPDK 22.11. */
#define ALLOW_EXPERIMENTAL_API

#include "reassembly.h"

#include <bsd/stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ip_frag.h>
#include <rte_malloc.h>

#include "nj_hash.h"
#include "nj_packet.h"

#define WAYS    16  /* of a bucket */
#define TICK_MS 100 /* between two looks for what is late */

/*
 * What the library does not keep count of. Sources that share a place share what it may have; a
 * fragment whose place is another's is not recognised when it comes twice. Which do depends on a
 * secret.
 */
#define SOURCES    1024
#define IDENTITIES 4096
#define NO_PLACE   IDENTITIES

struct ipv6_piece {
	struct rte_ipv6_hdr ip;
	struct rte_ipv6_fragment_ext fragment;
};

struct reassembly {
	struct rte_ip_frag_tbl *table;
	struct rte_ip_frag_death_row dead; /* what the table has let go */
	struct rte_mempool *large;
	struct nj_counters *counters;
	const struct tap *tap;
	uint64_t now; /* milliseconds, that never wrap */
	nj_ms_t seen; /* when that was */
	nj_ms_t ticked;
	bool used;
	struct nj_hash_secret secret;
	uint16_t of_source[SOURCES];     /* fragments in pieces */
	uint64_t identities[IDENTITIES]; /* of those; 0: none */
};

struct reassembly *
reassembly_create(
	struct rte_mempool *large, struct nj_counters *counters, const struct tap *tap, int socket)
{
	struct reassembly *reassembly =
		rte_zmalloc_socket("nj_reassembly", sizeof(*reassembly), 0, socket);

	if (reassembly == NULL)
		goto no_memory;
	reassembly->large = large;
	arc4random_buf(&reassembly->secret, sizeof(reassembly->secret));
	rte_log_set_level(
		RTE_LOGTYPE_USER1, RTE_LOG_WARNING); /* the library says how large it is */
	reassembly->counters = counters;
	reassembly->tap = tap;
	reassembly->table = rte_ip_frag_table_create(
		REASSEMBLY_DATAGRAMS / WAYS, WAYS, REASSEMBLY_DATAGRAMS, REASSEMBLY_MS, socket);
	if (reassembly->table != NULL)
		return reassembly;
	rte_free(reassembly);
no_memory:
	rte_errno = ENOMEM;
	return NULL;
}

/* What is in pieces -------------------------------------------------------------------------- */

static uint16_t *
of_source(struct reassembly *reassembly, struct rte_mbuf *m)
{
	const struct nj_flow *flow = &nj_packet(m)->flow;
	uint64_t source = flow->src_ip;

	if (flow->ipv6)
		memcpy(&source, flow->src_ip6, sizeof(source));
	return &reassembly->of_source[nj_hash_place(
		nj_hash_words(reassembly->secret, source, flow->ipv6), SOURCES)];
}

/* Its datagram: from where to where, and which of those. A secret is in it. */
static uint64_t
datagram_of(const struct reassembly *reassembly, struct rte_mbuf *m)
{
	const struct nj_flow *flow = &nj_packet(m)->flow;
	const struct rte_ipv4_hdr *ip4 = rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET);
	const struct ipv6_piece *ip6 = (const struct ipv6_piece *)ip4;
	uint64_t who, which;

	if (flow->ipv6) {
		who = nj_hash_bytes(reassembly->secret, flow->src_ip6, 2 * sizeof(flow->src_ip6));
		which = ip6->fragment.id;
	} else {
		who = (uint64_t)flow->src_ip << 32 | flow->dst_ip;
		which = (uint64_t)ip4->next_proto_id << 16 | ip4->packet_id;
	}
	return nj_hash_words(reassembly->secret, who, which);
}

/* Its datagram, and what of it: the same twice is a duplicate. */
static uint64_t
identity_of(const struct reassembly *reassembly, struct rte_mbuf *m, uint64_t datagram)
{
	const struct rte_ipv4_hdr *ip4 = rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET);
	const struct ipv6_piece *ip6 = (const struct ipv6_piece *)ip4;
	uint32_t part;

	if (nj_packet(m)->flow.ipv6)
		part = (uint32_t)ip6->fragment.frag_data << 16 | ip6->ip.payload_len;
	else
		part = (uint32_t)ip4->fragment_offset << 16 | ip4->total_length;
	return nj_hash_words(reassembly->secret, datagram, part) | 1;
}

/* Why it may not go to the others. The mbuf keeps its identity's place. */
static enum nj_drop
enter(struct reassembly *reassembly, struct rte_mbuf *m, uint64_t datagram)
{
	const uint64_t identity = identity_of(reassembly, m, datagram);
	uint32_t place = nj_hash_place(identity, IDENTITIES);
	uint16_t *n = of_source(reassembly, m);

	if (reassembly->identities[place] == identity)
		return NJ_DROP_FRAGMENT_DUPLICATE;
	if (*n == REASSEMBLY_SOURCE_FRAGMENTS)
		return NJ_DROP_FRAGMENTS_FULL;
	if (reassembly->identities[place] != 0)
		place = NO_PLACE;
	else
		reassembly->identities[place] = identity;
	m->hash.usr = place;
	++*n;
	return NJ_DROP_NONE;
}

static void
leave(struct reassembly *reassembly, struct rte_mbuf *m)
{
	if (m->hash.usr != NO_PLACE)
		reassembly->identities[m->hash.usr] = 0;
	--*of_source(reassembly, m);
}

/* The table ---------------------------------------------------------------------------------- */

/* Counts and frees what the table has let go; some of it may have been chained already. */
static void
bury(struct reassembly *reassembly, enum nj_drop reason)
{
	struct rte_ip_frag_death_row *dead = &reassembly->dead;

	for (uint32_t i = 0; i < dead->cnt; i++) {
		tap_dropped(reassembly->tap, dead->row[i], reason);
		for (struct rte_mbuf *m = dead->row[i]; m != NULL; m = m->next) {
			leave(reassembly, m);
			reassembly->counters->port[m->port].dropped[reason]++;
		}
		rte_pktmbuf_free(dead->row[i]);
	}
	dead->cnt = 0;
}

static void
expire(struct reassembly *reassembly, uint64_t now, enum nj_drop reason)
{
	do {
		bury(reassembly, reason);
		rte_ip_frag_table_del_expired_entries(reassembly->table, &reassembly->dead, now);
	} while (reassembly->dead.cnt > 0);
}

void
reassembly_stop(struct reassembly *reassembly)
{
	expire(reassembly, UINT64_MAX, NJ_DROP_STOPPING);
}

void
reassembly_destroy(struct reassembly *reassembly)
{
	if (reassembly == NULL)
		return;
	reassembly_stop(reassembly);
	rte_ip_frag_table_destroy(reassembly->table);
	rte_free(reassembly);
}

/*
 * Why the table has let something go, seen from the fragment that came last: it went alone where
 * there was no room, with as many others as the library keeps of a datagram where it was one too
 * many, with fewer where they do not fit together, and if it stayed those that went were late.
 */
static enum nj_drop
why(const struct reassembly *reassembly, const struct rte_mbuf *last)
{
	const struct rte_ip_frag_death_row *dead = &reassembly->dead;
	const bool full = dead->cnt == 1 || dead->cnt >= REASSEMBLY_FRAGMENTS;

	for (uint32_t i = 0; i < dead->cnt; i++)
		if (dead->row[i] == last)
			return full ? NJ_DROP_FRAGMENTS_FULL : NJ_DROP_FRAGMENT_OVERLAP;
	return NJ_DROP_FRAGMENT_INCOMPLETE;
}

/* The whole frame in one segment; the chain is freed. NULL, counted, where there is no buffer. */
static struct rte_mbuf *
join(struct reassembly *reassembly, struct rte_mbuf *chain)
{
	const uint32_t length = rte_pktmbuf_pkt_len(chain);
	struct rte_mbuf *m = NULL;

	if (length <= rte_pktmbuf_data_len(chain) + (uint32_t)rte_pktmbuf_tailroom(chain) &&
		rte_pktmbuf_linearize(chain) == 0)
		return chain;
	if (length + RTE_PKTMBUF_HEADROOM <= rte_pktmbuf_data_room_size(reassembly->large))
		m = rte_pktmbuf_copy(chain, reassembly->large, 0, length);
	if (m == NULL) {
		tap_dropped(reassembly->tap, chain, NJ_DROP_TOO_BIG);
		reassembly->counters->port[chain->port].dropped[NJ_DROP_TOO_BIG]++;
	}
	rte_pktmbuf_free(chain);
	return m;
}

static struct rte_mbuf *
finish(struct reassembly *reassembly, struct rte_mbuf *chain)
{
	const bool ipv6 = nj_packet(chain)->flow.ipv6;
	struct rte_ipv4_hdr *ip;
	struct rte_mbuf *m;

	leave(reassembly, chain);
	for (m = chain->next; m != NULL; m = m->next) {
		leave(reassembly, m);
		reassembly->counters->port[m->port].local++;
	}
	m = join(reassembly, chain);
	if (m == NULL)
		return NULL;
	/* The first fragment's verdicts are not the whole datagram's. */
	m->ol_flags &= ~(RTE_MBUF_F_RX_L4_CKSUM_MASK | RTE_MBUF_F_RX_IP_CKSUM_MASK);
	if (!ipv6) {
		ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET);
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
	return m;
}

/*
 * The library's hash has no key, and what collides in it can be calculated by anybody. So it is
 * shown a copy of the header in which our number of the datagram stands for addresses; whole
 * datagrams have their first fragment's own.
 */
static struct rte_mbuf *
add(struct reassembly *reassembly, struct rte_mbuf *m, uint64_t datagram)
{
	const void *header = rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET);
	struct ipv6_piece ip6;
	struct rte_ipv4_hdr ip4;

	m->l2_len = NJ_L3_OFFSET;
	if (nj_packet(m)->flow.ipv6) {
		memcpy(&ip6, header, sizeof(ip6));
		memcpy(&ip6.ip.src_addr, &datagram, sizeof(datagram));
		m->l3_len = sizeof(ip6);
		return rte_ipv6_frag_reassemble_packet(reassembly->table, &reassembly->dead, m,
			reassembly->now, &ip6.ip, &ip6.fragment);
	}
	memcpy(&ip4, header, sizeof(ip4));
	memcpy(&ip4.src_addr, &datagram, sizeof(datagram)); /* and dst_addr */
	m->l3_len = sizeof(ip4);
	return rte_ipv4_frag_reassemble_packet(
		reassembly->table, &reassembly->dead, m, reassembly->now, &ip4);
}

struct rte_mbuf *
reassembly_add(struct reassembly *reassembly, struct rte_mbuf *m, nj_ms_t now)
{
	const uint64_t datagram = datagram_of(reassembly, m);
	const enum nj_drop reason = enter(reassembly, m, datagram);
	struct rte_mbuf *chain;

	if (reason != NJ_DROP_NONE) {
		tap_dropped(reassembly->tap, m, reason);
		reassembly->counters->port[m->port].dropped[reason]++;
		rte_pktmbuf_free(m);
		return NULL;
	}
	reassembly->now += reassembly->used ? nj_ms_since(now, reassembly->seen) : 0;
	reassembly->seen = now;
	reassembly->used = true;
	chain = add(reassembly, m, datagram);
	bury(reassembly, why(reassembly, m));
	return chain != NULL ? finish(reassembly, chain) : NULL;
}

void
reassembly_tick(struct reassembly *reassembly, nj_ms_t now)
{
	if (!reassembly->used || nj_ms_since(now, reassembly->ticked) < TICK_MS)
		return;
	reassembly->ticked = now;
	reassembly->now += nj_ms_since(now, reassembly->seen);
	reassembly->seen = now;
	expire(reassembly, reassembly->now, NJ_DROP_FRAGMENT_INCOMPLETE);
}
