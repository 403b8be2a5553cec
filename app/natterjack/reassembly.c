/* SPDX-License-Identifier: BSD-3-Clause */
#include "reassembly.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_errno.h>
#include <rte_malloc.h>

#include "nj_hash.h"
#include "nj_packet.h"

/* Sources that share a place share what one may have. Which do depends on a secret. */
#define SOURCES 1024
#define BUCKETS 2048

/* Which datagram a fragment is of. IPv4 counts identifications for each protocol (RFC 791), IPv6
 * for all (RFC 8200, section 4.5). */
struct key {
	uint8_t addresses[32]; /* from, to; of IPv4 the first 8 bytes */
	uint32_t id;
	uint16_t protocol; /* of IPv4 */
	uint16_t ipv6;
};

struct datagram {
	struct key key;
	struct fragments fragments;
	enum nj_drop verdict; /* on those that are still to come; NJ_DROP_NONE: welcome */
	nj_ms_t began;
	struct source *source;
	TAILQ_ENTRY(datagram) in_all, in_source;
	LIST_ENTRY(datagram) in_bucket;
};

TAILQ_HEAD(queue, datagram); /* the oldest in front */
LIST_HEAD(bucket, datagram);

struct source {
	unsigned int n;
	struct queue datagrams;
};

struct reassembly {
	struct rte_mempool *large;
	struct nj_counters *counters;
	const struct tap *tap;
	struct nj_hash_secret secret;
	unsigned int n_fragments;
	struct queue all, free; /* both by in_all */
	struct bucket buckets[BUCKETS];
	struct source sources[SOURCES];
	struct datagram datagrams[REASSEMBLY_DATAGRAMS];
};

struct reassembly *
reassembly_create(
	struct rte_mempool *large, struct nj_counters *counters, const struct tap *tap, int socket)
{
	struct reassembly *reassembly =
		rte_zmalloc_socket("nj_reassembly", sizeof(*reassembly), 0, socket);

	if (reassembly == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	reassembly->large = large;
	reassembly->counters = counters;
	reassembly->tap = tap;
	arc4random_buf(&reassembly->secret, sizeof(reassembly->secret));
	TAILQ_INIT(&reassembly->all);
	TAILQ_INIT(&reassembly->free);
	for (unsigned int i = 0; i < SOURCES; i++)
		TAILQ_INIT(&reassembly->sources[i].datagrams);
	for (unsigned int i = 0; i < REASSEMBLY_DATAGRAMS; i++)
		TAILQ_INSERT_TAIL(&reassembly->free, &reassembly->datagrams[i], in_all);
	return reassembly;
}

void
reassembly_destroy(struct reassembly *reassembly)
{
	if (reassembly == NULL)
		return;
	reassembly_stop(reassembly);
	rte_free(reassembly);
}

static void
drop(struct reassembly *reassembly, struct rte_mbuf *m, enum nj_drop reason)
{
	tap_dropped(reassembly->tap, m, reason);
	reassembly->counters->port[m->port].dropped[reason]++;
	rte_pktmbuf_free(m);
}

/* Datagrams ---------------------------------------------------------------------------------- */

static struct key
key_of(struct rte_mbuf *m)
{
	const struct nj_flow *flow = &nj_packet(m)->flow;
	const struct rte_ipv4_hdr *ip4 = rte_pktmbuf_mtod_offset(m, void *, NJ_L3_OFFSET);
	const struct rte_ipv6_fragment_ext *ip6 =
		rte_pktmbuf_mtod_offset(m, void *, NJ_UDP6_OFFSET);
	struct key key = {.ipv6 = flow->ipv6};

	if (flow->ipv6) {
		memcpy(key.addresses, flow->src_ip6, sizeof(key.addresses));
		key.id = ip6->id;
	} else {
		memcpy(key.addresses, &flow->src_ip, 2 * sizeof(flow->src_ip));
		key.id = ip4->packet_id;
		key.protocol = ip4->next_proto_id;
	}
	return key;
}

static struct bucket *
bucket_of(struct reassembly *reassembly, const struct key *key)
{
	const uint64_t hash = nj_hash_bytes(reassembly->secret, (const uint8_t *)key, sizeof(*key));

	return &reassembly->buckets[nj_hash_place(hash, BUCKETS)];
}

static struct source *
source_of(struct reassembly *reassembly, const struct key *key)
{
	uint64_t source = 0;

	memcpy(&source, key->addresses, key->ipv6 ? sizeof(source) : sizeof(rte_be32_t));
	return &reassembly->sources[nj_hash_place(
		nj_hash_words(reassembly->secret, source, key->ipv6), SOURCES)];
}

static struct datagram *
find(struct bucket *bucket, const struct key *key)
{
	struct datagram *datagram;

	LIST_FOREACH(datagram, bucket, in_bucket)
	if (memcmp(&datagram->key, key, sizeof(*key)) == 0)
		return datagram;
	return NULL;
}

static void
forget(struct reassembly *reassembly, struct datagram *datagram)
{
	reassembly->n_fragments -= datagram->fragments.n;
	datagram->source->n--;
	TAILQ_REMOVE(&datagram->source->datagrams, datagram, in_source);
	LIST_REMOVE(datagram, in_bucket);
	TAILQ_REMOVE(&reassembly->all, datagram, in_all);
	TAILQ_INSERT_HEAD(&reassembly->free, datagram, in_all);
}

/* Its fragments go; those that are still to come follow them. */
static void
refuse(struct reassembly *reassembly, struct datagram *datagram, enum nj_drop reason)
{
	struct fragments *fragments = &datagram->fragments;

	for (unsigned int i = 0; i < fragments->n; i++)
		drop(reassembly, fragments->all[i].m, reason);
	reassembly->n_fragments -= fragments->n;
	fragments->n = 0;
	datagram->verdict = reason;
}

static void
give_up(struct reassembly *reassembly, struct datagram *datagram, enum nj_drop reason)
{
	refuse(reassembly, datagram, reason);
	forget(reassembly, datagram);
}

/* A new one, for which there is always room. */
static struct datagram *
begin(struct reassembly *reassembly, struct bucket *bucket, const struct key *key, nj_ms_t now)
{
	struct source *source = source_of(reassembly, key);
	struct datagram *datagram;

	if (source->n == REASSEMBLY_SOURCE_DATAGRAMS)
		give_up(reassembly, TAILQ_FIRST(&source->datagrams), NJ_DROP_FRAGMENTS_FULL);
	if (TAILQ_EMPTY(&reassembly->free))
		give_up(reassembly, TAILQ_FIRST(&reassembly->all), NJ_DROP_FRAGMENTS_FULL);
	datagram = TAILQ_FIRST(&reassembly->free);
	TAILQ_REMOVE(&reassembly->free, datagram, in_all);
	*datagram = (struct datagram){.key = *key, .began = now, .source = source};
	source->n++;
	TAILQ_INSERT_TAIL(&source->datagrams, datagram, in_source);
	TAILQ_INSERT_TAIL(&reassembly->all, datagram, in_all);
	LIST_INSERT_HEAD(bucket, datagram, in_bucket);
	return datagram;
}

/* Whole datagrams ---------------------------------------------------------------------------- */

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
	if (m == NULL)
		drop(reassembly, chain, NJ_DROP_TOO_BIG);
	else
		rte_pktmbuf_free(chain);
	return m;
}

