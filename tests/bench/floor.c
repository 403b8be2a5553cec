/* SPDX-License-Identifier: BSD-3-Clause */
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_hash.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#include "nj_hash.h"

#define BURST RTE_HASH_LOOKUP_BULK_MAX

/* As far apart as sessions; one line of it is touched. */
struct entry {
	uint32_t last_seen;
	uint32_t packets;
} __rte_aligned(sizeof(struct nj_session));

struct floor {
	const struct frames *frames;
	struct rte_hash *hash;
	struct entry *entries;
	struct nj_flow flows[BURST];
};

static void
add(struct floor *floor, uint32_t session)
{
	for (unsigned int direction = 0; direction < 2; direction++) {
		const struct nj_flow flow = frames_flow(floor->frames, session, direction);

		if (rte_hash_add_key_data(floor->hash, &flow, &floor->entries[session]) < 0) {
			fprintf(stderr, "the floor's hash takes no key\n");
			exit(EXIT_FAILURE);
		}
	}
}

/*
 * A worker's hash function, but for the secret. rte_hash's own, CRC32, is linear, and took many
 * times as long for four million sessions of clients whose addresses and ports follow each other:
 * a target that hangs on such a floor would be none.
 */
static const struct nj_hash_secret secret = {
	{UINT64_C(0xa0761d6478bd642f), UINT64_C(0xe7037ed1a0b428db)}};

static uint32_t
hash4(const void *key, uint32_t length, uint32_t initial)
{
	uint64_t half[2], hash;

	memcpy(half, key, sizeof(half));
	hash = nj_hash_words(secret, half[0], half[1]);
	return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t
hash6(const void *key, uint32_t length, uint32_t initial)
{
	const uint64_t hash = nj_hash_bytes(secret, key, NJ_FLOW6_KEY_BYTES);

	return (uint32_t)(hash ^ hash >> 32);
}

/* With a worker's settings. */
struct floor *
floor_create(const struct frames *frames)
{
	struct floor *floor = calloc(1, sizeof(*floor));
	const struct rte_hash_parameters parameters = {
		.name = "floor",
		.entries = RTE_MAX(2 * frames->n, 16u),
		.key_len = frames->ipv6 ? NJ_FLOW6_KEY_BYTES : NJ_FLOW4_KEY_BYTES,
		.hash_func = frames->ipv6 ? hash6 : hash4,
		.socket_id = SOCKET_ID_ANY,
		.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	floor->frames = frames;
	floor->hash = rte_hash_create(&parameters);
	floor->entries = rte_zmalloc(
		"floor", (size_t)frames->n * sizeof(*floor->entries), sizeof(*floor->entries));
	if (floor->hash == NULL || floor->entries == NULL) {
		fprintf(stderr, "no memory for the floor of %u sessions\n", frames->n);
		exit(EXIT_FAILURE);
	}
	for (uint32_t i = 0; i < frames->n; i++)
		add(floor, i);
	return floor;
}

void
floor_destroy(struct floor *floor)
{
	rte_hash_free(floor->hash);
	rte_free(floor->entries);
	free(floor);
}

static void
touch(struct entry **found, uint32_t now)
{
	for (unsigned int i = 0; i < BURST; i++)
		rte_prefetch0(found[i]);
	for (unsigned int i = 0; i < BURST; i++) {
		found[i]->last_seen = now;
		found[i]->packets++;
	}
}

/* A burst's keys, which are at hand then, as they are behind a parser. */
static void
choose(struct floor *floor, enum traffic_direction direction, uint32_t *seed)
{
	for (unsigned int i = 0; i < BURST; i++)
		floor->flows[i] = frames_flow(floor->frames, traffic_session(floor->frames, seed),
			traffic_of(direction, i));
}

/* Returns cycles. */
static uint64_t
look_up(struct floor *floor)
{
	const void *keys[BURST];
	struct entry *found[BURST];
	uint64_t hits, begin;

	for (unsigned int i = 0; i < BURST; i++)
		keys[i] = &floor->flows[i];
	begin = rte_rdtsc();
	rte_hash_lookup_bulk_data(floor->hash, keys, BURST, &hits, (void **)found);
	if (unlikely(hits != UINT64_MAX)) {
		fprintf(stderr, "the floor's hash has lost a key\n");
		exit(EXIT_FAILURE);
	}
	touch(found, (uint32_t)begin);
	return rte_rdtsc() - begin;
}

void
floor_measure(struct floor *floor, enum traffic_direction direction, unsigned int fills,
	uint32_t *seed, struct samples *samples)
{
	const unsigned int bursts = TRAFFIC_IN_HAND / BURST, n = fills * bursts;

	for (unsigned int i = 0; i < traffic_warm_fills(floor->frames, fills) * bursts; i++) {
		choose(floor, direction, seed);
		look_up(floor);
	}
	for (unsigned int i = 0; i < n; i++) {
		bool before;
		double cycles;

		choose(floor, direction, seed);
		before = quiet_now();
		cycles = (double)look_up(floor) / BURST;
		samples_add(samples, cycles, quiet_now() && before);
	}
}
