/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An endpoint's tokens. Behind the array lies a hash index over it, in the same
 * block of memory, so that even a million tokens of one endpoint are compared
 * with few others each. Both sizes follow from the number of tokens: the array
 * has room for the next power of two, the index for twice that.
 */
#include "tokens.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 4u

/* Room in an array that holds n. */
static uint32_t
capacity_of(uint32_t n)
{
	return n <= CAPACITY_MIN ? CAPACITY_MIN : rte_align32pow2(n);
}

/* A slot of the index holds a token's place in the array plus one; 0 is free. */
static uint32_t *
index_of(struct nj_bytes *tokens, uint32_t capacity)
{
	return (uint32_t *)(tokens + capacity);
}

/* FNV-1a; rte_jhash would read whole words, beyond a short token's end. */
static uint32_t
hash(const uint8_t *bytes, uint16_t length)
{
	uint32_t h = 2166136261u;

	for (uint16_t i = 0; i < length; i++)
		h = (h ^ bytes[i]) * 16777619u;
	return h ^ h >> 15;
}

/* The slot that holds these bytes, or the free one where they belong. */
static uint32_t *
find_slot(struct nj_bytes *tokens, uint32_t capacity, const uint8_t *bytes, uint16_t length)
{
	uint32_t *slots = index_of(tokens, capacity);
	uint32_t mask = 2 * capacity - 1;
	uint32_t i = hash(bytes, length) & mask;

	/* At most half of the slots are taken, so the walk ends. */
	for (; slots[i] != 0; i = (i + 1) & mask) {
		const struct nj_bytes *token = &tokens[slots[i] - 1];

		if (token->length == length && memcmp(token->bytes, bytes, length) == 0)
			break;
	}
	return &slots[i];
}

/* Makes room for one more. */
static int
reserve(struct nj_endpoint *endpoint)
{
	uint32_t n = endpoint->n_tokens, capacity = capacity_of(n + 1);
	struct nj_bytes *tokens;

	if (n > 0 && capacity == capacity_of(n))
		return 0;
	tokens = calloc(capacity, sizeof(*tokens) + 2 * sizeof(uint32_t));
	if (tokens == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		tokens[i] = endpoint->tokens[i];
		*find_slot(tokens, capacity, tokens[i].bytes, tokens[i].length) = i + 1;
	}
	free(endpoint->tokens);
	endpoint->tokens = tokens;
	return 0;
}

int
nj_endpoint_add_token(struct nj_endpoint *endpoint, const uint8_t *bytes, uint16_t length)
{
	uint32_t *slot;
	uint8_t *copy;

	if (reserve(endpoint) < 0)
		return -ENOMEM;
	slot = find_slot(endpoint->tokens, capacity_of(endpoint->n_tokens + 1), bytes, length);
	if (*slot != 0)
		return -EEXIST;
	copy = malloc(length > 0 ? length : 1); /* the empty token has an address, too */
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, bytes, length);
	endpoint->tokens[endpoint->n_tokens++] = (struct nj_bytes){length, copy};
	*slot = endpoint->n_tokens;
	return 0;
}

void
nj_tokens_clear(struct nj_endpoint *endpoint)
{
	for (uint32_t i = 0; i < endpoint->n_tokens; i++)
		free(endpoint->tokens[i].bytes);
	free(endpoint->tokens);
	endpoint->tokens = NULL;
	endpoint->n_tokens = 0;
}
