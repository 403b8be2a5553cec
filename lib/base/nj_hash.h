/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hashes of short keys, for tables on the packet path: two multiplications
 * whose 128-bit products are folded, for each 16 bytes (the construction of wyhash).
 * With a random secret nobody outside can choose keys that collide. Pure; any lcore.
 */
#ifndef NJ_HASH_H
#define NJ_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct nj_hash_secret {
	uint64_t word[2];
};

static inline uint64_t
nj_hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The hash of up to two words. */
static inline uint64_t
nj_hash_words(struct nj_hash_secret secret, uint64_t a, uint64_t b)
{
	uint64_t h = nj_hash_fold(a ^ secret.word[0], b ^ secret.word[1]);

	return nj_hash_fold(h ^ UINT64_C(0x9e3779b97f4a7c15), secret.word[0] ^ secret.word[1] ^ b);
}

/* At most 8 bytes as a word: different ones of the same length are different words. */
static inline uint64_t
nj_hash_load(const uint8_t *bytes, size_t length)
{
	uint64_t word = 0;
	uint32_t low, high;

	if (length >= 8) {
		memcpy(&word, bytes, 8);
	} else if (length >= 4) {
		memcpy(&low, bytes, 4);
		memcpy(&high, bytes + length - 4, 4);
		word = (uint64_t)high << 32 | low;
	} else if (length > 0) {
		word = bytes[0] | (uint64_t)bytes[length / 2] << 8 |
		       (uint64_t)bytes[length - 1] << 16;
	}
	return word;
}

/* The same of at most 16 bytes as two words. */
static inline void
nj_hash_load_pair(const uint8_t *bytes, size_t length, uint64_t words[2])
{
	words[0] = nj_hash_load(bytes, length);
	words[1] = length > 8 ? nj_hash_load(bytes + 8, length - 8) : 0;
}

/* The hash of any bytes; keys of different lengths are different keys. */
static inline uint64_t
nj_hash_bytes(struct nj_hash_secret secret, const uint8_t *bytes, size_t length)
{
	uint64_t words[2];

	secret.word[1] ^= length;
	for (; length > 16; bytes += 16, length -= 16) {
		nj_hash_load_pair(bytes, 16, words);
		secret.word[1] ^=
			nj_hash_fold(words[0] ^ secret.word[0], words[1] ^ secret.word[1]);
	}
	nj_hash_load_pair(bytes, length, words);
	return nj_hash_words(secret, words[0], words[1]);
}

/* The place among `n` (at least 1) that a hash falls on; all places get the same share. */
static inline uint32_t
nj_hash_place(uint64_t hash, uint32_t n)
{
	return (uint32_t)((hash >> 32) * n >> 32);
}

#endif
