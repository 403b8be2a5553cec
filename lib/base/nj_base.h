/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every other folder stands on: logging, addresses, time, counters and
 * the closed list of reasons for which a packet is dropped.
 */
#ifndef NJ_BASE_H
#define NJ_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "nj_log.h"

/* Bytes of a length. */
struct nj_bytes {
	uint16_t length;
	uint8_t *bytes;
};

/* Time --------------------------------------------------------------------------------------- */

/*
 * Time is a parameter: milliseconds of a clock that never jumps, since any
 * start. It wraps after 49 days, so two times are only ever compared by their
 * difference, (uint32_t)(later - earlier).
 */
typedef uint32_t nj_ms_t;

/* The milliseconds from `earlier` to `now`. */
static inline uint32_t
nj_ms_since(nj_ms_t now, nj_ms_t earlier)
{
	return now - earlier;
}

/* Such a time from the cycle counter. Any lcore, after rte_eal_init. */
nj_ms_t nj_clock_ms(void);

/* Addresses ---------------------------------------------------------------------------------- */

/* An IP address of either family. */
struct nj_ip {
	uint8_t family; /* AF_INET, AF_INET6, or AF_UNSPEC for none */
	union {
		rte_be32_t v4;
		uint8_t v6[16];
	};
};

/* An IP address and a UDP port. */
struct nj_address {
	struct nj_ip ip;
	rte_be16_t port;
};

/* An IP network: the address as written (host bits kept) and its length in bits. */
struct nj_prefix {
	struct nj_ip ip;
	uint8_t length;
};

#define NJ_ADDRESS_STRLEN 56 /* "[IPv6]:65535" and a NUL, with room */

/* Each returns 0, or -EINVAL where the text is not what the name says; *out is then untouched. */
int nj_ip_parse(const char *text, struct nj_ip *out);
int nj_address_parse(const char *text, struct nj_address *out); /* 1.2.3.4:5 or [2001:db8::1]:5 */
int nj_prefix_parse(const char *text, struct nj_prefix *out);   /* 10.0.0.0/8 */

/* Each writes text into `buffer` (size at least NJ_ADDRESS_STRLEN) and returns it. */
const char *nj_ip_format(const struct nj_ip *ip, char buffer[NJ_ADDRESS_STRLEN]);
const char *nj_address_format(const struct nj_address *address, char buffer[NJ_ADDRESS_STRLEN]);

bool nj_ip_equal(const struct nj_ip *a, const struct nj_ip *b);
bool nj_address_equal(const struct nj_address *a, const struct nj_address *b);
/* Whether `ip` lies in the network of `prefix`; false across families. */
bool nj_prefix_contains(const struct nj_prefix *prefix, const struct nj_ip *ip);

/* An IPv4 address in network byte order as a struct nj_ip. */
static inline struct nj_ip
nj_ip_v4(rte_be32_t address)
{
	return (struct nj_ip){.family = AF_INET, .v4 = address};
}

/* An IPv6 address of 16 bytes as a struct nj_ip. */
static inline struct nj_ip
nj_ip_v6(const uint8_t address[16])
{
	struct nj_ip ip = {.family = AF_INET6};

	memcpy(ip.v6, address, sizeof(ip.v6));
	return ip;
}

/* Drops and counters ------------------------------------------------------------------------- */

/*
 * Why a packet was dropped: X(symbol, name in telemetry). One list for the enum
 * and its text; docs/counters.md says what each means. A filter's reasons are
 * named after it; FILTER_OTHER is for third parties' filters.
 */
