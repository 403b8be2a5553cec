/* SPDX-License-Identifier: BSD-3-Clause */
#include "admission.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_hash.h>
#include <rte_malloc.h>

#include "nj_hash.h"

/* What a source is known by: an IPv4 address as an IPv4-mapped one, whatever a kind leaves out
 * being zero. */
struct source_key {
	uint64_t half[2];
};

/* Random for each start, so that nobody outside can choose addresses that collide. */
static struct nj_hash_secret hash_secret;

static uint32_t
hash_key(const void *bytes, uint32_t length, uint32_t initial)
{
	const struct source_key *key = bytes;
	const uint64_t hash = nj_hash_words(hash_secret, key->half[0], key->half[1]);

	return (uint32_t)(hash ^ hash >> 32);
}

static struct source_key
key_of(const struct nj_flow *flow, enum source_kind kind)
{
	const bool prefix = kind == SOURCE_PREFIX;
	struct source_key key = {0};

	if (flow->ipv6) {
		memcpy(&key, flow->src_ip6, prefix ? sizeof(key.half[0]) : sizeof(key));
	} else {
		const rte_be32_t ip =
			prefix ? flow->src_ip & RTE_BE32(UINT32_C(0xffffff00)) : flow->src_ip;

		key.half[1] = (uint64_t)ip << 32 | RTE_BE32(0xffff);
	}
	return key;
}

/* Counting ----------------------------------------------------------------------------------- */

static int
sources_init(struct source_counts *sources, enum source_kind kind, uint32_t limit,
	const struct nj_session_config *config, int socket)
{
	char name[RTE_HASH_NAMESIZE];
	const struct rte_hash_parameters parameters = {
		.name = name,
		.entries = RTE_MAX(config->capacity, 16u),
		.key_len = sizeof(struct source_key),
		.hash_func = hash_key,
		.socket_id = socket,
		.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	sources->limit = limit;
	if (limit == 0)
		return 0;
	snprintf(name, sizeof(name), "nj_sources%u_%u", kind, config->worker);
	sources->hash = rte_hash_create(&parameters);
	if (sources->hash == NULL)
		return -ENOMEM;
	sources->sessions = rte_zmalloc_socket("nj_source_sessions",
		((size_t)rte_hash_max_key_id(sources->hash) + 1) * sizeof(*sources->sessions), 0,
		socket);
	return sources->sessions == NULL ? -ENOMEM : 0;
}

static bool
is_full(const struct source_counts *sources, const struct nj_flow *flow, enum source_kind kind)
{
	struct source_key key;
	int place;

	if (sources->limit == 0)
		return false;
	key = key_of(flow, kind);
	place = rte_hash_lookup(sources->hash, &key);
	return place >= 0 && sources->sessions[place] >= sources->limit;
}

static void
count(struct source_counts *sources, const struct nj_flow *flow, enum source_kind kind)
{
	struct source_key key;
	int place;

	if (sources->limit == 0)
		return;
	key = key_of(flow, kind);
	place = rte_hash_add_key(sources->hash, &key); /* the same place where it has one */
	if (place >= 0)
		sources->sessions[place]++;
}

static void
uncount(struct source_counts *sources, const struct nj_flow *flow, enum source_kind kind)
{
	struct source_key key;
	int place;

	if (sources->limit == 0)
		return;
	key = key_of(flow, kind);
	place = rte_hash_lookup(sources->hash, &key);
	if (place >= 0 && --sources->sessions[place] == 0)
		rte_hash_del_key(sources->hash, &key);
}

/* Admission ---------------------------------------------------------------------------------- */

int
admission_init(struct admission *admission, const struct nj_session_config *config, int socket)
{
	int ret;

	if (hash_secret.word[0] == 0)
		arc4random_buf(&hash_secret, sizeof(hash_secret));
	admission->limits = config->limits;
	admission->rounds = ADMISSION_ROUNDS_MAX;
	ret = sources_init(&admission->sources[SOURCE_ADDRESS], SOURCE_ADDRESS,
		config->limits.per_source, config, socket);
	if (ret == 0)
		ret = sources_init(&admission->sources[SOURCE_PREFIX], SOURCE_PREFIX,
			config->limits.per_prefix, config, socket);
	return ret;
}

void
admission_fini(struct admission *admission)
{
	for (unsigned int kind = 0; kind < SOURCE_KINDS; kind++) {
		rte_free(admission->sources[kind].sessions);
		rte_hash_free(admission->sources[kind].hash);
	}
}

static enum nj_drop
check_sources(const struct admission *admission, const struct nj_flow *flow)
{
	if (is_full(&admission->sources[SOURCE_ADDRESS], flow, SOURCE_ADDRESS))
		return NJ_DROP_SOURCE_FULL;
	if (is_full(&admission->sources[SOURCE_PREFIX], flow, SOURCE_PREFIX))
		return NJ_DROP_PREFIX_FULL;
	return NJ_DROP_NONE;
}

/* The rate first: it looks nothing up, so it is what a flood is to meet. A source that is full
 * takes nothing of it from the others. */
enum nj_drop
admission_check(struct admission *admission, const struct nj_flow *flow, nj_ms_t now)
{
	const uint32_t per_second = admission->limits.per_second;
	enum nj_drop why;

	if (per_second != 0 && !nj_bucket_take(&admission->opened, per_second, per_second, now))
		return NJ_DROP_SESSION_RATE;
	why = check_sources(admission, flow);
	if (why != NJ_DROP_NONE)
		nj_bucket_give_back(&admission->opened);
	return why;
}

void
admission_enter(struct admission *admission, const struct nj_flow *flow)
{
	for (unsigned int kind = 0; kind < SOURCE_KINDS; kind++)
		count(&admission->sources[kind], flow, kind);
}

void
admission_leave(struct admission *admission, const struct nj_flow *flow)
{
	for (unsigned int kind = 0; kind < SOURCE_KINDS; kind++)
		uncount(&admission->sources[kind], flow, kind);
}
