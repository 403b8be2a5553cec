/* SPDX-License-Identifier: BSD-3-Clause */
/* Snappy's framing format: chunks of a type, a length of three bytes, and that many bytes. */
#include "codec.h"

#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_hash_crc.h>

#define COMPRESSED   0x00
#define UNCOMPRESSED 0x01
#define PADDING_MIN  0x80 /* from here on a chunk may be skipped … */
#define IDENTIFIER   0xff /* … but for the one that begins a stream */

#define HEADER_BYTES 4
#define CRC_BYTES    4
#define BLOCK_MAX    65536 /* of a chunk, uncompressed */

static const uint8_t identifier[] = {IDENTIFIER, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y'};

/* CRC-32C; rte_hash_crc() itself reads words where they may not be aligned. */
static uint32_t
crc32c(const uint8_t *bytes, size_t length)
{
	uint32_t crc = UINT32_MAX;
	rte_le64_t word;

	for (; length >= sizeof(word); length -= sizeof(word), bytes += sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		crc = rte_hash_crc_8byte(rte_le_to_cpu_64(word), crc);
	}
	for (; length > 0; length--)
		crc = rte_hash_crc_1byte(*bytes++, crc);
	return ~crc;
}

/* Masked, so that a checksum of what holds checksums is a good one (section 3). */
static uint32_t
checksum(const uint8_t *bytes, size_t length)
{
	uint32_t crc = crc32c(bytes, length);

	return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
}

static void
put_header(uint8_t *at, uint8_t type, size_t length, uint32_t crc)
{
	*at++ = type;
	for (unsigned int i = 0; i < 3; i++)
		*at++ = (uint8_t)(length >> 8 * i);
	for (unsigned int i = 0; i < CRC_BYTES; i++)
		*at++ = (uint8_t)(crc >> 8 * i);
}

int
nj_snappy_frame_encode(
	struct nj_codec_memory *memory, const uint8_t *in, size_t length, struct nj_codec_out *out)
{
	size_t compressed;
	uint8_t *header;

	if (length == 0) /* Quilkin's is empty, too */
		return 0;
	if (out->size - out->length <
		sizeof(identifier) + HEADER_BYTES + CRC_BYTES + NJ_CODEC_BOUND(length))
		return -EMSGSIZE;
	memcpy(out->bytes + out->length, identifier, sizeof(identifier));
	header = out->bytes + out->length + sizeof(identifier);
	out->length += sizeof(identifier) + HEADER_BYTES + CRC_BYTES;
	compressed = out->length;
	if (nj_snappy_encode(memory, in, length, out) < 0)
		return -EMSGSIZE;
	compressed = out->length - compressed;
	if (compressed < length - length / 8) {
		put_header(header, COMPRESSED, CRC_BYTES + compressed, checksum(in, length));
		return 0;
	}
	/* Less than an eighth saved is not worth anybody's time. */
	put_header(header, UNCOMPRESSED, CRC_BYTES + length, checksum(in, length));
	memcpy(header + HEADER_BYTES + CRC_BYTES, in, length);
	out->length += length - compressed;
	return 0;
}

static int
decode_data(uint8_t type, const uint8_t *in, size_t length, struct nj_codec_out *out)
{
	size_t begin = out->length;
	uint8_t expected[HEADER_BYTES + CRC_BYTES];
	int ret = 0;

	if (length < CRC_BYTES)
		return -EBADMSG;
	if (type == COMPRESSED) {
		ret = nj_snappy_decode(in + CRC_BYTES, length - CRC_BYTES, out);
	} else if (length - CRC_BYTES > out->size - out->length) {
		ret = -EMSGSIZE;
	} else {
		memcpy(out->bytes + out->length, in + CRC_BYTES, length - CRC_BYTES);
		out->length += length - CRC_BYTES;
	}
	if (ret < 0)
		return ret;
	if (out->length - begin > BLOCK_MAX)
		return -EBADMSG;
	put_header(expected, 0, 0, checksum(out->bytes + begin, out->length - begin));
	return memcmp(in, expected + HEADER_BYTES, CRC_BYTES) == 0 ? 0 : -EBADMSG;
}

static int
decode_chunk(const uint8_t *chunk, size_t length, struct nj_codec_out *out)
{
	const uint8_t *data = chunk + HEADER_BYTES;

	switch (chunk[0]) {
	case COMPRESSED:
	case UNCOMPRESSED:
		return decode_data(chunk[0], data, length, out);
	case IDENTIFIER:
		return length == sizeof(identifier) - HEADER_BYTES &&
				       memcmp(chunk, identifier, sizeof(identifier)) == 0
			       ? 0
			       : -EBADMSG;
	default:
		return chunk[0] >= PADDING_MIN ? 0 : -EBADMSG;
	}
}

int
nj_snappy_frame_decode(const uint8_t *in, size_t length, struct nj_codec_out *out)
{
	const uint8_t *end = in + length;
	int ret = 0;

	if (length > 0 && in[0] != IDENTIFIER)
		return -EBADMSG;
	while (ret == 0 && in < end) {
		size_t chunk;

		if (end - in < HEADER_BYTES)
			return -EBADMSG;
		chunk = in[1] | (size_t)in[2] << 8 | (size_t)in[3] << 16;
		if (chunk > (size_t)(end - in) - HEADER_BYTES)
			return -EBADMSG;
		ret = decode_chunk(in, chunk, out);
		in += HEADER_BYTES + chunk;
	}
	return ret;
}
