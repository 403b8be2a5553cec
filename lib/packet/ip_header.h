/* SPDX-License-Identifier: BSD-3-Clause */
/* An IP header of either family, without options; private to lib/packet. */
#ifndef NJ_PACKET_IP_HEADER_H
#define NJ_PACKET_IP_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "nj_base.h"

struct nj_ip_header {
	struct nj_ip source, destination; /* of one family, which is the header's */
	uint16_t length;                  /* bytes behind the header */
	uint8_t protocol;                 /* of those bytes; IPv6's next header */
	uint8_t hop_limit;                /* or time to live */
	uint8_t traffic_class;            /* or type of service */
	uint32_t flow_label;              /* IPv6 */
	rte_be16_t id, fragment;          /* IPv4, as they stand in the header */
};

/* Where UDP or ICMP begins in a frame with an IP header of this family. */
uint8_t nj_ip_header_end(bool ipv6);

/* What a header says, whose options, where it has any, are left out of `length`. */
struct nj_ip_header nj_ip_header_read(const void *ip);

/* Writes 20 bytes (with their checksum) or 40. */
void nj_ip_header_write(void *ip, const struct nj_ip_header *header);

#endif
