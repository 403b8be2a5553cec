/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compression of one payload, in the three formats that Quilkin has. Whoever
 * stands at the other end compares bytes, so the encoders make the choices of
 * the ones in Quilkin (the Rust crates snap and lz4_flex), which are not those
 * of libsnappy and liblz4.
 *
 * Pure functions. Decoders take any bytes.
 */
#ifndef CODEC_H
#define CODEC_H

#include <stddef.h>
#include <stdint.h>

#define NJ_CODEC_INPUT_MAX 65534 /* of encoders */

/* The tables of the encoders. One worker's; what is in them when they begin does not matter. */
struct nj_codec_memory {
	uint16_t table[1 << 14];
};

/* Bytes to write, and where the next goes. */
struct nj_codec_out {
	uint8_t *bytes;
	size_t length, size;
};

/*
 * Each appends to `out`. Encoders return 0, or -EMSGSIZE where `size` has less
 * room than NJ_CODEC_BOUND(length). Decoders return 0, -EBADMSG for what is not in the format, and
 * -EMSGSIZE where the output would have no room, which they know before they write it.
 */
#define NJ_CODEC_BOUND(length) (64 + (length) + (length) / 6)
typedef int nj_encode_t(
	struct nj_codec_memory *memory, const uint8_t *in, size_t length, struct nj_codec_out *out);
typedef int nj_decode_t(const uint8_t *in, size_t length, struct nj_codec_out *out);

/* https://github.com/google/snappy/blob/main/format_description.txt */
nj_encode_t nj_snappy_encode;
nj_decode_t nj_snappy_decode;
/* https://github.com/google/snappy/blob/main/framing_format.txt */
nj_encode_t nj_snappy_frame_encode;
nj_decode_t nj_snappy_frame_decode;
/* The length as a varint, and an LZ4 block:
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md */
nj_encode_t nj_lz4_encode;
nj_decode_t nj_lz4_decode;

#endif
