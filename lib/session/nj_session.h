/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sessions: one for each (client, listener, endpoint), with an upstream port of
 * its own towards the endpoint.
 *
 * A table belongs to one worker, which alone finds, opens, touches and closes
 * its sessions, without locks. Other threads may copy sessions out; they only
 * read. All memory is taken when the table is made.
 */
#ifndef NJ_SESSION_H
#define NJ_SESSION_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "nj_base.h"
#include "nj_cluster.h"
#include "nj_link.h"
#include "nj_packet.h"

/* Ownership ---------------------------------------------------------------------------------- */

#define NJ_RSS_KEY_BYTES 40 /* enough for Toeplitz over an IPv6 tuple, and what NICs take */
#define NJ_WORKERS_MAX   128
#define NJ_BUCKETS_MAX   4096 /* of the redirection table */

/* Which worker owns a flow. Made once before workers start; then only read. */
struct nj_ownership {
	unsigned int n_workers;
	uint8_t rss_key[NJ_RSS_KEY_BYTES];
	uint32_t n_buckets;             /* a power of two */
	uint8_t worker[NJ_BUCKETS_MAX]; /* the redirection table: bucket b belongs to worker b mod n
					 */
	/* Toeplitz is linear: what each byte of a tuple as it is on the wire adds to the hash. */
	uint32_t hash4[12][256], hash6[36][256];
};

/* `n_workers` is 1 to NJ_WORKERS_MAX. NULL for the key has one made up. There are so many buckets
 * that no worker owns more than a thirty-second more of them than another. */
void nj_ownership_init(struct nj_ownership *ownership, unsigned int n_workers,
	const uint8_t key[NJ_RSS_KEY_BYTES]);

/* Deals out `n_buckets` instead: a power of two, at most NJ_BUCKETS_MAX. Before there are sessions.
 */
void nj_ownership_deal(struct nj_ownership *ownership, uint32_t n_buckets);

/* The worker that owns the flows whose hash, as a NIC with this key calculates it, is this. */
static inline unsigned int
nj_hash_owner(const struct nj_ownership *ownership, uint32_t hash)
{
	return ownership->worker[hash & (ownership->n_buckets - 1)];
}

/*
 * The worker that owns the flow with this tuple, as it arrives: RSS (Toeplitz
 * over addresses and ports) through the redirection table, as a NIC does it. Any lcore.
 */
unsigned int nj_flow_owner(const struct nj_ownership *ownership, const struct nj_flow *flow);

/* Sessions ----------------------------------------------------------------------------------- */

enum nj_direction {
	NJ_DOWNSTREAM, /* client to endpoint */
	NJ_UPSTREAM,   /* endpoint to client */
};

/*
 * One answer establishes nothing: who asks from each of his ports is answered on each. A session is
 * established once its client has sent again after the answer, as for Linux's conntrack
 * (net/netfilter/nf_conntrack_proto_udp.c); until then it may give way to others and lives for
 * `unreplied_ttl`. The numbers are in the state file.
 */
enum nj_session_state {
	NJ_SESSION_FREE,
	NJ_SESSION_HALF_OPEN, /* the endpoint has not answered yet */
	NJ_SESSION_ESTABLISHED,
	NJ_SESSION_ANSWERED, /* the endpoint has, and the client has not sent since */
	NJ_SESSION_REDIRECT, /* no session: whose replies come here and belong to another worker's
			      */
};

/* Adds to what a worker has delivered, or takes from it. Its lcore. */
static inline void
nj_count_delivered(
	struct nj_counters *counters, enum nj_direction direction, int64_t packets, int64_t bytes)
{
	if (direction == NJ_DOWNSTREAM) {
		counters->downstream_packets += (uint64_t)packets;
		counters->downstream_bytes += (uint64_t)bytes;
	} else {
		counters->upstream_packets += (uint64_t)packets;
		counters->upstream_bytes += (uint64_t)bytes;
	}
}

const char *nj_session_state_name(enum nj_session_state state);

/* Which sides of a session are IPv6: bits of nj_session.ipv6. */
#define NJ_CLIENT_IPV6   1 /* client and listener */
#define NJ_ENDPOINT_IPV6 2 /* upstream address and endpoint */

/*
 * What every packet of an established session needs: one cache line. The rest, IPv6 addresses
 * among it, is the table's (table.h), so that these lines lie next to each other: half as many
 * pages, and entries of the TLB, are in use.
 */
