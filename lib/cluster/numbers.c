/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_cluster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nj_maglev.h"

/* Twice as many slots as numbers, so that a probe is short; a slot holds a number, 0 is empty. */
#define SLOTS (2 * NJ_ENDPOINTS_MAX)

struct nj_endpoint_numbers {
	uint32_t n_free;
	uint32_t free[NJ_ENDPOINTS_MAX]; /* a stack */
	bool used[NJ_ENDPOINTS_MAX + 1];
	struct nj_address address[NJ_ENDPOINTS_MAX + 1]; /* by number */
	uint32_t slot[SLOTS];
};

/* The slot that holds this address, or the empty one where it would go. */
static uint32_t
find_slot(const struct nj_endpoint_numbers *numbers, const struct nj_address *address)
{
	uint32_t slot = nj_endpoint_id(address) % SLOTS;

	while (numbers->slot[slot] != 0 &&
		!nj_address_equal(&numbers->address[numbers->slot[slot]], address))
		slot = (slot + 1) % SLOTS;
	return slot;
}

struct nj_endpoint_numbers *
nj_endpoint_numbers_create(void)
{
	struct nj_endpoint_numbers *numbers = calloc(1, sizeof(*numbers));

	if (numbers == NULL)
		return NULL;
	numbers->n_free = NJ_ENDPOINTS_MAX;
	for (uint32_t i = 0; i < NJ_ENDPOINTS_MAX; i++)
		numbers->free[i] = NJ_ENDPOINTS_MAX - i;
	return numbers;
}

void
nj_endpoint_numbers_destroy(struct nj_endpoint_numbers *numbers)
{
	free(numbers);
}

/* Puts every used number into its slot anew: with open addressing nothing can be taken out. */
static void
rebuild_slots(struct nj_endpoint_numbers *numbers)
{
	memset(numbers->slot, 0, sizeof(numbers->slot));
	for (uint32_t number = 1; number <= NJ_ENDPOINTS_MAX; number++)
		if (numbers->used[number])
			numbers->slot[find_slot(numbers, &numbers->address[number])] = number;
}

static void
take_back(struct nj_endpoint_numbers *numbers, const struct nj_clusters *clusters,
	bool (*in_use)(void *context, uint32_t number), void *context)
{
	bool *wanted = calloc(NJ_ENDPOINTS_MAX + 1, sizeof(*wanted));

	if (wanted == NULL)
		return;
	for (uint32_t i = 0; i < clusters->n_endpoints; i++)
		wanted[nj_endpoint_numbers_find(numbers, &clusters->endpoints[i].address)] = true;
	for (uint32_t number = 1; number <= NJ_ENDPOINTS_MAX; number++) {
		if (!numbers->used[number] || wanted[number] || in_use(context, number))
			continue;
		numbers->used[number] = false;
		numbers->free[numbers->n_free++] = number;
	}
	free(wanted);
	rebuild_slots(numbers);
}

uint32_t
nj_endpoint_numbers_take(struct nj_endpoint_numbers *numbers, const struct nj_address *address)
{
	uint32_t slot = find_slot(numbers, address);
	uint32_t number = numbers->slot[slot];

	if (number != 0 || numbers->n_free == 0)
		return number;
	number = numbers->free[--numbers->n_free];
	numbers->used[number] = true;
	numbers->address[number] = *address;
	numbers->slot[slot] = number;
	return number;
}

int
nj_endpoint_numbers_assign(struct nj_endpoint_numbers *numbers, struct nj_clusters *clusters,
	bool (*in_use)(void *context, uint32_t number), void *context)
{
	if (numbers->n_free < clusters->n_endpoints)
		take_back(numbers, clusters, in_use, context);
	for (uint32_t i = 0; i < clusters->n_endpoints; i++) {
		struct nj_endpoint *endpoint = &clusters->endpoints[i];

		endpoint->number = nj_endpoint_numbers_take(numbers, &endpoint->address);
		if (endpoint->number == 0)
			return -ENOSPC;
	}
	return 0;
}

uint32_t
nj_endpoint_numbers_find(
	const struct nj_endpoint_numbers *numbers, const struct nj_address *address)
{
	return numbers->slot[find_slot(numbers, address)];
}
