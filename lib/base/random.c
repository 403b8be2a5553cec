/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_random.h"

#include <bsd/stdlib.h>

static inline uint64_t
rotate(uint64_t word, unsigned int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void
sip_rounds(uint64_t v[4], unsigned int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

uint64_t
nj_siphash(const uint64_t key[2], uint64_t word)
{
	const uint64_t length = UINT64_C(8) << 56;
	uint64_t v[4] = {
		key[0] ^ UINT64_C(0x736f6d6570736575),
		key[1] ^ UINT64_C(0x646f72616e646f6d),
		key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573),
	};

	v[3] ^= word;
	sip_rounds(v, 1);
	v[0] ^= word;
	v[3] ^= length;
	sip_rounds(v, 1);
	v[0] ^= length;
	v[2] ^= 0xff;
	sip_rounds(v, 3);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void
nj_random_init(struct nj_random *random)
{
	arc4random_buf(random->key, sizeof(random->key));
	random->n = 0;
}

uint64_t
nj_random_next(struct nj_random *random)
{
	return nj_siphash(random->key, random->n++);
}