struct nj_session {
	rte_be32_t client_ip, listener_ip, endpoint_ip, upstream_ip; /* of IPv4 sides, else 0 */
	rte_be16_t client_port, listener_port, endpoint_port, upstream_port;
	uint16_t ip_delta;  /* IPv4 on both sides; downstream, upstream it is the complement */
	uint16_t udp_delta; /* the same over addresses and ports, whatever the families */
	nj_ms_t last_seen_ms;
	nj_neighbor_ref_t neighbor[2]; /* by direction: whom to send to */
	uint32_t endpoint;             /* its number */
	uint8_t out_port[2];           /* by direction */
	uint8_t state;                 /* enum nj_session_state */
	uint8_t ipv6;                  /* NJ_CLIENT_IPV6 | NJ_ENDPOINT_IPV6 */
	uint32_t packets[2], bytes[2]; /* by direction, low words; the rest has the carry */
} __rte_cache_aligned;

static_assert(sizeof(struct nj_session) == 64, "one cache line a session");

/* Bounds for one worker's table, each 0 for none; established sessions never meet them. */
struct nj_session_limits {
	uint32_t per_second; /* new sessions; as many at once after a second without any */
	uint32_t per_source; /* open sessions of one client address */
	uint32_t per_prefix; /* and of one /24 or /64 */
};

struct nj_session_config {
	uint32_t capacity; /* of this table */
	nj_ms_t ttl_ms, unreplied_ttl_ms;
	uint16_t port_min, port_max;          /* upstream ports, host byte order */
	const struct nj_ownership *ownership; /* kept, not copied */
	const struct nj_link *link;           /* whose addresses are ours; kept, not copied */
	struct nj_session_limits limits;
	unsigned int worker; /* whose table it is */
};

struct nj_session_table;

/*
 * Makes the table in the memory of a NUMA socket (or SOCKET_ID_ANY). Returns NULL with
 * rte_errno: ENOMEM, EINVAL. Before workers start. `counters` are the worker's.
 */
struct nj_session_table *nj_session_table_create(
	const struct nj_session_config *config, struct nj_counters *counters, int socket);
void nj_session_table_destroy(struct nj_session_table *table); /* takes NULL */

/* Keeps a port (host byte order) from ever being an upstream port: a listener's. Before workers
 * start. */
void nj_session_table_reserve(struct nj_session_table *table, uint16_t port);

/* At most this many flows in one bulk look-up. */
#define NJ_SESSION_BULK_MAX 64

/*
 * Finds the sessions of `n` flows of either direction and family, and has them fetched into the
 * cache; found[i] is NULL where there is none. Owner only.
 */
void nj_session_find_bulk(const struct nj_session_table *table, const struct nj_flow **flows,
	unsigned int n, struct nj_session **found);
struct nj_session *nj_session_find(
	const struct nj_session_table *table, const struct nj_flow *flow);

/* What a new session is made of. */
struct nj_session_request {
	struct nj_flow flow; /* the client's datagram as it arrived, and the endpoint's number */
	struct nj_address endpoint;
	unsigned int n_sources; /* addresses of ours; the endpoint sees one of its own family */
	const struct nj_ip *sources;
	uint16_t out_port[2]; /* by direction; may be found out later */
};

/*
 * A round of the worker begins. What it spends on sessions that take another's place is bounded by
 * its rounds: one session may give way for sixteen of them. Owner only.
 */
void nj_session_round(struct nj_session_table *table);

/*
 * Why a new session towards this endpoint is refused without looking any further: NJ_DROP_NONE;
 * NJ_DROP_SESSION_RATE by the limit; NJ_DROP_SESSIONS_FULL where the table is, and nobody may give
 * way; or NJ_DROP_NO_PORTS where none was found a moment ago. One
 * that is refused counts as rejected. It costs next to nothing, so it is asked before what a new
 * session takes is looked up: in a flood most of it would be in vain. Owner only.
 */
enum nj_drop nj_session_refusal(struct nj_session_table *table, uint32_t endpoint, nj_ms_t now);

/*
 * Opens a session, half-open, with an upstream port chosen at random such that the replies' tuple
 * belongs to this worker too. A port goes from one session to another no earlier than a second
 * after the last datagram, so that no late reply comes to the wrong client. Where the table is full
 * the oldest half-open session gives way, and where the ports towards the endpoint are in use an
 * old one of that endpoint (and then pointers from an earlier find are void: nj_session_evictions()
 * changed). Returns NJ_DROP_NONE and the session, or why there is none: NJ_DROP_SESSION_RATE,
 * NJ_DROP_SOURCE_FULL, NJ_DROP_PREFIX_FULL by the limits; NJ_DROP_SESSIONS_FULL, NJ_DROP_NO_PORTS;
 * or NJ_DROP_IPV6_DESTINATION where the flow's destination is not ours. Owner only. The caller has
 * looked the key up before and not found it.
 */
