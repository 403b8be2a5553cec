/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_table.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_prefetch.h>
#include <rte_vect.h>

#include "nj_hash.h"
#include "table.h"

#define FLOWS_A_BUCKET 4 /* on average, when all sessions are open */

/* Random for each start, so that nobody outside can choose addresses that collide. */
static struct nj_hash_secret secret;

int
flow_table_init(struct flow_table *flows, uint32_t n_flows, int socket)
{
	/* Even if all flows came to one bucket there would be as many to go on in. */
	const uint32_t n_spare = n_flows / FLOW_SLOTS + 1;

	if (secret.word[0] == 0)
		arc4random_buf(&secret, sizeof(secret));
	flows->n_buckets = n_flows / FLOWS_A_BUCKET + 1;
	flows->buckets = rte_zmalloc_socket("nj_flows",
		((size_t)flows->n_buckets + n_spare) * sizeof(*flows->buckets), RTE_CACHE_LINE_SIZE,
		socket);
	if (flows->buckets == NULL)
		return -ENOMEM;
	flows->spare = flows->n_buckets;
	for (uint32_t i = 0; i + 1 < n_spare; i++)
		flows->buckets[flows->n_buckets + i].next = flows->n_buckets + i + 1;
	return 0;
}

void
flow_table_fini(struct flow_table *flows)
{
	rte_free(flows->buckets);
}

/* Hashing ------------------------------------------------------------------------------------ */

static inline uint64_t
hash_of(const struct nj_flow *flow)
{
	uint64_t half[2];

	if (flow->ipv6)
		return nj_hash_bytes(secret, (const uint8_t *)flow, NJ_FLOW6_KEY_BYTES);
	memcpy(half, flow, NJ_FLOW4_KEY_BYTES);
	return nj_hash_words(secret, half[0], half[1]);
}

/* The bucket comes from the upper half of a hash, the tag from the lower. */
static inline struct flow_bucket *
bucket_of(const struct flow_table *flows, uint64_t hash)
{
	return &flows->buckets[nj_hash_place(hash, flows->n_buckets)];
}

uint64_t
flow_table_hash(const struct nj_flow *flow)
{
	return hash_of(flow);
}

uint32_t
flow_table_bucket(const struct flow_table *flows, const struct nj_flow *flow)
{
	return nj_hash_place(hash_of(flow), flows->n_buckets);
}

/* Where a flow with this tag may be, a bit for each slot. */
static inline unsigned int
slots_with(const struct flow_bucket *bucket, uint16_t tag)
{
	const unsigned int used = (1u << bucket->n) - 1;
#ifdef __SSE2__
	const __m128i tags = _mm_load_si128((const __m128i *)bucket->tags);
	const __m128i equal = _mm_cmpeq_epi16(tags, _mm_set1_epi16((short)tag));

	return (unsigned int)_mm_movemask_epi8(_mm_packs_epi16(equal, equal)) & used;
#else
	unsigned int slots = 0;

	for (unsigned int i = 0; i < FLOW_SLOTS; i++)
		slots |= (unsigned int)(bucket->tags[i] == tag) << i;
	return slots & used;
#endif
}

/* A flow of a client's has an endpoint, a reply has none. */
static inline enum nj_direction
direction_of(const struct nj_flow *flow)
{
	return flow->endpoint != 0 ? NJ_DOWNSTREAM : NJ_UPSTREAM;
}

/* Finding ------------------------------------------------------------------------------------ */

static inline struct nj_session *
session_at(const struct nj_session_table *table, uint32_t ref)
{
	return &table->sessions[ref >> 1];
}

static bool
has_flow6(const struct nj_session_table *table, const struct nj_session *session,
	const struct nj_flow *flow)
{
	const bool down = direction_of(flow) == NJ_DOWNSTREAM;
	const struct session_rest *rest = session_rest(table, session);
	const uint8_t *theirs = down ? rest->client_ip6 : rest->endpoint_ip6;
	const uint16_t ours = down ? rest->listener_own : rest->upstream_own;

	return memcmp(theirs, flow->src_ip6, sizeof(flow->src_ip6)) == 0 &&
	       memcmp(nj_link_own6(table->config.link, ours), flow->dst_ip6,
		       sizeof(flow->dst_ip6)) == 0;
}

