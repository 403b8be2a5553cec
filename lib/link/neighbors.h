/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of neighbors of both families. A neighbor's number is its place in the hash, and
 * what workers need of it is words[number].
 *
 * The manager is the only writer. A reader may come at any moment: between its
 * look-up of a number and its load of the word, the number may have gone to
 * another neighbor. So a number that is given away has a word that says FREE
 * from before its address changes until after, and a new generation then.
 */
#ifndef NJ_LINK_NEIGHBORS_H
#define NJ_LINK_NEIGHBORS_H

#include <sys/queue.h>

#include <rte_hash.h>

#include "nj_link.h"
#include "waiting.h"

/* Whose neighbor it is, and its address: 16 bytes, an IPv4 one as ::ffff:a.b.c.d. */
struct nj_neighbor_key {
	uint64_t ip[2];
	uint64_t port;
};

struct nj_neighbor {
	TAILQ_ENTRY(nj_neighbor) entry; /* of those in its state */
	struct nj_neighbor_key key;
	uint8_t questions; /* asked since the last answer */
	nj_ms_t asked;     /* when the last question was */
	nj_ms_t confirmed; /* when it last answered; before that, when it was first heard of */
	nj_ms_t changed;   /* when its state began */
	nj_ms_t used;      /* when the manager last sent to it, or wanted to, where `was_used` */
	bool was_used;
	bool known; /* it has answered, or is a gateway or a router: see questions.h */
	struct nj_waiting_queue queue;
};

TAILQ_HEAD(nj_neighbor_list, nj_neighbor);

struct nj_neighbors {
	uint32_t capacity;
	struct rte_hash *numbers;
	uint64_t *words; /* MAC 48 bits, state 8, generation 8 */
	struct nj_neighbor *all;
	uint32_t n_unresolved;                                    /* INCOMPLETE and FAILED */
	struct nj_neighbor_list by_state[NJ_NEIGHBOR_FAILED + 1]; /* the longest in it in front */
};

/* Returns 0, -EINVAL for too many, or -ENOMEM. `name` is unique. */
int nj_neighbors_create(struct nj_neighbors *neighbors, uint32_t capacity, const char *name);
void nj_neighbors_destroy(struct nj_neighbors *neighbors);

/* The rest is for the manager. */
struct nj_neighbor *nj_neighbors_get(
	const struct nj_neighbors *neighbors, uint16_t port, const struct nj_ip *ip);
/* A new one, INCOMPLETE, which must not be known yet; NULL where the table is full. */
struct nj_neighbor *nj_neighbors_add(
	struct nj_neighbors *neighbors, uint16_t port, const struct nj_ip *ip, nj_ms_t now);
void nj_neighbors_forget(struct nj_neighbors *neighbors, struct nj_neighbor *neighbor);

/* How many neighbors that never answered there may be: a flood of made-up ones finds a bound. */
uint32_t nj_neighbors_unresolved_max(const struct nj_neighbors *neighbors);

struct nj_ip nj_neighbor_ip(const struct nj_neighbor *neighbor);
uint16_t nj_neighbor_port(const struct nj_neighbor *neighbor);
uint32_t nj_neighbor_number(
	const struct nj_neighbors *neighbors, const struct nj_neighbor *neighbor);
/* Its state and, where `mac` is not NULL, its address, which is zero where it is not known. */
enum nj_neighbor_state nj_neighbor_get(const struct nj_neighbors *neighbors,
	const struct nj_neighbor *neighbor, struct rte_ether_addr *mac);
/* Makes every reference to it too old, though it stays as it is: whoever has one looks for its way
 * again. */
void nj_neighbor_renew(struct nj_neighbors *neighbors, struct nj_neighbor *neighbor);
/* Shows workers a new state and address. */
void nj_neighbor_set(struct nj_neighbors *neighbors, struct nj_neighbor *neighbor,
	enum nj_neighbor_state state, const struct rte_ether_addr *mac, nj_ms_t now);

#endif
