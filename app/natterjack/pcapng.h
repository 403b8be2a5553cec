/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng), in this machine's byte order. Pure functions
 * of their arguments.
 *
 * DPDK's rte_pcapng has no comment on a packet before 23.07, so no reason for a drop, knows no
 * interfaces but ports, is experimental, and has the lcore that copies do the format as well.
 */
#ifndef PCAPNG_H
#define PCAPNG_H

#include <stddef.h>
#include <stdint.h>

#define PCAPNG_TEXT_MAX 160 /* bytes of a name or comment; of longer ones the beginning */

/* No block without a packet is longer; one with a packet is by as much as its bytes. */
#define PCAPNG_BLOCK_MAX 512

enum pcapng_way {
	PCAPNG_INBOUND = 1,
	PCAPNG_OUTBOUND = 2,
};

struct pcapng_packet {
	uint32_t interface; /* in the order of their blocks, from 0 */
	uint64_t time_ns;   /* Unix */
	const void *bytes;
	uint32_t captured, length; /* bytes that are here, and that there were */
	enum pcapng_way way;
	const char *comment;
};

/* Each writes one block to `out` and returns its length. A file begins with its section and the
 * interfaces: Ethernet, times in nanoseconds. */
size_t pcapng_section(uint8_t *out, const char *application);
size_t pcapng_interface(uint8_t *out, const char *name, const char *description, uint32_t snaplen);
size_t pcapng_packet(uint8_t *out, const struct pcapng_packet *packet);
/* How many of an interface's packets were wanted, and how many of these are not in the file. */
size_t pcapng_statistics(
	uint8_t *out, uint32_t interface, uint64_t time_ns, uint64_t received, uint64_t dropped);

#endif