#define NJ_DROP_LIST(X)                                                                            \
	X(ETHERNET_TRUNCATED, "ethernet_truncated")                                                \
	X(ETHERNET_DESTINATION, "ethernet_destination")                                            \
	X(ETHERNET_SOURCE, "ethernet_source")                                                      \
	X(ETHERTYPE, "ethertype")                                                                  \
	X(VLAN, "vlan")                                                                            \
	X(SEGMENTED, "segmented")                                                                  \
	X(ARP_MALFORMED, "arp_malformed")                                                          \
	X(NDP_MALFORMED, "ndp_malformed")                                                          \
	X(NDP_FRAGMENTED, "ndp_fragmented")                                                        \
	X(IPV4_TRUNCATED, "ipv4_truncated")                                                        \
	X(IPV4_VERSION, "ipv4_version")                                                            \
	X(IPV4_HEADER_LENGTH, "ipv4_header_length")                                                \
	X(IPV4_TOTAL_LENGTH, "ipv4_total_length")                                                  \
	X(IPV4_CHECKSUM, "ipv4_checksum")                                                          \
	X(IPV4_SOURCE, "ipv4_source")                                                              \
	X(IPV4_DESTINATION, "ipv4_destination")                                                    \
	X(IPV4_PROTOCOL, "ipv4_protocol")                                                          \
	X(IPV6_TRUNCATED, "ipv6_truncated")                                                        \
	X(IPV6_VERSION, "ipv6_version")                                                            \
	X(IPV6_LENGTH, "ipv6_length")                                                              \
	X(IPV6_EXTENSION, "ipv6_extension")                                                        \
	X(IPV6_SOURCE, "ipv6_source")                                                              \
	X(IPV6_DESTINATION, "ipv6_destination")                                                    \
	X(IPV6_PROTOCOL, "ipv6_protocol")                                                          \
	X(OWN_SOURCE, "own_source")                                                                \
	X(PORT_ROLE, "port_role")                                                                  \
	X(FRAGMENT_MALFORMED, "fragment_malformed")                                                \
	X(FRAGMENT_OVERLAP, "fragment_overlap")                                                    \
	X(FRAGMENT_DUPLICATE, "fragment_duplicate")                                                \
	X(FRAGMENT_INCOMPLETE, "fragment_incomplete")                                              \
	X(FRAGMENTS_FULL, "fragments_full")                                                        \
	X(LOOP, "loop")                                                                            \
	X(CLIENT_IS_ENDPOINT, "client_is_endpoint")                                                \
	X(UDP_TRUNCATED, "udp_truncated")                                                          \
	X(UDP_LENGTH, "udp_length")                                                                \
	X(UDP_CHECKSUM, "udp_checksum")                                                            \
	X(UDP_PORT, "udp_port")                                                                    \
	X(ICMP_MALFORMED, "icmp_malformed")                                                        \
	X(NO_LISTENER, "no_listener")                                                              \
	X(NO_SESSION, "no_session")                                                                \
	X(NO_ENDPOINTS, "no_endpoints")                                                            \
	X(NO_ROUTE, "no_route")                                                                    \
	X(REVERSE_PATH, "reverse_path")                                                            \
	X(NO_PORTS, "no_ports")                                                                    \
	X(SESSIONS_FULL, "sessions_full")                                                          \
	X(SESSION_RATE, "session_rate")                                                            \
	X(SOURCE_FULL, "source_full")                                                              \
	X(PREFIX_FULL, "prefix_full")                                                              \
	X(NO_MBUFS, "no_mbufs")                                                                    \
	X(TOO_BIG, "too_big")                                                                      \
	X(HANDOFF_FULL, "handoff_full")                                                            \
	X(LOCAL_FULL, "local_full")                                                                \
	X(LOCAL_RATE, "local_rate")                                                                \
	X(ICMP_RATE, "icmp_rate")                                                                  \
	X(NEIGHBOR_QUEUE_FULL, "neighbor_queue_full")                                              \
	X(NEIGHBOR_UNREACHABLE, "neighbor_unreachable")                                            \
	X(TX_FULL, "tx_full")                                                                      \
	X(STARTING, "starting")                                                                    \
	X(STOPPING, "stopping")                                                                    \
	X(ENDPOINT_DRAINING, "endpoint_draining")                                                  \
	X(CAPTURE_MISS, "capture/miss")                                                            \
	X(TOKEN_MISSING, "token_router/no_token")                                                  \
	X(TOKEN_TYPE, "token_router/not_bytes")                                                    \
	X(TOKEN_UNKNOWN, "token_router/no_endpoint")                                               \
	X(COMPRESS_FAILED, "compress/failed")                                                      \
	X(LOAD_BALANCER, "load_balancer/no_endpoint")                                              \
	X(RATE_LIMITED, "local_rate_limit/exceeded")                                               \
	X(FIREWALL_DENIED, "firewall/denied")                                                      \
	X(MATCH_MISSING, "match/no_metadata")                                                      \
	X(DROP_FILTER, "drop/drop")                                                                \
	X(FILTER_MEMORY, "filter/no_memory")                                                       \
	X(FILTER_OTHER, "filter/dropped")                                                          \
	X(QCMP_MALFORMED, "qcmp/malformed")                                                        \
	X(QCMP_RATE_LIMITED, "qcmp/rate_limited")

