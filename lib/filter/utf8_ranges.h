/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of characters, spelled in bytes: the UTF-8 of each, as a pattern for PCRE2. */
#ifndef UTF8_RANGES_H
#define UTF8_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NJ_UTF8_LENGTH_MAX 4

/* Of code points, first and last included; never of surrogates, which have no UTF-8. */
struct nj_utf8_range {
	uint32_t first, last;
};

/* Returns how many bytes it is. */
unsigned int nj_utf8_encode(uint32_t code, uint8_t bytes[NJ_UTF8_LENGTH_MAX]);
/* Of the character at `bytes`, which has to be whole. */
uint32_t nj_utf8_decode(const uint8_t *bytes);

/*
 * Writes what matches one of the characters in `ranges` (ascending) that are
 * `length` bytes long, as alternatives. `found` says whether there are any.
 * 0 or -ENOMEM. Manager.
 */
int nj_utf8_write(
	const struct nj_utf8_range *ranges, size_t n, unsigned int length, FILE *out, bool *found);

#endif
