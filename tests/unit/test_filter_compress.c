/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec.h"
#include "filter_test.h"

#define FIRST  "  - name: quilkin.extensions.filters.compress.v1alpha1.Compress\n    config: "
#define SECOND "  - name: quilkin.filters.compress.v1alpha1.Compress\n    config: "

#define EXPECT(test, direction, in, out)                                                           \
	filter_expect(test, direction, in, sizeof(in) - 1, out, sizeof(out) - 1)
#define DROP(test, direction, in, reason)                                                          \
	assert_int_equal(filter_run(test, direction, in, sizeof(in) - 1), reason)

#define STREAM "\xff\x06\x00\x00sNaPpY"
#define HELLO  STREAM "\x01\x09\x00\x00\xbb\x1f\x1c\x19hello"

static void
frames_of_the_first_era(void **state)
{
	struct filter_test test;

	filter_open(&test, ERA_1(FIRST "{on_read: COMPRESS, on_write: DECOMPRESS}\n"));
	EXPECT(&test, NJ_DOWNSTREAM, "hello", HELLO);
	EXPECT(&test, NJ_UPSTREAM, HELLO, "hello");
	EXPECT(&test, NJ_DOWNSTREAM, "", "");
	EXPECT(&test, NJ_UPSTREAM, "", "");
	EXPECT(&test, NJ_UPSTREAM, STREAM, "");
	/* Padding, a chunk to skip, and a second stream. */
	EXPECT(&test, NJ_UPSTREAM, STREAM "\xfe\x01\x00\x00z\x80\x00\x00\x00" HELLO, "hello");
	DROP(&test, NJ_UPSTREAM, "hello", NJ_DROP_COMPRESS_FAILED);
	DROP(&test, NJ_UPSTREAM, "\xff\x06", NJ_DROP_COMPRESS_FAILED);
	DROP(&test, NJ_UPSTREAM, STREAM "\x02\x00\x00\x00", NJ_DROP_COMPRESS_FAILED);
	DROP(&test, NJ_UPSTREAM, STREAM "\x01\x09\x00\x00\xbb\x1f\x1c\x18hello",
		NJ_DROP_COMPRESS_FAILED);
	DROP(&test, NJ_UPSTREAM, STREAM "\x01\x09\x00\x00\xbb\x1f\x1c\x19hell",
		NJ_DROP_COMPRESS_FAILED);
	filter_close(&test);
}

static void
blocks_of_the_second_era(void **state)
{
	struct filter_test test;

	filter_open(&test, ERA_2(SECOND "{on_read: COMPRESS, on_write: DECOMPRESS}\n"));
	EXPECT(&test, NJ_DOWNSTREAM, "hello", "\x05\x10hello");
	EXPECT(&test, NJ_UPSTREAM, "\x05\x10hello", "hello");
	EXPECT(&test, NJ_DOWNSTREAM, "", "\x00");
	EXPECT(&test, NJ_UPSTREAM, "\x00", "");
	DROP(&test, NJ_UPSTREAM, "", NJ_DROP_COMPRESS_FAILED);
	DROP(&test, NJ_UPSTREAM, "\x06\x10hello", NJ_DROP_COMPRESS_FAILED);
	DROP(&test, NJ_UPSTREAM, "\x04\x10hello", NJ_DROP_COMPRESS_FAILED);
	DROP(&test, NJ_UPSTREAM, "\x05\x01\x01", NJ_DROP_COMPRESS_FAILED); /* before the begin */
	DROP(&test, NJ_UPSTREAM, "\xff\xff\xff\x7f", NJ_DROP_TOO_BIG);     /* a bomb */
	filter_close(&test);
}

static void
lz4_of_the_second_era(void **state)
{
	struct filter_test test;

	filter_open(&test, ERA_2(SECOND "{mode: LZ4, on_read: COMPRESS, on_write: DECOMPRESS}\n"));
	EXPECT(&test, NJ_DOWNSTREAM, "hello", "\x05\x50hello");
	EXPECT(&test, NJ_UPSTREAM, "\x05\x50hello", "hello");
	EXPECT(&test, NJ_DOWNSTREAM, "", "\x00\x00");
	EXPECT(&test, NJ_UPSTREAM, "\x00\x00", "");
	EXPECT(&test, NJ_UPSTREAM, "\x09\x50hello", "hello"); /* less than it said, as Quilkin */
	DROP(&test, NJ_UPSTREAM, "", NJ_DROP_COMPRESS_FAILED);
	DROP(&test, NJ_UPSTREAM, "\x05", NJ_DROP_COMPRESS_FAILED);
	DROP(&test, NJ_UPSTREAM, "\x04\x50hello", NJ_DROP_COMPRESS_FAILED);
	DROP(&test, NJ_UPSTREAM, "\x09\x10h\x02\x00", NJ_DROP_COMPRESS_FAILED);
	DROP(&test, NJ_UPSTREAM, "\xff\xff\x03\x50hello", NJ_DROP_TOO_BIG); /* 65535 bytes */
	filter_close(&test);
}

