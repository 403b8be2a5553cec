/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each range is cut until what is left is a range at each byte of its own:
 * [e2-e3][80-bf][80-bf], say. Then they are written as a tree, so that what
 * begins alike is looked at once.
 */
#include "utf8_ranges.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_common.h>

/* Any byte of the first to any of the last, at each place. */
struct sequence {
	uint8_t first[NJ_UTF8_LENGTH_MAX], last[NJ_UTF8_LENGTH_MAX];
};

static const struct nj_utf8_range of_length[NJ_UTF8_LENGTH_MAX + 1] = {
	[1] = {0, 0x7f},
	[2] = {0x80, 0x7ff},
	[3] = {0x800, 0xffff},
	[4] = {0x10000, 0x10ffff},
};

unsigned int
nj_utf8_encode(uint32_t code, uint8_t bytes[NJ_UTF8_LENGTH_MAX])
{
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	unsigned int length = 1;

	while (code > of_length[length].last)
		length++;
	for (unsigned int i = length - 1; i > 0; i--) {
		bytes[i] = 0x80 | (code & 0x3f);
		code >>= 6;
	}
	bytes[0] = (uint8_t)(lead[length] | code);
	return length;
}

uint32_t
nj_utf8_decode(const uint8_t *bytes)
{
	unsigned int behind = bytes[0] < 0xc0 ? 0 : bytes[0] < 0xe0 ? 1 : bytes[0] < 0xf0 ? 2 : 3;
	uint32_t code = behind == 0 ? bytes[0] : bytes[0] & (0x3f >> behind);

	for (unsigned int i = 1; i <= behind; i++)
		code = code << 6 | (bytes[i] & 0x3f);
	return code;
}

/* Where the bytes in front differ, those behind have to go from all zeros to all ones. */
static void
cut(uint32_t first, uint32_t last, unsigned int length, FILE *sequences)
{
	struct sequence whole;

	for (unsigned int i = 1; i < length; i++) {
		uint32_t behind = (1u << (6 * i)) - 1, middle;

		if ((first | behind) == (last | behind))
			break;
		if ((first & behind) != 0)
			middle = (first | behind) + 1;
		else if ((last & behind) != behind)
			middle = last & ~behind;
		else
			continue;
		cut(first, middle - 1, length, sequences);
		cut(middle, last, length, sequences);
		return;
	}
	nj_utf8_encode(first, whole.first);
	nj_utf8_encode(last, whole.last);
	fwrite(&whole, sizeof(whole), 1, sequences);
}

/* Bytes beyond ASCII mean nothing else to PCRE2, where it is not told of UTF. */
static void
write_byte(uint8_t byte, FILE *out)
{
	if (byte < 0x80)
		fprintf(out, "\\x%02x", byte);
	else
		fputc(byte, out);
}

static void
write_class(const struct sequence *from, const struct sequence *end, unsigned int at, FILE *out)
{
	fputc('[', out);
	for (; from < end; from++) {
		write_byte(from->first[at], out);
		fputc('-', out);
		write_byte(from->last[at], out);
	}
	fputc(']', out);
}

/* `rest` of `length` bytes are still to be written. */
static void
write_tree(const struct sequence *from, const struct sequence *end, unsigned int rest,
	unsigned int length, FILE *out)
{
	unsigned int at = length - rest;

	if (rest == 1) {
		write_class(from, end, at, out);
		return;
	}
	while (from < end) {
		const struct sequence *next = from + 1;

		while (next < end && next->first[at] == from->first[at] &&
			next->last[at] == from->last[at])
			next++;
		write_class(from, from + 1, at, out);
		fputs("(?:", out);
		write_tree(from, next, rest - 1, length, out);
		fputs(next < end ? ")|" : ")", out);
		from = next;
	}
}

int
nj_utf8_write(
	const struct nj_utf8_range *ranges, size_t n, unsigned int length, FILE *out, bool *found)
{
	char *memory = NULL;
	size_t size;
	FILE *sequences = open_memstream(&memory, &size);
	int ret = -ENOMEM;

	if (sequences == NULL)
		return ret;
	for (size_t i = 0; i < n; i++) {
		uint32_t first = RTE_MAX(ranges[i].first, of_length[length].first);
		uint32_t last = RTE_MIN(ranges[i].last, of_length[length].last);

		if (first <= last)
			cut(first, last, length, sequences);
	}
	if (fclose(sequences) == 0) {
		const struct sequence *all = (const void *)memory;

		*found = size > 0;
		write_tree(all, all + size / sizeof(*all), length, length, out);
		ret = 0;
	}
	free(memory);
	return ret;
}