static struct rte_mbuf *
finish(struct reassembly *reassembly, struct datagram *datagram)
{
	const struct fragments *fragments = &datagram->fragments;

	for (unsigned int i = 1; i < fragments->n; i++)
		reassembly->counters->port[fragments->all[i].m->port].local++;
	forget(reassembly, datagram);
	return join(reassembly, fragments_chain(fragments));
}

/* Fragments ---------------------------------------------------------------------------------- */

struct rte_mbuf *
reassembly_add(struct reassembly *reassembly, struct rte_mbuf *m, nj_ms_t now)
{
	const struct key key = key_of(m);
	struct bucket *bucket = bucket_of(reassembly, &key);
	struct datagram *datagram;
	enum nj_drop reason;

	reassembly_tick(reassembly, now);
	while (reassembly->n_fragments >= REASSEMBLY_FRAGMENTS)
		give_up(reassembly, TAILQ_FIRST(&reassembly->all), NJ_DROP_FRAGMENTS_FULL);
	datagram = find(bucket, &key);
	if (datagram == NULL)
		datagram = begin(reassembly, bucket, &key, now);
	reason = datagram->verdict;
	if (reason == NJ_DROP_NONE)
		reason = fragments_add(&datagram->fragments, m);
	if (reason == NJ_DROP_NONE) {
		reassembly->n_fragments++;
		return fragments_are_whole(&datagram->fragments) ? finish(reassembly, datagram)
								 : NULL;
	}
	if (reason != NJ_DROP_FRAGMENT_DUPLICATE)
		refuse(reassembly, datagram, reason);
	drop(reassembly, m, reason);
	return NULL;
}

void
reassembly_tick(struct reassembly *reassembly, nj_ms_t now)
{
	struct datagram *oldest;

	while ((oldest = TAILQ_FIRST(&reassembly->all)) != NULL &&
		nj_ms_since(now, oldest->began) >= REASSEMBLY_MS)
		give_up(reassembly, oldest, NJ_DROP_FRAGMENT_INCOMPLETE);
}

void
reassembly_stop(struct reassembly *reassembly)
{
	struct datagram *oldest;

	while ((oldest = TAILQ_FIRST(&reassembly->all)) != NULL)
		give_up(reassembly, oldest, NJ_DROP_STOPPING);
}