static void
what_grows_beyond_the_buffer_is_dropped(void **state)
{
	static uint8_t zeros[1472];
	struct filter_test test;
	uint8_t packed[256];
	uint16_t length;

	filter_open(&test, ERA_2(SECOND "{on_read: COMPRESS, on_write: DECOMPRESS}\n"));
	assert_int_equal(filter_run(&test, NJ_DOWNSTREAM, zeros, sizeof(zeros)), NJ_DROP_NONE);
	length = nj_payload_length(test.out);
	assert_true(length < 100);
	memcpy(packed, nj_payload(test.out), length);
	filter_expect(&test, NJ_UPSTREAM, packed, length, zeros, sizeof(zeros));
	/* 4000 bytes: within the bound, not within this buffer. */
	memcpy(packed, "\xa0\x1f\x00\x00", 4);
	for (length = 4; packed[0] != 0 && length < 4 + 3 * 62 + 3; length += 3)
		memcpy(packed + length, "\xfe\x01\x00", 3);
	packed[length - 3] = (3999 - 62 * 64 - 1) << 2 | 2;
	assert_int_equal(filter_run(&test, NJ_UPSTREAM, packed, length), NJ_DROP_TOO_BIG);
	filter_close(&test);
}

/* Payloads with something to find in them, and random ones. */
static void
fill(uint8_t *bytes, size_t length, uint32_t *seed)
{
	bool rich = (nj_test_random(seed) & 1) != 0;

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(nj_test_random(seed) % (rich ? 256 : 3));
}

/* Encodes, decodes, then damages and decodes again: memory is exact, so that ASan sees a slip. */
static void
round_trip(nj_encode_t *encode, nj_decode_t *decode, uint32_t *seed)
{
	struct nj_codec_memory *memory = malloc(sizeof(*memory));
	size_t length = nj_test_random(seed) % 2000, size = 64 + NJ_CODEC_BOUND(length);
	struct nj_codec_out packed = {malloc(size), 0, size};
	uint8_t *in = malloc(length + 1), *exact;
	struct nj_codec_out unpacked = {malloc(length + 1), 0, length};

	memset(memory, 0xa5, sizeof(*memory));
	fill(in, length, seed);
	assert_int_equal(encode(memory, in, length, &packed), 0);
	exact = malloc(packed.length + 1);
	memcpy(exact, packed.bytes, packed.length);
	assert_int_equal(decode(exact, packed.length, &unpacked), 0);
	assert_int_equal(unpacked.length, length);
	assert_memory_equal(unpacked.bytes, in, length);
	for (unsigned int i = 0; i < 20 && packed.length > 0; i++) {
		exact[nj_test_random(seed) % packed.length] = (uint8_t)nj_test_random(seed);
		unpacked.length = 0;
		decode(exact, nj_test_random(seed) % (packed.length + 1), &unpacked);
		assert_true(unpacked.length <= length);
	}
	free(exact);
	free(in);
	free(packed.bytes);
	free(unpacked.bytes);
	free(memory);
}

static void
what_goes_in_comes_out(void **state)
{
	uint32_t seed = 4711;

	for (unsigned int i = 0; i < 2000; i++) {
		round_trip(nj_snappy_encode, nj_snappy_decode, &seed);
		round_trip(nj_snappy_frame_encode, nj_snappy_frame_decode, &seed);
		round_trip(nj_lz4_encode, nj_lz4_decode, &seed);
	}
}

static void
mistakes_are_reported(void **state)
{
	static const struct loading rows[] = {
		{ERA_1(FIRST "{mode: LZ4, on_read: COMPRESS, on_write: DO_NOTHING}\n"),
			"6:20: 'mode' must be SNAPPY, not 'LZ4'\n"},
		{ERA_2(SECOND "{mode: ZSTD, on_read: compress}\n"),
			"5:20: 'mode' must be SNAPPY or LZ4, not 'ZSTD'\n"
			"5:35: 'on_read' must be DO_NOTHING, COMPRESS or DECOMPRESS, not "
			"'compress'\n"},
	};

	CHECK_BAD(rows, nj_policy_load);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_the_first_era),
		cmocka_unit_test(blocks_of_the_second_era),
		cmocka_unit_test(lz4_of_the_second_era),
		cmocka_unit_test(what_grows_beyond_the_buffer_is_dropped),
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(mistakes_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