/* The session has addresses and ports in the order of the flows that arrive. */
static inline bool
has_flow(const struct nj_session_table *table, const struct nj_session *session,
	const struct nj_flow *flow)
{
	const bool down = direction_of(flow) == NJ_DOWNSTREAM;
	const rte_be32_t *ips = down ? &session->client_ip : &session->endpoint_ip;
	const rte_be16_t *ports = down ? &session->client_port : &session->endpoint_port;

	const bool ipv6 = (session->ipv6 & (down ? NJ_CLIENT_IPV6 : NJ_ENDPOINT_IPV6)) != 0;

	if (memcmp(ports, &flow->src_port, 2 * sizeof(*ports)) != 0 || ipv6 != flow->ipv6 ||
		(down && session->endpoint != flow->endpoint))
		return false;
	if (unlikely(ipv6))
		return has_flow6(table, session, flow);
	return memcmp(ips, &flow->src_ip, 2 * sizeof(*ips)) == 0;
}

/* All that may be it, one after another. */
static __rte_noinline struct nj_session *
search(const struct nj_session_table *table, const struct flow_bucket *bucket, uint16_t tag,
	const struct nj_flow *flow)
{
	const struct flow_table *flows = &table->flows;

	for (;; bucket = &flows->buckets[bucket->next]) {
		for (unsigned int slots = slots_with(bucket, tag); slots != 0; slots &= slots - 1) {
			const uint32_t ref = bucket->refs[__builtin_ctz(slots)];
			struct nj_session *session = session_at(table, ref);

			if ((ref & 1) == direction_of(flow) && has_flow(table, session, flow))
				return session;
		}
		if (bucket->next == 0)
			return NULL;
	}
}

/* Nearly always the first slot with the tag is it, so that session is fetched. */
static inline struct nj_session *
guess(const struct nj_session_table *table, const struct flow_bucket *bucket, uint16_t tag,
	const struct nj_flow *flow)
{
	const unsigned int slots = slots_with(bucket, tag);
	struct nj_session *session;
	uint32_t ref;

	if (slots == 0)
		return NULL;
	ref = bucket->refs[__builtin_ctz(slots)];
	if (unlikely((ref & 1) != direction_of(flow)))
		return NULL;
	session = session_at(table, ref);
	rte_prefetch0(session);
	if (unlikely(flow->ipv6))
		rte_prefetch0(&table->rests[ref >> 1]);
	return session;
}

/* In a large table each line is a miss: those of all flows are on their way before one is used. */
static inline void
fetch_buckets(const struct flow_table *table, const struct nj_flow *const *flows, unsigned int n,
	const struct flow_bucket **buckets, uint16_t *tags)
{
	for (unsigned int i = 0; i < n; i++) {
		const uint64_t hash = hash_of(flows[i]);

		buckets[i] = bucket_of(table, hash);
		rte_prefetch0(buckets[i]);
		tags[i] = (uint16_t)hash;
	}
}

void
flow_table_find(const struct nj_session_table *table, const struct nj_flow *const *flows,
	unsigned int n, struct nj_session **found)
{
	const struct flow_bucket *buckets[NJ_SESSION_BULK_MAX];
	uint16_t tags[NJ_SESSION_BULK_MAX];

	fetch_buckets(&table->flows, flows, n, buckets, tags);
	for (unsigned int i = 0; i < n; i++)
		found[i] = guess(table, buckets[i], tags[i], flows[i]);
	for (unsigned int i = 0; i < n; i++) {
		if (likely(found[i] != NULL && has_flow(table, found[i], flows[i])))
			continue;
		found[i] = NULL;
		if (slots_with(buckets[i], tags[i]) != 0 || buckets[i]->next != 0)
			found[i] = search(table, buckets[i], tags[i], flows[i]);
	}
}

