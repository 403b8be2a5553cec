/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks of a pcapng file, word by word as draft-ietf-opsawg-pcapng has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pcapng.h"

#define TIME_NS UINT64_C(0x0123456789abcdef)

static uint8_t out[PCAPNG_BLOCK_MAX + 64];

static uint32_t
word(size_t at)
{
	uint32_t value;

	memcpy(&value, out + at, sizeof(value));
	return value;
}

static uint64_t
number(size_t at)
{
	uint64_t value;

	memcpy(&value, out + at, sizeof(value));
	return value;
}

/* What every block has: whole words, its length at both ends, and nothing written behind it. */
static void
expect_block(uint32_t type, size_t length)
{
	assert_int_equal(length % 4, 0);
	assert_int_equal(word(0), type);
	assert_int_equal(word(4), length);
	assert_int_equal(word(length - 4), length);
	assert_int_equal(word(length - 8), 0); /* the end of options */
	for (size_t i = length; i < sizeof(out); i++)
		assert_int_equal(out[i], 0xee);
}

/* One option, and zeros up to the next word. Returns where the next one begins. */
static size_t
expect_option(size_t at, uint16_t code, const void *value, uint16_t length)
{
	size_t end = at + 4 + length;

	assert_int_equal(word(at), code | (uint32_t)length << 16);
	assert_memory_equal(out + at + 4, value, length);
	while (end % 4 != 0)
		assert_int_equal(out[end++], 0);
	return end;
}

static int
clear(void **state)
{
	memset(out, 0xee, sizeof(out));
	return 0;
}

static void
a_section_is_of_this_machines_byte_order(void **state)
{
	const size_t length = pcapng_section(out, "natterjack");
	size_t at;

	expect_block(0x0a0d0d0a, length);
	assert_int_equal(word(8), 0x1a2b3c4d);
	assert_int_equal(word(12), 1); /* version 1.0 */
	assert_true(number(16) == UINT64_MAX);
	at = expect_option(24, 4, "natterjack", 10);
	assert_int_equal(at + 8, length);
}

static void
an_interface_is_ethernet_in_nanoseconds(void **state)
{
	const size_t length = pcapng_interface(out, "in", "as it arrived", 64);
	size_t at;

	expect_block(1, length);
	assert_int_equal(word(8), 1);
	assert_int_equal(word(12), 64); /* the snapshot length */
	at = expect_option(16, 2, "in", 2);
	at = expect_option(at, 3, "as it arrived", 13);
	at = expect_option(at, 9, "\x09", 1);
	assert_int_equal(at + 8, length);
}

/* `captured` bytes of a frame of 100. */
static void
expect_packet(uint32_t captured)
{
	static const uint8_t bytes[8] = "frame...";
	const uint32_t flags = PCAPNG_OUTBOUND;
	const struct pcapng_packet packet = {
		.interface = 2,
		.time_ns = TIME_NS,
		.bytes = bytes,
		.captured = captured,
		.length = 100,
		.way = PCAPNG_OUTBOUND,
		.comment = "port=x",
	};
	const size_t length = pcapng_packet(out, &packet);
	size_t at = 28 + captured;

	expect_block(6, length);
	assert_int_equal(word(8), 2);
	assert_int_equal(word(12), 0x01234567);
	assert_int_equal(word(16), 0x89abcdef);
	assert_int_equal(word(20), captured);
	assert_int_equal(word(24), 100);
	assert_memory_equal(out + 28, bytes, captured);
	while (at % 4 != 0)
		assert_int_equal(out[at++], 0);
	at = expect_option(at, 2, &flags, sizeof(flags));
	at = expect_option(at, 1, "port=x", 6);
	assert_int_equal(at + 8, length);
}

static void
a_packet_is_padded_and_keeps_its_length(void **state)
{
	for (uint32_t captured = 0; captured <= 8; captured++) {
		clear(state);
		expect_packet(captured);
	}
}

static void
statistics_are_whole_numbers(void **state)
{
	const uint64_t received = UINT64_C(5000000000), dropped = 7;
	const size_t length = pcapng_statistics(out, 1, TIME_NS, received, dropped);
	size_t at;

	expect_block(5, length);
	assert_int_equal(word(8), 1);
	assert_int_equal(word(12), 0x01234567);
	assert_int_equal(word(16), 0x89abcdef);
	at = expect_option(20, 4, &received, 8);
	at = expect_option(at, 5, &dropped, 8);
	assert_int_equal(at + 8, length);
}

/* The longest blocks that there are have room in what callers keep for one. */
static void
long_texts_are_cut(void **state)
{
	char text[2 * PCAPNG_TEXT_MAX];
	const struct pcapng_packet packet = {.bytes = "", .comment = text};
	size_t length, at;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_in_range(pcapng_section(out, text), 1, PCAPNG_BLOCK_MAX);
	clear(state);
	length = pcapng_interface(out, text, text, 64);
	assert_in_range(length, 2 * PCAPNG_TEXT_MAX, PCAPNG_BLOCK_MAX);
	expect_block(1, length);
	at = expect_option(16, 2, text, PCAPNG_TEXT_MAX);
	expect_option(at, 3, text, PCAPNG_TEXT_MAX);
	clear(state);
	length = pcapng_packet(out, &packet);
	assert_in_range(length, PCAPNG_TEXT_MAX, PCAPNG_BLOCK_MAX);
	expect_block(6, length);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_section_is_of_this_machines_byte_order, clear),
		cmocka_unit_test_setup(an_interface_is_ethernet_in_nanoseconds, clear),
		cmocka_unit_test_setup(a_packet_is_padded_and_keeps_its_length, clear),
		cmocka_unit_test_setup(statistics_are_whole_numbers, clear),
		cmocka_unit_test_setup(long_texts_are_cut, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
