/* SPDX-License-Identifier: BSD-3-Clause */
#include "format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_hash_crc.h>

static const uint8_t magic[8] = {'N', 'J', 's', 't', 'a', 't', 'e', '\n'};

/* Not rte_hash_crc(), which reads whatever it is given as words: the compiler may take a
 * structure's fields for something else, and not have stored them yet. */
uint32_t
format_crc(const void *bytes, uint32_t length)
{
	const uint8_t *at = bytes;
	uint32_t crc = UINT32_MAX;

	for (; length >= sizeof(uint64_t); at += sizeof(uint64_t), length -= sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, at, sizeof(word));
		crc = rte_hash_crc_8byte(word, crc);
	}
	for (; length > 0; at++, length--)
		crc = rte_hash_crc_1byte(*at, crc);
	return crc;
}

/* The head --------------------------------------------------------------------------------- */

static uint32_t
crc_of_head(const struct state_head *head)
{
	struct state_head without = *head;

	without.crc = 0;
	return format_crc(&without, sizeof(without));
}

void
format_seal_head(struct state_head *head)
{
	memcpy(head->magic, magic, sizeof(magic));
	head->byte_order = FORMAT_BYTE_ORDER;
	head->version = FORMAT_VERSION;
	head->record_bytes = sizeof(struct state_record);
	head->crc = crc_of_head(head);
}

uint64_t
format_size(const struct state_head *head)
{
	return FORMAT_HEAD_BYTES +
	       (uint64_t)head->n_workers * head->capacity * sizeof(struct state_record);
}

static bool
is_possible(const struct state_head *head)
{
	return head->record_bytes == sizeof(struct state_record) && head->n_workers >= 1 &&
	       head->n_workers <= NJ_WORKERS_MAX && head->capacity >= 1 &&
	       head->capacity <= 1u << 28 && head->saved.clean <= 1;
}

const char *
format_fault(const struct state_head *head, uint64_t got, uint64_t size,
	char buffer[FORMAT_FAULT_STRLEN])
{
	if (got < sizeof(magic) || memcmp(head->magic, magic, sizeof(magic)) != 0)
		return "is not a state file of natterjack's";
	if (got < sizeof(*head))
		return "is cut short in its head";
	if (head->byte_order == rte_bswap32(FORMAT_BYTE_ORDER))
		return "was written on a machine of the other byte order";
	if (head->version != FORMAT_VERSION && head->byte_order == FORMAT_BYTE_ORDER) {
		snprintf(buffer, FORMAT_FAULT_STRLEN, "is of version %" PRIu32 ", not %u",
			head->version, FORMAT_VERSION);
		return buffer;
	}
	if (head->crc != crc_of_head(head) || !is_possible(head))
		return "has a damaged head";
	if (size == format_size(head))
		return NULL;
	snprintf(buffer, FORMAT_FAULT_STRLEN, "is of %" PRIu64 " bytes, and its head says %" PRIu64,
		size, format_size(head));
	return buffer;
}

/* Records ---------------------------------------------------------------------------------- */

static uint32_t
crc_of_record(const struct state_record *record)
{
	return format_crc((const uint8_t *)record + sizeof(record->crc),
		sizeof(*record) - sizeof(record->crc));
}

static void
put_ip(uint8_t bytes[16], const struct nj_ip *ip)
{
	if (ip->family == AF_INET6)
		memcpy(bytes, ip->v6, sizeof(ip->v6));
	else
		memcpy(bytes, &ip->v4, sizeof(ip->v4));
}

static struct nj_ip
take_ip(const uint8_t bytes[16], bool ipv6)
{
	rte_be32_t v4;

	if (ipv6)
		return nj_ip_v6(bytes);
	memcpy(&v4, bytes, sizeof(v4));
	return nj_ip_v4(v4);
}

struct state_record
format_record(const struct nj_session_image *image)
{
	const struct nj_address client = nj_flow_source(&image->flow);
	const struct nj_address listener = nj_flow_destination(&image->flow);
	struct state_record record = {
		.state = (uint8_t)image->state,
		.ipv6 = (uint8_t)((image->flow.ipv6 ? NJ_CLIENT_IPV6 : 0) |
				  (image->endpoint.ip.family == AF_INET6 ? NJ_ENDPOINT_IPV6 : 0)),
		.out_port = {(uint8_t)image->out_port[0], (uint8_t)image->out_port[1]},
		.opened_ms = image->opened_ms,
		.last_seen_ms = image->last_seen_ms,
		.client_port = client.port,
		.listener_port = listener.port,
		.upstream_port = image->upstream.port,
		.endpoint_port = image->endpoint.port,
		.packets = {image->packets[0], image->packets[1]},
		.bytes = {image->bytes[0], image->bytes[1]},
	};

	put_ip(record.client_ip, &client.ip);
	put_ip(record.listener_ip, &listener.ip);
	put_ip(record.upstream_ip, &image->upstream.ip);
	put_ip(record.endpoint_ip, &image->endpoint.ip);
	record.crc = crc_of_record(&record);
	return record;
}

static struct nj_flow
flow_of(const struct state_record *record)
{
	const bool ipv6 = (record->ipv6 & NJ_CLIENT_IPV6) != 0;
	const struct nj_address client = {take_ip(record->client_ip, ipv6), record->client_port};
	const struct nj_address listener = {
		take_ip(record->listener_ip, ipv6), record->listener_port};

	return nj_flow_between(&client, &listener);
}

static bool
is_empty(const struct state_record *record)
{
	static const struct state_record empty;

	return memcmp(record, &empty, sizeof(empty)) == 0;
}

enum format_read
format_read(const struct state_record *record, struct nj_session_image *image)
{
	const bool ipv6 = (record->ipv6 & NJ_ENDPOINT_IPV6) != 0;

	if (record->crc == 0 && is_empty(record))
		return FORMAT_NONE;
	if (record->crc != crc_of_record(record) ||
		record->ipv6 > (NJ_CLIENT_IPV6 | NJ_ENDPOINT_IPV6) ||
		record->state == NJ_SESSION_FREE || record->state > NJ_SESSION_ANSWERED)
		return FORMAT_DAMAGED;
	*image = (struct nj_session_image){
		.state = (enum nj_session_state)record->state,
		.flow = flow_of(record),
		.endpoint = {take_ip(record->endpoint_ip, ipv6), record->endpoint_port},
		.upstream = {take_ip(record->upstream_ip, ipv6), record->upstream_port},
		.out_port = {record->out_port[0], record->out_port[1]},
		.opened_ms = record->opened_ms,
		.last_seen_ms = record->last_seen_ms,
		.packets = {record->packets[0], record->packets[1]},
		.bytes = {record->bytes[0], record->bytes[1]},
	};
	return FORMAT_SESSION;
}