static inline bool
has_tag(const struct flow_table *flows, const struct flow_bucket *bucket, uint16_t tag)
{
	while (slots_with(bucket, tag) == 0) {
		if (bucket->next == 0)
			return false;
		bucket = &flows->buckets[bucket->next];
	}
	return true;
}

uint64_t
flow_table_guess(
	const struct nj_session_table *table, const struct nj_flow *const *flows, unsigned int n)
{
	const struct flow_bucket *buckets[NJ_SESSION_BULK_MAX];
	uint16_t tags[NJ_SESSION_BULK_MAX];
	uint64_t there = 0;

	fetch_buckets(&table->flows, flows, n, buckets, tags);
	for (unsigned int i = 0; i < n; i++)
		there |= (uint64_t)has_tag(&table->flows, buckets[i], tags[i]) << i;
	return there;
}

void
flow_table_prefetch(const struct flow_table *flows, const struct nj_flow *flow)
{
	rte_prefetch0(bucket_of(flows, hash_of(flow)));
}

/* Changing ----------------------------------------------------------------------------------- */

static struct flow_bucket *
last_of(const struct flow_table *flows, struct flow_bucket *bucket, struct flow_bucket **before)
{
	*before = NULL;
	while (bucket->next != 0) {
		*before = bucket;
		bucket = &flows->buckets[bucket->next];
	}
	return bucket;
}

static struct flow_bucket *
go_on(struct flow_table *flows, struct flow_bucket *bucket)
{
	struct flow_bucket *next = &flows->buckets[flows->spare];

	bucket->next = flows->spare;
	flows->spare = next->next;
	*next = (struct flow_bucket){0};
	return next;
}

static uint32_t
ref_to(const struct nj_session_table *table, const struct nj_session *session,
	enum nj_direction direction)
{
	return session_number(table, session) << 1 | direction;
}

void
flow_table_add(struct nj_session_table *table, const struct nj_session *session,
	const struct nj_flow *flow)
{
	const uint64_t hash = hash_of(flow);
	struct flow_bucket *before;
	struct flow_bucket *bucket =
		last_of(&table->flows, bucket_of(&table->flows, hash), &before);

	if (bucket->n == FLOW_SLOTS)
		bucket = go_on(&table->flows, bucket);
	bucket->tags[bucket->n] = (uint16_t)hash;
	bucket->refs[bucket->n++] = ref_to(table, session, direction_of(flow));
}

static uint32_t *
slot_of(const struct flow_table *flows, struct flow_bucket *bucket, uint16_t tag, uint32_t ref,
	uint16_t **its_tag)
{
	for (;; bucket = &flows->buckets[bucket->next]) {
		for (unsigned int slots = slots_with(bucket, tag); slots != 0; slots &= slots - 1) {
			const unsigned int slot = (unsigned int)__builtin_ctz(slots);

			*its_tag = &bucket->tags[slot];
			if (bucket->refs[slot] == ref)
				return &bucket->refs[slot];
		}
		if (bucket->next == 0)
			return NULL;
	}
}

/* The last of those that share the bucket takes its place, so that none stands open. */
void
flow_table_remove(struct nj_session_table *table, const struct nj_session *session,
	const struct nj_flow *flow)
{
	const uint64_t hash = hash_of(flow);
	struct flow_table *flows = &table->flows;
	struct flow_bucket *first = bucket_of(flows, hash), *before;
	struct flow_bucket *last = last_of(flows, first, &before);
	uint16_t *tag;
	uint32_t *ref = slot_of(
		flows, first, (uint16_t)hash, ref_to(table, session, direction_of(flow)), &tag);

	RTE_ASSERT(ref != NULL);
	last->n--;
	*ref = last->refs[last->n];
	*tag = last->tags[last->n];
	if (last->n > 0 || before == NULL)
		return;
	last->next = flows->spare;
	flows->spare = before->next;
	before->next = 0;
}
