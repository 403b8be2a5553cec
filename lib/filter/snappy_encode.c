/* SPDX-License-Identifier: BSD-3-Clause */
#include "codec.h"

#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>

#define TABLE_MIN 256
#define TABLE_MAX (1 << 14)
#define MARGIN    15 /* no match begins in the last bytes, so that words can be read whole */
#define LITERAL   0
#define COPY_1    1 /* a byte of offset and three bits */
#define COPY_2    2 /* two bytes of offset */

struct block {
	const uint8_t *in;
	size_t length;
	uint16_t *table;
	unsigned int shift;
	struct nj_codec_out *out;
};

static uint32_t
word(const uint8_t *bytes)
{
	rte_le32_t value;

	memcpy(&value, bytes, sizeof(value));
	return rte_le_to_cpu_32(value);
}

static void
put(struct nj_codec_out *out, unsigned int byte)
{
	out->bytes[out->length++] = (uint8_t)byte;
}

static void
put_literal(struct block *block, size_t from, size_t to)
{
	struct nj_codec_out *out = block->out;
	size_t n = to - from - 1;

	if (n < 60) {
		put(out, (unsigned int)n << 2 | LITERAL);
	} else if (n < 256) {
		put(out, 60 << 2 | LITERAL);
		put(out, (unsigned int)n);
	} else {
		put(out, 61 << 2 | LITERAL);
		put(out, n & 0xff);
		put(out, (unsigned int)n >> 8);
	}
	memcpy(out->bytes + out->length, block->in + from, n + 1);
	out->length += n + 1;
}

static void
put_copy_2(struct nj_codec_out *out, size_t offset, size_t length)
{
	put(out, (unsigned int)(length - 1) << 2 | COPY_2);
	put(out, offset & 0xff);
	put(out, (unsigned int)offset >> 8);
}

/* The last of several is left at least four long, so that it may be a short one. */
static void
put_copy(struct nj_codec_out *out, size_t offset, size_t length)
{
	for (; length >= 68; length -= 64)
		put_copy_2(out, offset, 64);
	if (length > 64) {
		put_copy_2(out, offset, 60);
		length -= 60;
	}
	if (length > 11 || offset > 2047) {
		put_copy_2(out, offset, length);
		return;
	}
	put(out, (unsigned int)(offset >> 8) << 5 | (unsigned int)(length - 4) << 2 | COPY_1);
	put(out, offset & 0xff);
}

static uint16_t *
entry(const struct block *block, size_t at)
{
	return &block->table[(word(block->in + at) * 0x1e35a7bd) >> block->shift];
}

/*
 * The next place from `at` whose four bytes stood before, and in *candidate where; 0 for none. The
 * longer there is none, the larger the steps.
 */
static size_t
find_match(const struct block *block, size_t at, size_t *candidate)
{
	size_t limit = block->length - MARGIN;
	unsigned int skip = 32;

	for (;;) {
		unsigned int step = skip >> 5;
		uint16_t *slot = entry(block, at);

		skip += step;
		if (at + step > limit)
			return 0;
		*candidate = *slot;
		*slot = (uint16_t)at;
		if (word(block->in + at) == word(block->in + *candidate))
			return at;
		at += step;
	}
}

static size_t
match_end(const struct block *block, size_t at, size_t candidate)
{
	while (at < block->length && block->in[at] == block->in[candidate]) {
		at++;
		candidate++;
	}
	return at;
}

/* Copies as long as one follows right behind the other; returns where they end. */
static size_t
put_matches(struct block *block, size_t at, size_t candidate)
{
	for (;;) {
		size_t begin = at;
		uint16_t *slot;

		at = match_end(block, at + 4, candidate + 4);
		put_copy(block->out, begin - candidate, at - begin);
		if (at >= block->length - MARGIN)
			return at;
		*entry(block, at - 1) = (uint16_t)(at - 1);
		slot = entry(block, at);
		candidate = *slot;
		*slot = (uint16_t)at;
		if (word(block->in + at) != word(block->in + candidate))
			return at;
	}
}

static void
encode_block(struct block *block)
{
	size_t emitted = 0, at = 1, candidate;

	while ((at = find_match(block, at, &candidate)) != 0) {
		put_literal(block, emitted, at);
		emitted = put_matches(block, at, candidate);
		if (emitted >= block->length - MARGIN)
			break;
		at = emitted + 1;
	}
	if (emitted < block->length)
		put_literal(block, emitted, block->length);
}

/* The smallest table that has an entry for each byte, within bounds. */
static void
clear_table(struct block *block, struct nj_codec_memory *memory)
{
	size_t size = TABLE_MIN;

	block->shift = 32 - 8;
	for (; size < TABLE_MAX && size < block->length; size *= 2)
		block->shift--;
	block->table = memory->table;
	memset(block->table, 0, size * sizeof(*block->table));
}

int
nj_snappy_encode(
	struct nj_codec_memory *memory, const uint8_t *in, size_t length, struct nj_codec_out *out)
{
	struct block block = {.in = in, .length = length, .out = out};
	size_t rest = length;

	if (length > NJ_CODEC_INPUT_MAX || out->size - out->length < NJ_CODEC_BOUND(length))
		return -EMSGSIZE;
	for (; rest >= 0x80; rest >>= 7)
		put(out, (rest & 0x7f) | 0x80);
	put(out, (unsigned int)rest);
	if (length == 0)
		return 0;
	if (length < 2 + MARGIN) {
		put_literal(&block, 0, length);
		return 0;
	}
	clear_table(&block, memory);
	encode_block(&block);
	return 0;
}