enum nj_drop nj_session_open(struct nj_session_table *table,
	const struct nj_session_request *request, nj_ms_t now, struct nj_session **session);

/* All of a session, as others than its worker see it, and as it may be opened again in another
 * table. */
struct nj_session_image {
	enum nj_session_state state; /* any but free */
	struct nj_flow flow; /* the client's datagrams as they arrive, and the endpoint's number */
	struct nj_address endpoint;
	struct nj_address upstream; /* ours, that the endpoint sees */
	uint16_t out_port[2];       /* by direction */
	nj_ms_t opened_ms, last_seen_ms;
	uint64_t packets[2], bytes[2]; /* by direction */
};

struct nj_session_image nj_session_image(
	const struct nj_session_table *table, const struct nj_session *session); /* owner only */

/* The flow that its datagrams belong to as they arrive: from the client, or from the endpoint. */
struct nj_flow nj_session_image_flow(
	const struct nj_session_image *image, enum nj_direction direction);

/*
 * Opens a session again, as it was and with the upstream port that it had. `replies` is the table
 * of the worker that owns the replies' flow: mostly the same one, but with another number of
 * workers than before it may be another's. That one gets a redirect then (nj_session_holder()), and
 * with it the port is in use there until the session has ended. Returns 0; or, with nothing
 * changed, -ETIME where it was idle for its time to live, -ENOSPC where the table is full, -EEXIST
 * where its client has it already or its port is taken, -EADDRNOTAVAIL where an address is not ours
 * or the port not one for sessions, -EXDEV where either of its flows belongs to neither worker.
 * Sessions that are not established come in the order of their opening. Before workers touch either
 * table.
 */
int nj_session_restore(struct nj_session_table *table, struct nj_session_table *replies,
	const struct nj_session_image *image, nj_ms_t now);

/*
 * A session that was there and does not come back: its upstream port, of the worker that owns the
 * replies, rests as if the session had ended now, as its endpoint may still send to it. Before
 * workers touch the table.
 */
void nj_session_rest_port(
	struct nj_session_table *replies, const struct nj_session_image *image, nj_ms_t now);

/*
 * A reply from an endpoint of ours to the upstream port of no session: somebody had the port, and
 * the endpoint goes on sending. It rests from now on. What that costs new sessions is bounded: in a
 * second at most half of the ports can be put to rest so. Owner only.
 */
void nj_session_stray(struct nj_session_table *table, const struct nj_flow *reply, nj_ms_t now);

/* Which worker's session the replies of a redirect (NJ_SESSION_REDIRECT) belong to. Owner only. */
unsigned int nj_session_holder(
	const struct nj_session_table *table, const struct nj_session *redirect);

/* Closes it and frees its port, which need not rest: nobody has been told of it. Owner only. */
void nj_session_close(struct nj_session_table *table, struct nj_session *session);

/* The open session of this number (less than nj_session_used()), or NULL. Owner only. */
struct nj_session *nj_session_at(const struct nj_session_table *table, uint32_t number);

/* Closes a session that may not go on, and counts it as ended. Its port rests from now on. Pointers
 * from an earlier find are void. Owner only. */
void nj_session_end(struct nj_session_table *table, struct nj_session *session, nj_ms_t now);

/* How often an open session was closed to make room. Owner only. */
uint32_t nj_session_evictions(const struct nj_session_table *table);

/* Counts a packet of `bytes` of payload, refreshes the session and brings its state forward. Owner
 * only. */
void nj_session_touch(struct nj_session_table *table, struct nj_session *session,
	enum nj_direction direction, uint32_t bytes, nj_ms_t now);

/*
 * Takes back what nj_session_touch() counted of a datagram that was dropped afterwards; the session
 * is no older for it. `flow` is the datagram's as it arrived, and finds the session; where that has
 * ended meanwhile only the endpoint's counters change. Owner only.
 */
void nj_session_take_back(struct nj_session_table *table, const struct nj_flow *flow,
	uint32_t endpoint, enum nj_direction direction, uint32_t bytes);

/* nj_session_image_flow() of a session. Owner only. */
struct nj_flow nj_session_flow(const struct nj_session_table *table,
	const struct nj_session *session, enum nj_direction direction);

