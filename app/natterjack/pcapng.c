/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcapng.h"

#include <string.h>

enum block_type {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
};

enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_INTERFACE_NAME = 2,
	OPTION_INTERFACE_DESCRIPTION = 3,
	OPTION_INTERFACE_TIME_RESOLUTION = 9,
	OPTION_SECTION_APPLICATION = 4,
	OPTION_PACKET_FLAGS = 2,
	OPTION_STATISTICS_RECEIVED = 4,
	OPTION_STATISTICS_DROPPED = 5,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define LINK_ETHERNET    1
#define NANOSECONDS      9 /* 10^-9 */

/* A block being written. */
struct block {
	uint8_t *start;
	size_t length;
};

/* Appends bytes and what fills the last word of 32 bits. */
static void
put(struct block *block, const void *bytes, size_t length)
{
	memcpy(block->start + block->length, bytes, length);
	block->length += length;
	while (block->length % 4 != 0)
		block->start[block->length++] = 0;
}

static void
put32(struct block *block, uint32_t value)
{
	put(block, &value, sizeof(value));
}

/* A time in the two halves that the format wants, the high one first. */
static void
put_time(struct block *block, uint64_t time_ns)
{
	put32(block, (uint32_t)(time_ns >> 32));
	put32(block, (uint32_t)time_ns);
}

static void
put_option(struct block *block, enum option option, const void *value, size_t length)
{
	const uint16_t head[2] = {(uint16_t)option, (uint16_t)length};

	put(block, head, sizeof(head));
	put(block, value, length);
}

static void
put_text(struct block *block, enum option option, const char *text)
{
	put_option(block, option, text, strnlen(text, PCAPNG_TEXT_MAX));
}

static struct block
begin(uint8_t *out, enum block_type type)
{
	struct block block = {out, 0};

	put32(&block, type);
	put32(&block, 0); /* the length, once it is known */
	return block;
}

/* The length stands at both ends. */
static size_t
end(struct block *block)
{
	uint32_t length;

	put_option(block, OPTION_END, "", 0);
	length = (uint32_t)block->length + sizeof(length);
	memcpy(block->start + sizeof(uint32_t), &length, sizeof(length));
	put32(block, length);
	return block->length;
}

size_t
pcapng_section(uint8_t *out, const char *application)
{
	struct block block = begin(out, BLOCK_SECTION);
	const uint16_t version[2] = {1, 0};
	const int64_t unknown_length = -1;

	put32(&block, BYTE_ORDER_MAGIC);
	put(&block, version, sizeof(version));
	put(&block, &unknown_length, sizeof(unknown_length));
	put_text(&block, OPTION_SECTION_APPLICATION, application);
	return end(&block);
}

size_t
pcapng_interface(uint8_t *out, const char *name, const char *description, uint32_t snaplen)
{
	struct block block = begin(out, BLOCK_INTERFACE);
	const uint16_t link[2] = {LINK_ETHERNET, 0};
	const uint8_t resolution = NANOSECONDS;

	put(&block, link, sizeof(link));
	put32(&block, snaplen);
	put_text(&block, OPTION_INTERFACE_NAME, name);
	put_text(&block, OPTION_INTERFACE_DESCRIPTION, description);
	put_option(&block, OPTION_INTERFACE_TIME_RESOLUTION, &resolution, sizeof(resolution));
	return end(&block);
}

size_t
pcapng_packet(uint8_t *out, const struct pcapng_packet *packet)
{
	struct block block = begin(out, BLOCK_PACKET);
	const uint32_t flags = packet->way;

	put32(&block, packet->interface);
	put_time(&block, packet->time_ns);
	put32(&block, packet->captured);
	put32(&block, packet->length);
	put(&block, packet->bytes, packet->captured);
	put_option(&block, OPTION_PACKET_FLAGS, &flags, sizeof(flags));
	put_text(&block, OPTION_COMMENT, packet->comment);
	return end(&block);
}

size_t
pcapng_statistics(
	uint8_t *out, uint32_t interface, uint64_t time_ns, uint64_t received, uint64_t dropped)
{
	struct block block = begin(out, BLOCK_STATISTICS);

	put32(&block, interface);
	put_time(&block, time_ns);
	put_option(&block, OPTION_STATISTICS_RECEIVED, &received, sizeof(received));
	put_option(&block, OPTION_STATISTICS_DROPPED, &dropped, sizeof(dropped));
	return end(&block);
}
