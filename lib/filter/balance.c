/* SPDX-License-Identifier: BSD-3-Clause */
#include "balance.h"

#include <errno.h>
#include <stdlib.h>

#include "nj_hash.h"

/*
 * HASH has a secret, so that nobody can aim at an endpoint by choosing ports;
 * it lasts as long as the process, through all reloads. MAGLEV is there for
 * several natterjacks side by side to agree, and for a restart to move nobody: it has none.
 */
static struct nj_hash_secret secret;
static const struct nj_hash_secret public_key = {
	{UINT64_C(0x6e61747465726a61), UINT64_C(0x636b2d636c69656e)}};

RTE_INIT(make_secret)
{
	arc4random_buf(&secret, sizeof(secret));
}

static int
by_id(const void *a, const void *b)
{
	const struct balance_place *left = a, *right = b;

	return left->id < right->id ? -1 : left->id > right->id;
}

static int
build_ids(struct balance *balance, const struct nj_clusters *clusters)
{
	uint32_t n = clusters->n_endpoints;

	balance->ids = calloc(n + 1, sizeof(*balance->ids));
	balance->by_id = calloc(n + 1, sizeof(*balance->by_id));
	if (balance->ids == NULL || balance->by_id == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		balance->ids[i] = nj_endpoint_id(&clusters->endpoints[i].address);
		balance->by_id[i] = (struct balance_place){balance->ids[i], i};
	}
	qsort(balance->by_id, n, sizeof(*balance->by_id), by_id);
	return 0;
}

int
balance_build(struct balance *balance, const struct nj_clusters *clusters)
{
	bool maglev = balance->policy == BALANCE_MAGLEV;

	balance->n_endpoints = clusters->n_endpoints;
	if ((maglev || balance->sticky) && build_ids(balance, clusters) < 0)
		return -ENOMEM;
	if (maglev && (balance->maglev = nj_maglev_create(clusters)) == NULL)
		return -ENOMEM;
	return 0;
}

void
balance_destroy(struct balance *balance)
{
	nj_maglev_free(balance->maglev);
	free(balance->ids);
	free(balance->by_id);
}

/* Picking ------------------------------------------------------------------------------------ */

static __rte_always_inline uint64_t
hash_client(struct nj_hash_secret key, const struct nj_datagram *datagram, uint32_t attempt)
{
	const struct nj_flow *flow = &nj_packet(datagram->m)->flow;
	const uint64_t rest = (uint64_t)attempt << 16 | flow->src_port;

	if (flow->ipv6)
		return nj_hash_words(
			key, nj_hash_bytes(key, flow->src_ip6, sizeof(flow->src_ip6)), rest);
	return nj_hash_words(key, flow->src_ip, rest);
}

/* xorshift64*; the seed is never left at 0. */
static uint64_t
next_random(struct balance_state *state)
{
	uint64_t x = state->random | (state->random == 0);

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	state->random = x;
	return x * UINT64_C(0x2545f4914f6cdd1d);
}

/*
 * Rendezvous hashing (Thaler and Ravishankar 1998): the endpoint that draws the highest number for
 * this client. As even and as steady as Maglev's, for any set of endpoints, in time by their
 * number.
 */
static uint32_t
pick_highest(const struct balance *balance, const struct nj_selection *from, uint64_t hash)
{
	uint64_t highest = 0;
	uint32_t best = 0;

	for (uint32_t i = 0; i < from->n; i++) {
		uint64_t drawn = nj_hash_fold(
			hash ^ balance->ids[from->places[i]], UINT64_C(0x9e3779b97f4a7c15));

		drawn = nj_hash_fold(drawn, UINT64_C(0xd6e8feb86659fd93));
		if (drawn > highest) {
			highest = drawn;
			best = i;
		}
	}
	return best;
}

/* Inline in the loop over a burst, where it costs half. */
static __rte_always_inline uint32_t
pick(const struct balance *balance, struct balance_state *state, const struct nj_datagram *datagram,
	uint32_t attempt)
{
	const struct nj_selection *from = &datagram->endpoints;

	switch ((enum balance_policy)balance->policy) {
	case BALANCE_ROUND_ROBIN:
		return state->turn++ % from->n;
	case BALANCE_RANDOM:
		return nj_hash_place(next_random(state), from->n);
	case BALANCE_HASH:
		return nj_hash_place(hash_client(secret, datagram, attempt), from->n);
	case BALANCE_MAGLEV:
		if (from->places == NULL)
			return nj_maglev_place(
				balance->maglev, hash_client(public_key, datagram, 0), attempt);
		return pick_highest(balance, from, hash_client(public_key, datagram, attempt));
	}
	return 0;
}

uint32_t
balance_pick(const struct balance *balance, struct balance_state *state,
	const struct nj_datagram *datagram, uint32_t attempt)
{
	return pick(balance, state, datagram, attempt);
}

void
balance_pick_all(const struct balance *balance, struct balance_state *state,
	const struct nj_batch *batch, uint32_t *places)
{
	for (unsigned int i = 0; i < batch->n; i++) {
		const struct nj_datagram *datagram = batch->datagrams[i];

		places[i] =
			nj_selection_place(&datagram->endpoints, pick(balance, state, datagram, 0));
	}
}

bool
balance_find(const struct balance *balance, uint64_t id, uint32_t *place)
{
	uint32_t low = 0, high = balance->n_endpoints;

	if (*place < balance->n_endpoints && balance->ids[*place] == id)
		return true;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (balance->by_id[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == balance->n_endpoints || balance->by_id[low].id != id)
		return false;
	*place = balance->by_id[low].place;
	return true;
}
