/* SPDX-License-Identifier: BSD-3-Clause */
#include "codec.h"

#include <errno.h>
#include <string.h>

struct input {
	const uint8_t *at, *end;
};

/* Little endian. */
static int
get(struct input *in, unsigned int n, uint32_t *value)
{
	if ((size_t)(in->end - in->at) < n)
		return -EBADMSG;
	*value = 0;
	for (unsigned int i = 0; i < n; i++)
		*value |= (uint32_t)*in->at++ << 8 * i;
	return 0;
}

static int
get_length(struct input *in, uint64_t *length)
{
	*length = 0;
	for (unsigned int shift = 0; shift < 64 && in->at < in->end; shift += 7) {
		uint8_t byte = *in->at++;

		*length |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return *length > UINT32_MAX ? -EBADMSG : 0;
	}
	return -EBADMSG;
}

static int
copy_literal(struct input *in, uint8_t tag, struct nj_codec_out *out)
{
	uint32_t n = tag >> 2;
	size_t length;

	if (n >= 60 && get(in, n - 59, &n) < 0)
		return -EBADMSG;
	length = (size_t)n + 1;
	if ((size_t)(in->end - in->at) < length || out->size - out->length < length)
		return -EBADMSG;
	memcpy(out->bytes + out->length, in->at, length);
	out->length += length;
	in->at += length;
	return 0;
}

/* `begin` is where this block's output does. */
static int
copy_before(struct input *in, uint8_t tag, struct nj_codec_out *out, size_t begin)
{
	static const unsigned int offset_bytes[] = {0, 1, 2, 4};
	uint32_t offset, length = (tag >> 2) + 1;

	if (get(in, offset_bytes[tag & 3], &offset) < 0)
		return -EBADMSG;
	if ((tag & 3) == 1) {
		length = (tag >> 2 & 7) + 4;
		offset |= (uint32_t)(tag >> 5) << 8;
	}
	if (offset == 0 || offset > out->length - begin || length > out->size - out->length)
		return -EBADMSG;
	for (; length > 0; length--, out->length++) /* the two may overlap */
		out->bytes[out->length] = out->bytes[out->length - offset];
	return 0;
}

int
nj_snappy_decode(const uint8_t *bytes, size_t size, struct nj_codec_out *out)
{
	struct input in = {bytes, bytes + size};
	struct nj_codec_out block = *out;
	uint64_t length;
	int ret = get_length(&in, &length);

	if (ret < 0)
		return ret;
	if (length > out->size - out->length)
		return -EMSGSIZE;
	block.size = block.length + length; /* and not a byte beyond */
	while (ret == 0 && in.at < in.end) {
		uint8_t tag = *in.at++;

		ret = (tag & 3) == 0 ? copy_literal(&in, tag, &block)
				     : copy_before(&in, tag, &block, out->length);
	}
	if (ret < 0)
		return ret;
	if (block.length != block.size)
		return -EBADMSG;
	out->length = block.length;
	return 0;
}