enum nj_drop {
	NJ_DROP_NONE = 0, /* not dropped: what a function returns when all is well */
#define NJ_DROP_ENUM(symbol, name) NJ_DROP_##symbol,
	NJ_DROP_LIST(NJ_DROP_ENUM)
#undef NJ_DROP_ENUM
		NJ_DROP_COUNT
};

/* The reason's name as telemetry prints it. */
const char *nj_drop_name(enum nj_drop reason);

/* Ports are numbered as the ethdev library numbers them. */
#define NJ_PORTS_MAX RTE_MAX_ETHPORTS

/*
 * What became of the packets that came in on one port. The law, once nothing is in flight:
 *     rx_packets + copied = tx_packets + local + sum of dropped
 * All but `originated` belong to the port of arrival, wherever the packet left.
 */
struct nj_port_counters {
	uint64_t rx_packets, rx_bytes;
	uint64_t tx_packets, tx_bytes; /* handed to a device, of those received or copied */
	uint64_t copied;     /* n - 1 for a packet that goes to n endpoints, or in n fragments */
	uint64_t local;      /* consumed by the local stack; n - 1 of n fragments of a datagram */
	uint64_t originated; /* frames of our own making handed to this port's device */
	uint64_t originated_lost; /* the same, that the device did not take */
	uint64_t dropped[NJ_DROP_COUNT];
};

/*
 * Values by size: how many were above the bound before, but not above this one; the last counts
 * those above all bounds. Each use has bounds of its own (below).
 */
#define NJ_HISTOGRAM_BOUNDS 11

struct nj_histogram {
	uint64_t values[NJ_HISTOGRAM_BOUNDS + 1];
	uint64_t sum; /* of the values, in the unit of the bounds */
};

/* Of sessions' durations: one second to a day. Quilkin's, and 6 and 24 hours. */
extern const uint64_t nj_duration_bounds_ms[NJ_HISTOGRAM_BOUNDS];
/* Of the time that datagrams are worked on: 500 ns to 100 ms. */
extern const uint64_t nj_processing_bounds_ns[NJ_HISTOGRAM_BOUNDS];

/* Counts a value `times` times. Its only writer's lcore. */
static inline void
nj_histogram_add(struct nj_histogram *histogram, const uint64_t bounds[NJ_HISTOGRAM_BOUNDS],
	uint64_t value, unsigned int times)
{
	unsigned int i = 0;

	while (i < NJ_HISTOGRAM_BOUNDS && value > bounds[i])
		i++;
	histogram->values[i] += times;
	histogram->sum += value * times;
}

/* How far apart things come: a moving average over some 16 of them. Times and the average are in
 * cycles of the TSC; the average is 0 until the second. */
struct nj_pace {
	uint64_t last;
	uint64_t interval;
};

/* Something comes now. Its only writer's lcore. */
static inline void
nj_pace_add(struct nj_pace *pace, uint64_t now)
{
	const uint64_t interval = now - pace->last;

	if (pace->interval == 0)
		pace->interval = pace->last == 0 ? 0 : interval;
	else
		pace->interval += (uint64_t)(((int64_t)(interval - pace->interval)) / 16);
	pace->last = now;
}

/* All that one lcore counts. Its only writer is that lcore; who adds them up reads relaxed. */
struct nj_counters {
	struct nj_port_counters port[NJ_PORTS_MAX];
	/* Client to endpoint, and endpoint to client; bytes of UDP payload. */
	uint64_t downstream_packets, downstream_bytes;
	uint64_t upstream_packets, upstream_bytes;
	uint64_t sessions_total, sessions_expired, sessions_evicted, sessions_rejected;
	uint64_t sessions_ended;    /* those whose client a reload made an endpoint */
	uint64_t sessions_restored; /* those that an earlier process had */
	uint64_t handoffs;
	uint64_t logs_left_out;            /* datagrams that Debug was to log and did not */
	uint64_t qcmp_answered;            /* pings */
	struct nj_histogram durations;     /* of sessions that were closed, in ms */
	struct nj_histogram processing[2]; /* by direction, in cycles of the TSC */
	uint64_t polls, polls_busy;
	struct nj_pace bursts[2]; /* by direction; one lcore's alone, not in a sum */
} __rte_cache_aligned;

/* Adds one lcore's counters to a sum. Any thread. */
void nj_counters_add(struct nj_counters *sum, const struct nj_counters *one);

/*
 * By how many packets the law does not hold for one port's counters (or a sum
 * of them): what came in less what ended. 0 when nothing is in flight.
 */
int64_t nj_counters_missing(const struct nj_port_counters *port);

#endif
