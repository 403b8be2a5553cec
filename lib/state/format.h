/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file byte by byte: a head of one page, then a record for each place in
 * each worker's table, worker by worker. Numbers are in the byte order of the machine, addresses
 * and ports in the network's.
 *
 * A record never lies across two pages. The kernel copies what write() is given page by page, and
 * no signal interrupts it within one: so after kill -9 each record is the old one or the new one.
 */
#ifndef FORMAT_H
#define FORMAT_H

#include <assert.h>

#include "nj_state.h"

#define FORMAT_VERSION    1
#define FORMAT_HEAD_BYTES 4096 /* where the records begin */
#define FORMAT_BYTE_ORDER 0x01020304

struct state_head {
	uint8_t magic[8];
	uint32_t byte_order; /* FORMAT_BYTE_ORDER */
	uint32_t version;
	uint32_t crc; /* CRC-32C of this structure, with 0 here */
	uint32_t record_bytes;
	uint32_t n_workers;
	uint32_t capacity; /* records of each worker */
	struct {
		uint32_t ms;    /* as nj_ms_t */
		uint32_t clean; /* 1: nothing changed after it was written */
		int64_t wall_ms;
	} saved;
	uint8_t rss_key[NJ_RSS_KEY_BYTES];
};

static_assert(sizeof(struct state_head) == 88, "the same for every compiler");
static_assert(sizeof(struct state_head) <= 512, "one sector");

/*
 * Addresses of ours that were valid, in the same page as the head and with a magic and a checksum
 * of its own, so that the version stays: a program that knows nothing of it leaves zeros, and reads
 * over it.
 */
struct state_addresses {
	uint8_t magic[8];
	uint32_t crc; /* CRC-32C of this structure, with 0 here */
	uint32_t n;
	uint8_t ips[NJ_STATE_ADDRESSES_MAX][16]; /* IPv4 is mapped (RFC 4291, section 2.5.5.2) */
};

#define FORMAT_ADDRESSES_OFFSET 512 /* behind the head's sector */
static_assert(sizeof(struct state_addresses) == 3216, "the same for every compiler");
static_assert(FORMAT_ADDRESSES_OFFSET + sizeof(struct state_addresses) <= FORMAT_HEAD_BYTES,
	"records follow");

/* One session; all zero: none. An IPv4 address is the first four bytes, the others are zero. */
struct state_record {
	uint32_t crc;  /* CRC-32C of what follows */
	uint8_t state; /* enum nj_session_state */
	uint8_t ipv6;  /* NJ_CLIENT_IPV6 | NJ_ENDPOINT_IPV6 */
	uint8_t out_port[2];
	uint32_t opened_ms, last_seen_ms; /* of the clock that state_head.saved.ms is of */
	rte_be16_t client_port, listener_port, upstream_port, endpoint_port;
	uint64_t packets[2], bytes[2];
	uint8_t client_ip[16], listener_ip[16], upstream_ip[16], endpoint_ip[16];
	uint8_t unused[8]; /* zero */
};

static_assert(sizeof(struct state_record) == 128, "the same for every compiler");
static_assert(FORMAT_HEAD_BYTES % sizeof(struct state_record) == 0, "none lies across two pages");

/* CRC-32C. */
uint32_t format_crc(const void *bytes, uint32_t length);

/* Fills in the magic, the version and the like, and the checksum. */
void format_seal_head(struct state_head *head);

#define FORMAT_FAULT_STRLEN 96

/*
 * What is wrong with a file of `size` bytes that begins with these `got` bytes, as in "it …", in
 * `buffer`; NULL where nothing is.
 */
const char *format_fault(const struct state_head *head, uint64_t got, uint64_t size,
	char buffer[FORMAT_FAULT_STRLEN]);

/* The addresses as they are written; those beyond NJ_STATE_ADDRESSES_MAX are left out. */
struct state_addresses format_addresses(const struct nj_ip *ips, unsigned int n);

/* Returns how many there are; 0 where they are damaged or were never written. */
unsigned int format_read_addresses(
	const struct state_addresses *addresses, struct nj_ip ips[NJ_STATE_ADDRESSES_MAX]);

/* How long a file with this head is. */
uint64_t format_size(const struct state_head *head);

/* The record of a session. */
struct state_record format_record(const struct nj_session_image *image);

enum format_read {
	FORMAT_NONE, /* no session */
	FORMAT_SESSION,
	FORMAT_DAMAGED,
};

/* The session of a record, its times as they are there and without the endpoint's number. */
enum format_read format_read(const struct state_record *record, struct nj_session_image *image);

#endif