/* Whom a session's datagrams in a direction go to, and from which address of ours. Owner only. */
struct nj_address nj_session_peer(const struct nj_session_table *table,
	const struct nj_session *session, enum nj_direction direction);
struct nj_address nj_session_source(const struct nj_session_table *table,
	const struct nj_session *session, enum nj_direction direction);

/* The rewrite that a packet of a session needs whose sides are both IPv4. */
static inline struct nj_rewrite
nj_session_rewrite(const struct nj_session *session, enum nj_direction direction)
{
	if (direction == NJ_DOWNSTREAM)
		return (struct nj_rewrite){session->upstream_ip, session->endpoint_ip,
			session->upstream_port, session->endpoint_port, session->ip_delta,
			session->udp_delta};
	return (struct nj_rewrite){session->listener_ip, session->client_ip, session->listener_port,
		session->client_port, (uint16_t)~session->ip_delta, (uint16_t)~session->udp_delta};
}

/* The same where both are IPv6; void when the session is closed. Owner only. */
struct nj_rewrite6 nj_session_rewrite6(const struct nj_session_table *table,
	const struct nj_session *session, enum nj_direction direction);

/* Expiry ------------------------------------------------------------------------------------- */

/* A round over all slots takes so long, where the worker has the time for it and they are no more
 * than so many; in proportion longer beyond. */
#define NJ_SESSION_SWEEP_MS    250
#define NJ_SESSION_SWEEP_SLOTS 2000000

/*
 * Closes the sessions that were idle for their time to live, among the slots whose turn it is at
 * this time, of which it looks at `max` at most: those that there was no time for are the first of
 * the next call. Their ports rest. Returns how many it closed. Owner only, in every round of the
 * worker; between two milliseconds it costs next to nothing.
 */
uint32_t nj_session_sweep(struct nj_session_table *table, uint32_t max, nj_ms_t now);

/* For operators; any thread ------------------------------------------------------------------ */

uint32_t nj_session_capacity(const struct nj_session_table *table);
/* Numbers from here on were never used. */
uint32_t nj_session_used(const struct nj_session_table *table);
/* Ports that a session may have for each of our addresses, towards each endpoint, over all workers.
 */
uint32_t nj_session_ports(const struct nj_session_table *table);
uint32_t nj_session_active(const struct nj_session_table *table);
/* Those that are not established yet: half-open or answered. */
uint32_t nj_session_half_open(const struct nj_session_table *table);

/* What one worker has sent to and got from an endpoint. */
struct nj_endpoint_counters {
	uint64_t sessions;             /* open now */
	uint64_t packets[2], bytes[2]; /* by direction; bytes of UDP payload */
	uint64_t unreachable;          /* ICMP errors that say so */
	uint16_t path_mtu;             /* bytes of IP packet; 0 = not known */
	nj_ms_t path_mtu_ms;           /* when that was learned */
	nj_ms_t no_ports_ms;           /* when no port was found; 0: there may be one */
} __rte_cache_aligned;

/*
 * The largest IP packet that the way to an endpoint takes, as far as ICMP errors said so;
 * UINT16_MAX where none did in the last ten minutes (RFC 8201, section 4). Owner only.
 */
uint16_t nj_session_path_mtu(const struct nj_session_table *table, uint32_t endpoint, nj_ms_t now);
void nj_session_set_path_mtu(
	struct nj_session_table *table, uint32_t endpoint, uint16_t mtu, nj_ms_t now);
/* An ICMP error said that the endpoint is unreachable. Owner only. */
void nj_session_count_unreachable(struct nj_session_table *table, uint32_t endpoint);

/* The counters of the endpoint with this number (1 to NJ_ENDPOINTS_MAX). */
const struct nj_endpoint_counters *nj_session_endpoint(
	const struct nj_session_table *table, uint32_t endpoint);

/* The image of the session of this number. Returns false where the slot is free or changes hands
 * meanwhile. */
bool nj_session_copy(
	const struct nj_session_table *table, uint32_t number, struct nj_session_image *image);

/* By what a later image of a slot differs from an earlier one; all zero where it is free. */
struct nj_session_stamp {
	uint32_t generation; /* of the session; another one has another */
	nj_ms_t last_seen_ms;
	uint8_t state; /* enum nj_session_state */
};

/* Costs less than the image. */
struct nj_session_stamp nj_session_stamp(const struct nj_session_table *table, uint32_t number);

#endif
