/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers that nobody can foretell who has seen others of them, for the packet path: SipHash-1-3
 * (Aumasson and Bernstein, 2012) of a counter. rte_rand() is linear, so that it can be calculated
 * from what it gave before, and arc4random() may make a system call.
 */
#ifndef NJ_RANDOM_H
#define NJ_RANDOM_H

#include <stdint.h>

struct nj_random {
	uint64_t key[2];
	uint64_t n; /* numbers that it gave */
};

/* With a key of the system's. Any thread. */
void nj_random_init(struct nj_random *random);

/* The next number; all bits are as good. Owner only. */
uint64_t nj_random_next(struct nj_random *random);

/* SipHash-1-3, as Rust's hash tables have it, of the eight bytes of a word, the least first. Pure;
 * any lcore. */
uint64_t nj_siphash(const uint64_t key[2], uint64_t word);

#endif
