/* SPDX-License-Identifier: BSD-3-Clause */
#include "codec.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#define TABLE_BITS     12
#define MATCH_MIN      4
#define MATCH_LAST     12 /* no match begins in the last bytes … */
#define MATCH_END_LAST 6  /* … or reaches these */
#define NIBBLE_MAX     15

/* Encoding ----------------------------------------------------------------------------------- */

struct encoder {
	const uint8_t *in;
	size_t length;
	size_t literals; /* where those begin that are not written yet */
	uint16_t *table;
	struct nj_codec_out *out;
};

static uint32_t
word(const struct encoder *encoder, size_t at)
{
	rte_le32_t value;

	memcpy(&value, encoder->in + at, sizeof(value));
	return rte_le_to_cpu_32(value);
}

static uint16_t *
entry(const struct encoder *encoder, size_t at)
{
	return &encoder->table[(word(encoder, at) * UINT32_C(2654435761)) >> (32 - TABLE_BITS)];
}

static void
put(struct nj_codec_out *out, size_t byte)
{
	out->bytes[out->length++] = (uint8_t)byte;
}

/* What of a length is beyond its nibble. */
static void
put_length(struct nj_codec_out *out, size_t length)
{
	if (length < NIBBLE_MAX)
		return;
	for (length -= NIBBLE_MAX; length >= 255; length -= 255)
		put(out, 255);
	put(out, length);
}

/* The literals before `end`, and the match's length in the token. */
static void
put_literals(struct encoder *encoder, size_t end, size_t match)
{
	struct nj_codec_out *out = encoder->out;
	size_t n = end - encoder->literals;

	put(out, RTE_MIN(n, (size_t)NIBBLE_MAX) << 4 | RTE_MIN(match, (size_t)NIBBLE_MAX));
	put_length(out, n);
	memcpy(out->bytes + out->length, encoder->in + encoder->literals, n);
	out->length += n;
}

/*
 * The next place from *at whose four bytes stood before, and where. The longer there is none, the
 * larger the steps.
 */
static bool
find_match(struct encoder *encoder, size_t *at, size_t *candidate)
{
	const size_t last = encoder->length - MATCH_LAST;
	unsigned int tries = 32;

	for (; *at <= last; *at += tries++ >> 5) {
		uint16_t *slot = entry(encoder, *at);

		*candidate = *slot;
		*slot = (uint16_t)*at;
		if (word(encoder, *at) == word(encoder, *candidate))
			return true;
	}
	return false;
}

/* Writes a match and the literals before it; returns where it ends. */
static size_t
put_match(struct encoder *encoder, size_t at, size_t candidate)
{
	const size_t offset = at - candidate, limit = encoder->length - MATCH_END_LAST;
	const uint8_t *in = encoder->in;
	size_t end = at + MATCH_MIN, match;

	while (at > encoder->literals && candidate > 0 && in[at - 1] == in[candidate - 1]) {
		at--;
		candidate--;
	}
	while (end < limit && in[end] == in[end - offset])
		end++;
	*entry(encoder, end - 2) = (uint16_t)(end - 2);
	match = end - at - MATCH_MIN;
	put_literals(encoder, at, match);
	put(encoder->out, offset & 0xff);
	put(encoder->out, offset >> 8);
	put_length(encoder->out, match);
	encoder->literals = end;
	return end;
}

int
nj_lz4_encode(
	struct nj_codec_memory *memory, const uint8_t *in, size_t length, struct nj_codec_out *out)
{
	struct encoder encoder = {in, length, 0, memory->table, out};
	size_t at = 1, candidate, rest = length;

	if (length > NJ_CODEC_INPUT_MAX || out->size - out->length < NJ_CODEC_BOUND(length))
		return -EMSGSIZE;
	for (; rest >= 0x80; rest >>= 7)
		put(out, (rest & 0x7f) | 0x80);
	put(out, rest);
	/* No entry says that there is none: 0 is what begins, and compared like another. */
	memset(encoder.table, 0, sizeof(*encoder.table) << TABLE_BITS);
	while (length > MATCH_LAST && find_match(&encoder, &at, &candidate))
		at = put_match(&encoder, at, candidate);
	put_literals(&encoder, length, 0);
	return 0;
}

/* Decoding ----------------------------------------------------------------------------------- */

struct input {
	const uint8_t *at, *end;
};

/* Sixteen bits; what is beyond them is lost, as it is in Quilkin. */
static int
get_size(struct input *in, uint16_t *size)
{
	*size = 0;
	for (unsigned int shift = 0; shift < 16 && in->at < in->end; shift += 7) {
		uint8_t byte = *in->at++;

		*size |= (uint16_t)((uint32_t)(byte & 0x7f) << shift);
		if (byte < 0x80)
			return 0;
	}
	return -EBADMSG;
}

static int
get_length(struct input *in, unsigned int nibble, size_t *length)
{
	uint8_t byte;

	*length = nibble;
	if (nibble < NIBBLE_MAX)
		return 0;
	do {
		if (in->at == in->end)
			return -EBADMSG;
		byte = *in->at++;
		*length += byte;
	} while (byte == 255);
	return 0;
}

static int
copy_literals(struct input *in, uint8_t token, struct nj_codec_out *out)
{
	size_t length;

	if (get_length(in, token >> 4, &length) < 0)
		return -EBADMSG;
	if (length > (size_t)(in->end - in->at) || length > out->size - out->length)
		return -EBADMSG;
	memcpy(out->bytes + out->length, in->at, length);
	out->length += length;
	in->at += length;
	return 0;
}

/* `begin` is where this block's output does. */
static int
copy_match(struct input *in, uint8_t token, struct nj_codec_out *out, size_t begin)
{
	size_t offset, length;

	if (in->end - in->at < 2)
		return -EBADMSG;
	offset = in->at[0] | (size_t)in->at[1] << 8;
	in->at += 2;
	if (get_length(in, token & 0xf, &length) < 0)
		return -EBADMSG;
	length += MATCH_MIN;
	if (offset == 0 || offset > out->length - begin || length > out->size - out->length)
		return -EBADMSG;
	for (; length > 0; length--, out->length++) /* the two may overlap */
		out->bytes[out->length] = out->bytes[out->length - offset];
	return 0;
}

int
nj_lz4_decode(const uint8_t *bytes, size_t length, struct nj_codec_out *out)
{
	struct input in = {bytes, bytes + length};
	struct nj_codec_out block = *out;
	uint16_t size;

	if (get_size(&in, &size) < 0)
		return -EBADMSG;
	if (size > out->size - out->length)
		return -EMSGSIZE;
	block.size = block.length + size;
	for (;;) {
		uint8_t token;

		if (in.at == in.end)
			return -EBADMSG;
		token = *in.at++;
		if (copy_literals(&in, token, &block) < 0)
			return -EBADMSG;
		if (in.at == in.end) { /* literals end a block; it may be shorter than it said */
			out->length = block.length;
			return 0;
		}
		if (copy_match(&in, token, &block, out->length) < 0)
			return -EBADMSG;
	}
}
